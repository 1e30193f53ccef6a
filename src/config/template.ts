import type { JsonValue } from "../core/outcome.ts";
import type { LabelMatch, LabelRule } from "./config.ts";

/**
 * `{{ deployment.payload.treated }}`: the whole value is one reference into the deployment, nothing else. There are
 * no expressions, so a payload can choose units but never change a query.
 */
const TEMPLATE = /^\{\{\s*deployment((?:\.[A-Za-z_][A-Za-z0-9_-]*)+)\s*\}\}$/;

export const TEMPLATE_EXAMPLE = "{{ deployment.payload.treated }}";

/** What a template may refer to. */
export interface DeploymentValues {
  readonly environment: string | null;
  readonly sha: string | null;
  readonly payload: JsonValue;
}

export type TemplateResult =
  | { readonly ok: true; readonly values: readonly string[] }
  | { readonly ok: false; readonly problem: string };

/** True for text that means to be a template, well-formed or not. */
export function looksLikeTemplate(text: string): boolean {
  return text.includes("{{") || text.includes("}}");
}

/** What is wrong with the template's text; null: nothing. */
export function templateProblem(text: string): string | null {
  const steps = stepsOf(text);
  if (steps === null) return `"${text}" is not a template; write for example ${TEMPLATE_EXAMPLE}`;
  const [root, ...rest] = steps;
  if (root === "payload" && rest.length > 0) return null;
  if ((root === "environment" || root === "sha") && rest.length === 0) return null;
  return `"${text}" refers to something unknown; known are deployment.payload.NAME, deployment.environment and deployment.sha`;
}

/** One text or a list of texts, as the deployment holds them. */
export function resolveTemplate(text: string, deployment: DeploymentValues): TemplateResult {
  const problem = templateProblem(text);
  if (problem !== null) return { ok: false, problem };
  const [root, ...rest] = stepsOf(text) ?? [];
  if (root === "environment") return listOf(deployment.environment, text);
  if (root === "sha") return listOf(deployment.sha, text);
  return listOf(rest.reduce<JsonValue | undefined>(inside, parsePayload(deployment.payload)), text);
}

/** The match with every template replaced by the values it stands for. */
export function resolveMatch(
  match: LabelMatch,
  deployment: DeploymentValues,
): { readonly ok: true; readonly match: LabelMatch } | { readonly ok: false; readonly problem: string } {
  const resolved: Record<string, LabelRule> = {};
  for (const [label, rule] of Object.entries(match)) {
    if (rule.type === "regex") {
      resolved[label] = rule;
      continue;
    }
    const values: string[] = [];
    for (const value of rule.values) {
      const result = looksLikeTemplate(value)
        ? resolveTemplate(value, deployment)
        : { ok: true as const, values: [value] };
      if (!result.ok) return result;
      values.push(...result.values);
    }
    resolved[label] = { type: "any-of", values };
  }
  return { ok: true, match: resolved };
}

function stepsOf(text: string): string[] | null {
  const parts = TEMPLATE.exec(text.trim());
  return parts === null ? null : (parts[1] ?? "").slice(1).split(".");
}

/** GitHub stores the payload as it was sent: an object, or a text that holds JSON. */
function parsePayload(payload: JsonValue): JsonValue {
  if (typeof payload !== "string") return payload;
  try {
    return JSON.parse(payload) as JsonValue;
  } catch {
    return payload;
  }
}

function inside(value: JsonValue | undefined, step: string): JsonValue | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, step) ? value[step] : undefined;
}

function listOf(value: JsonValue | undefined, text: string): TemplateResult {
  if (value === undefined || value === null)
    return { ok: false, problem: `${text}: the deployment holds no such value` };
  const values = Array.isArray(value) ? value : [value];
  const scalar = values.every((one) => typeof one === "string" || typeof one === "number" || typeof one === "boolean");
  if (!scalar) return { ok: false, problem: `${text}: the deployment must hold a text or a list of texts there` };
  if (values.length === 0) return { ok: false, problem: `${text}: the deployment holds an empty list there` };
  return { ok: true, values: values.map(String) };
}

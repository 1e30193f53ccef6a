import { DeployImpactError } from "../core/errors.ts";
import type { ResultDocument } from "../core/result.ts";

type Shape = "string" | "number" | "object" | "array" | "nullable-object";

/** What a view or a replay reads without asking; the JSON Schema in schema/ says the rest. */
const DOCUMENT: Readonly<Record<string, Shape>> = {
  verdict: "string",
  reasonCodes: "array",
  mode: "string",
  slis: "array",
  deployment: "object",
  windows: "object",
  units: "object",
  plans: "array",
  provenance: "object",
};

const SLI: Readonly<Record<string, Shape>> = {
  id: "string",
  role: "string",
  kind: "string",
  direction: "string",
  verdict: "string",
  reasonCodes: "array",
  reasons: "array",
  estimate: "nullable-object",
  relative: "nullable-object",
  margin: "object",
  baseline: "object",
  checks: "array",
  eventStudy: "array",
  unitChanges: "array",
  units: "object",
};

const PLAN: Readonly<Record<string, Shape>> = { slis: "array", window: "object", alpha: "number", seed: "number" };

const PROVENANCE: Readonly<Record<string, Shape>> = {
  version: "string",
  dataHash: "string",
  queries: "array",
  warnings: "array",
};

/** Reads result.json; `file` is for messages. */
export function readResult(text: string, file: string): ResultDocument {
  const parsed = parse(text, file);
  if (!isMap(parsed) || !("schemaVersion" in parsed)) {
    throw malformed(file, "it is not a result of deploy-impact (no `schemaVersion`)");
  }
  if (parsed.schemaVersion !== 1) {
    throw malformed(file, `it has schemaVersion ${JSON.stringify(parsed.schemaVersion)}; this release reads 1`);
  }
  requireShape(parsed, DOCUMENT, "", file);
  requireShape(parsed.provenance, PROVENANCE, "provenance.", file);
  for (const [index, sli] of list(parsed.slis).entries()) requireShape(sli, SLI, `slis[${index}].`, file);
  for (const [index, plan] of list(parsed.plans).entries()) requireShape(plan, PLAN, `plans[${index}].`, file);
  // The checks above cover every field that is read.
  return parsed as unknown as ResultDocument;
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw malformed(file, `it is not JSON (${String(cause)})`, cause);
  }
}

function requireShape(value: unknown, shape: Readonly<Record<string, Shape>>, prefix: string, file: string): void {
  for (const [key, wanted] of Object.entries(shape)) {
    const found = isMap(value) ? value[key] : undefined;
    if (!fits(found, wanted))
      throw malformed(file, `\`${prefix}${key}\` is ${found === undefined ? "missing" : "not what it must be"}`);
  }
}

function fits(value: unknown, shape: Shape): boolean {
  if (shape === "array") return Array.isArray(value);
  if (shape === "object") return isMap(value);
  if (shape === "nullable-object") return value === null || isMap(value);
  return typeof value === shape;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformed(file: string, detail: string, cause?: unknown): DeployImpactError {
  return new DeployImpactError("FILE_MALFORMED", `${file} cannot be read as a result: ${detail}.`, {
    hint: "Give the result.json that `check --format json` or the Action wrote.",
    cause,
  });
}

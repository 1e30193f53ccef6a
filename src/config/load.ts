import { createHash } from "node:crypto";
import { DeployImpactError, type Problem } from "../core/errors.ts";
import type { Config } from "./config.ts";
import type { PlacedFinding } from "./findings.ts";
import { type Finding, findingsOf } from "./issues.ts";
import { isBranch } from "./merge.ts";
import type { Branch, Origins } from "./origins.ts";
import { at, quote } from "./path.ts";
import { applyEnvironment, resolveConfig } from "./resolve.ts";
import { CONFIG_SCHEMA } from "./schema.ts";
import { takeOutSecrets } from "./secrets.ts";
import { parseConfigText } from "./syntax.ts";

export interface ConfigSource {
  readonly text: string;
  /** Name for messages and positions, as the person wrote it. */
  readonly file: string;
  /** Whose overrides apply; null or one without overrides: the file as it stands. */
  readonly environment: string | null;
  /** False lets `validate` read a config that does not state margins yet; default true. */
  readonly requireMargins?: boolean;
}

/**
 * Reads a config. Every problem of the whole file is reported at once, each with its position: those of the chosen
 * environment and those of all others too, so that a mistake is found before the environment is deployed to.
 */
export function loadConfig({ text, file, environment, requireMargins = true }: ConfigSource): Config {
  const { root, origins } = parseConfigText(text, file);
  const hash = createHash("sha256").update(text).digest("hex");
  refuseOtherVersions(root, origins);
  const findings: PlacedFinding[] = [...takeOutSecrets(root), ...schemaFindings(root)].map((one) => ({ ...one, root }));
  prune(root, findings, origins);
  const environments = isBranch(root.environments) ? Object.keys(root.environments) : [];
  const chosen = environment !== null && environments.includes(environment) ? environment : null;
  const identity = { file, hash, environment, requireMargins };
  const { config, findings: own } = resolveConfig(applyEnvironment(root, chosen, origins), origins, identity);
  findings.push(...own);
  for (const other of environments) {
    if (other === chosen) continue;
    findings.push(...resolveConfig(applyEnvironment(root, other, origins), origins, identity).findings);
  }
  const problems = placeAll(findings, origins);
  if (problems.length > 0) throw configError(problems, file);
  return config;
}

function refuseOtherVersions(root: Branch, origins: Origins): void {
  if (root.version === 1) return;
  const position = origins.locate(root, ["version"], "value");
  const stated = Object.hasOwn(root, "version");
  const problem: Problem = {
    message: stated
      ? `version: ${quote(root.version)} is not a config format that this release reads; it reads version 1.`
      : "The config does not state its format: `version: 1` is missing.",
    hint: stated
      ? "Write `version: 1`, or use the release that reads the other format."
      : "Write `version: 1` as the first line.",
    ...(position === undefined ? {} : { position }),
  };
  throw new DeployImpactError("CONFIG_INVALID", problem.message, { ...problem, problems: [problem] });
}

function schemaFindings(root: Branch): Finding[] {
  return findingsOf(CONFIG_SCHEMA, root, root);
}

/** Takes refused values out, so that the rest can still be looked at; their keys count as stated. */
function prune(root: Branch, findings: readonly Finding[], origins: Origins): void {
  for (const { path, meant } of findings) {
    // An entry of a list cannot go alone: the others would change their place.
    const end = path.findLastIndex((step) => typeof step === "string");
    const parent = path.slice(0, end).reduce<unknown>(at, root);
    const key = path[end];
    if (!isBranch(parent) || key === undefined) continue;
    if (meant !== undefined) origins.adopt(parent, meant, parent, String(key));
    if (key !== "slis") delete parent[String(key)];
  }
}

function placeAll(findings: readonly PlacedFinding[], origins: Origins): Problem[] {
  const seen = new Set<string>();
  const problems: Problem[] = [];
  for (const { root, path, at: where, message, hint } of findings) {
    const position = origins.locate(root, path, where);
    const key = `${position?.line}:${position?.column}:${message}`;
    if (seen.has(key)) continue;
    seen.add(key);
    problems.push({ message, hint, ...(position === undefined ? {} : { position }) });
  }
  return problems.sort(
    (a, b) =>
      (a.position?.line ?? 0) - (b.position?.line ?? 0) || (a.position?.column ?? 0) - (b.position?.column ?? 0),
  );
}

function configError(problems: readonly Problem[], file: string): DeployImpactError {
  const first = problems[0] ?? { message: `${file} is not a usable config.`, hint: "See docs/configuration.md." };
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  return new DeployImpactError("CONFIG_INVALID", `${first.message.replace(/\.$/, "")}${more}.`, { ...first, problems });
}

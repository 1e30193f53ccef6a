import type { ClusterRule, GroupRule, LabelMatch, LabelRule, UnitsConfig } from "./config.ts";
import type { Findings } from "./findings.ts";
import { quote } from "./path.ts";
import type { GroupInput, UnitsInput } from "./schema.ts";
import { looksLikeTemplate, templateProblem } from "./template.ts";

const TREATED_EXAMPLE = "Write which units got the deploy, for example `treated: { match: { zone: [eu-1, eu-2] } }`.";

/** @param hasWaves `deployed-at` names the treated units with their times, so that `treated` may be left out. */
export function resolveUnits(input: UnitsInput | undefined, findings: Findings, hasWaves: boolean): UnitsConfig {
  if (input === undefined) {
    const example =
      "`units: { label: zone, treated: { match: { zone: [eu-1] } }, control: { match: { zone: [us-1] } } }`";
    findings.missing(["units"], "is missing", `Say what is observed and what got the deploy: ${example}.`);
    return { label: "", treated: NOTHING, control: null, cluster: null, exclude: [] };
  }
  if (input.label === undefined) {
    findings.missing(
      ["units", "label"],
      "is missing",
      "Name the label that tells units apart, for example `label: zone`.",
    );
  }
  if (input.treated === undefined && !hasWaves) findings.missing(["units", "treated"], "is missing", TREATED_EXAMPLE);
  return {
    label: input.label ?? "",
    treated: resolveGroup(input.treated, ["units", "treated"], findings) ?? NOTHING,
    control: resolveGroup(input.control, ["units", "control"], findings),
    cluster: resolveCluster(input.cluster),
    exclude: (input.exclude ?? []).map((entry) =>
      typeof entry === "string"
        ? { unit: entry, reason: "excluded in the config" }
        : { unit: entry.unit, reason: entry.reason ?? "excluded in the config" },
    ),
  };
}

/** Names no label: fits nothing by itself. */
const NOTHING: GroupRule = { type: "match", match: {} };

function resolveGroup(input: GroupInput | undefined, path: readonly string[], findings: Findings): GroupRule | null {
  if (input === undefined) return null;
  const version = input["version-label"];
  if (version !== undefined && input.match !== undefined) {
    findings.add(path, "has both `match` and `version-label`", "Keep one of the two.");
  }
  if (version !== undefined) {
    if (path.at(-1) === "treated") return { type: "version-label", label: version };
    findings.add(
      [...path, "version-label"],
      "is for `treated` only",
      "Leave `control` out: every other unit is a control.",
    );
    return null;
  }
  if (input.match !== undefined)
    return { type: "match", match: resolveMatchInput(input.match, [...path, "match"], findings) };
  findings.missing([...path, "match"], "is missing", TREATED_EXAMPLE);
  return null;
}

function resolveMatchInput(
  match: NonNullable<GroupInput["match"]>,
  path: readonly PropertyKey[],
  findings: Findings,
): LabelMatch {
  return Object.fromEntries(
    Object.entries(match).map(([label, rule]) => [label, resolveRule(rule, [...path, label], findings)]),
  );
}

function resolveRule(
  rule: NonNullable<GroupInput["match"]>[string],
  path: readonly PropertyKey[],
  findings: Findings,
): LabelRule {
  if (typeof rule === "object" && !Array.isArray(rule)) {
    checkPattern(rule.regex, [...path, "regex"], findings);
    return { type: "regex", pattern: rule.regex };
  }
  const values = (Array.isArray(rule) ? rule : [rule]).map(String);
  for (const value of values) {
    const problem = looksLikeTemplate(value) ? templateProblem(value) : null;
    if (problem !== null) findings.add(path, problem, "A template is the whole value and refers to the deployment.");
  }
  return { type: "any-of", values };
}

function checkPattern(pattern: string, path: readonly PropertyKey[], findings: Findings): void {
  try {
    new RegExp(`^(?:${pattern})$`, "u");
  } catch {
    findings.add(path, `${quote(pattern)} is not a regular expression`, "Escape special characters with a backslash.");
  }
}

function resolveCluster(input: UnitsInput["cluster"]): ClusterRule | null {
  if (input === undefined) return null;
  return typeof input === "string" ? { type: "label", label: input } : { type: "map", clusters: input };
}

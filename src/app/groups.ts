import type { GroupRule, LabelMatch, ServiceConfig, UnitsConfig } from "../config/config.ts";
import { resolveMatch } from "../config/template.ts";
import { DeployImpactError } from "../core/errors.ts";
import type { Group, Series } from "../core/panel/series.ts";
import { nearestName } from "../sources/nearest.ts";
import { labelPattern } from "./label-pattern.ts";
import type { Trigger } from "./trigger.ts";

type Labels = Readonly<Record<string, string>>;

/** Decides groups from labels and remembers what it saw, because only the whole answer shows some mistakes. */
export interface Grouping {
  readonly groupOf: (labels: Labels) => Group | null;
  /** unit -> cluster, from the series' own labels (`cluster: LABEL`). */
  readonly clusters: () => Readonly<Record<string, string>>;
  /** Throws when the labels that the rules ask for were on no series, or a unit fits both rules. */
  readonly verify: (sli: string) => void;
}

type Deployment = Pick<Trigger, "environment" | "sha" | "payload" | "waves">;

/**
 * @param treatedUnits units that a version query found on the deployed version; null: the labels decide.
 */
export function createGrouping(
  service: Pick<ServiceConfig, "units">,
  deployment: Deployment,
  treatedUnits: ReadonlySet<string> | null,
): Grouping {
  const { units } = service;
  const isTreated = treatedTest(units, deployment, treatedUnits);
  const isControl = units.control === null ? () => true : ruleTest(units.control, deployment);
  const seen = new Set<string>();
  const unitsSeen = new Set<string>();
  const timeless = new Set<string>();
  const isNamed = deployment.waves === undefined ? () => false : namedTest(units, deployment);
  const clusters: Record<string, string> = {};
  const both = new Set<string>();
  const groupOf = (labels: Labels): Group | null => {
    for (const label of Object.keys(labels)) seen.add(label);
    const unit = labels[units.label] ?? "";
    unitsSeen.add(unit);
    rememberCluster(units, labels, unit, clusters);
    const treated = isTreated(labels);
    if (!treated && isNamed(labels)) timeless.add(unit);
    if (treated && units.control !== null && isControl(labels)) both.add(unit);
    if (treated) return "treated";
    return isControl(labels) ? "control" : null;
  };
  const verify = (sli: string): void => {
    if (seen.size > 0) refuseAbsentLabels(sli, rulesOf(units, treatedUnits), seen);
    refuseBoth(both);
    refuseTimeless(timeless);
    if (unitsSeen.size > 0) refuseUnknownWaves(deployment.waves ?? {}, unitsSeen);
  };
  return { groupOf, clusters: () => clusters, verify };
}

function treatedTest(units: UnitsConfig, deployment: Deployment, found: ReadonlySet<string> | null) {
  const { waves } = deployment;
  if (waves !== undefined) return (labels: Labels): boolean => Object.hasOwn(waves, labels[units.label] ?? "");
  if (units.treated.type === "version-label" && found !== null) {
    return (labels: Labels): boolean => found.has(labels[units.label] ?? "");
  }
  return ruleTest(units.treated, deployment);
}

/** Units that `units.treated` names as well; a version label says nothing about when. */
function namedTest({ treated }: UnitsConfig, deployment: Deployment): (labels: Labels) => boolean {
  const isStated = treated.type === "match" && Object.keys(treated.match).length > 0;
  return isStated ? ruleTest(treated, deployment) : () => false;
}

function ruleTest(rule: GroupRule, deployment: Deployment): (labels: Labels) => boolean {
  if (rule.type === "match") return matchTest(rule.match, deployment);
  const sha = requireSha(deployment.sha);
  return (labels) => isDeployedVersion(labels[rule.label], sha);
}

export function requireSha(sha: string | null): string {
  if (sha !== null) return sha;
  throw new DeployImpactError("USAGE", "The config compares versions with the deployed commit, which is not known.", {
    hint: "Give the commit with --sha, or name the treated units with `units: treated: match`.",
  });
}

/** A commit is recognised from this many characters on; fewer could be another one. */
const SHORTEST_SHA = 7;

/**
 * True when a version label names the deployed commit: the full SHA, its beginning, or either after `sha-` (the tag
 * that container builds commonly use). Letter case does not matter.
 */
export function isDeployedVersion(version: string | undefined, sha: string): boolean {
  const text = (version ?? "").toLowerCase().replace(/^sha-/, "");
  return text.length >= SHORTEST_SHA && /^[0-9a-f]+$/.test(text) && sha.toLowerCase().startsWith(text);
}

function matchTest(match: LabelMatch, deployment: Deployment): (labels: Labels) => boolean {
  const resolved = resolveMatch(match, deployment);
  if (!resolved.ok) {
    throw new DeployImpactError("CONFIG_INVALID", `units: ${resolved.problem}.`, {
      hint: "Send the value in the deployment's payload, or write the units into the config.",
    });
  }
  const tests = Object.entries(resolved.match).map(([label, rule]) => {
    if (rule.type === "regex") {
      const fits = labelPattern(rule.pattern);
      return (labels: Labels) => fits(labels[label] ?? "");
    }
    const values = new Set(rule.values);
    return (labels: Labels) => values.has(labels[label] ?? "");
  });
  return (labels) => tests.every((test) => test(labels));
}

function rememberCluster(units: UnitsConfig, labels: Labels, unit: string, clusters: Record<string, string>): void {
  if (units.cluster?.type !== "label") return;
  const cluster = labels[units.cluster.label];
  if (cluster !== undefined && cluster !== "") clusters[unit] = cluster;
}

/** Label -> the setting that asks for it. */
function rulesOf(units: UnitsConfig, treatedUnits: ReadonlySet<string> | null): Map<string, string> {
  const asked = new Map<string, string>();
  for (const [side, rule] of [
    ["treated", units.treated],
    ["control", units.control],
  ] as const) {
    if (rule === null) continue;
    if (rule.type === "match") for (const label of Object.keys(rule.match)) asked.set(label, `units.${side}.match`);
    else if (treatedUnits === null) asked.set(rule.label, `units.${side}.version-label`);
  }
  if (units.cluster?.type === "label") asked.set(units.cluster.label, "units.cluster");
  return asked;
}

function refuseAbsentLabels(sli: string, asked: ReadonlyMap<string, string>, seen: ReadonlySet<string>): void {
  for (const [label, setting] of asked) {
    if (seen.has(label)) continue;
    const known = [...seen].sort();
    const meant = nearestName(label, known);
    throw new DeployImpactError(
      "UNKNOWN_LABEL",
      `No series of SLI ${sli} has the label "${label}"; they have: ${known.join(", ")}.`,
      {
        hint: `${meant === null ? "" : `Did you mean "${meant}"? `}Change \`${setting}\`, or keep "${label}" in the query, for example \`sum by (${label}) (...)\`.`,
      },
    );
  }
}

function refuseBoth(both: ReadonlySet<string>): void {
  if (both.size === 0) return;
  const names = [...both].sort();
  throw new DeployImpactError(
    "CONFIG_INVALID",
    `${names.slice(0, 5).join(", ")} ${names.length === 1 ? "fits" : "fit"} both \`units.treated\` and \`units.control\`.`,
    { hint: "Make the two rules exclude each other; a unit cannot be its own control." },
  );
}

function refuseTimeless(units: ReadonlySet<string>): void {
  if (units.size === 0) return;
  const names = [...units].sort();
  throw new DeployImpactError(
    "CONFIG_INVALID",
    `\`units.treated\` names ${names.slice(0, 5).join(", ")}, for which \`deployed-at\` has no time.`,
    {
      hint: "Give each treated unit its own time, or leave `units.treated` out: the units of `deployed-at` are the treated ones.",
    },
  );
}

function refuseUnknownWaves(waves: Readonly<Record<string, number>>, seen: ReadonlySet<string>): void {
  const unknown = Object.keys(waves).find((unit) => !seen.has(unit));
  if (unknown === undefined) return;
  const known = [...seen].sort();
  const meant = nearestName(unknown, known);
  throw new DeployImpactError(
    "UNKNOWN_LABEL",
    `\`deployed-at\` gives a time to the unit "${unknown}", which no series has.`,
    {
      hint: `${meant === null ? "" : `Did you mean "${meant}"? `}Units in the data: ${known.slice(0, 10).join(", ")}${known.length > 10 ? ` and ${known.length - 10} more` : ""}.`,
    },
  );
}

/**
 * A unit that runs the deployed version in one of its series is treated as a whole: its other series are the same
 * unit, and one unit cannot stand on both sides.
 */
export function wholeUnits(series: readonly Series[]): Series[] {
  const treated = new Set(series.filter((one) => one.group === "treated").map((one) => one.unit));
  return series.map((one) => (treated.has(one.unit) && one.group === "control" ? { ...one, group: "treated" } : one));
}

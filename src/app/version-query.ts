import type { ServiceConfig, VersionQueryConfig } from "../config/config.ts";
import { DeployImpactError } from "../core/errors.ts";
import type { ExposureObservation } from "../core/plan.ts";
import type { QueryRecord } from "../core/result.ts";
import type { Ports } from "../ports.ts";
import type { InstantAnswer, InstantSample } from "../sources/contract.ts";
import { isDeployedVersion, requireSha } from "./groups.ts";
import { openSource } from "./open-source.ts";
import type { Trigger } from "./trigger.ts";

/** Which share of each unit ran the deployed version inside the post window, and how we asked. */
export interface Exposure {
  readonly observations: readonly ExposureObservation[];
  readonly record: QueryRecord;
  readonly warnings: readonly string[];
}

/** Name of the version query where SLIs are named otherwise. */
export const VERSION_QUERY = "version-query";

/** Asks once, at the end of the post window: the roll-out is over then, and a rollback would show. */
export async function measureExposure(
  service: ServiceConfig,
  query: VersionQueryConfig,
  trigger: Pick<Trigger, "sha">,
  time: number,
  ports: Ports,
  folder: string,
): Promise<Exposure> {
  const text = withSha(query.query, trigger.sha);
  const { samples, warnings } = await ask(service, query, text, time, ports, folder);
  const label = service.units.label;
  requireLabels(samples, query.label === null ? [label] : [label, query.label]);
  const observations =
    query.label === null ? shares(samples, label) : counted(samples, label, query.label, requireSha(trigger.sha));
  return {
    observations,
    record: { sli: VERSION_QUERY, source: query.source, component: "value", query: text },
    warnings,
  };
}

async function ask(
  service: ServiceConfig,
  query: VersionQueryConfig,
  text: string,
  time: number,
  ports: Ports,
  folder: string,
): Promise<InstantAnswer> {
  const source = openSource(service, query.source, folder);
  if (source.probe !== null) {
    return await source.probe.instantQuery({ query: text, time, what: "the version query" }, ports);
  }
  throw new DeployImpactError("CONFIG_INVALID", `The source ${query.source} cannot answer a version query.`, {
    hint: "Ask a source of type prometheus in `version-query: source`, or remove `version-query`.",
  });
}

/** `{{ deployment.sha }}` is the only thing that enters a query, and a commit is hexadecimal digits only. */
function withSha(query: string, sha: string | null): string {
  const template = /\{\{\s*deployment\.sha\s*\}\}/g;
  if (!template.test(query)) return query;
  const known = requireSha(sha);
  if (!/^[0-9a-f]{7,64}$/i.test(known)) {
    throw new DeployImpactError("USAGE", `"${known.slice(0, 60)}" is not a commit.`, {
      hint: "Give the SHA of the deployed commit, 7 to 64 hexadecimal digits.",
    });
  }
  return query.replace(template, known);
}

function requireLabels(samples: readonly InstantSample[], labels: readonly string[]): void {
  const known = [...new Set(samples.flatMap((sample) => Object.keys(sample.labels)))].sort();
  const absent = labels.find((label) => samples.length > 0 && !known.includes(label));
  if (absent === undefined) return;
  throw new DeployImpactError(
    "UNKNOWN_LABEL",
    `The series of the version query have no label "${absent}"; they have: ${known.join(", ") || "none"}.`,
    { hint: `Keep the label in the query: \`sum by (${labels.join(", ")}) (...)\`.` },
  );
}

/** The value is the share itself. */
function shares(samples: readonly InstantSample[], unitLabel: string): ExposureObservation[] {
  return samples.flatMap(({ labels, value }) => {
    const unit = labels[unitLabel] ?? "";
    if (unit === "" || !Number.isFinite(value)) return [];
    if (value >= 0 && value <= 1) return [{ unit, share: value }];
    throw new DeployImpactError(
      "SOURCE_REJECTED",
      `The version query gives ${value} for ${unit}, which is not a share.`,
      {
        hint: "Let the query return shares between 0 and 1, or counts by unit and version with `version-query: { query, label }`.",
      },
    );
  });
}

/** Values count instances by unit and version; the share is that of the deployed commit. */
function counted(
  samples: readonly InstantSample[],
  unitLabel: string,
  versionLabel: string,
  sha: string,
): ExposureObservation[] {
  const counts = new Map<string, { deployed: number; all: number }>();
  for (const { labels, value } of samples) {
    const unit = labels[unitLabel] ?? "";
    if (unit === "" || !(value > 0)) continue;
    const count = counts.get(unit) ?? { deployed: 0, all: 0 };
    count.all += value;
    if (isDeployedVersion(labels[versionLabel], sha)) count.deployed += value;
    counts.set(unit, count);
  }
  return [...counts].map(([unit, { deployed, all }]) => ({ unit, share: deployed / all })).sort(byUnit);
}

function byUnit(a: ExposureObservation, b: ExposureObservation): number {
  return a.unit < b.unit ? -1 : 1;
}

/** Units that run the deployed version at all; what only part of them runs shows in the `exposure` check. */
export function exposedUnits(exposure: Exposure): ReadonlySet<string> {
  return new Set(exposure.observations.filter(({ share }) => share > 0).map(({ unit }) => unit));
}

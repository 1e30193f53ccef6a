import { DeployImpactError } from "../core/errors.ts";
import type { Series, SeriesComponent } from "../core/panel/series.ts";
import type { SeriesQuery } from "./contract.ts";
import type { LabelledSeries, Labels } from "./labelled-series.ts";
import type { NativeHistogram } from "./native-buckets.ts";
import { type Joined, mixedHistograms, nativeSeries, thinningWarning, unreadNative } from "./native-units.ts";
import { byNearness } from "./nearest.ts";

/** The answer to one component's query, in pieces by time, oldest first. */
export interface ComponentAnswer {
  readonly component: SeriesComponent;
  /** Object of the sentence in errors: "the numerator of SLI error-rate". */
  readonly what: string;
  readonly pieces: readonly (readonly LabelledSeries[])[];
  /** A query that keeps these labels, as an example for hints; absent: PromQL. */
  readonly grouped?: (labels: readonly string[]) => string;
}

function grouped(answer: ComponentAnswer, ...labels: readonly string[]): string {
  return answer.grouped?.(labels) ?? `sum by (${labels.join(", ")}) (...)`;
}

export interface UnitSeries {
  readonly series: readonly Series[];
  readonly warnings: readonly string[];
  readonly unmatchedUnits: readonly string[];
}

type UnitRule = Pick<SeriesQuery, "unitLabel" | "byLabel" | "groupOf">;

interface Collected {
  readonly unit: string;
  readonly group: "treated" | "control";
  /** null: the whole unit; empty: the series has no such label. */
  readonly subgroup: string | null;
  /** null: no bucket of a classic histogram. */
  readonly le: number | null;
  readonly labels: Labels;
  readonly identity: string;
  readonly parts: LabelledSeries[];
}

/** Turns series with labels into one series per unit (and bucket); refuses what is not one series per unit. */
export function toUnitSeries(answer: ComponentAnswer, rule: UnitRule): UnitSeries {
  const entries = answer.pieces.flat();
  const named = entries.filter((entry) => isNamed(entry.labels[rule.unitLabel]));
  if (named.length === 0 && entries.length > 0) throw missingUnitLabel(answer, rule.unitLabel, entries);
  const { byLabel } = rule;
  if (byLabel !== undefined && named.length > 0 && !named.some((entry) => isNamed(entry.labels[byLabel]))) {
    throw missingByLabel(answer, byLabel, named);
  }
  const collected = new Map<string, Collected>();
  const unmatched = new Set<string>();
  for (const entry of named) {
    const unit = entry.labels[rule.unitLabel] ?? "";
    const group = rule.groupOf(entry.labels);
    if (group === null) unmatched.add(unit);
    else collect({ unit, group, entry }, answer, rule, collected);
  }
  for (const { unit } of collected.values()) unmatched.delete(unit);
  const joined = [...collected.values()].map((item) => joinParts(item, answer));
  refuseBothKinds(joined, answer);
  return {
    series: joined.flatMap((item) => item.series),
    warnings: [...unnamedWarning(entries, answer, rule.unitLabel), ...thinningWarning(joined, answer.what)],
    unmatchedUnits: [...unmatched].sort(),
  };
}

/** Equal bounds of both kinds would be added up as if they were two halves of the traffic. */
function refuseBothKinds(joined: readonly Joined[], answer: ComponentAnswer): void {
  const native = new Set(joined.filter((item) => item.nativeBounds !== null).map((item) => item.unit));
  const both =
    native.size === 0 ? undefined : joined.find((item) => item.nativeBounds === null && native.has(item.unit));
  if (both !== undefined) throw mixedHistograms(both.unit, answer.what);
}

function isNamed(value: string | undefined): boolean {
  // To Prometheus an empty label and an absent one are the same.
  return value !== undefined && value !== "";
}

function collect(
  found: { readonly unit: string; readonly group: "treated" | "control"; readonly entry: LabelledSeries },
  answer: ComponentAnswer,
  { unitLabel, byLabel }: UnitRule,
  collected: Map<string, Collected>,
): void {
  const { unit, group, entry } = found;
  const subgroup = byLabel === undefined ? null : (entry.labels[byLabel] ?? "");
  const isNative = (entry.histograms?.length ?? 0) > 0;
  if (isNative && answer.component !== "bucket") throw unreadNative(answer.what);
  if (isNative && entry.times.length > 0) throw mixedHistograms(unit, answer.what);
  const hasBound = answer.component === "bucket" && !isNative;
  const le = hasBound ? readBucketBound(entry.labels, answer, unitLabel) : null;
  const key = JSON.stringify([le === null ? null : String(le), subgroup, unit]);
  const identity = identityOf(entry.labels);
  const known = collected.get(key);
  if (known === undefined) {
    collected.set(key, { unit, group, subgroup, le, labels: entry.labels, identity, parts: [entry] });
  } else if (known.identity === identity) {
    known.parts.push(entry);
  } else {
    const kept = byLabel === undefined ? [unitLabel] : [unitLabel, byLabel];
    throw severalSeries(unit, [known.labels, entry.labels], answer, { unitLabel, kept });
  }
}

function identityOf(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function joinParts(item: Collected, answer: ComponentAnswer): Joined {
  const { unit, group, le } = item;
  const part = item.subgroup === null ? {} : { subgroup: item.subgroup };
  const histograms = item.parts.flatMap((part) => part.histograms ?? []);
  if (histograms.length > 0)
    return nativeSeries({ unit, group, ...part }, inOrder(histograms, unit, answer), answer.what);
  const length = item.parts.reduce((sum, part) => sum + part.times.length, 0);
  const times = new Float64Array(length);
  const values = new Float64Array(length);
  let offset = 0;
  for (const part of item.parts) {
    const [previous, next] = [times[offset - 1], part.times[0]];
    if (previous !== undefined && next !== undefined && next <= previous) throw repeatedSteps(unit, answer);
    times.set(part.times, offset);
    values.set(part.values, offset);
    offset += part.times.length;
  }
  const series = { unit, group, component: answer.component, ...part, ...(le !== null && { le }), times, values };
  return { unit, series: [series], nativeBounds: null };
}

function inOrder(histograms: readonly NativeHistogram[], unit: string, answer: ComponentAnswer): typeof histograms {
  const isLate = (one: NativeHistogram, index: number): boolean => one.time <= (histograms[index - 1]?.time ?? -1);
  if (histograms.some(isLate)) throw repeatedSteps(unit, answer);
  return histograms;
}

function readBucketBound(labels: Labels, answer: ComponentAnswer, unitLabel: string): number {
  const text = labels.le;
  if (text === undefined || text === "") {
    const isVmRange = labels.vmrange !== undefined;
    throw new DeployImpactError(
      "UNKNOWN_LABEL",
      `The series of ${answer.what} have no label \`le\`, which names the bucket.`,
      {
        hint: isVmRange
          ? "Wrap the buckets in prometheus_buckets(...), which turns `vmrange` into `le`."
          : answer.grouped === undefined
            ? `Keep the label: \`sum by (${unitLabel}, le) (rate(..._bucket[1m]))\`; native histograms have none and are queried by their name, without _bucket.`
            : `Keep it in the query: \`${grouped(answer, unitLabel, "le")}\`.`,
      },
    );
  }
  const bound = text === "+Inf" || text === "Inf" ? Number.POSITIVE_INFINITY : Number(text);
  if (!Number.isNaN(bound)) return bound;
  throw new DeployImpactError(
    "SOURCE_MALFORMED",
    `A series of ${answer.what} has the bucket bound le="${text}", which is not a number.`,
    {
      hint: "Let the query return the buckets of a classic histogram, whose `le` are numbers or +Inf.",
    },
  );
}

function missingUnitLabel(
  answer: ComponentAnswer,
  unitLabel: string,
  entries: readonly LabelledSeries[],
): DeployImpactError {
  const names = byNearness(unitLabel, [...new Set(entries.flatMap((entry) => Object.keys(entry.labels)))]);
  const present = names.length === 0 ? "they have no labels at all" : `they have: ${names.slice(0, 20).join(", ")}`;
  return new DeployImpactError(
    "UNKNOWN_LABEL",
    `The series of ${answer.what} have no label \`${unitLabel}\`; ${present}.`,
    {
      hint: `Set \`units.label\` to a label that the series have, or keep \`${unitLabel}\` in the query: \`${grouped(answer, unitLabel)}\`.`,
    },
  );
}

function missingByLabel(
  answer: ComponentAnswer,
  byLabel: string,
  entries: readonly LabelledSeries[],
): DeployImpactError {
  const names = byNearness(byLabel, [...new Set(entries.flatMap((entry) => Object.keys(entry.labels)))]);
  return new DeployImpactError(
    "UNKNOWN_LABEL",
    `The series of ${answer.what} have no label \`${byLabel}\`; they have: ${names.slice(0, 20).join(", ")}.`,
    {
      hint: `Set \`by\` of the SLI to a label that the series have, or keep \`${byLabel}\` in the query: \`${grouped(answer, "...", byLabel)}\`.`,
    },
  );
}

function unnamedWarning(entries: readonly LabelledSeries[], answer: ComponentAnswer, unitLabel: string): string[] {
  const unnamed = new Set(
    entries.filter((entry) => !isNamed(entry.labels[unitLabel])).map((entry) => identityOf(entry.labels)),
  ).size;
  if (unnamed === 0) return [];
  return [`${unnamed} series of ${answer.what} without the label \`${unitLabel}\` were left out.`];
}

/** Shows at most this many values of a label in an error. */
const SHOWN_VALUES = 3;

function severalSeries(
  unit: string,
  pair: readonly [Labels, Labels],
  answer: ComponentAnswer,
  { unitLabel, kept }: { readonly unitLabel: string; readonly kept: readonly string[] },
): DeployImpactError {
  const names = [...new Set(pair.flatMap((labels) => Object.keys(labels)))].sort();
  const different = names
    .filter((name) => pair[0][name] !== pair[1][name])
    .slice(0, SHOWN_VALUES)
    .map(
      (name) =>
        `${name} (${pair
          .map((labels) => `"${labels[name] ?? ""}"`)
          .sort()
          .join(", ")})`,
    );
  const example = grouped(answer, ...kept, ...(answer.component === "bucket" ? ["le"] : []));
  return new DeployImpactError(
    "SOURCE_REJECTED",
    `${capital(answer.what)} gives several series for ${unitLabel} "${unit}"; they differ in ${different.join(", ")}.`,
    {
      hint: `Aggregate in the query so that one series per unit is left: \`${example}\`, or the average instead of the sum.`,
    },
  );
}

function repeatedSteps(unit: string, answer: ComponentAnswer): DeployImpactError {
  return new DeployImpactError(
    "SOURCE_MALFORMED",
    `The answer to ${answer.what} holds steps of unit "${unit}" twice.`,
    {
      hint: "A proxy in front of the server may mix up its cache; ask the server itself in `url` of the source.",
    },
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

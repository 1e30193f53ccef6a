import type { RandomStream } from "../../inference/random.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import { type Grouping, groupBy } from "../../regression/effects.ts";
import { adoptionOf, isNever } from "../adoption.ts";
import type { TidyData } from "../contract.ts";
import { checkNumbers } from "../tidy-checks.ts";

/** Ascending outcomes of treated and control rows before and after the treatment. */
export interface FourSamples {
  readonly controlPre: Float64Array;
  readonly controlPost: Float64Array;
  readonly treatedPre: Float64Array;
  readonly treatedPost: Float64Array;
}

type SampleName = keyof FourSamples;

/** The four samples, and what it takes to draw them again by cluster. */
export interface Sampled {
  readonly samples: FourSamples;
  /** Clusters by group; drawn within their group. */
  readonly clusters: { readonly treated: readonly number[]; readonly control: readonly number[] };
  readonly clusterCount: number;
  /** Cluster of every entry of the samples. */
  readonly owners: Readonly<Record<SampleName, Int32Array>>;
}

export interface Group {
  readonly treated: boolean;
  readonly post: boolean;
}

/**
 * Splits rows into treated and control, before and after; one starting period for all treated rows.
 *
 * Assumes: without a unit column (repeated cross-sections) the first treated period of the row's group is given.
 */
export function groupRows(data: TidyData): Outcome<(row: number) => Group> {
  const { time } = data;
  if (time === null) return refuse("NO_DATA", "The period of every row is needed.", "Name the time column.");
  const first = firstOfRows(data, time);
  if (!first.ok) return first;
  const starts = [...new Set(first.value)].filter((value) => !isNever(value)).sort((a, b) => a - b);
  const [start, second] = starts;
  if (start === undefined) {
    return refuse("NO_TREATED_UNITS", "No row belongs to a treated group.", "Name the column of the treatment.");
  }
  if (second !== undefined) {
    return refuse(
      "NOT_ESTIMABLE",
      `The treatment starts in ${starts.length} different periods (${start}, ${second}, ...); this estimator takes one.`,
      "Give one wave at a time.",
      { periods: starts.slice(0, 20) },
    );
  }
  return answer((row) => ({
    treated: !isNever(first.value[row] ?? Number.NaN),
    post: (time[row] ?? Number.NaN) >= start,
  }));
}

function firstOfRows(data: TidyData, time: Float64Array): Outcome<Float64Array> {
  if (data.unit === null) {
    if (data.firstTreated !== null) return answer(data.firstTreated);
    return refuse(
      "NO_TREATED_UNITS",
      "Without a unit column, the rows before the treatment do not say which group they belong to.",
      "Name the unit column, or a column with the first treated period of the row's group (0: never).",
    );
  }
  const unit = groupBy("unit", data.unit);
  const adopted = adoptionOf(data, unit, time);
  return adopted.ok ? answer(Float64Array.from(unit.levels, (u) => adopted.value[u] ?? Number.NaN)) : adopted;
}

const MIN_ROWS = 2;

/** The four samples of a table. Time n log n, memory n. */
export function readSamples(data: TidyData): Outcome<Sampled> {
  const numbers = checkNumbers(data);
  if (!numbers.ok) return numbers;
  const grouped = groupRows(data);
  if (!grouped.ok) return grouped;
  const rows: Record<SampleName, number[]> = { controlPre: [], controlPost: [], treatedPre: [], treatedPost: [] };
  for (let i = 0; i < data.rows; i++) rows[nameOf(grouped.value(i))].push(i);
  if (rows.controlPre.length + rows.controlPost.length === 0) {
    return refuse("NO_CONTROL_UNITS", "Every unit is treated.", "Add units that are never treated.");
  }
  for (const [name, list] of Object.entries(rows)) {
    if (list.length < MIN_ROWS) return tooFew(name as SampleName, list.length);
  }
  const cluster = clusterOf(data);
  const sort = (list: readonly number[]): Int32Array =>
    Int32Array.from(list).sort((a, b) => (data.outcome[a] ?? 0) - (data.outcome[b] ?? 0));
  const ordered = mapSamples((name) => sort(rows[name]));
  const inGroup = (names: readonly SampleName[]): number[] => [
    ...new Set(names.flatMap((name) => Array.from(ordered[name], (row) => cluster.levels[row] ?? 0))),
  ];
  return answer({
    samples: mapSamples((name) => Float64Array.from(ordered[name], (row) => data.outcome[row] ?? Number.NaN)),
    clusters: { treated: inGroup(["treatedPre", "treatedPost"]), control: inGroup(["controlPre", "controlPost"]) },
    clusterCount: cluster.count,
    owners: mapSamples((name) => ordered[name].map((row) => cluster.levels[row] ?? 0)),
  });
}

function clusterOf(data: TidyData): Grouping {
  const names = data.cluster ?? data.unit;
  if (names !== null) return groupBy("cluster", names);
  return { name: "row", levels: Int32Array.from({ length: data.rows }, (_, i) => i), count: data.rows };
}

function nameOf({ treated, post }: Group): SampleName {
  if (treated) return post ? "treatedPost" : "treatedPre";
  return post ? "controlPost" : "controlPre";
}

function mapSamples<T>(make: (name: SampleName) => T): Record<SampleName, T> {
  return {
    controlPre: make("controlPre"),
    controlPost: make("controlPost"),
    treatedPre: make("treatedPre"),
    treatedPost: make("treatedPost"),
  };
}

const WORDS: Readonly<Record<SampleName, string>> = {
  controlPre: "control rows before the treatment",
  controlPost: "control rows after the treatment",
  treatedPre: "treated rows before the treatment",
  treatedPost: "treated rows after the treatment",
};

function tooFew(name: SampleName, count: number): Outcome<never> {
  const empty = name.endsWith("Pre") ? "NO_PRE_DATA" : "NO_POST_DATA";
  return refuse(
    count === 0 ? empty : "TOO_FEW_UNITS",
    `A distribution needs at least ${MIN_ROWS} rows; there ${count === 1 ? "is 1" : "are 0"} of the ${WORDS[name]}.`,
    "Give more rows of this group and window.",
    { rows: count },
  );
}

/**
 * The samples with clusters drawn with replacement within each group; null when a sample came out empty.
 *
 * Complexity: time and memory grow with the rows; nothing is sorted again.
 */
export function drawSamples(sampled: Sampled, random: RandomStream): FourSamples | null {
  const times = new Int32Array(sampled.clusterCount);
  for (const group of [sampled.clusters.control, sampled.clusters.treated]) {
    const drawn = new Int32Array(group.length);
    for (let k = 0; k < group.length; k++) {
      const at = random.below(group.length);
      drawn[at] = (drawn[at] ?? 0) + 1;
    }
    // a cluster may have rows in both groups; it counts as often as it was drawn in either
    group.forEach((cluster, k) => {
      times[cluster] = (times[cluster] ?? 0) + (drawn[k] ?? 0);
    });
  }
  const result = mapSamples((name) => repeat(sampled.samples[name], sampled.owners[name], times));
  return Object.values(result).some((sample) => sample.length === 0) ? null : result;
}

function repeat(values: Float64Array, owners: Int32Array, times: Int32Array): Float64Array {
  let length = 0;
  for (const owner of owners) length += times[owner] ?? 0;
  const result = new Float64Array(length);
  let at = 0;
  values.forEach((value, i) => {
    const count = times[owners[i] ?? 0] ?? 0;
    result.fill(value, at, at + count);
    at += count;
  });
  return result;
}

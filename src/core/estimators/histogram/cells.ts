import type { RandomStream } from "../../inference/random.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import { groupBy } from "../../regression/effects.ts";
import type { TidyData } from "../contract.ts";
import { groupRows } from "../quantile/samples.ts";
import { checkNumbers, placeOf } from "../tidy-checks.ts";
import type { FourHistograms } from "./effect.ts";

/** Cumulative counts of one cluster, before and after, by bound. */
interface ClusterCounts {
  readonly treated: boolean;
  readonly pre: Float64Array;
  readonly post: Float64Array;
}

export interface HistogramTable {
  readonly bounds: readonly number[];
  readonly clusters: readonly ClusterCounts[];
}

/**
 * Adds up cumulative buckets by cluster and window. Rows are units, periods and bounds; the outcome is the increase of
 * the bucket's counter during the period.
 *
 * Assumes: all units use the same bounds, the highest is +Inf; refuses others by name. A bucket counter that increased
 * more than a higher one (scrapes that did not see all at once) is left to the running maximum of the quantiles.
 * Complexity: time and memory grow with the rows.
 */
export function readHistograms(data: TidyData, le: Float64Array): Outcome<HistogramTable> {
  const numbers = checkNumbers(data);
  if (!numbers.ok) return numbers;
  const names = data.cluster ?? data.unit;
  if (names === null) return refuse("NO_DATA", "The unit of every row is needed.", "Name the unit column.");
  const negative = data.outcome.findIndex((count) => count < 0);
  if (negative >= 0) {
    return refuse(
      "NOT_ESTIMABLE",
      `The bucket count of ${placeOf(data, negative)} is ${data.outcome[negative]}; an increase is not negative.`,
      "Give increases per period, with counter restarts taken out.",
      { row: negative + 1, place: placeOf(data, negative) },
    );
  }
  const grouped = groupRows(data);
  if (!grouped.ok) return grouped;
  const bounds = [...new Set(le)].sort((a, b) => a - b);
  if (bounds.length < 2 || bounds.at(-1) !== Number.POSITIVE_INFINITY) {
    return refuse("NOT_ESTIMABLE", "There is no +Inf bucket beside others.", "Give all buckets, up to le = +Inf.", {
      buckets: bounds.length,
    });
  }
  const complete = checkCells(data, le, bounds.length);
  if (!complete.ok) return complete;
  const cluster = groupBy("cluster", names);
  const place = new Map(bounds.map((bound, k) => [bound, k]));
  const empty = (): Float64Array => new Float64Array(bounds.length);
  const counts = Array.from({ length: cluster.count }, () => ({ treated: false, pre: empty(), post: empty() }));
  for (let i = 0; i < data.rows; i++) {
    const { treated, post } = grouped.value(i);
    const entry = counts[cluster.levels[i] ?? 0];
    if (entry === undefined) continue;
    entry.treated ||= treated;
    const k = place.get(le[i] ?? 0) ?? 0;
    const target = post ? entry.post : entry.pre;
    target[k] = (target[k] ?? 0) + (data.outcome[i] ?? 0);
  }
  return checkWindows({ bounds, clusters: counts });
}

/** Every unit and period has each bound once. */
function checkCells(data: TidyData, le: Float64Array, width: number): Outcome<null> {
  const seen = new Map<string, Set<number>>();
  for (let i = 0; i < data.rows; i++) {
    const cell = `${data.unit?.[i] ?? ""}\u0000${data.time?.[i] ?? ""}`;
    let bounds = seen.get(cell);
    if (bounds === undefined) {
      bounds = new Set();
      seen.set(cell, bounds);
    }
    const bound = le[i] ?? Number.NaN;
    if (bounds.has(bound) || Number.isNaN(bound)) {
      return refuse(
        Number.isNaN(bound) ? "NOT_FINITE" : "DUPLICATE_ROWS",
        Number.isNaN(bound)
          ? `The bound of ${placeOf(data, i)} is no number.`
          : `There are two rows for ${placeOf(data, i)}, le ${bound}.`,
        "Give each bucket of a unit and period once.",
        { row: i + 1, place: placeOf(data, i) },
      );
    }
    bounds.add(bound);
  }
  for (const [cell, bounds] of seen) {
    if (bounds.size === width) continue;
    const [unit, period] = cell.split("\u0000");
    return refuse(
      "NOT_ESTIMABLE",
      `Unit ${unit} has ${bounds.size} of ${width} buckets in period ${period}.`,
      "Give the same bounds for all units and periods.",
      { unit: unit ?? "", period: period ?? "" },
    );
  }
  return answer(null);
}

function checkWindows(table: HistogramTable): Outcome<HistogramTable> {
  for (const treated of [true, false]) {
    const members = table.clusters.filter((cluster) => cluster.treated === treated);
    const group = treated ? "treated" : "control";
    if (members.length === 0) {
      return refuse(treated ? "NO_TREATED_UNITS" : "NO_CONTROL_UNITS", `There is no ${group} unit.`, "Add units.");
    }
    for (const window of ["pre", "post"] as const) {
      if (members.some((cluster) => (cluster[window].at(-1) ?? 0) > 0)) continue;
      return refuse(
        window === "pre" ? "NO_PRE_DATA" : "NO_POST_DATA",
        `The ${group} units have no observation ${window === "pre" ? "before" : "after"} the treatment.`,
        "Lengthen the table.",
      );
    }
  }
  return answer(table);
}

/** Sums over clusters, each counted as often as `times` says. */
export function addUp(table: HistogramTable, times: (cluster: number) => number): FourHistograms {
  const empty = (): Float64Array => new Float64Array(table.bounds.length);
  const result = { controlPre: empty(), controlPost: empty(), treatedPre: empty(), treatedPost: empty() };
  table.clusters.forEach((cluster, c) => {
    const factor = times(c);
    if (factor === 0) return;
    const [pre, post] = cluster.treated
      ? [result.treatedPre, result.treatedPost]
      : [result.controlPre, result.controlPost];
    for (let k = 0; k < pre.length; k++) {
      pre[k] = (pre[k] ?? 0) + factor * (cluster.pre[k] ?? 0);
      post[k] = (post[k] ?? 0) + factor * (cluster.post[k] ?? 0);
    }
  });
  return { bounds: table.bounds, ...result };
}

/** How often each cluster is drawn, with replacement within its group. */
export function drawClusters(table: HistogramTable, random: RandomStream): Int32Array {
  const times = new Int32Array(table.clusters.length);
  for (const treated of [true, false]) {
    const members = [...table.clusters.keys()].filter((c) => table.clusters[c]?.treated === treated);
    for (let k = 0; k < members.length; k++) {
      const drawn = members[random.below(members.length)] ?? 0;
      times[drawn] = (times[drawn] ?? 0) + 1;
    }
  }
  return times;
}

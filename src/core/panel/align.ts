import { answer, type Outcome, refuse } from "../outcome.ts";
import type { AnalysisPlan, SliPlan } from "../plan.ts";
import { type CellCounts, type Grid, reductionOf, toCells } from "./cells.ts";
import { type Bucket, histogramQuantile } from "./histogram.ts";
import type { Panel } from "./panel.ts";
import { deadUnits, frozenUnits, missingShare, type Quality } from "./quality.ts";
import type { Group, Series, SliSeries } from "./series.ts";

/** A panel and everything that was noticed on the way to it. */
export interface Aligned {
  readonly panel: Panel;
  readonly quality: Quality;
  /** Set when another deployment inside the pre window moved its start; epoch seconds. */
  readonly preShortenedTo: number | null;
}

/** More cells than this are a wrong step, not a panel. */
const MAX_CELLS = 2e8;

interface UnitSeries {
  readonly unit: string;
  readonly treated: boolean;
  readonly series: Series[];
}

interface UnitCells {
  readonly unit: string;
  readonly treated: boolean;
  readonly values: Float64Array;
  readonly weights: Float64Array | null;
}

/**
 * Raw series of one SLI to a panel: groups decided, points put on the grid, exclusions blanked, units that cannot be
 * compared left out by name. Refuses when a side is missing or the deploy is not inside the data.
 */
export function alignPanel(plan: AnalysisPlan, sli: SliPlan, input: SliSeries): Outcome<Aligned> {
  const excluded: { unit: string; reason: string }[] = [...plan.excludedUnits];
  const units = groupUnits(plan, input.series);
  const range = stampRange(units);
  if (range === null) {
    return refuse(
      "NO_DATA",
      `No data came back for ${sli.id}.`,
      "Run `deploy-impact validate` to see what each query returns.",
      {
        warnings: [...input.warnings],
      },
    );
  }
  const timing = checkTiming(plan, range);
  if (!timing.ok) return timing;
  const grid = gridFor(plan, range);
  const empty = emptyWindow(plan, grid);
  if (empty !== null) return empty;
  if (!(grid.steps * units.length <= MAX_CELLS)) {
    return refuse(
      "NOT_ESTIMABLE",
      `A step of ${plan.window.step} s makes ${grid.steps} steps of this data.`,
      "Choose a longer step.",
      {
        steps: grid.steps,
        units: units.length,
      },
    );
  }
  const half = ratioHalfMissing(sli, units);
  if (half !== null) return half;
  const counts: CellCounts = { duplicates: 0, resets: 0, infinite: 0 };
  const cells = units.map((unit) => unitCells(unit, sli, grid, counts));
  blankExclusions(plan, grid, cells);
  const trimmed = trimEmptyEnds(grid, cells);
  if (trimmed === null) {
    return refuse(
      "NO_DATA",
      `Every value of ${sli.id} is missing.`,
      "Run `deploy-impact validate` to see what each query returns.",
    );
  }
  return assemble(plan, grid, cells, trimmed, { counts, excluded, spacing: typicalSpacing(units) });
}

/** Windows that hold no step, whatever the data. */
function emptyWindow(plan: AnalysisPlan, grid: Grid): Outcome<never> | null {
  const { deployedAt, step, settle } = plan.window;
  if (!(step > 0)) {
    return refuse("NOT_ESTIMABLE", `A step of ${step} s makes no grid.`, "Give a step of at least one second.", {
      step,
    });
  }
  if (grid.first >= 0) {
    return refuse(
      "NO_PRE_DATA",
      "The pre window holds no step before the deploy.",
      "Let `windows.pre` reach back before the deploy.",
      { preStart: plan.window.preStart, deployedAt },
    );
  }
  if (grid.first + grid.steps <= 0) {
    return refuse(
      "NO_POST_DATA",
      "The post window ends before the deploy.",
      "Let `windows.post` end after the deploy and its settle time.",
      { postEnd: plan.window.postEnd, postStart: deployedAt + settle },
    );
  }
  return null;
}

/** A ratio whose numerator or denominator came back for no unit at all is a renamed metric until shown otherwise. */
function ratioHalfMissing(sli: SliPlan, units: readonly UnitSeries[]): Outcome<never> | null {
  const has = (component: Series["component"]): boolean =>
    units.some(({ series }) => series.some((one) => one.component === component));
  const [top, bottom] = [has("numerator"), has("denominator")];
  if (sli.kind !== "ratio" || top === bottom) return null;
  const missing = top ? "denominator" : "numerator";
  return refuse(
    "NO_DATA",
    `The ${missing} of ${sli.id} returned no series at all.`,
    missing === "numerator"
      ? "Check the metric name; if there really was nothing to count, let the query return 0 (PromQL: `... or 0 * <denominator>`)."
      : "Check the metric name and labels of the denominator query.",
    { component: missing },
  );
}

function groupUnits(plan: AnalysisPlan, series: readonly Series[]): UnitSeries[] {
  const out = new Set(plan.excludedUnits.map((entry) => entry.unit));
  const named = new Set(plan.treatedUnits);
  const units = new Map<string, UnitSeries>();
  for (const one of series) {
    if (out.has(one.unit)) continue;
    const group: Group | null = named.size === 0 ? one.group : named.has(one.unit) ? "treated" : "control";
    if (group === null) continue;
    const known = units.get(one.unit);
    if (known === undefined) units.set(one.unit, { unit: one.unit, treated: group === "treated", series: [one] });
    else known.series.push(one);
  }
  return [...units.values()].sort((a, b) => (a.unit < b.unit ? -1 : a.unit > b.unit ? 1 : 0));
}

interface StampRange {
  readonly first: number;
  readonly last: number;
}

function stampRange(units: readonly UnitSeries[]): StampRange | null {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { series } of units) {
    for (const { times } of series) {
      for (const time of times) {
        if (!Number.isFinite(time)) continue;
        if (time < first) first = time;
        if (time > last) last = time;
      }
    }
  }
  return first <= last ? { first, last } : null;
}

function checkTiming(plan: AnalysisPlan, range: StampRange): Outcome<true> {
  const { deployedAt } = plan.window;
  const facts = { deployedAt, dataFrom: range.first, dataTo: range.last };
  const span = `${utc(range.first)} to ${utc(range.last)}`;
  if (range.last < deployedAt) {
    return refuse(
      "DEPLOY_OUTSIDE_DATA",
      `The deploy at ${utc(deployedAt)} is after the data, which cover ${span}.`,
      "Check --deployed-at (time zone?), or wait until data after the deploy exist.",
      facts,
    );
  }
  if (range.first >= deployedAt) {
    return refuse(
      "DEPLOY_OUTSIDE_DATA",
      `The deploy at ${utc(deployedAt)} is before the data, which cover ${span}.`,
      "Check --deployed-at (time zone?), or fetch data from before the deploy.",
      facts,
    );
  }
  return answer(true);
}

/** "2026-01-31 13:05 UTC". Pure: Date is only used to format a given instant. */
export function utc(epochSeconds: number): string {
  return `${new Date(epochSeconds * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function gridFor(plan: AnalysisPlan, range: StampRange): Grid {
  const { deployedAt, step, preStart, postEnd } = plan.window;
  const index = (time: number): number => Math.floor((time - deployedAt) / step);
  const first = preStart === null ? index(range.first) : Math.max(index(preStart), index(range.first));
  const last = postEnd === null ? index(range.last) : Math.ceil((postEnd - deployedAt) / step) - 1;
  return { deployedAt, step, first, steps: last - first + 1 };
}

function unitCells(unit: UnitSeries, sli: SliPlan, grid: Grid, counts: CellCounts): UnitCells {
  const { values, weights } =
    sli.kind === "quantile" ? quantileCells(unit, sli, grid, counts) : plainCells(unit, sli, grid, counts);
  return { unit: unit.unit, treated: unit.treated, values, weights };
}

type Cells = { readonly values: Float64Array; readonly weights: Float64Array | null };

function plainCells(unit: UnitSeries, sli: SliPlan, grid: Grid, counts: CellCounts): Cells {
  const find = (component: Series["component"]): Series | undefined =>
    unit.series.find((one) => one.component === component);
  const numerator = find("numerator");
  const denominator = find("denominator");
  if (numerator !== undefined || denominator !== undefined) return ratioCells(numerator, denominator, grid, counts);
  const value = find("value");
  if (value === undefined) return { values: new Float64Array(grid.steps).fill(Number.NaN), weights: null };
  const cells = toCells(value, grid, reductionOf(sli.kind, "value"), counts);
  return sli.kind === "ratio" ? cells : { values: cells.values, weights: null };
}

/**
 * numerator / denominator with the denominator as weight. No traffic (denominator 0) is a missing ratio. A numerator
 * series that is missing where the denominator has traffic counts as 0: a metric system returns no series for "no error
 * was ever counted", and leaving those steps out would keep only the bad ones.
 */
function ratioCells(
  numerator: Series | undefined,
  denominator: Series | undefined,
  grid: Grid,
  counts: CellCounts,
): Cells {
  const empty = new Float64Array(grid.steps).fill(Number.NaN);
  const top = numerator === undefined ? empty : toCells(numerator, grid, "sum", counts).values;
  const bottom = denominator === undefined ? empty : toCells(denominator, grid, "sum", counts).values;
  const values = new Float64Array(grid.steps);
  const weights = new Float64Array(grid.steps);
  for (let t = 0; t < grid.steps; t++) {
    const traffic = bottom[t] as number;
    const counted = top[t] as number;
    const usable = traffic > 0;
    values[t] = usable ? (Number.isFinite(counted) ? counted / traffic : 0) : Number.NaN;
    weights[t] = usable ? traffic : 0;
  }
  return { values, weights };
}

/** Per step the histogram quantile of the unit's own buckets: approximate, and never averaged over units' raw buckets. */
function quantileCells(unit: UnitSeries, sli: SliPlan, grid: Grid, counts: CellCounts): Cells {
  const columns = unit.series
    .filter((one) => one.component === "bucket" && one.le !== undefined)
    .map((one) => ({ le: one.le as number, values: toCells(one, grid, "mean", counts).values }));
  if (columns.length === 0) return plainCells(unit, { ...sli, kind: "gauge" }, grid, counts);
  const values = new Float64Array(grid.steps);
  for (let t = 0; t < grid.steps; t++) {
    const buckets: Bucket[] = [];
    for (const { le, values: column } of columns) {
      const count = column[t] as number;
      if (Number.isFinite(count)) buckets.push({ le, count });
    }
    values[t] = histogramQuantile(sli.quantile ?? Number.NaN, buckets);
  }
  return { values, weights: null };
}

function blankExclusions(plan: AnalysisPlan, grid: Grid, cells: readonly UnitCells[]): void {
  for (let t = 0; t < grid.steps; t++) {
    const from = grid.deployedAt + (grid.first + t) * grid.step;
    if (!plan.exclusions.some((gone) => from < gone.to && from + grid.step > gone.from)) continue;
    for (const { values } of cells) values[t] = Number.NaN;
  }
}

interface Trimmed {
  /** First and last (inclusive) grid step in which any unit has data. */
  readonly from: number;
  readonly to: number;
}

function trimEmptyEnds(grid: Grid, cells: readonly UnitCells[]): Trimmed | null {
  const seen = (t: number): boolean => cells.some(({ values }) => Number.isFinite(values[t] as number));
  let from = 0;
  while (from < grid.steps && !seen(from)) from++;
  let to = grid.steps - 1;
  while (to >= from && !seen(to)) to--;
  return from <= to ? { from, to } : null;
}

function assemble(
  plan: AnalysisPlan,
  grid: Grid,
  cells: readonly UnitCells[],
  trimmed: Trimmed,
  noticed: {
    readonly counts: CellCounts;
    readonly excluded: { unit: string; reason: string }[];
    readonly spacing: number | null;
  },
): Outcome<Aligned> {
  const shortened = preStartAfterOthers(plan, grid, trimmed);
  const from = shortened ?? trimmed.from;
  const preEnd = -grid.first - from;
  const steps = trimmed.to + 1 - from;
  const postStart = preEnd + Math.ceil(plan.window.settle / grid.step);
  const windows = checkWindows(plan, { preEnd, postStart, steps }, trimmed, grid);
  if (!windows.ok) return windows;
  const sides = checkSides(cells, from, preEnd, postStart, steps);
  if (!sides.ok) return sides;
  for (const gone of sides.value.excluded) noticed.excluded.push(gone);
  const panel = buildPanel(grid, sides.value.kept, from, { preEnd, postStart, steps });
  const everyone = buildPanel(grid, cells, from, { preEnd, postStart, steps });
  const lateSteps = Math.min(grid.steps - 1 - trimmed.to, grid.steps + grid.first);
  return answer({
    panel,
    quality: {
      missingTreatedPre: missingShare(everyone, true, 0, preEnd),
      missingControlPre: missingShare(everyone, false, 0, preEnd),
      missingTreatedPost: missingShare(everyone, true, postStart, steps),
      missingControlPost: missingShare(everyone, false, postStart, steps),
      ...noticed.counts,
      deadUnits: deadUnits(everyone),
      frozenUnits: frozenUnits(everyone),
      lateSteps: plan.window.postEnd === null ? 0 : lateSteps,
      spacing: noticed.spacing,
      excluded: noticed.excluded,
    },
    preShortenedTo: shortened === null ? null : panel.start,
  });
}

function checkWindows(
  plan: AnalysisPlan,
  shape: { readonly preEnd: number; readonly postStart: number; readonly steps: number },
  trimmed: Trimmed,
  grid: Grid,
): Outcome<true> {
  const lastSeen = grid.deployedAt + (grid.first + trimmed.to + 1) * grid.step;
  if (shape.steps <= shape.postStart) {
    return refuse(
      "NO_POST_DATA",
      `No unit has data after the deploy${plan.window.settle > 0 ? " and its settle time" : ""}: the last value is from before ${utc(lastSeen)}.`,
      "Wait until the source has the post window (a late scrape or a dead exporter?), then run again.",
      { dataTo: lastSeen, postStart: plan.window.deployedAt + plan.window.settle },
    );
  }
  if (shape.preEnd <= 0) {
    return refuse(
      "NO_PRE_DATA",
      "No unit has data before the deploy.",
      "Lengthen `windows.pre`, or check that the units existed before the deploy.",
    );
  }
  return answer(true);
}

/**
 * The pre window starts after the latest other deployment inside it, if at least max(60 steps, 2 x post) remain
 * (docs/method.md section 4). Returns the first grid step to keep, null for no change.
 */
function preStartAfterOthers(plan: AnalysisPlan, grid: Grid, trimmed: Trimmed): number | null {
  const others = (plan.otherDeployments ?? [])
    .map((other) => Math.ceil((other.deployedAt + plan.window.settle - grid.deployedAt) / grid.step) - grid.first)
    .filter((cell) => cell > trimmed.from && cell < -grid.first);
  if (others.length === 0) return null;
  const latest = Math.max(...others);
  const postSteps = trimmed.to + 1 + grid.first - Math.ceil(plan.window.settle / grid.step);
  return -grid.first - latest >= Math.max(60, 2 * postSteps) ? latest : null;
}

interface Sides {
  readonly kept: readonly UnitCells[];
  readonly excluded: readonly { readonly unit: string; readonly reason: string }[];
}

const ONLY_AFTER = "has data only after the deploy";
const ONLY_BEFORE = "has no data in the post window";

/** Both groups must hold at least one unit that is seen before and after the deploy. */
function checkSides(
  cells: readonly UnitCells[],
  from: number,
  preEnd: number,
  postStart: number,
  steps: number,
): Outcome<Sides> {
  const kept: UnitCells[] = [];
  const excluded: { unit: string; reason: string }[] = [];
  const present = { treated: 0, control: 0 };
  for (const cell of cells) {
    const before = hasFinite(cell.values, from, from + preEnd);
    const after = hasFinite(cell.values, from + postStart, from + steps);
    if (before || after) present[cell.treated ? "treated" : "control"]++;
    if (before && after) kept.push(cell);
    else
      excluded.push({
        unit: cell.unit,
        reason: before ? ONLY_BEFORE : after ? ONLY_AFTER : "has no data in either window",
      });
  }
  const missing = missingSide(kept, present, excluded);
  return missing ?? answer({ kept, excluded });
}

function missingSide(
  kept: readonly UnitCells[],
  present: { readonly treated: number; readonly control: number },
  excluded: readonly { readonly unit: string; readonly reason: string }[],
): Outcome<never> | null {
  const facts = { excluded: excluded.map(({ unit, reason }) => ({ unit, reason })) };
  if (present.treated === 0) {
    return refuse(
      "NO_TREATED_UNITS",
      "None of the units with data is treated.",
      "Check `units.treated` (or --treated) against the names that `validate` prints.",
      facts,
    );
  }
  if (present.control === 0) {
    return refuse(
      "NO_CONTROL_UNITS",
      "None of the units with data is a control, so nothing tells the deploy from the time of day.",
      "Name at least one unit that did not get the deploy in `units.control`.",
      facts,
    );
  }
  for (const treated of [true, false]) {
    if (kept.some((cell) => cell.treated === treated)) continue;
    const side = treated ? "treated" : "control";
    return refuse(
      "UNITS_ONLY_ON_ONE_SIDE",
      `No ${side} unit has data both before and after the deploy.`,
      "If the deploy replaces units (pods), choose a unit that stays: zone, shard, node pool, track or StatefulSet ordinal.",
      facts,
    );
  }
  return null;
}

function hasFinite(x: Float64Array, from: number, to: number): boolean {
  for (let t = from; t < to; t++) if (Number.isFinite(x[t] as number)) return true;
  return false;
}

function buildPanel(
  grid: Grid,
  cells: readonly UnitCells[],
  from: number,
  shape: { readonly preEnd: number; readonly postStart: number; readonly steps: number },
): Panel {
  const { steps } = shape;
  const values = new Float64Array(cells.length * steps);
  const weighted = cells.length > 0 && cells.every((cell) => cell.weights !== null);
  const weights = weighted ? new Float64Array(cells.length * steps) : null;
  cells.forEach((cell, u) => {
    values.set(cell.values.subarray(from, from + steps), u * steps);
    if (weights !== null && cell.weights !== null) weights.set(cell.weights.subarray(from, from + steps), u * steps);
  });
  return {
    start: grid.deployedAt + (grid.first + from) * grid.step,
    step: grid.step,
    units: cells.map((cell) => cell.unit),
    treated: cells.map((cell) => cell.treated),
    values,
    weights,
    ...shape,
  };
}

/** Median distance of neighbouring stamps, from up to 200 of each unit. */
function typicalSpacing(units: readonly UnitSeries[]): number | null {
  const gaps: number[] = [];
  for (const { series } of units) {
    const times = firstStamps(series[0]?.times ?? new Float64Array(0));
    for (let i = 1; i < times.length; i++) {
      const gap = (times[i] as number) - (times[i - 1] as number);
      if (gap > 0) gaps.push(gap);
    }
  }
  gaps.sort((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)] ?? null;
}

/** The earliest 200 stamps in time order; files may hold rows in any order. */
function firstStamps(times: Float64Array): Float64Array {
  const isAscending = times.every((time, i) => i === 0 || time >= (times[i - 1] as number));
  return (isAscending ? times : times.slice().sort()).subarray(0, 200);
}

import { answer, type Outcome, refuse } from "../outcome.ts";
import type { AnalysisPlan, SliPlan } from "../plan.ts";
import type { CellCounts, Grid } from "./cells.ts";
import type { Panel } from "./panel.ts";
import { deadUnits, frozenUnits, missingShare, type Quality } from "./quality.ts";
import type { SliSeries } from "./series.ts";
import { checkSides } from "./sides.ts";
import { type UnitCells, unitCells } from "./unit-cells.ts";
import { groupUnits, ratioHalfMissing, type StampRange, stampRange, typicalSpacing } from "./unit-series.ts";

/** A panel and everything that was noticed on the way to it. */
export interface Aligned {
  readonly panel: Panel;
  readonly quality: Quality;
  /** Set when another deployment inside the pre window moved its start; epoch seconds. */
  readonly preShortenedTo: number | null;
}

/** What a design asks of the panel beyond a deploy that lies inside the data. */
export interface AlignRules {
  /** Refuses when nothing was seen before the deploy. */
  readonly needsPre: boolean;
  /** Which units can be compared; refuses when a side that is needed is missing. */
  readonly sides: typeof checkSides;
}

/** Treated and control units, each seen before and after the deploy. */
export const BEFORE_AND_AFTER: AlignRules = { needsPre: true, sides: checkSides };

/** More cells than this are a wrong step, not a panel. */
const MAX_CELLS = 2e8;

/**
 * Raw series of one SLI to a panel: groups decided, points put on the grid, exclusions blanked, units that cannot be
 * compared left out by name. Refuses when a side is missing or the deploy is not inside the data.
 */
export function alignPanel(
  plan: AnalysisPlan,
  sli: SliPlan,
  input: SliSeries,
  rules: AlignRules = BEFORE_AND_AFTER,
): Outcome<Aligned> {
  const excluded: { unit: string; reason: string }[] = [...plan.excludedUnits];
  const units = groupUnits(plan, input.series);
  const range = stampRange(units);
  if (range === null) {
    return refuse(
      "NO_DATA",
      `No data came back for ${sli.id}.`,
      "Check the name of the metric, its labels and the window; `deploy-impact validate` shows what each query returns.",
      {
        warnings: [...input.warnings],
      },
    );
  }
  const timing = checkTiming(plan, range, rules);
  if (!timing.ok) return timing;
  const grid = gridFor(plan, range);
  const empty = emptyWindow(plan, grid, rules);
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
  const counts: CellCounts = { duplicates: 0, conflicts: 0, rows: 0, resets: 0, infinite: 0 };
  const cells = units.map((unit) => unitCells(unit, sli, grid, counts));
  blankExclusions(plan, grid, cells);
  const trimmed = trimEmptyEnds(grid, cells);
  const spacing = typicalSpacing(units);
  if (trimmed === null) {
    return refuse(
      "NO_DATA",
      `Every value of ${sli.id} is missing.`,
      spacing !== null && spacing > plan.window.step
        ? `The points are ${spacing} s apart: set the step to that or more (now ${plan.window.step} s).`
        : "Check the name of the metric, its labels and the window; `deploy-impact validate` shows what each query returns.",
      { spacing, step: plan.window.step },
    );
  }
  return assemble(plan, grid, cells, trimmed, { counts, excluded, spacing }, rules);
}

/** Windows that hold no step, whatever the data. */
function emptyWindow(plan: AnalysisPlan, grid: Grid, rules: AlignRules): Outcome<never> | null {
  const { deployedAt, step, settle } = plan.window;
  if (!(step > 0)) {
    return refuse("NOT_ESTIMABLE", `A step of ${step} s makes no grid.`, "Give a step of at least one second.", {
      step,
    });
  }
  if (rules.needsPre && grid.first >= 0) {
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

function checkTiming(plan: AnalysisPlan, range: StampRange, rules: AlignRules): Outcome<true> {
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
  if (rules.needsPre && range.first >= deployedAt) {
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
  return { deployedAt, step, first: Math.min(0, first), steps: last - Math.min(0, first) + 1 };
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
  rules: AlignRules,
): Outcome<Aligned> {
  const shortened = preStartAfterOthers(plan, grid, trimmed);
  const from = shortened ?? Math.min(trimmed.from, -grid.first);
  const preEnd = -grid.first - from;
  const steps = trimmed.to + 1 - from;
  const postStart = preEnd + Math.ceil(plan.window.settle / grid.step);
  const windows = checkWindows(plan, { preEnd, postStart, steps }, trimmed, grid, rules);
  if (!windows.ok) return windows;
  const sides = rules.sides(cells, from, preEnd, postStart, steps);
  if (!sides.ok) return sides;
  for (const gone of sides.value.excluded) noticed.excluded.push(gone);
  const panel = buildPanel(grid, sides.value.kept, from, { preEnd, postStart, steps });
  const everyone = buildPanel(grid, sides.value.judged ?? cells, from, { preEnd, postStart, steps });
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
  rules: AlignRules,
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
  if (rules.needsPre && shape.preEnd <= 0) {
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

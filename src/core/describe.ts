import { itsNeeds, openIts, suitsIts } from "./designs/its.ts";
import { splitBaseline, splitPaths } from "./designs/split/describe.ts";
import { openSplit, suitsSplit } from "./designs/split.ts";
import { judgedUnits } from "./designs/staggered/paths.ts";
import { openWaves, suitsWaves } from "./designs/staggered.ts";
import { fitDid } from "./estimators/did.ts";
import { finiteValues } from "./estimators/did-ar.ts";
import { withoutDailyCycle } from "./estimators/its/movement.ts";
import { autocorrelation } from "./inference/autocorrelation.ts";
import type { Refusal } from "./outcome.ts";
import { type Aligned, alignPanel } from "./panel/align.ts";
import { countFinite, type Panel, unitsWhere, unitValues } from "./panel/panel.ts";
import type { SliSeries } from "./panel/series.ts";
import type { AnalysisPlan, Scale, SliPlan } from "./plan.ts";
import { minimumDetectableEffect } from "./verdict/power.ts";

/** What `validate` says about one SLI before any deploy. */
export interface SliDescription {
  readonly sli: string;
  readonly units: { readonly treated: readonly string[]; readonly control: readonly string[] };
  /** Cells with a value, cells of the grid, and the share that is missing. */
  readonly points: number;
  readonly expectedPoints: number;
  readonly missingShare: number | null;
  /** Seconds; `spacing` is the median distance of two stamps. */
  readonly step: number;
  readonly spacing: number | null;
  /** Seconds from the newest point to `asOf`. */
  readonly lagSeconds: number | null;
  /** Lag-1 autocorrelation of the treated-minus-control gap. */
  readonly lag1Autocorrelation: number | null;
  readonly scale: Scale | null;
  /** Standard error of the effect with these windows, raw units. */
  readonly noise: number | null;
  /** Mean of the treated units, raw units. */
  readonly level: number | null;
  /** Smallest margin that this set-up can rule out with 80 % power, rounded up to two digits. */
  readonly proposedMargin: { readonly absolute: number; readonly relative: number | null } | null;
  readonly problems: readonly Refusal[];
}

/** Describes an SLI on history, with `plan.window.deployedAt` as a pretended deploy. */
export function describeSli(plan: AnalysisPlan, sli: SliPlan, input: SliSeries): SliDescription {
  const past = pastOf(plan, sli, input);
  if (!past.ok) {
    const shape = past.aligned === null ? {} : shapeOf(plan, sli, input, past.aligned);
    return { ...undescribed(plan, sli, input, past.refusal), ...shape };
  }
  const { gap, preEnd, variance, dof, scale, level } = past.value;
  const noise = variance === null ? null : Math.sqrt(variance);
  return {
    ...shapeOf(plan, sli, input, past.value.aligned),
    lag1Autocorrelation: autocorrelation(finiteValues(gap, preEnd), 1),
    scale,
    noise,
    level,
    proposedMargin: noise === null || dof === null ? null : propose(noise, dof, plan.alpha, level),
    problems: past.value.problems ?? [],
  };
}

/** What a pretended deploy on history shows, by whichever design its units ask for. */
interface Past {
  readonly aligned: Aligned;
  readonly gap: Float64Array;
  readonly preEnd: number;
  readonly variance: number | null;
  readonly dof: number | null;
  readonly scale: Scale;
  readonly level: number;
  /** What the design would rather have; left out: nothing. */
  readonly problems?: readonly Refusal[];
}

type PastOutcome =
  | { readonly ok: true; readonly value: Past }
  | { readonly ok: false; readonly refusal: Refusal; readonly aligned: Aligned | null };

function pastOf(plan: AnalysisPlan, sli: SliPlan, input: SliSeries): PastOutcome {
  if (plan.design === "staggered" || (plan.design === "auto" && suitsWaves({ plan, sli, input }) !== null)) {
    return pastOfWaves(plan, sli, input);
  }
  if (plan.design === "split" || (plan.design === "auto" && suitsSplit({ plan, sli, input }) !== null)) {
    return pastSideBySide(plan, sli, input);
  }
  if (plan.design === "its" || (plan.design === "auto" && suitsIts({ plan, sli, input }) !== null)) {
    return pastWithoutControls(plan, sli, input);
  }
  const aligned = alignPanel(plan, sli, input);
  if (!aligned.ok) return { ...aligned, aligned: null };
  const fit = fitDid(aligned.value.panel, { scale: plan.scale });
  if (!fit.ok) return { ...fit, aligned: aligned.value };
  const { treated, path, window } = fit.value;
  return {
    ok: true,
    value: { ...fit.value, aligned: aligned.value, preEnd: window.preEnd, level: meanLevel(treated, path.levels) },
  };
}

/** New units have no past: the gap is that of the window in which both sides ran. */
function pastSideBySide(plan: AnalysisPlan, sli: SliPlan, input: SliSeries): PastOutcome {
  const opened = openSplit({ plan, sli, input });
  if (!opened.ok) return opened;
  const { sample, found } = opened.value;
  const { panel } = sample.aligned;
  const baseline = splitBaseline(sample, found);
  const { treated, control } = splitPaths(sample, baseline);
  const gap = treated.subarray(panel.postStart).map((value, t) => value - (control[panel.postStart + t] ?? Number.NaN));
  const { stdError, dof } = found.effect;
  const variance = stdError === null ? null : stdError ** 2;
  const level = baseline.treatedPost ?? Number.NaN;
  return {
    ok: true,
    value: { aligned: sample.aligned, gap, preEnd: gap.length, variance, dof, scale: "additive", level },
  };
}

function pastWithoutControls(plan: AnalysisPlan, sli: SliPlan, input: SliSeries): PastOutcome {
  const opened = openIts({ plan, sli, input });
  if (!opened.ok) return opened;
  const { aligned, fit } = opened.value;
  const { variance, dof, scale, before, window } = fit;
  const gap = withoutDailyCycle(fit.series, window.preEnd, { scale: "additive", level: 1 });
  return {
    ok: true,
    value: { aligned, gap, preEnd: window.preEnd, variance, dof, scale, level: before, problems: itsNeeds(fit) },
  };
}

function pastOfWaves(plan: AnalysisPlan, sli: SliPlan, input: SliSeries): PastOutcome {
  const opened = openWaves({ plan, sli, input });
  if (!opened.ok) return opened;
  const { aligned, fit } = opened.value;
  const units = judgedUnits(fit);
  const gap = fit.gaps.of(units, fit.control).values;
  return { ok: true, value: { ...fit, aligned, gap, preEnd: fit.window.preEnd, level: meanLevel(units, fit.levels) } };
}

function meanLevel(units: readonly number[], levels: Float64Array): number {
  return units.reduce((sum, u) => sum + (levels[u] as number), 0) / units.length;
}

function shapeOf(plan: AnalysisPlan, sli: SliPlan, input: SliSeries, { panel, quality }: Aligned) {
  const points = panel.units.reduce((sum, _, u) => sum + countFinite(unitValues(panel, u), 0, panel.steps), 0);
  const expectedPoints = panel.units.length * panel.steps;
  return {
    sli: sli.id,
    units: namesOf(panel),
    points,
    expectedPoints,
    missingShare: 1 - points / expectedPoints,
    step: panel.step,
    spacing: quality.spacing,
    lagSeconds: lagOf(plan, input),
  };
}

function propose(
  noise: number,
  dof: number,
  alpha: number,
  level: number,
): { absolute: number; relative: number | null } {
  const { absolute } = minimumDetectableEffect(noise, dof, 0, alpha, null);
  return { absolute: roundUp(absolute), relative: level > 0 ? roundUp(absolute / level) : null };
}

/** Up to two significant digits. */
function roundUp(x: number): number {
  const unit = 10 ** (Math.floor(Math.log10(x)) - 1);
  return Number((Math.ceil(x / unit - 1e-9) * unit).toPrecision(2));
}

function namesOf(panel: Panel): { treated: string[]; control: string[] } {
  const names = (treated: boolean): string[] => unitsWhere(panel, treated).map((u) => panel.units[u] as string);
  return { treated: names(true), control: names(false) };
}

function lagOf(plan: AnalysisPlan, input: SliSeries): number | null {
  let newest = Number.NEGATIVE_INFINITY;
  for (const { times, values } of input.series) {
    for (let i = times.length - 1; i >= 0; i--) {
      if (!Number.isFinite(values[i] as number)) continue;
      newest = Math.max(newest, times[i] as number);
      break;
    }
  }
  return Number.isFinite(newest) ? Math.max(0, plan.asOf - newest) : null;
}

function undescribed(plan: AnalysisPlan, sli: SliPlan, input: SliSeries, refusal: Refusal): SliDescription {
  const units = (group: "treated" | "control"): string[] =>
    [...new Set(input.series.filter((one) => one.group === group).map((one) => one.unit))].sort();
  return {
    sli: sli.id,
    units: { treated: units("treated"), control: units("control") },
    points: 0,
    expectedPoints: 0,
    missingShare: null,
    step: plan.window.step,
    spacing: null,
    lagSeconds: lagOf(plan, input),
    lag1Autocorrelation: null,
    scale: null,
    noise: null,
    level: null,
    proposedMargin: null,
    problems: [refusal],
  };
}

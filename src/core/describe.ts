import { designFor } from "./designs/choose.ts";
import { finiteValues } from "./estimators/did-ar.ts";
import { autocorrelation } from "./inference/autocorrelation.ts";
import type { Refusal } from "./outcome.ts";
import type { Aligned } from "./panel/align.ts";
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
  const question = { plan, sli, input };
  const past = designFor(question).past(question);
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

import type { DonorFit } from "../../estimators/donors/donors.ts";
import { unitSeries } from "../../estimators/donors/table.ts";
import { type Effect, studentEffect } from "../../inference/effect.ts";
import type { JsonValue } from "../../outcome.ts";
import type { Aligned } from "../../panel/align.ts";
import { meanBetween } from "../../panel/panel.ts";
import type { Baseline, UnitChange } from "../../result.ts";
import { absoluteMargin } from "../../verdict/judge.ts";
import { baselineOf, type GapFit, type Paths, pathsOf } from "../../verdict/paths.ts";
import type { DesignAnswer, DesignQuestion } from "../design.ts";
import { runDonorChecks } from "./checks.ts";
import { donorEventStudy } from "./event-study.ts";
import { donorTimeToDecide } from "./time-to-decide.ts";
import { effectiveDonors, heaviestDonors } from "./weights.ts";

/** The answer of the design from its fit. */
export function describeDonors({ plan, sli }: DesignQuestion, aligned: Aligned, fit: DonorFit): DesignAnswer {
  const { panel } = aligned;
  const effect = effectOf(fit);
  const gap = gapFit(fit);
  const paths = pathsOf(panel, gap);
  const baseline = baselineWith(gap, paths);
  const margin = absoluteMargin(sli.margin, sli.direction, baseline.treatedPost);
  return {
    aligned,
    estimator: "synthetic-did",
    scale: fit.table.scale,
    effect,
    margin,
    paths,
    baseline,
    checks: runDonorChecks({ plan, sli, aligned, fit, effect, margin }),
    eventStudy: donorEventStudy(fit, plan.alpha),
    unitChanges: unitChanges(fit),
    codes: [],
    timeToDecide: (target) => donorTimeToDecide(fit, target),
    facts: factsOf(fit),
  };
}

function effectOf({ att, variance, doubt, table, placebos }: DonorFit): Effect {
  const clusters = table.treated.length + table.donors.length;
  const student = studentEffect({
    att,
    stdError: Math.sqrt(variance),
    dof: doubt.dof,
    method: "synthetic-did",
    clusters,
  });
  return { ...student, detail: `held-out past and ${placebos.length} placebo donors` };
}

/** The gap in raw units with the weights of the contrast per step: pre sums to -1, post to 1. */
function gapFit({ table, main, att }: DonorFit): GapFit {
  const factor = table.rawFactors[0] as number;
  const traffic = table.traffic[0] ?? null;
  const { postStart, end } = table.window;
  const stepWeights = new Float64Array(end);
  const spread = (from: number, to: number, weight: number): void => {
    let total = 0;
    const cell = (t: number): number => (Number.isFinite(main.gap[t] as number) ? (traffic?.[t] ?? 1) : 0);
    for (let t = from; t < to; t++) total += cell(t);
    for (let t = from; t < to; t++) stepWeights[t] = total > 0 ? (weight * cell(t)) / total : 0;
  };
  table.bins.forEach(({ from, to }, b) => {
    spread(from, to, -(main.lambda[b] as number));
  });
  spread(postStart, end, 1);
  return {
    att,
    window: table.window,
    treated: table.treated,
    control: table.donors,
    gap: main.gap.map((value) => factor * value),
    stepWeights,
  };
}

/** Plain means before the deploy, as for every design; only the effect weighs the time before it. */
function baselineWith(gap: GapFit, paths: Paths): Baseline {
  const treatedPre = meanBetween(paths.treated, 0, gap.window.preEnd);
  return { ...baselineOf(gap, paths), treatedPre: Number.isFinite(treatedPre) ? treatedPre : null };
}

/** Change of every unit against the mix of donors, from the weighted time before to the post window; raw units. */
function unitChanges({ table, main }: DonorFit): UnitChange[] {
  const { window, panel, levels, scale, treated } = table;
  const mix = table.series[0]?.map((value, t) => value - (main.gap[t] as number)) ?? new Float64Array(0);
  const change = (unit: number, series: Float64Array): number | null => {
    const gap = series.map((value, t) => value - (mix[t] as number));
    let before = 0;
    table.bins.forEach(({ from, to }, b) => {
      const weight = main.lambda[b] as number;
      if (weight > 0) before += weight * meanBetween(gap, from, to);
    });
    const factor = scale === "additive" ? 1 : (levels[unit] as number);
    const value = factor * (meanBetween(gap, window.postStart, window.end) - before);
    return Number.isFinite(value) ? value : null;
  };
  const name = (unit: number): string => panel.units[unit] as string;
  return [
    ...treated.map((unit) => ({
      unit: name(unit),
      group: "treated" as const,
      weight: 1 / treated.length,
      change: change(unit, unitSeries(table, unit)),
    })),
    ...table.donors.map((unit, j) => ({
      unit: name(unit),
      group: "control" as const,
      weight: main.omega[j] as number,
      change: change(unit, table.series[1 + j] as Float64Array),
    })),
  ];
}

function factsOf(fit: DonorFit): Readonly<Record<string, JsonValue>> {
  const { table, main, doubt } = fit;
  const { panel, window } = table;
  return {
    donors: heaviestDonors(fit, table.donors.length),
    available: table.donors.length,
    left: table.gappy.map((unit) => panel.units[unit] as string),
    effective: effectiveDonors(fit),
    bins: table.bins.length,
    binSeconds: table.binLength * panel.step,
    binWeights: table.bins.flatMap(({ from }, b) => {
      const weight = main.lambda[b] as number;
      return weight > 1e-6 ? [{ relTime: (from - window.preEnd) * panel.step, weight }] : [];
    }),
    shrinkage: fit.shrinkage,
    phi: doubt.phi,
    placebos: fit.placebos.length,
  };
}

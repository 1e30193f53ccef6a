import { equalBins } from "../../checks/lead-bins.ts";
import { splitTest } from "../../estimators/split/errors.ts";
import { splitModel } from "../../estimators/split/model.ts";
import { unitsWhere } from "../../panel/panel.ts";
import type { AnalysisPlan } from "../../plan.ts";
import { studentTQuantile } from "../../probability/student-t.ts";
import type { Baseline, EventStudyPoint, TimeToDecide, UnitChange } from "../../result.ts";
import { groupMean, type Paths } from "../../verdict/paths.ts";
import { HORIZON } from "../../verdict/power.ts";
import type { DecisionTarget } from "../design.ts";
import type { SplitEffect } from "./effect.ts";
import { type SplitSample, unitsBetween } from "./sample.ts";

const MOST_LAGS = 6;

/** Mean of a group per step; the counterfactual is the path of the controls, moved to the level that history lets expect. */
export function splitPaths({ aligned: { panel } }: SplitSample, { controlPost, counterfactualPost }: Baseline): Paths {
  const treated = groupMean(panel, unitsWhere(panel, true), panel.steps);
  const control = groupMean(panel, unitsWhere(panel, false), panel.steps);
  const shift = (counterfactualPost ?? Number.NaN) - (controlPost ?? Number.NaN);
  return { treated, counterfactual: control.map((value) => value + shift), control };
}

/** Means over units (ratios: sums over sums), so that treatedPost - controlPost is the unadjusted difference. */
export function splitBaseline(sample: SplitSample, { units, effect }: SplitEffect): Baseline {
  const { panel } = sample.aligned;
  const after = sideMeans(units);
  const before = sideMeans(unitsBetween(sample, 0, panel.preEnd).units);
  const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return {
    treatedPre: sample.hasHistory ? orNull(before.treated) : null,
    treatedPost: orNull(after.treated),
    controlPre: orNull(before.control),
    controlPost: orNull(after.control),
    counterfactualPost: orNull(after.treated - effect.att),
  };
}

function sideMeans({ treated, values, weights }: SplitEffect["units"]): { treated: number; control: number } {
  const mean = (side: boolean): number => {
    let [sum, total] = [0, 0];
    treated.forEach((one, i) => {
      if (one !== side) return;
      sum += (weights?.[i] ?? 1) * (values[i] ?? 0);
      total += weights?.[i] ?? 1;
    });
    return total > 0 ? sum / total : Number.NaN;
  };
  return { treated: mean(true), control: mean(false) };
}

/** Difference of the two sides by time from the deploy, with pointwise CR2 intervals where units allow them. */
export function splitEventStudy(sample: SplitSample, plan: AnalysisPlan): EventStudyPoint[] {
  const { panel } = sample.aligned;
  const { step, preEnd, postStart, steps } = panel;
  const leads = sample.hasHistory ? equalBins(0, preEnd, MOST_LAGS, 2) : [];
  return [...leads, ...equalBins(postStart, steps, MOST_LAGS, 1)].flatMap(({ from, to }) => {
    const { units } = unitsBetween(sample, from, to);
    const model = splitModel(units, "none", { average: "all", interactStrata: false });
    if (!model.ok) return [];
    const test = splitTest(units, model.value, "cr2", plan);
    const row = test.ok && test.value.row.stdError > 0 ? test.value.row : null;
    return {
      relTime: (from - preEnd) * step,
      span: (to - from) * step,
      estimate: model.value.fit.coefficients[0] ?? Number.NaN,
      confLow: row?.confLow ?? null,
      confHigh: row?.confHigh ?? null,
    };
  });
}

/** How far each unit lies from the mean of the controls. */
export function splitUnits({ units }: SplitEffect): UnitChange[] {
  const { control } = sideMeans(units);
  const total = (side: boolean): number =>
    units.treated.reduce((sum, one, i) => (one === side ? sum + (units.weights?.[i] ?? 1) : sum), 0);
  const mass = { treated: total(true), control: total(false) };
  return units.names.map((unit, i) => {
    const group = units.treated[i] === true ? "treated" : "control";
    return { unit, group, weight: (units.weights?.[i] ?? 1) / mass[group], change: (units.values[i] ?? 0) - control };
  });
}

/**
 * How much longer a window would have to be: what units share with themselves in both halves of the window stays, the rest
 * shrinks with its length.
 *
 * Formula: u = pooled covariance of the units' half-window means / variance of their means, within sides; the error's square
 * over k windows is stdError^2 (u + (1 - u)/k). null: already decided, a permutation test, or no halves.
 */
export function splitTimeToDecide(
  sample: SplitSample,
  { units, effect }: SplitEffect,
  { harm, margin, alpha }: DecisionTarget,
): TimeToDecide | null {
  const { stdError, dof } = effect;
  if (stdError === null || dof === null) return null;
  const share = lastingShare(sample, units);
  if (share === null) return null;
  const { postStart, steps, step } = sample.aligned.panel;
  const ratio = (Math.abs(margin - harm) / (studentTQuantile(1 - alpha / 2, dof) * stdError)) ** 2;
  if (ratio > 1) return null;
  const times = ratio > share ? (1 - share) / (ratio - share) : Number.POSITIVE_INFINITY;
  if (!(times <= HORIZON)) return { decidable: false, postWindow: null, additional: null };
  const used = steps - postStart;
  const found = Math.max(used + 1, Math.ceil(times * used));
  return { decidable: true, postWindow: found * step, additional: (found - used) * step };
}

function lastingShare(sample: SplitSample, units: SplitEffect["units"]): number | null {
  const { postStart, steps } = sample.aligned.panel;
  const middle = Math.floor((postStart + steps) / 2);
  if (middle <= postStart) return null;
  const [first, second] = [unitsBetween(sample, postStart, middle).units, unitsBetween(sample, middle, steps).units];
  const byName = (half: SplitEffect["units"]): Map<string, number> =>
    new Map(half.names.map((name, i) => [name, half.values[i] ?? Number.NaN]));
  const [a, b] = [byName(first), byName(second)];
  const both = units.names.flatMap((name, i) => (a.has(name) && b.has(name) ? [i] : []));
  let [shared, whole] = [0, 0];
  for (const side of [true, false]) {
    const own = both.filter((i) => units.treated[i] === side);
    const centred = (value: (i: number) => number): number[] => {
      const mean = own.reduce((sum, i) => sum + value(i), 0) / own.length;
      return own.map((i) => value(i) - mean);
    };
    const x = centred((i) => a.get(units.names[i] as string) ?? Number.NaN);
    const y = centred((i) => b.get(units.names[i] as string) ?? Number.NaN);
    x.forEach((value, k) => {
      shared += value * (y[k] as number);
      whole += ((value + (y[k] as number)) / 2) ** 2;
    });
  }
  return whole > 0 ? Math.min(1, Math.max(0, shared / whole)) : null;
}

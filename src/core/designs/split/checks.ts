import { isAsked } from "../../checks/battery.ts";
import { notRun, result } from "../../checks/check.ts";
import { conclusionOf, unitsLeftOut } from "../../checks/left-out.ts";
import { spread } from "../../checks/refit.ts";
import { splitTest } from "../../estimators/split/errors.ts";
import { type SplitUnits, splitModel } from "../../estimators/split/model.ts";
import { trafficSampleRatio, unitSampleRatio } from "../../estimators/split/sample-ratio.ts";
import { meanBetween, unitValues, unitWeights } from "../../panel/panel.ts";
import type { AnalysisPlan, SliPlan } from "../../plan.ts";
import type { CheckResult } from "../../result.ts";
import type { SplitEffect } from "./effect.ts";
import { type SplitSample, unitsBetween } from "./sample.ts";

/** p below which a split is called another than the planned one. */
const SAMPLE_RATIO_P = 0.001;
/** A deviation below this share of the smaller side is rounding of a load balancer, however sure it is. */
const NEGLIGIBLE = 0.02;
const BALANCE_P = 0.01;
const WARM_UP_P = 0.01;
/** Steps that a window needs to have a first and a last third worth comparing. */
const LEAST_STEPS = 6;
const MOST_UNITS = 60;

export interface SplitCheckContext {
  readonly plan: AnalysisPlan;
  readonly sli: SliPlan;
  readonly sample: SplitSample;
  readonly found: SplitEffect;
  readonly margin: number | null;
}

/** The attempts to break a split that only a split needs. */
export function splitChecks(context: SplitCheckContext): CheckResult[] {
  return [
    sampleRatio(context),
    context.sample.hasHistory ? balance(context) : null,
    warmUp(context),
    isAsked(context.plan, "leave-one-out") ? leaveOneOut(context) : null,
  ].filter((check) => check !== null);
}

/**
 * Did the treated get the planned share? Required when a share was planned: another split than the planned one means that
 * something the plan does not know decided where requests (units) went. Fails at p < 0.001 when the deviation is more than
 * 2 % of the smaller side. Traffic is the denominators of a ratio. Source: Fabijan and others 2019; Kohavi, Tang, Xu 2020.
 */
function sampleRatio({ plan, found: { units } }: SplitCheckContext): CheckResult | null {
  const planned = plan.split?.treatedShare ?? null;
  const of = plan.split?.shareOf ?? "traffic";
  const { treated, weights } = units;
  const own = treated.filter(Boolean).length;
  const unitShare = own / treated.length;
  if (of === "units" && planned !== null) {
    return judged(unitSampleRatio(own, treated.length - own, planned), { of, unitShare });
  }
  if (weights === null && planned === null) return null;
  if (weights === null) {
    return notRun(
      "sample-ratio",
      "no request counts to compare the split with: a ratio with its denominator has them",
      {
        unitShare,
      },
    );
  }
  const side = (wanted: boolean): Float64Array => weights.filter((_, i) => treated[i] === wanted);
  const [a, b] = [side(true), side(false)];
  const seen = total(a) / (total(a) + total(b));
  if (planned === null) return result("sample-ratio", null, {}, { of, seen, planned: null, unitShare });
  const ratio = trafficSampleRatio(a, b, planned);
  return ratio === null
    ? notRun("sample-ratio", "too few units to know how much their traffic varies", { of, seen, planned, unitShare })
    : judged(ratio, { of, unitShare });
}

function judged(
  ratio: NonNullable<ReturnType<typeof trafficSampleRatio>>,
  facts: { readonly of: string; readonly unitShare: number },
): CheckResult {
  const { planned, seen, statistic, pValue, method } = ratio;
  const deviates = Math.abs(seen - planned) > NEGLIGIBLE * Math.min(planned, 1 - planned);
  return result(
    "sample-ratio",
    !(pValue < SAMPLE_RATIO_P && deviates),
    { required: true, statistic, pValue, threshold: SAMPLE_RATIO_P },
    { ...facts, seen, planned, method },
  );
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** The same comparison on the units' means before the deploy: a difference there would be taken for the effect. */
function balance({ plan, sample }: SplitCheckContext): CheckResult {
  const { units } = unitsBetween(sample, 0, sample.aligned.panel.preEnd);
  const test = plainTest(units, plan);
  if (test === null) return notRun("balance", "too few units, or no spread, before the deploy");
  const { difference, pValue, statistic } = test;
  return result(
    "balance",
    pValue >= BALANCE_P,
    { required: true, statistic, pValue, threshold: BALANCE_P },
    { difference },
  );
}

/** Does the difference fade from the first to the last third of the window? Informational. */
function warmUp({ plan, sample }: SplitCheckContext): CheckResult {
  const { panel } = sample.aligned;
  const third = Math.floor((panel.steps - panel.postStart) / 3);
  if (panel.steps - panel.postStart < LEAST_STEPS) {
    return notRun("warm-up", `the window has fewer than ${LEAST_STEPS} steps`);
  }
  const early = partsOf(sample, panel.postStart, panel.postStart + third);
  const late = partsOf(sample, panel.steps - third, panel.steps);
  const { units, kept } = unitsBetween(sample, panel.postStart, panel.steps);
  const at = kept.flatMap((u, i) => (Number.isFinite(early[u]) && Number.isFinite(late[u]) ? [i] : []));
  const pick = (value: (u: number) => number): SplitUnits => ({
    ...units,
    names: at.map((i) => units.names[i] as string),
    treated: at.map((i) => units.treated[i] === true),
    values: Float64Array.from(at, (i) => value(kept[i] as number)),
    weights: units.weights === null ? null : Float64Array.from(at, (i) => units.weights?.[i] ?? 0),
    clusters: null,
  });
  const change = plainTest(
    pick((u) => (early[u] as number) - (late[u] as number)),
    plan,
  );
  const [first, last] = [
    plainTest(
      pick((u) => early[u] as number),
      plan,
    ),
    plainTest(
      pick((u) => late[u] as number),
      plan,
    ),
  ];
  if (change === null || first === null || last === null) {
    return notRun("warm-up", "too few units, or no spread, to see a change within the window");
  }
  const fades = change.pValue < WARM_UP_P && Math.abs(last.difference) < Math.abs(first.difference);
  return result(
    "warm-up",
    !fades,
    { statistic: change.statistic, pValue: change.pValue, threshold: WARM_UP_P },
    { early: first.difference, late: last.difference },
  );
}

function partsOf({ aligned: { panel } }: SplitSample, from: number, to: number): Float64Array {
  return Float64Array.from(panel.units, (_, u) => meanBetween(unitValues(panel, u), from, to, unitWeights(panel, u)));
}

/** Difference of the two sides with a CR2 p; null where there is none. */
function plainTest(
  units: SplitUnits,
  plan: AnalysisPlan,
): { readonly difference: number; readonly pValue: number; readonly statistic: number } | null {
  const model = splitModel(units, "none", { average: "all", interactStrata: false });
  if (!model.ok) return null;
  const test = splitTest(units, model.value, "cr2", plan);
  if (!test.ok || !(test.value.row.stdError > 0)) return null;
  const { estimate, pValue, statistic } = test.value.row;
  return { difference: estimate, pValue, statistic };
}

/** The effect without each unit in turn: does one unit carry the result? Informational. */
function leaveOneOut(question: SplitCheckContext): CheckResult {
  const { plan, found } = question;
  const { units, model, effect } = found;
  const count = (side: boolean): number => units.treated.filter((one) => one === side).length;
  const all = units.names.map((_, i) => i).filter((i) => count(units.treated[i] === true) > 1);
  const left = spread(all.length, MOST_UNITS).flatMap((k) => {
    const i = all[k] as number;
    const rest = without(units, i);
    const again = splitModel(rest, model.adjustment, { average: "all", interactStrata: false });
    if (!again.ok) return [];
    const test = splitTest(rest, again.value, "cr2", plan);
    const att = again.value.fit.coefficients[0] ?? Number.NaN;
    const row = test.ok && test.value.row.stdError > 0 ? test.value.row : null;
    const interval = row && { low: row.confLow, high: row.confHigh };
    const conclusion = conclusionOf({ ...effect, interval: () => interval }, question);
    return [{ name: units.names[i] as string, att, conclusion }];
  });
  // a permutation test is not made again without each unit: then only the range is told
  const whole = effect.stdError === null ? null : conclusionOf(effect, question);
  return (
    unitsLeftOut(left, whole, units.names.length) ??
    notRun("leave-one-out", "it needs two units on one side", { unitsTried: 0 })
  );
}

function without(units: SplitUnits, gone: number): SplitUnits {
  const keep = <T>(values: readonly T[]): T[] => values.filter((_, i) => i !== gone);
  return {
    ...units,
    names: keep(units.names),
    treated: keep(units.treated),
    values: units.values.filter((_, i) => i !== gone),
    weights: units.weights?.filter((_, i) => i !== gone) ?? null,
    covariates: units.covariates.map(({ name, values }) => ({ name, values: values.filter((_, i) => i !== gone) })),
    clusters: null,
  };
}

import { poissonRateEffect } from "../../estimators/did-exact-count.ts";
import { FEWEST_DOF, type SplitErrorName, type SplitTest, splitTest } from "../../estimators/split/errors.ts";
import { type SplitModel, type SplitUnits, splitModel } from "../../estimators/split/model.ts";
import { type Effect, studentEffect } from "../../inference/effect.ts";
import type { Randomization } from "../../inference/randomization.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import { unitsWhere } from "../../panel/panel.ts";
import type { AnalysisPlan, SliPlan } from "../../plan.ts";
import { isRandomised, type SplitSample, unitsBetween, withHistory } from "./sample.ts";

/** Spread below this share of the units' values is rounding. */
const ROUNDING = 1e-12;
/** A covariate costs a degree of freedom: below so many units it is not worth it. */
const FEWEST_FOR_COVARIATE = 8;

export interface SplitEffect {
  readonly units: SplitUnits;
  readonly model: SplitModel;
  readonly effect: Effect;
}

/**
 * The effect of a split over the post window, with the inference of the plan.
 *
 * Default: CR2 by unit (or cluster) with Bell-McCaffrey degrees of freedom, when there are two units on each side and at
 * least 4 degrees of freedom; else the permutation test, when its smallest p does not exceed alpha, with one unit on a side
 * only where chance chose it; else a refusal, because with so few units chance alone makes any difference. Never a clustered
 * error with one treated unit.
 * Source: docs/designs/split.md.
 */
export function splitEffect(plan: AnalysisPlan, sli: SliPlan, sample: SplitSample): Outcome<SplitEffect> {
  const { panel } = sample.aligned;
  if (plan.scale === "multiplicative") {
    return refuse(
      "SCALE_NOT_POSSIBLE",
      "A comparison side by side has no level before the deploy to multiply.",
      "Use `scale: auto`; a margin in % is judged on the relative effect all the same.",
    );
  }
  const { units, kept } = unitsBetween(sample, panel.postStart, panel.steps);
  const isAdjusted = sample.hasHistory && kept.length >= FEWEST_FOR_COVARIATE;
  const used = isAdjusted ? withHistory(sample, units, kept) : units;
  const model = splitModel(used, isAdjusted ? "cuped" : "none", { average: "all", interactStrata: false });
  if (!model.ok) {
    // a past without any spread explains nothing
    return isAdjusted && model.refusal.code === "COLLINEAR" ? unadjusted(plan, sli, sample, units) : model;
  }
  return withInference(plan, sli, sample, used, model.value);
}

function unadjusted(plan: AnalysisPlan, sli: SliPlan, sample: SplitSample, units: SplitUnits): Outcome<SplitEffect> {
  const model = splitModel(units, "none", { average: "all", interactStrata: false });
  return model.ok ? withInference(plan, sli, sample, units, model.value) : model;
}

function withInference(
  plan: AnalysisPlan,
  sli: SliPlan,
  sample: SplitSample,
  units: SplitUnits,
  model: SplitModel,
): Outcome<SplitEffect> {
  const found = isStill(units, model) ? still(sli, sample, model) : inferred(plan, units, model);
  return found.ok ? answer({ units, model, effect: found.value }) : found;
}

/** Every unit of a side has the same value: there is no spread to make an error of. */
function isStill({ values }: SplitUnits, { fit }: SplitModel): boolean {
  const largest = (column: Float64Array): number => column.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest(fit.residuals) <= ROUNDING * largest(values);
}

function still(sli: SliPlan, { aligned }: SplitSample, { fit }: SplitModel): Outcome<Effect> {
  const { panel } = aligned;
  if (sli.kind === "count" || (sli.kind === "ratio" && panel.weights !== null)) {
    const window = { from: panel.postStart, to: panel.steps };
    return answer(
      poissonRateEffect(panel, [
        { units: unitsWhere(panel, true), ...window, sign: 1 },
        { units: unitsWhere(panel, false), ...window, sign: -1 },
      ]),
    );
  }
  return refuse(
    "NO_VARIATION",
    "All units of a side show exactly the same value, so nothing tells the effect from chance.",
    "Check that the query returns the live metric by unit and not a constant; for rare events use `kind: count`.",
    { difference: fit.coefficients[0] ?? null },
  );
}

function inferred(plan: AnalysisPlan, units: SplitUnits, model: SplitModel): Outcome<Effect> {
  const { inference } = plan;
  if (inference === "newey-west") {
    return refuse(
      "NOT_ESTIMABLE",
      "newey-west works on a series before and after the deploy, which new units do not have.",
      "Use the default inference, cr2 or permutation.",
    );
  }
  if (inference !== "precision-weighted") return named(plan, units, model, inference);
  const cr2 = splitTest(units, model, "cr2", plan);
  // three next to three have 4 but for rounding
  if (cr2.ok && cr2.value.row.dof >= FEWEST_DOF - 1e-9) return answer(student(cr2.value, "cr2"));
  const sides = countSides(units);
  // one unit has a fair rank among others only when chance chose it: twice as much spread on its side gives 26 % alarms
  if (Math.min(sides.own, sides.others) === 1 && !isRandomised(plan)) return tooFew(units, sides, plan);
  const permuted = splitTest(units, model, "permutation", plan);
  if (permuted.ok) return answer(permutationEffect(permuted.value, plan));
  return permuted.refusal.code === "TOO_FEW_UNITS" || permuted.refusal.code === "TOO_FEW_CLUSTERS"
    ? tooFew(units, sides, plan)
    : permuted;
}

function named(plan: AnalysisPlan, units: SplitUnits, model: SplitModel, name: SplitErrorName): Outcome<Effect> {
  const test = splitTest(units, model, name, plan);
  if (!test.ok) return test;
  if (name === "permutation") return answer(permutationEffect(test.value, plan));
  const { dof } = test.value.row;
  if (name === "cr2" && dof < FEWEST_DOF) {
    return refuse(
      "TOO_FEW_CLUSTERS",
      `cr2 has ${dof.toPrecision(2)} degrees of freedom here; below ${FEWEST_DOF} its interval is not to be trusted.`,
      "Use the default inference or permutation, or add units.",
      { dof },
    );
  }
  return answer(student(test.value, name));
}

function student({ row, clusters }: SplitTest, method: string): Effect {
  return studentEffect({ att: row.estimate, stdError: row.stdError, dof: row.dof, method, clusters });
}

/** One-sided p-values are half of the two-sided p at the shifted null (sharp: the same effect for every treated unit). */
function permutationEffect({ row, clusters, randomization }: SplitTest, plan: AnalysisPlan): Effect {
  const test = (threshold: number): number => randomization?.test(threshold).pTwoSided ?? 1;
  const oneSided = (threshold: number, isBeyond: boolean): number => {
    const half = test(threshold) / 2;
    return isBeyond ? half : 1 - half;
  };
  return {
    att: row.estimate,
    stdError: null,
    statistic: row.statistic,
    dof: null,
    method: "permutation",
    detail: describeAssignments(randomization),
    clusters,
    interval: (alpha) =>
      alpha === plan.alpha
        ? { low: row.confLow, high: row.confHigh }
        : (randomization?.interval(alpha) ?? { low: row.confLow, high: row.confHigh }),
    pTwoSided: row.pValue,
    pAbove: (threshold) => oneSided(threshold, row.estimate > threshold),
    pBelow: (threshold) => oneSided(threshold, row.estimate < threshold),
  };
}

function describeAssignments(randomization: Randomization | null): string {
  if (randomization === null) return "";
  const { assignments, exact, smallestP } = randomization;
  return `${exact ? "all" : "drawn"} ${assignments} assignments, smallest p ${smallestP.toPrecision(2)}`;
}

interface SideCounts {
  readonly own: number;
  readonly others: number;
}

/** Units, or clusters, per side. */
function countSides({ treated, clusters }: SplitUnits): SideCounts {
  const keys = (side: boolean): number =>
    new Set(treated.flatMap((one, i) => (one === side ? [clusters?.levels[i] ?? i] : []))).size;
  return { own: keys(true), others: keys(false) };
}

function tooFew({ clusters }: SplitUnits, { own, others }: SideCounts, { alpha }: AnalysisPlan): Outcome<never> {
  const what = clusters === null ? "unit" : "cluster";
  const needed = Math.ceil(1 / alpha) - 1;
  const [side, isSingle] = [own === 1 ? "treated" : "control", Math.min(own, others) === 1];
  const counts = `${own} treated and ${others} control ${what}s`;
  return refuse(
    "TOO_FEW_UNITS",
    isSingle
      ? `${counts}: a single ${side} ${what} cannot be told from an unusual one, unless chance chose it among at least ${needed + 1}.`
      : `${counts} are too few to tell an effect from the ordinary difference between ${what}s: two next to five or three next to four would do.`,
    `Choose a unit that outlives the deploy (zone, node pool, track), so that its own past can be used, or run ${isSingle ? "two or more" : "more"} side by side.`,
    { treated: own, control: others },
  );
}

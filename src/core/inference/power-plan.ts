import { answer, type Outcome, refuse } from "../outcome.ts";
import { exactMinimumDetectableEffect, twoSidedPower } from "./power.ts";

/** Error of one unit's cell, by distance in steps: covariance(0) is its variance. */
export type StepCovariance = (lag: number) => number;

/** Autoregressive error of first order. Formula: variance rho^lag. */
export function autoregressiveCovariance(variance: number, rho: number): StepCovariance {
  return (lag) => variance * rho ** lag;
}

/** Covariances as measured; beyond the last lag 0. */
export function listedCovariance(byLag: readonly number[]): StepCovariance {
  return (lag) => byLag[lag] ?? 0;
}

/** A difference-in-differences that is still to be made. */
export interface PlannedPanel {
  readonly treatedUnits: number;
  readonly controlUnits: number;
  readonly preSteps: number;
  readonly postSteps: number;
  /** Steps between the windows that are left out; 0 when left away. */
  readonly settleSteps?: number;
  readonly covariance: StepCovariance;
}

export interface PowerGoal {
  /** Two-sided. */
  readonly alpha: number;
  readonly power: number;
}

/** What a plan can show. Units of the outcome, per step. */
export interface PlannedPower {
  readonly stdError: number;
  readonly dof: number;
  /** Smallest true effect that is found with the power asked for. */
  readonly minimumDetectableEffect: number;
}

/** Variances of one unit's change for every length of the windows, after one pass over the covariances. */
interface ChangeVariances {
  readonly at: (preSteps: number, postSteps: number) => number;
}

/**
 * Variance of (mean after - mean before) of one unit.
 *
 * Formula: sum of covariances within and across the windows, from running sums P(n) = sum of gamma(1..n) and their sums, so that
 * every pair of lengths costs a few additions; the same as Burlig, Preonas and Woerman (2020), equation 4, per unit.
 */
function changeVariances(covariance: StepCovariance, longest: number, settle: number): ChangeVariances {
  const second = new Float64Array(2 * longest + settle + 2);
  let first = 0;
  for (let lag = 1; lag < second.length; lag++) {
    first += covariance(lag);
    second[lag] = (second[lag - 1] ?? 0) + first;
  }
  const sums = (n: number): number => (n < 1 ? 0 : (second[n] ?? Number.NaN));
  const variance = covariance(0);
  const within = (n: number): number => (n * variance + 2 * sums(n - 1)) / (n * n);
  const across = (m: number, r: number): number =>
    (sums(settle + m + r - 1) - sums(settle + r - 1) - sums(settle + m - 1) + sums(settle - 1)) / (m * r);
  return { at: (m, r) => within(m) + within(r) - 2 * across(m, r) };
}

/**
 * Error, degrees of freedom and minimum detectable effect of a plan.
 *
 * Formula: variance of a unit's change times (1/n_1 + 1/n_0); t with n_1 + n_0 - 2 degrees of freedom, power by the noncentral t.
 * Assumes: units are independent with one error law; common paths are taken out by the controls. Refuses fewer than three units.
 * Source: Burlig, Preonas and Woerman 2020, Journal of Development Economics 144.
 */
export function plannedPower(plan: PlannedPanel, goal: PowerGoal): Outcome<PlannedPower> {
  const checked = checkPlan(plan, goal);
  if (!checked.ok) return checked;
  const { preSteps, postSteps, covariance, settleSteps = 0 } = plan;
  const change = changeVariances(covariance, Math.max(preSteps, postSteps), settleSteps).at(preSteps, postSteps);
  if (!(change > 0)) return noError(change);
  return answer(powerFrom(change, plan, goal));
}

/** The same from the variance of one unit's change, however it was found. */
export function powerFrom(
  changeVariance: number,
  { treatedUnits, controlUnits }: Pick<PlannedPanel, "treatedUnits" | "controlUnits">,
  goal: PowerGoal,
): PlannedPower {
  const stdError = Math.sqrt(changeVariance * (1 / treatedUnits + 1 / controlUnits));
  const dof = treatedUnits + controlUnits - 2;
  return { stdError, dof, minimumDetectableEffect: exactMinimumDetectableEffect(stdError, { ...goal, dof }) };
}

/** Chance that the two-sided test finds a true effect of this size. */
export function plannedPowerAt(plan: PlannedPanel, effect: number, alpha: number): Outcome<number> {
  const found = plannedPower(plan, { alpha, power: 0.5 });
  return found.ok ? answer(twoSidedPower(effect, found.value.stdError, alpha, found.value.dof)) : found;
}

export interface UnitsFound extends PlannedPower {
  readonly treatedUnits: number;
  readonly controlUnits: number;
}

/**
 * Smallest number of units with which an effect is found with the power asked for, at the plan's share of treated units.
 *
 * Formula: smallest n with minimum detectable effect <= effect, treated = round(share n), at least one on each side.
 * Assumes: refuses when more than `most` units (default 1,000,000) would be needed.
 */
export function unitsFor(
  effect: number,
  plan: Omit<PlannedPanel, "treatedUnits" | "controlUnits"> & { readonly treatedShare: number },
  goal: PowerGoal,
  most = 1_000_000,
): Outcome<UnitsFound> {
  const { treatedShare, preSteps, postSteps, covariance, settleSteps = 0 } = plan;
  const checked = checkPlan({ ...plan, treatedUnits: 1, controlUnits: 2 }, goal);
  if (!checked.ok) return checked;
  const change = changeVariances(covariance, Math.max(preSteps, postSteps), settleSteps).at(preSteps, postSteps);
  return change > 0 ? unitsForChange(effect, change, { treatedShare, goal, most }) : noError(change);
}

/** The same from the variance of one unit's change, however it was found. */
export function unitsForChange(
  effect: number,
  changeVariance: number,
  options: { readonly treatedShare: number; readonly goal: PowerGoal; readonly most?: number },
): Outcome<UnitsFound> {
  const { treatedShare, goal, most = 1_000_000 } = options;
  const checked = checkGoal(effect, treatedShare);
  if (!checked.ok) return checked;
  const split = (units: number) => {
    const treatedUnits = Math.min(Math.max(1, Math.round(treatedShare * units)), units - 1);
    return { treatedUnits, controlUnits: units - treatedUnits };
  };
  const at = (units: number): UnitsFound => ({
    ...split(units),
    ...powerFrom(changeVariance, split(units), goal),
  });
  // one power is much cheaper than the effect that has the power asked for
  const suffices = (units: number): boolean => {
    const { treatedUnits, controlUnits } = split(units);
    const stdError = Math.sqrt(changeVariance * (1 / treatedUnits + 1 / controlUnits));
    return twoSidedPower(Math.abs(effect), stdError, goal.alpha, units - 2) >= goal.power;
  };
  let [low, high] = [2, 3];
  while (!suffices(high)) {
    if (high >= most) return noUnits(effect, at(most), most);
    [low, high] = [high, Math.min(2 * high, most)];
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (suffices(middle)) high = middle;
    else low = middle;
  }
  // the rounded share makes the effect fall in small steps that are not always downwards
  while (high > 3 && suffices(high - 1)) high--;
  return answer(at(high));
}

export interface StepsFound extends PlannedPower {
  readonly preSteps: number;
  readonly postSteps: number;
  /** Up to this many steps the plan suffices without a break; equal to the limit of the search when it stays so. */
  readonly until: number;
}

/**
 * Smallest number of steps with which an effect is found with the power asked for.
 *
 * Formula: one of the windows (`pre`, `post`) or both alike grow from one step to `most` (default 5,000); with serial
 * correlation the error may rise before it falls, so every length is looked at. Time O(most).
 * Assumes: refuses with the smallest detectable effect there is when no length suffices: the other window's error, and what
 * units share over time, stay.
 */
export function stepsFor(
  effect: number,
  plan: PlannedPanel,
  goal: PowerGoal,
  search: { readonly grow: "pre" | "post" | "both"; readonly most?: number },
): Outcome<StepsFound> {
  const { grow, most = 5_000 } = search;
  const checked = checkPlan(plan, goal);
  if (!checked.ok) return checked;
  const target = checkGoal(effect, 0.5);
  if (!target.ok) return target;
  const longest = Math.max(plan.preSteps, plan.postSteps, most);
  const { at } = changeVariances(plan.covariance, longest, plan.settleSteps ?? 0);
  const windows = (n: number) => ({
    preSteps: grow === "post" ? plan.preSteps : n,
    postSteps: grow === "pre" ? plan.postSteps : n,
  });
  const varianceAt = (n: number): number => at(windows(n).preSteps, windows(n).postSteps);
  const perError = powerFrom(1, plan, goal).minimumDetectableEffect;
  const enough = (effect / perError) ** 2;
  let [first, until, best] = [0, 0, 1];
  for (let n = 1; n <= most; n++) {
    const value = varianceAt(n);
    if (value < varianceAt(best)) best = n;
    if (value > enough) {
      if (first > 0) break;
      continue;
    }
    if (first === 0) first = n;
    until = n;
  }
  if (first > 0) return answer({ ...windows(first), until, ...powerFrom(varianceAt(first), plan, goal) });
  return noSteps(effect, { best, mde: perError * Math.sqrt(varianceAt(best)), grow, most });
}

function checkPlan(plan: PlannedPanel, { alpha, power }: PowerGoal): Outcome<null> {
  const { treatedUnits, controlUnits, preSteps, postSteps, settleSteps = 0 } = plan;
  const whole = { treatedUnits, controlUnits, preSteps, postSteps };
  const wrong = Object.entries(whole).find(([, value]) => !(Number.isInteger(value) && value >= 1));
  if (wrong !== undefined || !(Number.isInteger(settleSteps) && settleSteps >= 0)) {
    const [name, value] = wrong ?? ["settleSteps", settleSteps];
    return refuse(
      "NOT_ESTIMABLE",
      `${name} is ${value}; a plan needs whole numbers of at least one.`,
      `Correct ${name}.`,
    );
  }
  if (treatedUnits + controlUnits < 3) {
    return refuse("TOO_FEW_UNITS", "Two units leave no degree of freedom for an error.", "Plan at least three units.", {
      units: treatedUnits + controlUnits,
    });
  }
  if (alpha > 0 && alpha < 1 && power > alpha && power < 1) return answer(null);
  return refuse(
    "NOT_ESTIMABLE",
    `A test at ${alpha} cannot be asked for a power of ${power}.`,
    "Give alpha between 0 and 1 and a power between alpha and 1.",
    { alpha, power },
  );
}

function checkGoal(effect: number, share: number): Outcome<null> {
  if (!Number.isFinite(effect) || effect === 0) {
    return refuse("NOT_ESTIMABLE", `An effect of ${effect} cannot be planned for.`, "Give an effect other than zero.");
  }
  if (share > 0 && share < 1) return answer(null);
  return refuse(
    "NOT_ESTIMABLE",
    `A share of ${share} treated units leaves no comparison.`,
    "Give a share between 0 and 1.",
  );
}

function noError(variance: number): Outcome<never> {
  return refuse(
    "NO_VARIATION",
    `These covariances make a unit's change vary by ${variance}, so there is no error to plan for.`,
    "Check the covariances: cells that all move together leave nothing.",
  );
}

function noUnits(effect: number, last: UnitsFound, most: number): Outcome<never> {
  return refuse(
    "NO_SIZE_SUFFICES",
    `With ${most} units the smallest effect that is found is still ${last.minimumDetectableEffect.toPrecision(3)}, above ${Math.abs(effect)}.`,
    "Lengthen the windows, or ask for a larger effect.",
    { units: most, minimumDetectableEffect: last.minimumDetectableEffect },
  );
}

function noSteps(
  effect: number,
  { best, mde, grow, most }: { best: number; mde: number; grow: "pre" | "post" | "both"; most: number },
): Outcome<never> {
  const window = grow === "both" ? "both windows" : `the window ${grow === "pre" ? "before" : "after"}`;
  return refuse(
    "NO_SIZE_SUFFICES",
    `However long ${window}, up to ${most} steps, the smallest effect that is found is ${mde.toPrecision(3)} (with ${best} steps), above ${Math.abs(effect)}.`,
    grow === "both"
      ? "Add units, or ask for a larger effect."
      : "Lengthen the other window too, add units, or ask for a larger effect.",
    { steps: best, minimumDetectableEffect: mde, most },
  );
}

import { mean } from "../../linalg/kernels.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import { groupBy } from "../../regression/effects.ts";
import { leastSquares } from "../../regression/ols.ts";
import { cr2 } from "../../vcov/cr2.ts";

/** Units of one level: change, side, and the unit or cluster that is independent of others. */
export interface LevelUnits {
  readonly name: string;
  readonly changes: readonly number[];
  readonly treated: readonly boolean[];
  readonly keys: readonly string[];
}

export interface LevelEffect {
  readonly name: string;
  readonly estimate: number;
  readonly stdError: number;
  readonly dof: number;
  readonly treatedUnits: number;
  readonly controlUnits: number;
  /** Influence on the estimate over its error, by unit or cluster; squares sum to about 1. */
  readonly influence: ReadonlyMap<string, number>;
}

/** Fewer independent units on a side have no spread. */
const LEAST = 2;

/**
 * Difference of mean changes of one level.
 *
 * Formula: mean treated - mean control; Welch: s1^2/n1 + s0^2/n0 with Welch-Satterthwaite degrees of freedom; clustered:
 * least squares of the change on the treatment with CR2 and Bell-McCaffrey degrees of freedom.
 * Source: Welch 1947; Bell and McCaffrey 2002.
 */
export function levelEffect(level: LevelUnits, isClustered: boolean): Outcome<LevelEffect> {
  const side = (isTreated: boolean): Float64Array =>
    Float64Array.from(level.changes.filter((_, i) => level.treated[i] === isTreated));
  const [treated, control] = [side(true), side(false)];
  for (const [i, name] of ["treated", "control"].entries()) {
    const count = new Set(level.keys.filter((_, u) => level.treated[u] === (i === 0))).size;
    if (count >= LEAST) continue;
    const what = `${isClustered ? "cluster" : "unit"}${count === 1 ? "" : "s"}`;
    return refuse(
      "TOO_FEW_UNITS",
      `It has ${count} ${name} ${what} with rows before and after; at least ${LEAST} are needed.`,
      "Join small subgroups.",
    );
  }
  const estimate = mean(treated) - mean(control);
  const error = isClustered ? clusteredError(level) : answer(welchError(treated, control));
  if (!error.ok) return error;
  const { stdError, dof } = error.value;
  const size = Math.max(...level.changes.map(Math.abs));
  if (!(stdError > 1e-12 * size)) {
    return refuse("NO_VARIATION", "The changes of its units do not differ.", "Leave the subgroup out.");
  }
  return answer({
    name: level.name,
    estimate,
    stdError,
    dof,
    treatedUnits: treated.length,
    controlUnits: control.length,
    influence: influences(level, { treated, control }, stdError),
  });
}

interface LevelError {
  readonly stdError: number;
  readonly dof: number;
}

function welchError(treated: Float64Array, control: Float64Array): LevelError {
  const [a, b] = [sampleVariance(treated) / treated.length, sampleVariance(control) / control.length];
  const dof = (a + b) ** 2 / (a ** 2 / (treated.length - 1) + b ** 2 / (control.length - 1));
  return { stdError: Math.sqrt(a + b), dof };
}

function sampleVariance(values: Float64Array): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}

function clusteredError({ changes, treated, keys }: LevelUnits): Outcome<LevelError> {
  const fit = leastSquares({
    outcome: Float64Array.from(changes),
    columns: [
      { name: "treated", values: Float64Array.from(treated, Number) },
      { name: "(Intercept)", values: new Float64Array(changes.length).fill(1) },
    ],
    effects: [],
    singletons: "keep",
  });
  if (!fit.ok) return fit;
  const variance = cr2.estimate(fit.value, { clusters: [groupBy("cluster", keys)] });
  if (!variance.ok) return variance;
  return answer({ stdError: Math.sqrt(variance.value.matrix.get(0, 0)), dof: variance.value.dof[0] ?? Number.NaN });
}

function influences(
  { changes, treated: isTreated, keys }: LevelUnits,
  { treated, control }: { readonly treated: Float64Array; readonly control: Float64Array },
  stdError: number,
): Map<string, number> {
  const [treatedMean, controlMean] = [mean(treated), mean(control)];
  const found = new Map<string, number>();
  changes.forEach((change, i) => {
    const own = isTreated[i] ? (change - treatedMean) / treated.length : (controlMean - change) / control.length;
    const key = keys[i] ?? "";
    found.set(key, (found.get(key) ?? 0) + own / stdError);
  });
  return found;
}

/** No pair of levels is more alike than this. */
const LARGEST = 0.95;

/**
 * Mean correlation of the errors of two levels, over all pairs; 0 for levels without a unit in common.
 *
 * Formula: sum over units of ((sum of influences)^2 - sum of squares)/2, over the number of pairs; at least 0, at most
 * 0.95. Time grows with the influences.
 */
export function effectCorrelation(levels: readonly LevelEffect[]): number {
  const sums = new Map<string, { sum: number; squares: number }>();
  for (const { influence } of levels) {
    for (const [key, value] of influence) {
      const known = sums.get(key) ?? { sum: 0, squares: 0 };
      sums.set(key, { sum: known.sum + value, squares: known.squares + value ** 2 });
    }
  }
  let products = 0;
  for (const { sum, squares } of sums.values()) products += (sum ** 2 - squares) / 2;
  const pairs = (levels.length * (levels.length - 1)) / 2;
  return pairs === 0 ? 0 : Math.min(LARGEST, Math.max(0, products / pairs));
}

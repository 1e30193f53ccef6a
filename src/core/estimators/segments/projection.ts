import { Matrix } from "ml-matrix";
import { randomStream } from "../../inference/random.ts";
import { invertPositiveDefinite } from "../../linalg/dense.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import type { Binned } from "./bins.ts";
import { learnUntreated } from "./learn.ts";
import type { SegmentUnits } from "./units.ts";

const FOLDS = 5;

export interface Projection {
  /** `mean effect`, then one slope per covariate: change of the effect per standard deviation. */
  readonly terms: readonly string[];
  readonly coefficients: readonly number[];
  readonly covariance: Matrix;
  readonly dof: number;
}

/**
 * Best linear projection of the effect on the covariates, over the treated, from all units.
 *
 * Formula: b = (sum D z z')^-1 sum G z, z = (1, x - treated mean), G = D r - (1 - D) w r n1/sum w, r = change - m0(x) with m0
 * learned on other folds; covariance by the sandwich of (G - D z'b) z, times n1/(n1 - k), a control's residual freed of its own
 * pull on the controls' mean.
 * Assumes: independent units; five folds. Source: Semenova and Chernozhukov 2021, Econometrics Journal 24.
 */
export function linearProjection(units: SegmentUnits, binned: Binned, seed: number): Outcome<Projection> {
  const { treated, odds, covariates } = units;
  const signal = crossFittedSignal(units, binned, seed);
  const exposed = treated.reduce((sum, one) => sum + one, 0);
  const controls = treated.length - exposed;
  const means = covariates.map(({ values }) => values.reduce((sum, x, u) => sum + x * (treated[u] ?? 0), 0) / exposed);
  const size = covariates.length + 1;
  const z = (u: number): number[] => [1, ...covariates.map(({ values }, j) => (values[u] ?? 0) - (means[j] ?? 0))];
  const bread = Matrix.zeros(size, size);
  const right = Matrix.zeros(size, 1);
  forEachUnit(treated, (u) => {
    const row = z(u);
    if (treated[u] === 1) addOuter(bread, row, 1);
    row.forEach((x, j) => {
      right.set(j, 0, right.get(j, 0) + x * (signal[u] ?? 0));
    });
  });
  const inverse = invertPositiveDefinite(bread);
  if (inverse === null || exposed <= size || controls <= size) {
    return refuse(
      "COLLINEAR",
      "The covariates are combinations of each other among the treated units.",
      "Leave one out.",
    );
  }
  const slopes = inverse.mmul(right).to1DArray();
  const meat = Matrix.zeros(size, size);
  const { free, effective } = controlShares(treated, odds);
  forEachUnit(treated, (u) => {
    const row = z(u);
    const fitted = row.reduce((sum, x, j) => sum + x * (slopes[j] ?? 0), 0);
    addOuter(meat, row, ((signal[u] ?? 0) - (treated[u] ?? 0) * fitted) ** 2 / free(u));
  });
  const factor = exposed / (exposed - size);
  return answer({
    terms: ["mean effect", ...covariates.map(({ name }) => `slope of ${name}`)],
    coefficients: slopes,
    covariance: inverse.mmul(meat).mmul(inverse).mul(factor),
    dof: Math.max(1, Math.min(exposed, effective) - size),
  });
}

/**
 * Controls by their share p of the weight: 1 - 2 p + sum p^2 of a residual's variance is left once the weighted mean is out
 * (all of a treated unit's), and (sum p^2)^2/sum p^4 controls of equal weight would say as much about that variance.
 */
function controlShares(
  treated: Uint8Array,
  odds: Float64Array,
): { readonly free: (unit: number) => number; readonly effective: number } {
  const share = odds.map((one, u) => (treated[u] === 1 ? 0 : one));
  const total = share.reduce((sum, one) => sum + one, 0);
  const power = (k: number): number => share.reduce((sum, one) => sum + (one / total) ** k, 0);
  const second = power(2);
  return {
    free: (u) => (treated[u] === 1 ? 1 : 1 - (2 * (share[u] ?? 0)) / total + second),
    effective: second ** 2 / power(4),
  };
}

function forEachUnit(treated: Uint8Array, visit: (unit: number) => void): void {
  for (let u = 0; u < treated.length; u++) visit(u);
}

function addOuter(target: Matrix, row: readonly number[], weight: number): void {
  row.forEach((x, j) => {
    row.forEach((y, k) => {
      target.set(j, k, target.get(j, k) + weight * x * y);
    });
  });
}

/** G of every unit; its sum over the treated's number is the average effect on the treated. */
function crossFittedSignal(units: SegmentUnits, binned: Binned, seed: number): Float64Array {
  const { changes, treated, odds } = units;
  const random = randomStream(seed);
  const fold = Int32Array.from(changes, () => 0);
  for (const side of [1, 0]) {
    const own = Array.from(treated, (_, u) => u).filter((u) => treated[u] === side);
    for (let i = own.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [own[i], own[j]] = [own[j] as number, own[i] as number];
    }
    own.forEach((unit, i) => {
      fold[unit] = i % FOLDS;
    });
  }
  const residuals = new Float64Array(changes.length);
  for (let f = 0; f < FOLDS; f++) {
    const training = Int32Array.from(fold, (_, u) => u).filter((u) => fold[u] !== f);
    const judged = Int32Array.from(fold, (_, u) => u).filter((u) => fold[u] === f);
    const expected = learnUntreated(units, training, binned, random)(judged);
    judged.forEach((unit, i) => {
      residuals[unit] = (changes[unit] ?? 0) - (expected[i] ?? 0);
    });
  }
  const exposed = treated.reduce((sum, one) => sum + one, 0);
  const weight = odds.reduce((sum, one, u) => sum + (treated[u] === 0 ? one : 0), 0);
  const controlMean = residuals.reduce((sum, r, u) => sum + (treated[u] === 0 ? (odds[u] ?? 0) * r : 0), 0) / weight;
  return residuals.map((r, u) =>
    // the controls' mean residual is taken from both sides, which changes no sum and calms the signal
    treated[u] === 1 ? r - controlMean : (-(odds[u] ?? 0) * (r - controlMean) * exposed) / weight,
  );
}

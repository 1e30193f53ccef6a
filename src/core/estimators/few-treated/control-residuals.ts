import { choose, drawSubset, forEachSubset } from "../../inference/assignments.ts";
import { randomStream } from "../../inference/random.ts";
import { mean } from "../../linalg/kernels.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import type { GroupChanges } from "./group-tests.ts";

/** Up to this many samples of control residuals all are taken. */
const EXACT_SAMPLES = 500_000;
const TIE = 1e-9;

export interface ResidualOptions {
  readonly alpha: number;
  readonly seed: number;
  /** Random samples where there are too many. */
  readonly draws: number;
}

export interface ResidualTest {
  readonly estimate: number;
  readonly samples: number;
  readonly exact: boolean;
  /** Share of samples at least as far from zero as the estimate; 1/(samples + 1) where there is none. */
  readonly pValue: number;
  /** The estimate less the upper and lower alpha/2 quantiles of the samples. */
  readonly confLow: number;
  readonly confHigh: number;
  /** Control change less the controls' mean change. */
  readonly residuals: Float64Array;
}

/** Variance of a unit's change as a function of its size: constant + slope / size. */
export interface SizeVariance {
  readonly constant: number;
  readonly slope: number;
  /** True when a negative part was set to zero. */
  readonly constrained: boolean;
}

/**
 * The estimate against means of as many control residuals as there are treated units.
 *
 * Formula: samples = all subsets without replacement; p = share with |mean| >= |estimate|.
 * Assumes: changes of treated and control units have the same distribution but for the effect; many controls.
 * Complexity: at most 500,000 subsets, else `draws` seeded ones.
 * Source: Conley and Taber 2011, Review of Economics and Statistics 93.
 */
export function conleyTaber(changes: GroupChanges, options: ResidualOptions): Outcome<ResidualTest> {
  const { treated, control } = changes;
  const found = checkControls(treated.length, control.length, options.alpha);
  if (!found.ok) return found;
  const residuals = residualsOf(control);
  const k = treated.length;
  const total = choose(control.length, k);
  const exact = total <= EXACT_SAMPLES;
  const samples = new Float64Array(exact ? total : options.draws);
  let filled = 0;
  const add = (members: Int32Array): void => {
    let sum = 0;
    for (const i of members) sum += residuals[i] ?? 0;
    samples[filled++] = sum / k;
  };
  if (exact) forEachSubset(control.length, k, add);
  else {
    const random = randomStream(options.seed);
    const pool = Int32Array.from(control, (_, i) => i);
    while (filled < samples.length) add(drawSubset(pool, k, random));
  }
  return finish(changes, residuals, { samples, exact, alpha: options.alpha });
}

/**
 * The same with residuals rescaled to the treated units' sizes: small units move more.
 *
 * Formula: variance of a change = a + b / size by least squares on squared control residuals, a, b >= 0; samples = means
 * over treated units of a control residual times sqrt(v(treated size) / v(control size)), drawn with replacement.
 * Assumes: changes differ between units by scale only, and the scale follows the size.
 * Complexity: at most 500,000 combinations, else `draws` seeded ones.
 * Source: Ferman and Pinto 2019, Review of Economics and Statistics 101.
 */
export function fermanPinto(
  changes: GroupChanges,
  sizes: GroupChanges,
  options: ResidualOptions,
): Outcome<ResidualTest & { readonly sizeVariance: SizeVariance }> {
  const { treated, control } = changes;
  const found = checkControls(treated.length, control.length, options.alpha);
  if (!found.ok) return found;
  const bad = [...sizes.treated, ...sizes.control].find((size) => !(size > 0 && Number.isFinite(size)));
  if (bad !== undefined) {
    return refuse("NOT_FINITE", `A unit's size is ${bad}; sizes are positive.`, "Correct the column of sizes.", {
      size: String(bad),
    });
  }
  const residuals = residualsOf(control);
  const sizeVariance = fitSizeVariance(residuals, sizes.control);
  const v = (size: number): number => sizeVariance.constant + sizeVariance.slope / size;
  const scaled = Array.from(sizes.treated, (size) =>
    residuals.map((value, j) => (value * Math.sqrt(v(size) / v(sizes.control[j] ?? 1))) / treated.length),
  );
  const total = control.length ** treated.length;
  const exact = total <= EXACT_SAMPLES;
  const samples = exact ? sumsOfAll(scaled) : sumsOfDraws(scaled, options);
  const result = finish(changes, residuals, { samples, exact, alpha: options.alpha });
  return result.ok ? answer({ ...result.value, sizeVariance }) : result;
}

function residualsOf(control: Float64Array): Float64Array {
  const centre = mean(control);
  return control.map((change) => change - centre);
}

function checkControls(treated: number, controls: number, alpha: number): Outcome<null> {
  const smallestP = 1 / choose(controls, treated);
  if (controls > treated && controls >= 3 && smallestP <= alpha) return answer(null);
  return refuse(
    "TOO_FEW_UNITS",
    `${treated} treated and ${controls} control units: the control residuals give too few samples to judge an effect at ${alpha}.`,
    "Add control units, or use donald-lang.",
    { treated, controls, alpha },
  );
}

/** Least squares of squares on 1 and 1/size with both coefficients at least zero. */
function fitSizeVariance(residuals: Float64Array, sizes: Float64Array): SizeVariance {
  const squares = residuals.map((value) => value * value);
  const inverse = sizes.map((size) => 1 / size);
  const [centre, middle] = [mean(squares), mean(inverse)];
  let [cross, spread, through] = [0, 0, 0];
  let ofInverse = 0;
  inverse.forEach((x, i) => {
    cross += (x - middle) * ((squares[i] ?? 0) - centre);
    spread += (x - middle) ** 2;
    through += x * (squares[i] ?? 0);
    ofInverse += x * x;
  });
  const slope = spread > 1e-20 * middle * middle ? cross / spread : 0;
  const constant = centre - slope * middle;
  if (slope < 0) return { constant: centre, slope: 0, constrained: true };
  if (constant < 0) return { constant: 0, slope: through / ofInverse, constrained: true };
  return { constant, slope, constrained: false };
}

/** Every sum of one entry per list. */
function sumsOfAll(lists: readonly Float64Array[]): Float64Array {
  let sums = Float64Array.of(0);
  for (const list of lists) {
    const next = new Float64Array(sums.length * list.length);
    sums.forEach((sum, i) => {
      list.forEach((value, j) => {
        next[i * list.length + j] = sum + value;
      });
    });
    sums = next;
  }
  return sums;
}

function sumsOfDraws(lists: readonly Float64Array[], { draws, seed }: ResidualOptions): Float64Array {
  const random = randomStream(seed);
  return Float64Array.from({ length: draws }, () =>
    lists.reduce((sum, list) => sum + (list[random.below(list.length)] ?? 0), 0),
  );
}

function finish(
  { treated, control }: GroupChanges,
  residuals: Float64Array,
  drawn: { readonly samples: Float64Array; readonly exact: boolean; readonly alpha: number },
): Outcome<ResidualTest> {
  const { exact, alpha } = drawn;
  const samples = drawn.samples.sort();
  if (!((samples.at(-1) ?? 0) > (samples[0] ?? 0))) {
    return refuse("NO_VARIATION", "The control units' changes do not vary.", "Check that the series move at all.");
  }
  const estimate = mean(treated) - mean(control);
  const extreme = samples.filter((value) => Math.abs(value) >= Math.abs(estimate) * (1 - TIE)).length;
  const counted = exact ? extreme : extreme + 1;
  const total = exact ? samples.length : samples.length + 1;
  return answer({
    estimate,
    samples: samples.length,
    exact,
    pValue: Math.max(counted / total, 1 / (samples.length + 1)),
    confLow: estimate - quantile(samples, 1 - alpha / 2),
    confHigh: estimate - quantile(samples, alpha / 2),
    residuals,
  });
}

/** Linear interpolation between order statistics (type 7 of Hyndman and Fan 1996). */
function quantile(sorted: Float64Array, p: number): number {
  const position = p * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] ?? Number.NaN;
  return low + (position - below) * ((sorted[below + 1] ?? low) - low);
}

import { answer, type Outcome, refuse } from "../../outcome.ts";
import { sampleQuantile } from "../../probability/sample-quantile.ts";
import { adjustedOutcome, covariateSlopes } from "./covariates.ts";
import { biasConstant, coefficientsOf, type Kernel, loadings, localFit, type Side } from "./local-fit.ts";
import { combinationVariance, type DiscontinuityVcov, residualsOf } from "./residuals.ts";

/** Rule-of-thumb constants of the pilot window. */
const PILOT: Readonly<Record<Kernel, number>> = { triangular: 2.576, epanechnikov: 2.34, uniform: 1.843 };
/** The farthest row keeps a weight in a window that reaches exactly to it. */
const JUST_BEYOND = 1 + Math.sqrt(Number.EPSILON);
/** Share of repeated values from which on the running variable counts as discrete. */
const DISCRETE = 0.1;
/** Distinct values on each side that a window then holds at least. */
const DISTINCT = 10;

export interface BandwidthOptions {
  readonly kernel: Kernel;
  readonly vcov: DiscontinuityVcov;
  readonly neighbours: number;
  readonly covariateNames: readonly string[];
}

export interface Bandwidths {
  /** Window of the effect, and of its bias. */
  readonly h: number;
  readonly b: number;
  /** Share of rows with a value that another row has. */
  readonly isDiscrete: boolean;
}

/** One pilot step: polynomial of `order` in the pilot window, derivative `nu`, bias from `biasOrder` in `window`. */
interface Step {
  readonly order: number;
  readonly nu: number;
  readonly biasOrder: number;
  readonly pilot: number;
  /** Below and above. */
  readonly windows: readonly [number, number];
  readonly isRegularised: boolean;
}

/**
 * One window for both sides that minimises the mean squared error of the local linear effect, and the window of its bias.
 *
 * Formula: h = (V / (B^2 + R))^(1/5) with V, B, R from a cascade of pilot fits: pilot 2.576 min(sd, IQR/1.349) N^(-1/5)
 * (triangular), then the window of the third, then of the second derivative, then h; R is three times the variance of the
 * bias. Both are at most the reach of the data. Local linear, bias by a local quadratic.
 * Assumes: at least 20 rows; with a discrete running variable N counts values and windows hold at least 10 a side.
 * Source: Calonico, Cattaneo and Titiunik 2014; Calonico, Cattaneo and Farrell 2020 (conventions of rdrobust, `mserd`).
 */
export function mseBandwidths(below: Side, above: Side, options: BandwidthOptions): Outcome<Bandwidths> {
  const reach = [Math.abs(below.x[0] ?? 0), Math.abs(above.x.at(-1) ?? 0)] as const;
  const distinct = [distinctOf(below.x), distinctOf(above.x)] as const;
  const repeated = Math.max(...[below, above].map((side, i) => 1 - (distinct[i] ?? 0) / side.x.length));
  const isDiscrete = repeated >= DISCRETE;
  const least = isDiscrete ? leastWindow(below, above) : 0;
  const most = Math.max(...reach);
  const within = (value: number): number => Math.max(Math.min(value, most), least);
  const pilot = within(PILOT[options.kernel] * spread(below.x, above.x) * (distinct[0] + distinct[1]) ** -0.2);
  const solve = (step: Omit<Step, "pilot">): Outcome<number> => {
    const found = optimal([below, above], { ...step, pilot }, options);
    return found.ok ? answer(within(found.value)) : found;
  };
  const wide = [reach[0] * JUST_BEYOND, reach[1] * JUST_BEYOND] as const;
  const third = solve({ order: 3, nu: 3, biasOrder: 4, windows: wide, isRegularised: false });
  if (!third.ok) return third;
  const d = third.value;
  const second = solve({ order: 2, nu: 2, biasOrder: 3, windows: [d, d], isRegularised: true });
  if (!second.ok) return second;
  const b = second.value;
  const first = solve({ order: 1, nu: 0, biasOrder: 2, windows: [b, b], isRegularised: true });
  return first.ok ? answer({ h: first.value, b, isDiscrete }) : first;
}

function optimal(sides: readonly [Side, Side], step: Step, options: BandwidthOptions): Outcome<number> {
  const below = stepOn(sides[0], step, step.windows[0], options);
  if (!below.ok) return below;
  const above = stepOn(sides[1], step, step.windows[1], options);
  if (!above.ok) return above;
  const variance = below.value.variance + above.value.variance;
  const bias = (above.value.bias - below.value.bias) ** 2 + below.value.doubt + above.value.doubt;
  const window = (variance / bias) ** (1 / (2 * step.order + 3));
  if (window > 0 && !Number.isNaN(window)) return answer(window);
  return refuse(
    "NOT_ESTIMABLE",
    "The outcome has no scatter around a smooth curve, so no window can be chosen from it.",
    "Name the window with --set h=N.",
  );
}

function stepOn(
  side: Side,
  step: Step,
  window: number,
  { kernel, vcov, neighbours, covariateNames }: BandwidthOptions,
): Outcome<{ variance: number; bias: number; doubt: number }> {
  const { order, nu, biasOrder, pilot } = step;
  const fit = localFit(side, pilot, order, kernel);
  if (!fit.ok) return fit;
  const slopes = covariateSlopes([{ side, fit: fit.value }], covariateNames);
  if (!slopes.ok) return slopes;
  const y = adjustedOutcome(side, slopes.value);
  const varianceOf = (local: typeof fit.value, power: number): number => {
    const { from, to, h } = local;
    const residuals = residualsOf(side, y, local, { vcov, neighbours, from, to });
    const clustered =
      side.cluster === null ? null : { cluster: side.cluster.subarray(from, to), parameters: local.order + 1 };
    return combinationVariance(loadings(side, local, power), residuals, clustered) / h ** (2 * power);
  };
  const constant = biasConstant(side, fit.value, nu);
  const wide = localFit(side, window, biasOrder, kernel);
  if (!wide.ok) return wide;
  const derivative = (coefficientsOf(side, wide.value, y)[order + 1] ?? Number.NaN) / window ** (order + 1);
  const weight = 2 * (order + 1 - nu);
  return answer({
    variance: (2 * nu + 1) * pilot ** (2 * nu + 1) * varianceOf(fit.value, nu),
    bias: Math.sqrt(weight) * constant * derivative,
    doubt: step.isRegularised ? weight * 3 * constant ** 2 * varianceOf(wide.value, order + 1) : 0,
  });
}

function distinctOf(x: Float64Array): number {
  return x.reduce((count, value, i) => count + Number(i === 0 || value !== x[i - 1]), 0);
}

/** Half-width that holds ten distinct values (or all) on both sides. */
function leastWindow(below: Side, above: Side): number {
  const reachOf = (x: Float64Array): number => {
    const values = [...new Set(Array.from(x, Math.abs))].sort((a, b) => a - b);
    return values[Math.min(DISTINCT, values.length) - 1] ?? 0;
  };
  return Math.max(reachOf(below.x), reachOf(above.x)) * (1 + 1e-8);
}

/** min(standard deviation, interquartile range / 1.349) of the running variable. */
function spread(below: Float64Array, above: Float64Array): number {
  const x = Float64Array.from([...below, ...above]);
  const mean = x.reduce((total, value) => total + value, 0) / x.length;
  const sd = Math.sqrt(x.reduce((total, value) => total + (value - mean) ** 2, 0) / (x.length - 1));
  const range = sampleQuantile(x, 0.75, 2) - sampleQuantile(x, 0.25, 2);
  return Math.min(sd, range / 1.349);
}

import { mean, sum, variance } from "../../linalg/kernels.ts";
import { binomialPmf } from "../../probability/binomial.ts";
import { chiSquareSf } from "../../probability/chi-square.ts";
import { studentTTwoSided } from "../../probability/student-t.ts";

/** Expected counts below this make the chi-square law a poor one. */
const FEWEST_EXPECTED = 5;

export interface SampleRatio {
  /** Share of the treated that was planned and that was seen, 0 to 1. */
  readonly planned: number;
  readonly seen: number;
  /** Square of the deviation over its variance. */
  readonly statistic: number;
  readonly pValue: number;
  /** null: exact, or chi-square. */
  readonly dof: number | null;
  readonly method: "chi-square" | "binomial" | "traffic";
}

/**
 * Do as many units fall on the treated side as were to be assigned to it?
 *
 * Formula: (n1 - n s)^2 / (n s (1 - s)), chi-square with 1 degree of freedom; with an expected count below 5 the exact
 * binomial test, whose p is the sum of all outcomes that are at most as likely.
 * Assumes: every unit was assigned on its own with probability s. Source: Fabijan and others 2019 (sample ratio mismatch).
 */
export function unitSampleRatio(treated: number, control: number, planned: number): SampleRatio {
  const n = treated + control;
  const statistic = (treated - n * planned) ** 2 / (n * planned * (1 - planned));
  const isSmall = n * Math.min(planned, 1 - planned) < FEWEST_EXPECTED;
  return {
    planned,
    seen: treated / n,
    statistic,
    pValue: isSmall ? exactBinomial(treated, n, planned) : chiSquareSf(statistic, 1),
    dof: null,
    method: isSmall ? "binomial" : "chi-square",
  };
}

function exactBinomial(k: number, n: number, p: number): number {
  const own = binomialPmf(k, n, p) * (1 + 1e-7);
  let total = 0;
  for (let i = 0; i <= n; i++) {
    const pmf = binomialPmf(i, n, p);
    if (pmf <= own) total += pmf;
  }
  return Math.min(1, total);
}

/**
 * Does the treated side get the planned share of the traffic?
 *
 * Formula: D = (1 - s) sum of treated traffic - s sum of control traffic, zero in the mean; its variance (1 - s)^2 n1 v1 +
 * s^2 n0 v0 from the spread v of the units' traffic, so that bursts, sessions and large tenants, which make requests
 * vary more than counts would, widen it; D over its error against Student t with Satterthwaite's degrees of freedom.
 * A side of one unit takes the coefficient of variation of the other side.
 * Assumes: the units of a side get equal traffic in the mean. null: no spread is known. Units: requests.
 * Source: linearisation of a ratio (Cochran 1977, chapter 6); Satterthwaite 1946.
 */
export function trafficSampleRatio(treated: Float64Array, control: Float64Array, planned: number): SampleRatio | null {
  const [n1, n0] = [treated.length, control.length];
  if (n1 + n0 < 3 || n1 === 0 || n0 === 0) return null;
  const [v1, v0] = [spreadOf(treated, control), spreadOf(control, treated)];
  const a = (1 - planned) ** 2 * n1 * v1;
  const b = planned ** 2 * n0 * v0;
  const deviation = (1 - planned) * sum(treated) - planned * sum(control);
  if (!(a + b > 0)) return null;
  // a borrowed spread has the degrees of freedom of the side it comes from, and is one number, not two
  const dof = n1 === 1 || n0 === 1 ? Math.max(n1, n0) - 1 : (a + b) ** 2 / (a ** 2 / (n1 - 1) + b ** 2 / (n0 - 1));
  const statistic = deviation ** 2 / (a + b);
  return {
    planned,
    seen: sum(treated) / (sum(treated) + sum(control)),
    statistic,
    pValue: studentTTwoSided(Math.sqrt(statistic), dof),
    dof,
    method: "traffic",
  };
}

function spreadOf(own: Float64Array, other: Float64Array): number {
  return own.length > 1 ? variance(own) : variance(other) * (mean(own) / mean(other)) ** 2;
}

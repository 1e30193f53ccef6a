import { betaLogOdds, betaTails } from "./beta.ts";
import { normalCdf, normalQuantile, normalSf } from "./normal.ts";

/**
 * P(T > t) for Student's t with real dof > 0 (Infinity: normal), with relative accuracy in the upper tail.
 *
 * Formula: I_x(dof / 2, 1/2) / 2 with x = dof / (dof + t^2), for t >= 0.
 * Source: DLMF 8.17; Johnson, Kotz and Balakrishnan 1995, chapter 28.
 */
export function studentTSf(t: number, dof: number): number {
  if (Number.isNaN(t) || !(dof > 0)) return Number.NaN;
  if (dof === Number.POSITIVE_INFINITY) return normalSf(t);
  const tail = positiveTail(Math.abs(t), dof);
  return t >= 0 ? tail : 1 - tail;
}

/** P(T <= t). */
export function studentTCdf(t: number, dof: number): number {
  if (dof === Number.POSITIVE_INFINITY) return normalCdf(t);
  return studentTSf(-t, dof);
}

/** P(|T| > |t|), the two-sided p-value. */
export function studentTTwoSided(t: number, dof: number): number {
  return 2 * studentTSf(Math.abs(t), dof);
}

/** x = dof / (dof + t^2) and 1 - x without overflow of t^2. */
function positiveTail(t: number, dof: number): number {
  if (t === Number.POSITIVE_INFINITY) return 0;
  const ratio = (t / dof) * t;
  const x = 1 / (1 + ratio);
  const y = ratio === Number.POSITIVE_INFINITY ? 1 : ratio / (1 + ratio);
  return 0.5 * betaTails(0.5 * dof, 0.5, x, y).lower;
}

/**
 * t with P(T <= t) = p. For an upper tail area p use -studentTQuantile(p, dof), which keeps the digits of a small p.
 *
 * Formula: t^2 / dof is the odds of a Beta(1/2, dof / 2) variable; solved on the log of the smaller tail.
 */
export function studentTQuantile(p: number, dof: number): number {
  if (!(p >= 0 && p <= 1) || !(dof > 0)) return Number.NaN;
  if (dof === Number.POSITIVE_INFINITY) return normalQuantile(p);
  if (p === 0.5) return 0;
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (p === 1) return Number.POSITIVE_INFINITY;
  const tail = Math.min(p, 1 - p);
  const logOdds =
    tail < 0.25 ? betaLogOdds("upper", 2 * tail, 0.5, 0.5 * dof) : betaLogOdds("lower", 1 - 2 * tail, 0.5, 0.5 * dof);
  const t = Math.sqrt(dof) * Math.exp(0.5 * logOdds);
  return p < 0.5 ? -t : t;
}

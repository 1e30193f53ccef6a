import { studentTQuantile, studentTSf, studentTTwoSided } from "../probability/student-t.ts";

/** An estimated effect with everything a verdict asks of it. Raw units, raw sign. */
export interface Effect {
  readonly att: number;
  readonly stdError: number | null;
  readonly statistic: number | null;
  readonly dof: number | null;
  /** Name of the inference, printed beside every error. */
  readonly method: string;
  /** What the name leaves open, as text. */
  readonly detail?: string;
  readonly clusters: number | null;
  /** Two-sided interval of level 1 - alpha; null when the method has none. */
  readonly interval: (alpha: number) => { readonly low: number; readonly high: number } | null;
  /** H0: effect = 0, two-sided. */
  readonly pTwoSided: number | null;
  /** H0: effect <= threshold, against a larger effect. */
  readonly pAbove: (threshold: number) => number | null;
  /** H0: effect >= threshold, against a smaller effect. */
  readonly pBelow: (threshold: number) => number | null;
}

export interface StudentEffect {
  readonly att: number;
  readonly stdError: number;
  readonly dof: number;
  readonly method: string;
  readonly clusters: number | null;
}

/** Effect with a Student t reference distribution. Formula: att +- t_{1 - alpha/2, dof} stdError. */
export function studentEffect({ att, stdError, dof, method, clusters }: StudentEffect): Effect {
  const at = (threshold: number): number => (att - threshold) / stdError;
  return {
    att,
    stdError,
    statistic: at(0),
    dof,
    method,
    clusters,
    interval: (alpha) => {
      const half = studentTQuantile(1 - alpha / 2, dof) * stdError;
      return { low: att - half, high: att + half };
    },
    pTwoSided: studentTTwoSided(at(0), dof),
    pAbove: (threshold) => studentTSf(at(threshold), dof),
    pBelow: (threshold) => studentTSf(-at(threshold), dof),
  };
}

/**
 * Effect known only by its rank among placebo windows that all showed no change: p = 1 / (1 + floor(R/P)), and no error.
 *
 * Assumes exchangeable windows and, for one direction, a symmetric law of the change (half of the two-sided p).
 * Source: docs/method.md section 3.
 */
export function rankEffect(att: number, p: number): Effect {
  return {
    att,
    stdError: null,
    statistic: null,
    dof: null,
    method: "placebo-rank",
    clusters: null,
    interval: () => null,
    pTwoSided: p,
    pAbove: (threshold) => (att > threshold && threshold >= 0 ? p / 2 : 1),
    pBelow: (threshold) => (att < threshold && threshold <= 0 ? p / 2 : 1),
  };
}

import { studentTQuantile, studentTSf, studentTTwoSided } from "../probability/student-t.ts";

/**
 * An estimate turned so that positive is worse, with its error and Student t degrees of freedom (Infinity: normal), and
 * the largest tolerated harm.
 */
export interface MarginQuestion {
  readonly estimate: number;
  readonly stdError: number;
  readonly dof: number;
  readonly margin: number;
}

export interface MarginAnswer {
  /** H0: effect = 0, two-sided. */
  readonly pTwoSided: number;
  /** H0: effect >= margin; small means not worse than the margin. */
  readonly pNonInferior: number;
  /** H0: effect <= margin; small means worse than the margin. */
  readonly pHarmBeyondMargin: number;
  /** H0: effect <= 0. */
  readonly pHarmAny: number;
  /** H0: |effect| >= margin, two one-sided tests. */
  readonly pEquivalence: number;
}

/**
 * One-sided tests against a margin.
 *
 * Formula: t = (estimate - margin) / stdError against Student's t; equivalence is the larger of both one-sided p.
 * Source: Schuirmann 1987, Journal of Pharmacokinetics and Biopharmaceutics 15; Wellek 2010.
 */
export function marginTests(question: MarginQuestion): MarginAnswer {
  const { estimate, stdError, dof, margin } = question;
  const above = (estimate - margin) / stdError;
  const below = (estimate + margin) / stdError;
  const pNonInferior = studentTSf(-above, dof);
  return {
    pTwoSided: studentTTwoSided(estimate / stdError, dof),
    pNonInferior,
    pHarmBeyondMargin: studentTSf(above, dof),
    pHarmAny: studentTSf(estimate / stdError, dof),
    pEquivalence: Math.max(pNonInferior, studentTSf(below, dof)),
  };
}

/** Two-sided interval at level 1 - alpha. */
export function studentInterval(
  question: { readonly estimate: number; readonly stdError: number; readonly dof: number },
  alpha: number,
): { readonly low: number; readonly high: number } {
  const reach = -studentTQuantile(alpha / 2, question.dof) * question.stdError;
  return { low: question.estimate - reach, high: question.estimate + reach };
}

export type MarginVerdict = "pass" | "fail" | "inconclusive";

/** One-sided tests at `alpha` each: pass = not worse than the margin, fail = worse than the margin. */
export function marginVerdict(question: MarginQuestion, alpha: number): MarginVerdict {
  const { pNonInferior, pHarmBeyondMargin } = marginTests(question);
  if (pNonInferior < alpha) return "pass";
  return pHarmBeyondMargin < alpha ? "fail" : "inconclusive";
}

/** The verdict as a sentence with the interval rule that gives it. */
export function marginVerdictText(question: MarginQuestion, alpha: number): string {
  const level = Number(((1 - alpha) * 100).toPrecision(6));
  switch (marginVerdict(question, alpha)) {
    case "pass":
      return `pass: upper ${level}% one-sided limit below margin`;
    case "fail":
      return "fail: lower limit above margin";
    case "inconclusive":
      return "inconclusive";
  }
}

/**
 * Non-inferiority of a ratio from its logarithm: the margin 1 + r becomes log(1 + r), limits are exponentiated.
 */
export function ratioMarginTests(
  logEffect: { readonly estimate: number; readonly stdError: number; readonly dof: number },
  relativeMargin: number,
  alpha: number,
): { readonly ratio: number; readonly pNonInferior: number; readonly low: number; readonly high: number } {
  const tests = marginTests({ ...logEffect, margin: Math.log1p(relativeMargin) });
  const interval = studentInterval(logEffect, alpha);
  return {
    ratio: Math.exp(logEffect.estimate),
    pNonInferior: tests.pNonInferior,
    low: Math.exp(interval.low),
    high: Math.exp(interval.high),
  };
}

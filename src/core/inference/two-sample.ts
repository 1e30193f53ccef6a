import { mean, variance } from "../linalg/kernels.ts";
import { type Coefficient, studentInference } from "./coefficients.ts";

/**
 * Difference of means, first minus second, with unequal variances.
 *
 * Formula: se^2 = v1 / n1 + v2 / n2, dof = se^4 / sum (v / n)^2 / (n - 1).
 * Source: Welch 1947, Biometrika 34; Satterthwaite 1946.
 */
export function welchTest(first: Float64Array, second: Float64Array, alpha: number): Coefficient {
  const a = variance(first) / first.length;
  const b = variance(second) / second.length;
  const dof = (a + b) ** 2 / (a ** 2 / (first.length - 1) + b ** 2 / (second.length - 1));
  return studentInference("difference", mean(first) - mean(second), Math.sqrt(a + b), { dof, alpha });
}

/** Difference of means with one pooled variance, n1 + n2 - 2 degrees of freedom; a group of one adds no spread. Source: Student 1908. */
export function pooledTest(first: Float64Array, second: Float64Array, alpha: number): Coefficient {
  const dof = first.length + second.length - 2;
  const pooled = (squaresOf(first) + squaresOf(second)) / dof;
  const stdError = Math.sqrt(pooled * (1 / first.length + 1 / second.length));
  return studentInference("difference", mean(first) - mean(second), stdError, { dof, alpha });
}

/** Sum of squares around the mean. */
function squaresOf(x: Float64Array): number {
  return x.length > 1 ? variance(x) * (x.length - 1) : 0;
}

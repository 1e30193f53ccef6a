import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { supTCriticalValue } from "../../../../src/core/inference/sup-t.ts";
import { normalQuantile } from "../../../../src/core/probability/normal.ts";

function critical(covariance: Matrix): number {
  const outcome = supTCriticalValue(covariance, 0.05);
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}

function equicorrelated(size: number, rho: number): Matrix {
  return Matrix.add(Matrix.eye(size).mul(1 - rho), rho);
}

describe("simultaneous critical value", () => {
  it("is Sidak's for independent terms and the pointwise one for a single term", () => {
    for (const size of [2, 5, 12]) {
      const sidak = -normalQuantile((1 - 0.95 ** (1 / size)) / 2);
      expect(Math.abs(critical(Matrix.eye(size)) - sidak)).toBeLessThan(1e-4);
    }
    expect(critical(Matrix.eye(1))).toBeCloseTo(-normalQuantile(0.025), 12);
  });

  it("agrees with a one-dimensional integral for equally correlated terms", () => {
    // Dunnett-type values from P = E[(Phi((c + r Z) / s) - Phi((-c + r Z) / s))^k] by adaptive quadrature
    for (const [size, rho, wanted] of [
      [4, 0.5, 2.4417708],
      [8, 0.5, 2.6521758],
      [8, 0.9, 2.3490948],
    ] as const) {
      expect(Math.abs(critical(equicorrelated(size, rho)) - wanted)).toBeLessThan(3e-4);
    }
  });

  it("agrees with radial integration for twelve strongly correlated event-study terms", () => {
    // E over 8 million directions u of the chi(12) distribution at c / max |L u|: root 2.7496, standard error 0.0003
    const file = join(import.meta.dirname, "../../../reference/fixtures/04b_event_study_binned/expected.json");
    const { results } = JSON.parse(readFileSync(file, "utf8")) as {
      results: { cluster_unit_default: { matrix: number[][] } };
    };
    expect(Math.abs(critical(new Matrix(results.cluster_unit_default.matrix)) - 2.7496)).toBeLessThan(1e-3);
  });

  it("does not depend on the scale of the terms and refuses a singular matrix", () => {
    const scale = Matrix.diag([1, 10, 0.1]);
    const covariance = scale.mmul(equicorrelated(3, 0.4)).mmul(scale);
    expect(critical(covariance)).toBeCloseTo(critical(equicorrelated(3, 0.4)), 5);
    const outcome = supTCriticalValue(equicorrelated(3, 1), 0.05);
    expect(outcome.ok).toBe(false);
  });
});

import { Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { randomStream } from "../../../../src/core/inference/random.ts";
import { symmetricFunction } from "../../../../src/core/linalg/dense.ts";
import { applySymmetricFunction } from "../../../../src/core/linalg/lanczos.ts";

const SIZE = 12;
const random = randomStream(5);
const factor = new Matrix(Array.from({ length: SIZE }, () => Array.from({ length: SIZE }, () => random.next() - 0.5)));
const operate = (matrix: Matrix) => (v: Float64Array) =>
  Float64Array.from(matrix.mmul(Matrix.columnVector(v)).to1DArray());
const inverseRoot = (value: number): number => (value > 1e-10 ? 1 / Math.sqrt(value) : 0);

describe("a power of a symmetric matrix applied through products", () => {
  const start = Float64Array.from({ length: SIZE }, () => random.next());

  it("equals the power by eigenvalues", () => {
    const matrix = Matrix.add(factor.mmul(factor.transpose()), Matrix.eye(SIZE).mul(0.3));
    const wanted = operate(symmetricFunction(matrix, inverseRoot))(start);
    const { vector, nullShare } = applySymmetricFunction(operate(matrix), inverseRoot, start, []);
    vector.forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[i] ?? Number.NaN, 11);
    });
    expect(nullShare).toBe(0);
  });

  it("is the generalized power on a singular matrix and says how much of the vector it loses", () => {
    const half = factor.subMatrix(0, SIZE - 1, 0, SIZE / 2 - 1);
    const matrix = half.mmul(half.transpose());
    const wanted = operate(symmetricFunction(matrix, inverseRoot))(start);
    const { vector, nullShare } = applySymmetricFunction(operate(matrix), inverseRoot, start, []);
    vector.forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[i] ?? Number.NaN, 7);
    });
    expect(nullShare).toBeGreaterThan(0.01);
    expect(nullShare).toBeLessThan(1);
  });
});

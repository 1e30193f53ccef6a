import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noncentralTCdf, noncentralTSf } from "../../../../src/core/probability/noncentral-t.ts";
import { studentTSf } from "../../../../src/core/probability/student-t.ts";

function expectRelative(actual: number, wanted: number, tolerance: number): void {
  expect(Math.abs(actual - wanted), `${actual} for ${wanted}`).toBeLessThanOrEqual(tolerance * wanted);
}

describe("noncentral t far out", () => {
  // mpmath 1.3.0, 25 digits: the defining integral by the trapezoidal rule with 400 and 800 points, equal to 24 digits
  it.each([
    [60, 200, -8, 5.9298031048774391e-186],
    [40, 1000, 1, 2.2504790875585336e-199],
    [60, 40, -2, 4.5288459207267546e-47],
    [40, 1000, 5, 8.1918020096794411e-160],
    [50, 20, 3, 8.5304978482085767e-18],
  ])("upper tail at %d with %d degrees of freedom and ncp %d", (t, dof, ncp, wanted) => {
    expectRelative(noncentralTSf(t, dof, ncp), wanted, 1e-12);
    expectRelative(noncentralTCdf(-t, dof, -ncp), wanted, 1e-12);
  });

  it("lower tail against the shift", () => {
    expectRelative(noncentralTCdf(-30, 200, 5), 1.9529813294443453e-107, 1e-12);
  });

  it("is Student's t without a shift, as far out as doubles go", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 80, noNaN: true }),
        fc.double({ min: 0.5, max: 3000, noNaN: true }),
        (t, dof) => {
          const wanted = studentTSf(t, dof);
          fc.pre(wanted > 1e-250);
          expectRelative(noncentralTSf(t, dof, 0), wanted, 2e-12);
        },
      ),
      { numRuns: 300 },
    );
  });
});

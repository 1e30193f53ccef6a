import { describe, expect, it } from "vitest";
import {
  CROSS_SECTION_METHODS,
  type CrossSectionMethod,
  crossSectionDid,
} from "../../../../src/core/estimators/doubly-robust/cross-section.ts";
import { PANEL_METHODS, panelDid } from "../../../../src/core/estimators/doubly-robust/panel.ts";
import type { InfluenceEstimate } from "../../../../src/core/estimators/doubly-robust/sample.ts";
import { randomStream } from "../../../../src/core/inference/random.ts";
import type { Outcome } from "../../../../src/core/outcome.ts";
import { logistic, logit } from "../../../../src/core/regression/logit.ts";

function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.refusal.code}: ${outcome.refusal.message}`);
  return outcome.value;
}

const label = (row: number): string => `unit ${row}`;

/** Two groups that differ in x, y and its trend depend on x. */
function sample(n: number, seed: number) {
  const random = randomStream(seed);
  const x = Float64Array.from({ length: n }, () => 2 * random.next() - 1);
  const z = Float64Array.from({ length: n }, () => random.next());
  const treated = x.map((value) => Number(random.next() < logistic(0.7 * value - 0.3)));
  const post = x.map(() => Number(random.next() < 0.5));
  const outcome = x.map(
    (value, i) => value + 0.5 * (z[i] ?? 0) + (post[i] ?? 0) * (1 + value + 2 * (treated[i] ?? 0)) + random.next(),
  );
  return {
    treated,
    post,
    outcome,
    covariates: [
      { name: "x", values: x },
      { name: "z", values: z },
    ],
  };
}

/** Largest gap between the influences and what a small change of each row's weight does to the estimate. */
function influenceGap(n: number, of: (weights: Float64Array) => InfluenceEstimate): number {
  const even = new Float64Array(n).fill(1);
  const step = 1e-4;
  const { influence } = of(even);
  let largest = 0;
  for (let i = 0; i < n; i++) {
    const up = Float64Array.from(even);
    const down = Float64Array.from(even);
    up[i] = 1 + step;
    down[i] = 1 - step;
    const slope = ((of(up).estimate - of(down).estimate) / (2 * step)) * n;
    largest = Math.max(largest, Math.abs(slope - (influence[i] ?? 0)));
  }
  return largest / Math.max(...influence.map(Math.abs));
}

/** The improved estimators leave out terms that are zero in expectation, not in the sample. */
function isExact(method: string): boolean {
  return !method.startsWith("improved");
}

describe("influences are the derivatives of the estimate by every row's weight", () => {
  const n = 80;
  const data = sample(n, 5);

  it.each(PANEL_METHODS.filter(isExact))("panel, %s", (method) => {
    const gap = influenceGap(n, (weights) =>
      value(panelDid({ ...data, change: data.outcome, weights, label }, method, 1)),
    );
    expect(gap).toBeLessThan(1e-6);
  });

  it.each(CROSS_SECTION_METHODS.filter(isExact))("cross sections, %s", (method) => {
    const options = { trim: 1, convention: "derived" as const };
    const gap = influenceGap(n, (weights) => value(crossSectionDid({ ...data, weights, label }, method, options)));
    expect(gap).toBeLessThan(1e-6);
  });

  it("the package's sign for the model before is not the derivative", () => {
    const options = { trim: 1, convention: "drdid" as const };
    const gap = influenceGap(n, (weights) => value(crossSectionDid({ ...data, weights, label }, "dr", options)));
    expect(gap).toBeGreaterThan(1e-3);
  });
});

describe("logit", () => {
  it("is the log odds ratio of a 2 x 2 table", () => {
    const x = Float64Array.of(0, 0, 0, 0, 1, 1, 1, 1, 1);
    const outcome = Float64Array.of(1, 0, 0, 0, 1, 1, 1, 0, 0);
    const columns = [
      { name: "one", values: new Float64Array(9).fill(1) },
      { name: "x", values: x },
    ];
    const fit = value(logit({ outcome, columns, weights: null, label }));
    expect(fit.coefficients[0]).toBeCloseTo(Math.log(1 / 3), 12);
    expect(fit.coefficients[1]).toBeCloseTo(Math.log(3 / 2) - Math.log(1 / 3), 12);
    // variance of a log odds ratio: sum of the reciprocal counts
    expect(fit.bread.get(1, 1)).toBeCloseTo(1 / 1 + 1 / 3 + 1 / 3 + 1 / 2, 12);
  });

  it.each([
    ["complete", [0, 1, 2, 3, 4, 5], [0, 0, 0, 1, 1, 1]],
    ["quasi-complete", [0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 0, 1]],
  ])("%s separation is refused by row", (_, x, outcome) => {
    const columns = [
      { name: "one", values: new Float64Array(6).fill(1) },
      { name: "x", values: Float64Array.from(x) },
    ];
    const fit = logit({ outcome: Float64Array.from(outcome), columns, weights: null, label });
    expect(fit.ok ? "answered" : fit.refusal.code).toBe("NO_OVERLAP");
    expect(fit.ok ? "" : fit.refusal.message).toMatch(/unit \d/);
  });

  it("finds the same optimum however the covariate is scaled", () => {
    const { treated, covariates } = sample(200, 9);
    const [x] = covariates;
    const columnsOf = (scale: number) => [
      { name: "one", values: new Float64Array(200).fill(1) },
      { name: "x", values: (x?.values ?? new Float64Array(0)).map((v) => scale * v) },
    ];
    const of = (scale: number) => value(logit({ outcome: treated, columns: columnsOf(scale), weights: null, label }));
    expect((of(1e6).coefficients[1] ?? 0) * 1e6).toBeCloseTo(of(1).coefficients[1] ?? Number.NaN, 9);
  });
});

describe("doubly robust estimators refuse", () => {
  const data = sample(60, 2);

  it.each(["dr", "improved", "std-ipw", "ipw"] as const)(
    "%s: a unit that the covariates give away, by name",
    (method) => {
      const covariates = [{ name: "flag", values: data.treated.map((d, i) => (d === 1 && i % 2 === 0 ? 1 : 0)) }];
      const found = panelDid({ ...data, covariates, change: data.outcome, weights: null, label }, method);
      expect(found.ok ? "answered" : found.refusal.code).toBe("NO_OVERLAP");
      expect(found.ok ? "" : found.refusal.message).toMatch(/unit \d+ is treated/);
    },
  );

  it("reg: a covariate that does not vary among the controls, by name", () => {
    const covariates = [{ name: "flag", values: data.treated }];
    const found = panelDid({ ...data, covariates, change: data.outcome, weights: null, label }, "reg");
    expect(found.ok ? "answered" : [found.refusal.code, found.refusal.facts.covariate]).toEqual(["COLLINEAR", "flag"]);
  });

  it("more covariates than controls", () => {
    const covariates = [1, 2, 3].map((k) => ({ name: `x${k}`, values: Float64Array.of(0, 0, k, 2, k * k) }));
    const treated = Float64Array.of(1, 1, 1, 0, 0);
    const change = Float64Array.of(1, 2, 3, 4, 5);
    const found = panelDid({ treated, change, covariates, weights: null, label }, "reg");
    expect(found.ok ? "answered" : found.refusal.code).toBe("TOO_FEW_UNITS");
  });

  it("an empty cell of the cross sections", () => {
    const methods: readonly CrossSectionMethod[] = CROSS_SECTION_METHODS;
    for (const method of methods) {
      const post = data.post.map((after, i) => (data.treated[i] === 1 ? 1 : after));
      const found = crossSectionDid({ ...data, post, weights: null, label }, method, {
        trim: 1,
        convention: "derived",
      });
      expect(found.ok ? "answered" : found.refusal.code).toBe("NO_PRE_DATA");
    }
  });

  it("no treated or no control weight", () => {
    const of = (treated: Float64Array) =>
      panelDid({ ...data, treated, change: data.outcome, weights: null, label }, "dr");
    const all = of(data.treated.map(() => 1));
    const none = of(data.treated.map(() => 0));
    expect(all.ok ? "answered" : all.refusal.code).toBe("NO_CONTROL_UNITS");
    expect(none.ok ? "answered" : none.refusal.code).toBe("NO_TREATED_UNITS");
  });
});

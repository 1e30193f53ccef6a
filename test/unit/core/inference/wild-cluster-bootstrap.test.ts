import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { estimate } from "../../../../src/app/estimate.ts";
import type { TidyData } from "../../../../src/core/estimators/contract.ts";
import { hullOfNulls } from "../../../../src/core/inference/hull-of-nulls.ts";
import { randomStream } from "../../../../src/core/inference/random.ts";
import { wildDraws } from "../../../../src/core/inference/wild/draws.ts";
import {
  type WildBootstrap,
  type WildOptions,
  wildClusterBootstrap,
} from "../../../../src/core/inference/wild-cluster-bootstrap.ts";
import type { Outcome } from "../../../../src/core/outcome.ts";
import { groupBy } from "../../../../src/core/regression/effects.ts";
import { type LinearFit, leastSquares } from "../../../../src/core/regression/ols.ts";
import type { Model } from "../../../../src/core/regression/sample.ts";
import { cr1 } from "../../../../src/core/vcov/cr1.ts";

function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}

interface Shape {
  readonly seed: number;
  readonly units: number;
  readonly steps: number;
  readonly clusters: number;
  readonly weighted: boolean;
  readonly effects: "two" | "one" | "three" | "cluster-time";
}

/** Unbalanced rows with a covariate; clusters hold whole units, except that `cluster-time` clusters by period instead. */
function panel({ seed, units, steps, clusters, weighted, effects }: Shape) {
  const random = randomStream(seed);
  const rows: { u: number; t: number; y: number; d: number; x: number; w: number; r: number }[] = [];
  for (let u = 0; u < units; u++) {
    for (let t = 0; t < steps; t++) {
      if (random.next() < 0.15) continue;
      const d = u % clusters < 2 && t >= steps / 2 ? 1 : 0;
      const x = random.next() + (u % 3);
      rows.push({ u, t, d, x, y: random.next() + d / 2 + x, w: 0.5 + random.next(), r: (u + t) % 3 });
    }
  }
  const column = (key: "y" | "d" | "x" | "w") => Float64Array.from(rows, (row) => row[key]);
  const grouping = (name: string, key: (row: (typeof rows)[number]) => number) => groupBy(name, rows.map(key));
  const unit = grouping("unit", (row) => row.u);
  const time = grouping("time", (row) => row.t);
  const third = grouping("third", (row) => row.r);
  const model: Model = {
    outcome: column("y"),
    columns: [
      { name: "d", values: column("d") },
      { name: "x", values: column("x") },
    ],
    effects: effects === "one" ? [unit] : effects === "three" ? [unit, time, third] : [unit, time],
    singletons: "keep",
    ...(weighted ? { weights: column("w") } : {}),
  };
  const cluster = effects === "cluster-time" ? time : grouping("cluster", (row) => row.u % clusters);
  return { model, cluster };
}

const shape = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  units: fc.integer({ min: 8, max: 14 }),
  steps: fc.integer({ min: 4, max: 6 }),
  clusters: fc.integer({ min: 4, max: 5 }),
  weighted: fc.boolean(),
  effects: fc.constantFrom("two" as const, "one" as const, "three" as const, "cluster-time" as const),
});

function bootstrap(fit: LinearFit, options: Partial<WildOptions> & Pick<WildOptions, "clusters">): WildBootstrap {
  const base = { term: "d", restricted: true, type: "11", weights: "rademacher", draws: 199, seed: 3 } as const;
  return value(wildClusterBootstrap(fit, { ...base, ...options }));
}

/** t* by making every bootstrap sample and fitting it again. */
function refitted(
  model: Model,
  cluster: ReturnType<typeof groupBy>,
  nullEffect: number,
  restricted: boolean,
): number[] {
  const fit = value(leastSquares(model));
  const treatment = model.columns[0]?.values ?? new Float64Array(0);
  const without: Model = {
    ...model,
    outcome: model.outcome.map((y, i) => y - nullEffect * (treatment[i] ?? 0)),
    columns: model.columns.slice(1),
  };
  const residuals = restricted ? value(leastSquares(without)).residuals : fit.residuals;
  const centre = restricted ? nullEffect : (fit.coefficients[0] ?? 0);
  const result: number[] = [];
  wildDraws(cluster.count, { weights: "rademacher", draws: 0, seed: 1, exact: "when-small" }).forEach((v) => {
    const outcome = model.outcome.map((y, i) => {
      const e = residuals[i] ?? 0;
      return y - e + e * (v[cluster.levels[i] ?? 0] ?? 0);
    });
    const again = value(leastSquares({ ...model, outcome }));
    const variance = value(cr1.estimate(again, { clusters: [cluster] }));
    result.push(((again.coefficients[0] ?? 0) - centre) / Math.sqrt(variance.matrix.get(0, 0)));
  });
  return result;
}

describe("statistics from cluster sums", () => {
  it("are those of refitted bootstrap samples: weights, gaps, any effects, any null", () => {
    fc.assert(
      fc.property(shape, fc.constantFrom(0, 0.7), fc.boolean(), (one, nullEffect, restricted) => {
        const { model, cluster } = panel(one);
        const found = bootstrap(value(leastSquares(model)), { clusters: cluster, restricted }).statistics(nullEffect);
        refitted(model, cluster, nullEffect, restricted).forEach((wanted, draw) => {
          const t = found[draw] ?? Number.NaN;
          // a sample without any variance has no statistic
          if (!Number.isNaN(t)) expect(Math.abs(t - wanted)).toBeLessThan(1e-6 * (1 + Math.abs(wanted)));
        });
      }),
      { numRuns: 15 },
    );
  });
});

describe("one column, two effects, no weights", () => {
  const plain = fc.record({ seed: fc.integer({ min: 1, max: 1e6 }), gaps: fc.boolean(), restricted: fc.boolean() });

  /** The column of the treatment only; with or without gaps. */
  function fitted(seed: number, gaps: boolean) {
    const { model, cluster } = panel({ seed, units: 24, steps: 8, clusters: 40, weighted: false, effects: "two" });
    const [d] = model.columns;
    if (!gaps || d === undefined) {
      const random = randomStream(seed);
      const cells = Array.from({ length: 192 }, (_, i) => ({ u: Math.floor(i / 8), t: i % 8 }));
      const outcome = Float64Array.from(cells, ({ u, t }) => u + Math.sin(t) + random.next());
      const values = Float64Array.from(cells, ({ u, t }) => (u % 3 === 0 && t > 3 ? 1 : 0));
      const effects = [
        groupBy(
          "unit",
          cells.map(({ u }) => u),
        ),
        groupBy(
          "time",
          cells.map(({ t }) => t),
        ),
      ];
      const full: Model = { outcome, columns: [{ name: "d", values }], effects, singletons: "keep" };
      return {
        model: full,
        cluster: groupBy(
          "cluster",
          cells.map(({ u }) => u % 12),
        ),
      };
    }
    return { model: { ...model, columns: [d] }, cluster };
  }

  it("give the statistics that weights of one give, which take another way", () => {
    fc.assert(
      fc.property(plain, ({ seed, gaps, restricted }) => {
        const { model, cluster } = fitted(seed, gaps);
        const weighted = { ...model, weights: new Float64Array(model.outcome.length).fill(1) };
        const found = [model, weighted].map((one) =>
          bootstrap(value(leastSquares(one)), { clusters: cluster, restricted }),
        );
        const [ours, wanted] = found.map((one) => one.statistics(0.3)) as [Float64Array, Float64Array];
        ours.forEach((t, draw) => {
          expect(Math.abs(t - (wanted[draw] ?? 0))).toBeLessThan(1e-9 * (1 + Math.abs(t)));
        });
      }),
      { numRuns: 20 },
    );
  });
});

describe("the interval", () => {
  it("is that of the test at every null, however few draws an inversion looks at", () => {
    fc.assert(
      fc.property(shape, fc.boolean(), fc.constantFrom(0.05, 0.1, 0.3), (one, many, alpha) => {
        const { model, cluster } = panel({ ...one, ...(many ? { units: 30, clusters: 18 } : {}) });
        const found = bootstrap(value(leastSquares(model)), { clusters: cluster, draws: 499 });
        for (const [rule, share] of [
          ["with-ties", "pValue"],
          ["strict", "pStrict"],
        ] as const) {
          const wanted = hullOfNulls(found.estimate, found.stdError, (effect) => found.test(effect)[share] > alpha);
          const { low, high } = found.interval(alpha, rule);
          // a draw too few moves a bound to another draw's null; rounding at the null itself moves it by the last bits
          for (const [bound, limit] of [
            [low, wanted.low],
            [high, wanted.high],
          ] as const) {
            expect(bound === limit || Math.abs(bound - limit) < 1e-12 * (found.stdError + Math.abs(limit))).toBe(true);
          }
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe("the restricted bootstrap", () => {
  const { model, cluster } = panel({ seed: 7, units: 16, steps: 6, clusters: 8, weighted: false, effects: "two" });
  const fit = value(leastSquares(model));

  it("never gives p = 0: the sample ties with itself and its mirror", () => {
    const test = bootstrap(fit, { clusters: cluster }).test(0);
    expect(test.ties).toBeGreaterThanOrEqual(2);
    expect(test.pValue).toBeGreaterThanOrEqual(2 / 256);
    expect(bootstrap(fit, { clusters: cluster, exact: "never" }).test(-50).pValue).toBeGreaterThanOrEqual(1 / 200);
  });

  it("has an interval of nulls it does not reject, rejected just outside", () => {
    const found = bootstrap(fit, { clusters: cluster });
    const { low, high } = found.interval(0.1);
    const reach = high - low;
    for (const [inside, outside] of [
      [low + 1e-6 * reach, low - 1e-6 * reach],
      [high - 1e-6 * reach, high + 1e-6 * reach],
    ] as const) {
      expect(found.test(inside).pValue).toBeGreaterThan(0.1);
      expect(found.test(outside).pValue).toBeLessThanOrEqual(0.1);
    }
  });

  it("has no bounds at a level below its smallest p", () => {
    expect(bootstrap(fit, { clusters: cluster }).interval(0.001)).toMatchObject({
      low: Number.NEGATIVE_INFINITY,
      high: Number.POSITIVE_INFINITY,
    });
  });

  it("gives the same bytes for the same seed and others for another", () => {
    const run = (seed: number) => bootstrap(fit, { clusters: cluster, seed, weights: "webb" });
    expect(run(1).exact).toBe(false);
    expect(run(1).statistics(0)).toEqual(run(1).statistics(0));
    expect(run(1).statistics(0)).not.toEqual(run(2).statistics(0));
  });

  it("does not see units of the outcome, only its order", () => {
    const scaled = value(leastSquares({ ...model, outcome: model.outcome.map((y) => 1000 * y - 5) }));
    const [a, b] = [bootstrap(fit, { clusters: cluster }), bootstrap(scaled, { clusters: cluster })];
    expect(b.test(0).pValue).toBe(a.test(0).pValue);
    expect(b.interval(0.1).low / a.interval(0.1).low).toBeCloseTo(1000, 4);
  });
});

describe("refusals", () => {
  const { model, cluster } = panel({ seed: 7, units: 16, steps: 6, clusters: 8, weighted: false, effects: "two" });
  const fit = value(leastSquares(model));
  const refusal = (options: Partial<WildOptions>) => {
    const base = { term: "d", restricted: true, type: "11", weights: "rademacher", draws: 199, seed: 3 } as const;
    const outcome = wildClusterBootstrap(fit, { ...base, clusters: cluster, ...options });
    return outcome.ok ? null : outcome.refusal.code;
  };

  it("names one cluster, weights that cross clusters and an unknown term", () => {
    expect(
      refusal({
        clusters: groupBy(
          "all",
          Array.from(model.outcome, () => 1),
        ),
      }),
    ).toBe("TOO_FEW_CLUSTERS");
    expect(
      refusal({
        groups: groupBy(
          "odd",
          Array.from(model.outcome, (_, i) => i % 2),
        ),
      }),
    ).toBe("NOT_ESTIMABLE");
    expect(refusal({ term: "nope" })).toBe("NOT_ESTIMABLE");
    expect(refusal({ term: "x" })).toBeNull();
  });

  it("says so when there is no residual", () => {
    const d = model.columns[0]?.values ?? new Float64Array(0);
    const perfect = value(
      leastSquares({ ...model, outcome: d.map((one) => 2 * one), columns: model.columns.slice(0, 1) }),
    );
    const options = { term: "d", restricted: true, type: "11", weights: "webb", draws: 99, seed: 1 } as const;
    const outcome = wildClusterBootstrap(perfect, { ...options, clusters: cluster });
    expect(outcome.ok ? null : outcome.refusal.code).toBe("NO_VARIATION");
  });
});

describe("twfe with --vcov wild-restricted", () => {
  const table = (treatedUnits: number): TidyData => {
    const random = randomStream(11);
    const rows = Array.from({ length: 10 * 8 }, (_, i) => ({ u: Math.floor(i / 8), t: i % 8 }));
    return {
      rows: rows.length,
      unit: rows.map(({ u }) => `web-${u}`),
      time: Float64Array.from(rows, ({ t }) => t),
      outcome: Float64Array.from(rows, ({ u, t }) => random.next() + u + (u < treatedUnits && t >= 5 ? 1 : 0)),
      treatment: Float64Array.from(rows, ({ u, t }) => (u < treatedUnits && t >= 5 ? 1 : 0)),
      firstTreated: null,
      weights: null,
      covariates: [],
      cluster: null,
    };
  };

  it("keeps the estimate, takes p and interval from the draws", () => {
    const plain = value(estimate(table(4), "twfe"));
    const wild = value(
      estimate(table(4), "twfe", { vcov: "wild-restricted", settings: { "wild-weights": "rademacher" } }),
    );
    expect(wild.inference).toBe("wild-restricted");
    expect(wild.coefficients[0]?.estimate).toBe(plain.coefficients[0]?.estimate);
    expect(wild.coefficients[0]?.stdError).toBeCloseTo(plain.coefficients[0]?.stdError ?? 0, 12);
    expect(wild.details.bootstrap).toMatchObject({ draws: 1024, exact: true, weights: "rademacher" });
    expect((wild.coefficients[0]?.pValue ?? 0) * 1024).toBeCloseTo(
      Math.round((wild.coefficients[0]?.pValue ?? 0) * 1024),
      9,
    );
  });

  it("is refused with one treated cluster", () => {
    const outcome = estimate(table(1), "twfe", { vcov: "wild-restricted" });
    expect(outcome.ok ? null : outcome.refusal.code).toBe("ONE_TREATED_CLUSTER");
  });
});

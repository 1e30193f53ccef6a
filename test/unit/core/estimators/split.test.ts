import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { estimate } from "../../../../src/app/estimate.ts";
import type { EstimateChoice } from "../../../../src/app/estimate-options.ts";
import type { EstimateResult } from "../../../../src/core/estimators/contract.ts";
import { trafficSampleRatio, unitSampleRatio } from "../../../../src/core/estimators/split/sample-ratio.ts";
import { split } from "../../../../src/core/estimators/split/tidy.ts";
import { unitErrors } from "../../../../src/core/estimators/split/unit-errors.ts";
import { type TidyColumns, tidyTable } from "../../../../src/core/estimators/tidy-table.ts";
import { randomStream } from "../../../../src/core/inference/random.ts";
import { leastSquares } from "../../../../src/core/regression/ols.ts";
import { cr2 } from "../../../../src/core/vcov/cr2.ts";

interface Shape {
  readonly treated: number;
  readonly control: number;
  readonly rows: number;
  readonly seed: number;
}

const shape = fc.record({
  treated: fc.integer({ min: 4, max: 8 }),
  control: fc.integer({ min: 4, max: 8 }),
  rows: fc.integer({ min: 1, max: 4 }),
  seed: fc.nat(),
});

interface MadeColumns extends TidyColumns {
  readonly unit: readonly string[];
  readonly time: readonly number[];
  readonly outcome: readonly number[];
  readonly treatment: readonly number[];
  readonly weights: readonly number[];
  readonly covariates: { readonly x: readonly number[] };
  readonly texts: { readonly zone: readonly string[] };
}

/** A table whose units hold a covariate and, in `zone`, two strata. */
function columnsOf({ treated, control, rows, seed }: Shape, effect = 0, noise = 1): MadeColumns {
  const random = randomStream(seed);
  const units = Array.from({ length: treated + control }, (_, u) => ({
    u,
    x: random.next() + (u % 3),
    zone: `z${u % 2}`,
  }));
  const cells = units.flatMap((one) => Array.from({ length: rows }, (_, t) => ({ ...one, t })));
  const isTreated = (u: number): boolean => u < treated;
  return {
    unit: cells.map(({ u }) => `pod-${u}`),
    time: cells.map(({ t }) => t),
    outcome: cells.map(({ u, x }) => 5 + 2 * x + effect * Number(isTreated(u)) + noise * random.next()),
    treatment: cells.map(({ u }) => Number(isTreated(u))),
    weights: cells.map(() => 1 + 9 * random.next()),
    covariates: { x: cells.map(({ x }) => x) },
    texts: { zone: cells.map(({ zone }) => zone) },
  };
}

function pick(columns: MadeColumns, use: "plain" | "ratio" | "cuped" | "strata"): TidyColumns {
  const { unit, time, outcome, treatment, weights, covariates, texts } = columns;
  return {
    unit,
    time,
    outcome,
    treatment,
    texts,
    ...(use === "ratio" ? { weights } : {}),
    ...(use === "cuped" ? { covariates } : {}),
  };
}

function answered(columns: TidyColumns, choice: EstimateChoice = {}): EstimateResult {
  const outcome = estimate(tidyTable(columns), "split", { alpha: 0.2, ...choice });
  if (!outcome.ok) throw new Error(`${outcome.refusal.code} ${outcome.refusal.message}`);
  return outcome.value;
}

function refusal(columns: TidyColumns, choice: EstimateChoice = {}): { code: string; message: string } {
  const outcome = estimate(tidyTable(columns), "split", choice);
  return outcome.ok ? { code: "", message: "" } : outcome.refusal;
}

const USES: readonly [string, "plain" | "ratio" | "cuped" | "strata", EstimateChoice][] = [
  ["means", "plain", {}],
  ["Welch", "plain", { vcov: "welch" }],
  ["cr1", "plain", { vcov: "cr1" }],
  ["cr3", "plain", { vcov: "cr3" }],
  ["permutation", "plain", { vcov: "permutation" }],
  ["ratios", "ratio", {}],
  ["CUPED", "cuped", {}],
  ["Lin", "cuped", { settings: { adjust: "lin" } }],
  ["strata", "strata", { settings: { strata: "zone" } }],
];

describe.each(USES)("split: %s", (_, use, choice) => {
  const RUNS = { numRuns: 15 };
  const same = (a: EstimateResult, b: EstimateResult, factor = 1): void => {
    const [left, right] = [a.coefficients[0], b.coefficients[0]];
    if (left === undefined || right === undefined) throw new Error("no row");
    const size = Math.abs(factor) * (Math.abs(right.estimate) + (right.stdError || 1));
    expect(Math.abs(left.estimate - factor * right.estimate)).toBeLessThan(1e-9 * size);
    expect(Math.abs(left.pValue - right.pValue)).toBeLessThan(1e-7);
    if (!Number.isNaN(right.stdError)) {
      expect(Math.abs(left.stdError - Math.abs(factor) * right.stdError)).toBeLessThan(1e-8 * size);
      expect(Math.abs(left.dof - right.dof)).toBeLessThan(1e-6 * right.dof);
    }
  };

  it("ignores a constant, scales with the outcome, turns with its sign and with the sides", () => {
    fc.assert(
      fc.property(shape, fc.constantFrom(-3, 1e-6, 1e6), (one, factor) => {
        const columns = pick(columnsOf(one, 0.4), use);
        const base = answered(columns, choice);
        const map = (f: (y: number) => number): TidyColumns => ({
          ...columns,
          outcome: Array.from(columns.outcome, f),
        });
        same(
          answered(
            map((y) => y + 11),
            choice,
          ),
          base,
        );
        same(
          answered(
            map((y) => factor * y),
            choice,
          ),
          base,
          factor,
        );
        const swapped = { ...columns, treatment: Array.from(columns.treatment ?? [], (d) => 1 - d) };
        same(answered(swapped, choice), base, -1);
      }),
      RUNS,
    );
  });

  it("does not depend on names and order, nor on the path that all units share", () => {
    fc.assert(
      fc.property(shape, (one) => {
        const columns = columnsOf(one, 0.4);
        const picked = pick(columns, use);
        const order = Array.from(columns.unit, (_name, i) => i).reverse();
        const turn = <T>(values: ArrayLike<T>): T[] => order.map((i) => values[i] as T);
        const turned: TidyColumns = {
          ...picked,
          unit: turn(columns.unit).map((name) => `other ${name}`),
          time: turn(columns.time),
          outcome: turn(columns.outcome),
          treatment: turn(columns.treatment),
          texts: { zone: turn(columns.texts.zone) },
          ...(picked.weights === undefined ? {} : { weights: turn(columns.weights) }),
          ...(picked.covariates === undefined ? {} : { covariates: { x: turn(columns.covariates.x) } }),
        };
        same(answered(turned, choice), answered(picked, choice));
        if (use === "ratio") return;
        const moved = Array.from(columns.outcome, (y, i) => y + Math.sin(5 * (columns.time[i] ?? 0)));
        same(answered({ ...picked, outcome: moved }, choice), answered(picked, choice));
      }),
      RUNS,
    );
  });

  it("finds a planted effect where units differ by the covariate alone", () => {
    fc.assert(
      fc.property(shape, fc.double({ min: 0.1, max: 9, noNaN: true }), (one, effect) => {
        const columns = columnsOf(one, effect, 0);
        if (use === "cuped") {
          expect(answered(pick(columns, use), choice).coefficients[0]?.estimate).toBeCloseTo(effect, 8);
          return;
        }
        const flat = Array.from(columns.treatment, (d) => 5 + effect * d);
        const outcome = estimate(tidyTable({ ...pick(columns, use), outcome: flat }), "split", {
          alpha: 0.2,
          ...choice,
        });
        if (outcome.ok) expect(outcome.value.coefficients[0]?.estimate).toBeCloseTo(effect, 10);
        else expect([choice.vcov, outcome.refusal.code]).toEqual(["permutation", "NO_VARIATION"]);
      }),
      RUNS,
    );
  });

  it("gives the same bytes twice and leaves its input alone", () => {
    const table = tidyTable(pick(columnsOf({ treated: 5, control: 6, rows: 3, seed: 4 }), use));
    const before = structuredClone(table);
    const first = JSON.stringify(estimate(table, "split", choice));
    expect(JSON.stringify(estimate(table, "split", choice))).toBe(first);
    expect(table).toEqual(before);
  });
});

describe("one pass over the units", () => {
  it("gives the error and degrees of freedom of the general CR2", () => {
    fc.assert(
      fc.property(shape, fc.boolean(), (one, weighted) => {
        const random = randomStream(one.seed);
        const n = one.treated + one.control;
        const column = (): Float64Array => Float64Array.from({ length: n }, () => random.next());
        const fitted = leastSquares({
          outcome: column(),
          columns: [
            { name: "treatment", values: Float64Array.from({ length: n }, (_, i) => Number(i < one.treated)) },
            { name: "one", values: new Float64Array(n).fill(1) },
            { name: "x", values: column() },
          ],
          effects: [],
          singletons: "keep",
          ...(weighted ? { weights: column().map((v) => 0.2 + v) } : {}),
        });
        if (!fitted.ok) throw new Error(fitted.refusal.message);
        const levels = Int32Array.from({ length: n }, (_, i) => i);
        const general = cr2.estimate(fitted.value, { clusters: [{ name: "unit", levels, count: n }] });
        if (!general.ok) throw new Error(general.refusal.message);
        const fast = unitErrors(fitted.value, 0);
        expect((fast?.variance ?? 0) / general.value.matrix.get(0, 0)).toBeCloseTo(1, 9);
        expect((fast?.dof ?? 0) / (general.value.dof[0] ?? 0)).toBeCloseTo(1, 8);
      }),
      { numRuns: 40 },
    );
  });
});

describe("history", () => {
  const { unit, time, outcome, treatment } = columnsOf({ treated: 4, control: 5, rows: 4, seed: 2 }, 1);
  const late = Array.from(treatment, (d, i) => (d === 1 && (time[i] ?? 0) >= 2 ? 1 : 0));

  it("before the first treated period becomes a covariate", () => {
    const found = answered({ unit, time, outcome, treatment: late });
    expect(found.details).toMatchObject({ from: 2, adjustment: "cuped" });
    expect(Object.keys(found.details.theta as object)).toEqual(["mean before"]);
    expect(answered({ unit, time, outcome, treatment: late }, { settings: { adjust: "none" } }).details.theta).toEqual(
      {},
    );
  });

  it("of some units only is not used, and said", () => {
    const keep = Array.from(unit, (name, i) => name !== "pod-0" || (time[i] ?? 0) >= 2);
    const cut = <T>(values: ArrayLike<T>): T[] => Array.from(values).filter((_, i) => keep[i]);
    const found = answered({ unit: cut(unit), time: cut(time), outcome: cut(outcome), treatment: cut(late) });
    expect(found.details.adjustment).toBe("none");
    expect(found.notes.join(" ")).toContain("no rows before the split");
  });
});

describe("refusals", () => {
  const columns = columnsOf({ treated: 4, control: 5, rows: 2, seed: 9 });
  const base = pick(columns, "plain");
  const only = (keep: (unit: string) => boolean): TidyColumns => {
    const rows = Array.from(columns.unit, (_, i) => i).filter((i) => keep(columns.unit[i] ?? ""));
    const cut = <T>(values: ArrayLike<T>): T[] => rows.map((i) => values[i] as T);
    return {
      unit: cut(columns.unit),
      time: cut(columns.time),
      outcome: cut(columns.outcome),
      treatment: cut(columns.treatment),
    };
  };

  it("name what is missing", () => {
    expect(refusal({ ...base, treatment: new Float64Array(columns.unit.length) }).code).toBe("NO_TREATED_UNITS");
    expect(refusal({ ...base, treatment: new Float64Array(columns.unit.length).fill(1) }).code).toBe(
      "NO_CONTROL_UNITS",
    );
    const mixed = Array.from(columns.treatment, (d, i) => (columns.unit[i] === "pod-2" ? (columns.time[i] ?? 0) : d));
    expect(refusal({ ...base, treatment: mixed })).toMatchObject({
      code: "TREATMENT_REVERSED",
      message: expect.stringContaining("pod-2"),
    });
    const constant = { ...base, covariates: { k: new Float64Array(columns.unit.length).fill(3) } };
    expect(refusal(constant)).toMatchObject({ code: "COLLINEAR", message: expect.stringContaining("k") });
    const follows = { ...base, covariates: { side: columns.treatment } };
    expect(refusal(follows)).toMatchObject({ code: "COLLINEAR", message: expect.stringContaining("side") });
    const strata = { ...base, texts: { zone: columns.unit } };
    expect(refusal(strata, { settings: { strata: "zone" } })).toMatchObject({
      code: "TOO_FEW_UNITS",
      message: expect.stringContaining("pod-0"),
    });
    expect(refusal({ ...base, outcome: new Float64Array(columns.unit.length).fill(2) }).code).toBe("NO_VARIATION");
    expect(refusal({ ...base, weights: new Float64Array(columns.unit.length).fill(-1) }).code).toBe("NEGATIVE_WEIGHTS");
  });

  it("give no clustered error to one treated unit, and a rank test where it can decide", () => {
    const one = only((unit) => !["pod-1", "pod-2", "pod-3"].includes(unit));
    for (const vcov of split.vcovs.filter((name) => name !== "permutation")) {
      expect(refusal(one, { vcov }).code).toBe("ONE_TREATED_CLUSTER");
    }
    expect(refusal(one, { vcov: "permutation" })).toMatchObject({
      code: "TOO_FEW_UNITS",
      message: expect.stringContaining("0.17"),
    });
    expect(answered(one, { vcov: "permutation", alpha: 0.2 }).coefficients[0]?.stdError).toBeNaN();
  });

  it("say that few degrees of freedom are not to be trusted", () => {
    const two = only((unit) => !["pod-2", "pod-3"].includes(unit));
    expect(answered(two).notes.join(" ")).toContain("degrees of freedom are too few");
  });
});

describe("sample ratio", () => {
  it("does not take bursty traffic for a wrong split, nor a wrong split for bursts", () => {
    const random = randomStream(3);
    const traffic = (n: number, mean: number): Float64Array =>
      Float64Array.from({ length: n }, () => mean * (0.5 + random.next()));
    // a count of requests would call 2 % of a million requests impossible
    expect(trafficSampleRatio(traffic(10, 1e5), traffic(10, 1e5), 0.5)?.pValue).toBeGreaterThan(0.01);
    expect(trafficSampleRatio(traffic(10, 5e4), traffic(10, 1e5), 0.5)?.pValue).toBeLessThan(1e-3);
    expect(trafficSampleRatio(Float64Array.of(1e5), traffic(12, 1e5), 1 / 13)?.pValue).toBeGreaterThan(0.01);
    expect(trafficSampleRatio(Float64Array.of(1), Float64Array.of(1), 0.5)).toBeNull();
  });

  it("of units is chi-square, and binomial where few are expected", () => {
    expect(unitSampleRatio(50, 50, 0.5)).toMatchObject({ method: "chi-square", statistic: 0, pValue: 1 });
    expect(unitSampleRatio(1, 9, 0.1)).toMatchObject({ method: "binomial", pValue: 1 });
  });

  it("is said beside the estimate", () => {
    const columns = pick(columnsOf({ treated: 4, control: 5, rows: 2, seed: 9 }), "plain");
    const found = answered(columns, { settings: { share: "0.001" } });
    expect(found.notes.join(" ")).toContain("instead of the planned 0.1");
    expect(refusal(columns, { settings: { share: "0.5", "share-of": "traffic" } }).code).toBe("NOT_ESTIMABLE");
    expect(refusal(columns, { settings: { share: "0" } }).code).toBe("NOT_ESTIMABLE");
  });
});

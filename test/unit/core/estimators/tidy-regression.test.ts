import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { estimate } from "../../../../src/app/estimate.ts";
import type { EstimateChoice } from "../../../../src/app/estimate-options.ts";
import type { EstimateResult, TidyData } from "../../../../src/core/estimators/contract.ts";
import { tidyTable } from "../../../../src/core/estimators/tidy-table.ts";
import type { ReasonCode } from "../../../../src/core/reasons.ts";
import { type JsonObject, list, number, object, readJson, text } from "../../../reference/runners/json.ts";
import { readTable, type Table } from "../../../reference/runners/table.ts";

const FIXTURES = join(import.meta.dirname, "../../../reference/fixtures");

function referenceCase(name: string): { readonly expected: JsonObject; readonly table: Table } {
  return {
    expected: readJson(join(FIXTURES, name, "expected.json")),
    table: readTable(join(FIXTURES, name, "panel.csv")),
  };
}

function answered(data: TidyData, name: string, choice?: EstimateChoice): EstimateResult {
  const outcome = estimate(data, name, choice);
  if (!outcome.ok) throw new Error(`${outcome.refusal.code}: ${outcome.refusal.message}`);
  return outcome.value;
}

function refused(data: TidyData, name: string, choice?: EstimateChoice): readonly [ReasonCode, string] {
  const outcome = estimate(data, name, choice);
  if (outcome.ok) throw new Error("was answered");
  return [outcome.refusal.code, outcome.refusal.message];
}

function expectNear(actual: number | undefined, wanted: number, relative = 1e-8): void {
  expect(Math.abs((actual ?? Number.NaN) - wanted)).toBeLessThanOrEqual(relative * Math.abs(wanted));
}

/** Every number of a reference row. */
function expectRow(result: EstimateResult, term: string, wanted: JsonObject): void {
  const row = result.coefficients.find((one) => one.term === term);
  expectNear(row?.estimate, number(wanted.estimate));
  expectNear(row?.stdError, number(wanted.se));
  expectNear(row?.pValue, number(wanted.p), 1e-7);
  expectNear(row?.confLow, number(wanted.ci_low), 1e-7);
  if (wanted.df !== null) expectNear(row?.dof, number(wanted.df));
}

describe("twfe against R (case 03: weights, gaps, singletons, a collinear covariate)", () => {
  const { expected, table } = referenceCase("03_weighted_unbalanced");
  const choices: Readonly<Record<string, EstimateChoice>> = {
    iid: { vcov: "iid" },
    hetero: { vcov: "hc1" },
    cluster_unit_default: {},
    cluster_unit_Kfull: { settings: { parameters: "full" } },
    cluster_region_default: {},
    twoway_unit_time_default: {},
    clubSandwich_CR2: { vcov: "cr2" },
  };
  const specs = Object.entries(object(expected.specs)).flatMap(([name, spec]) =>
    list(object(spec).results)
      .filter((row) => text(object(row).id) in choices)
      .map((row) => [name, text(object(row).id), object(spec), object(row)] as const),
  );

  it.each(specs)("%s, %s", (_, id, spec, row) => {
    const [terms = "", effects = ""] = (text(spec.formula).split("~")[1] ?? "").split("|").map((part) => part.trim());
    const covariates = terms.split(" + ").filter((name) => name !== "d");
    const data = tidyTable({
      unit: table.text("unit"),
      time: table.numeric("time"),
      outcome: table.numeric("y"),
      treatment: table.numeric("d"),
      covariates: Object.fromEntries(covariates.map((name) => [name, table.numeric(name)])),
      texts: { region: table.text("region") },
      ...(spec.weights === null ? {} : { weights: table.numeric("requests") }),
      ...(id === "cluster_region_default" ? { cluster: table.text("region") } : {}),
      ...(id === "twoway_unit_time_default"
        ? { cluster: table.text("unit"), furtherClusters: { time: table.text("time") } }
        : {}),
    });
    const settings = {
      ...choices[id]?.settings,
      effects: effects.replaceAll(" + ", ","),
      singletons: spec.fixef_rm === "singletons" ? "drop" : "keep",
    };
    const result = answered(data, "twfe", { ...choices[id], settings });
    for (const coefficient of list(row.coefs).map(object)) {
      const term = text(coefficient.term);
      expectRow(result, term === "d" ? "treatment" : term, coefficient);
    }
    expect(result.nobs).toBe(number(spec.nobs));
    expect(result.details.dropped).toEqual(list(spec.collinear_dropped));
    for (const name of list(spec.collinear_dropped))
      expect(result.notes.join()).toContain(`${String(name)} was dropped`);
  });
});

describe("event-study against R (case 04b: binned leads and lags)", () => {
  const { expected, table } = referenceCase("04b_event_study_binned");
  const data = tidyTable({
    unit: table.text("unit"),
    time: table.numeric("time"),
    outcome: table.numeric("y"),
    firstTreated: table.numeric("treat").map((treated) => (treated === 1 ? 31 : 0)),
  });
  const settings = { leads: "6", lags: "6" };
  const name = (term: string): string => {
    const rel = /-?\d+/.exec(term)?.[0] ?? "";
    return rel === "-6" ? "rel::<=-6" : rel === "6" ? "rel::>=6" : `rel::${rel}`;
  };

  it.each([
    ["cluster_unit_default", "cr1"],
    ["hetero", "hc1"],
    ["iid", "iid"],
  ])("%s", (id, vcov) => {
    const wanted = object(object(expected.results)[id]);
    const result = answered(data, "event-study", { vcov, settings });
    for (const row of list(wanted.coefs).map(object)) expectRow(result, name(text(row.term)), row);
    const leads = object(result.details.leadsTest);
    expectNear(number(leads.fStatistic), number(object(wanted.pretrend_wald).F));
    expectNear(number(leads.pF), number(object(wanted.pretrend_wald).p_F));
    expectNear(number(leads.pChiSquare), number(object(wanted.pretrend_wald).p_chi2));
    expectNear(number(object(result.details.lagsTest).fStatistic), number(object(wanted.post_wald).F));
  });

  it("calls the reference by --ref and says which periods there are", () => {
    expect(answered(data, "event-study", { ref: -2, settings }).coefficients.map(({ term }) => term)).toContain(
      "rel::-1",
    );
    expect(refused(data, "event-study", { ref: -9, settings })).toEqual([
      "NO_PRE_DATA",
      expect.stringContaining("rows are at -6, -5, -4"),
    ]);
  });
});

describe("newey-west against R (case 16)", () => {
  const { expected, table } = referenceCase("16_gap_series_hac");
  const post = table.numeric("post");
  const data = tidyTable({
    unit: table.text("unit"),
    time: table.numeric("time"),
    outcome: table.numeric("y"),
    treatment: table.numeric("treat").map((treated, i) => treated * (post[i] ?? 0)),
  });
  const rows = list(object(object(expected.results).plain).rows).map(object);

  it.each([
    ["NW_lag4", "newey-west", { lag: "4", adjust: "no" }],
    ["NW_lag8_adjust", "newey-west", { lag: "8" }],
    ["QS_andrews", "andrews-qs", {}],
    ["Bartlett_andrews", "andrews-bartlett", {}],
    ["EWC_nu8", "cosine", { terms: "8" }],
    ["EWC_nu17", "cosine", {}],
  ])("%s", (id, vcov, settings) => {
    const wanted = rows.find((row) => row.id === id) ?? {};
    const row = answered(data, "newey-west", { vcov, settings }).coefficients[0];
    expectNear(row?.estimate, number(wanted.estimate));
    expectNear(row?.stdError, number(wanted.se), 1e-6);
    expectNear(row?.pValue, number(wanted.p), 1e-5);
  });

  it("batch-means", () => {
    const wanted = object(object(expected.results).batch_means);
    const row = answered(data, "newey-west", { vcov: "batch-means" }).coefficients[0];
    expectNear(row?.statistic, number(wanted.t));
    expectNear(row?.dof, number(wanted.df));
  });
});

/** Four units, two treated from period 3 of 4; noise that no model fits. */
function smallTable(change: Partial<Parameters<typeof tidyTable>[0]> = {}): TidyData {
  const unit: string[] = [];
  const time: number[] = [];
  const outcome: number[] = [];
  const treatment: number[] = [];
  for (let u = 0; u < 6; u++) {
    for (let t = 1; t <= 4; t++) {
      unit.push(`u${u}`);
      time.push(t);
      const treated = Number(u < 3 && t >= 3);
      treatment.push(treated);
      outcome.push(10 * u + t + 5 * treated + ((u * 7 + t * 3 + u * t) % 5) / 10);
    }
  }
  return tidyTable({ unit, time, outcome, treatment, ...change });
}

describe("refusals name what is wrong", () => {
  const plain = smallTable();
  const column = (source: Float64Array | null, at: number, value: number): number[] =>
    Array.from(source ?? [], (old, i) => (i === at ? value : old));
  const treatment = plain.treatment ?? new Float64Array(0);
  const time = plain.time ?? new Float64Array(0);
  const unit = plain.unit ?? [];
  const cases: readonly (readonly [
    string,
    string,
    Partial<Parameters<typeof tidyTable>[0]>,
    EstimateChoice,
    ReasonCode,
    RegExp,
  ])[] = [
    [
      "a second row for a unit and period",
      "twfe",
      { time: column(time, 1, 1) },
      {},
      "DUPLICATE_ROWS",
      /unit u0, period 1/,
    ],
    [
      "an infinite outcome",
      "twfe",
      { outcome: column(plain.outcome, 5, Number.POSITIVE_INFINITY) },
      {},
      "NOT_FINITE",
      /outcome .*unit u1, period 2/,
    ],
    ["a missing period", "twfe", { time: column(time, 2, Number.NaN) }, {}, "NOT_FINITE", /time .*row 3/],
    [
      "a negative weight",
      "ols",
      { weights: column(new Float64Array(24).fill(1), 3, -2) },
      {},
      "NEGATIVE_WEIGHTS",
      /unit u0, period 4 .*-2/,
    ],
    [
      "an outcome that never moves",
      "twfe",
      { outcome: new Float64Array(24).fill(7) },
      {},
      "NO_VARIATION",
      /7 in every row/,
    ],
    ["no outcome at all", "twfe", { outcome: new Float64Array(24).fill(Number.NaN) }, {}, "NO_DATA", /No row/],
    ["nobody treated", "twfe", { treatment: new Float64Array(24) }, {}, "NO_TREATED_UNITS", /No row is treated/],
    ["everybody treated", "ols", { treatment: new Float64Array(24).fill(1) }, {}, "NO_CONTROL_UNITS", /Every row/],
    [
      "no never treated unit",
      "twfe",
      { treatment: time.map((t) => Number(t >= 3)) },
      {},
      "NO_CONTROL_UNITS",
      /In no period/,
    ],
    [
      "no never treated unit in a 2x2",
      "did-2x2",
      { treatment: time.map((t) => Number(t >= 3)) },
      {},
      "NO_CONTROL_UNITS",
      /Every unit/,
    ],
    [
      "a mark of the ever treated",
      "twfe",
      { treatment: unit.map((name) => Number(name < "u3")) },
      {},
      "NO_PRE_DATA",
      /unit effects/,
    ],
    [
      "a treatment that ends",
      "twfe",
      { treatment: column(treatment, 3, 0) },
      {},
      "TREATMENT_REVERSED",
      /unit u0, period 4 .*since period 3/,
    ],
    ["a treatment of 2", "twfe", { treatment: column(treatment, 3, 2) }, {}, "NOT_ESTIMABLE", /unit u0, period 4 is 2/],
    [
      "two first periods in one unit",
      "event-study",
      { firstTreated: column(new Float64Array(24).fill(3), 1, 4) },
      {},
      "TREATMENT_REVERSED",
      /unit u0, period 2 is 4.*3/,
    ],
    [
      "one treated cluster",
      "twfe",
      { treatment: treatment.map((d, i) => (unit[i] === "u0" ? d : 0)) },
      {},
      "ONE_TREATED_CLUSTER",
      /one of 6 clusters/,
    ],
    [
      "one treated cluster in a multi-way error",
      "twfe",
      { cluster: unit.map((name) => (name < "u3" ? "a" : name)), furtherClusters: { time: [...time].map(String) } },
      {},
      "ONE_TREATED_CLUSTER",
      /one of 4 clusters/,
    ],
    [
      "a covariate that is a unit effect, when asked",
      "twfe",
      { covariates: { size: unit.map((name) => Number(name.slice(1))) } },
      { settings: { collinear: "refuse" } },
      "COLLINEAR",
      /size/,
    ],
    [
      "different starts in a 2x2",
      "did-2x2",
      { treatment: treatment.map((d, i) => (unit[i] === "u0" && time[i] === 2 ? 1 : d)) },
      {},
      "NOT_ESTIMABLE",
      /2 different periods \(2, 3/,
    ],
    [
      "more parameters than rows",
      "twfe",
      {
        covariates: Object.fromEntries(
          Array.from({ length: 16 }, (_, k) => [
            `x${k}`,
            time.map((_t, i) => (i * i * i * (k + 2) * 7919 + i * k * 104729) % 1009),
          ]),
        ),
      },
      { vcov: "iid" },
      "TOO_FEW_UNITS",
      /parameters/,
    ],
    ["a series that is too short", "newey-west", {}, {}, "TOO_FEW_PERIODS", /4 periods .*at least 8/],
    [
      "periods off the grid",
      "event-study",
      { time: time.map((t) => (t === 4 ? 4.5 : t)) },
      {},
      "TIME_GAPS",
      /unit u0, period 4.5/,
    ],
    [
      "clusters of both kinds",
      "permutation",
      { cluster: unit.map((_, i) => (i % 2 === 0 ? "a" : "a")) },
      {},
      "NOT_ESTIMABLE",
      /cluster a holds treated and control/,
    ],
    [
      "too few assignments",
      "permutation",
      { treatment: treatment.map((d, i) => (unit[i] === "u0" ? d : 0)) },
      {},
      "TOO_FEW_CLUSTERS",
      /smallest p-value/,
    ],
    ["an effect of no column", "twfe", {}, { settings: { effects: "unit,zone" } }, "NOT_ESTIMABLE", /zone/],
  ];
  it.each(cases)("%s (%s)", (_, name, change, choice, code, message) => {
    expect(refused(smallTable(change), name, choice)).toEqual([code, expect.stringMatching(message)]);
  });

  it("says what a lost reference means without never treated units", () => {
    expect(refused(smallTable({ treatment: time.map((t) => Number(t >= 3)) }), "event-study")[0]).toBe(
      "NO_CONTROL_UNITS",
    );
  });
});

describe("what is allowed on request or by design", () => {
  const plain = smallTable();

  it("leaves out rows with a missing number or without weight, and counts them", () => {
    const outcome = plain.outcome.map((y, i) => (i === 0 ? Number.NaN : y));
    const weights = plain.outcome.map((_, i) => (i === 9 ? 0 : 1));
    const result = answered(smallTable({ outcome, weights }), "twfe");
    expect(result.nobs).toBe(22);
    expect(result.notes).toEqual(
      expect.arrayContaining(["1 row with a missing number left out.", "1 row of weight 0 left out."]),
    );
  });

  it("lets a treatment end with --set reversals=allow, and always in ols", () => {
    const treatment = Array.from(plain.treatment ?? [], (d, i) => (i === 3 ? 0 : d));
    const allowed = answered(smallTable({ treatment }), "twfe", { settings: { reversals: "allow" } });
    const same = answered(smallTable({ treatment }), "ols", { vcov: "cr1", settings: { effects: "unit,time" } });
    expect(allowed.coefficients).toEqual(same.coefficients);
  });

  it("takes either form of the treatment", () => {
    const { treatment, ...rest } = smallTable();
    const firstTreated = (rest.unit ?? []).map((name) => (name < "u3" ? 3 : 0));
    const derived = { ...rest, treatment: null, firstTreated: Float64Array.from(firstTreated) };
    expect(answered(derived, "twfe")).toEqual(answered(plain, "twfe"));
    expect(answered(plain, "event-study")).toEqual(answered({ ...derived, treatment }, "event-study"));
  });

  it("clusters an ols when a cluster is named", () => {
    const cluster = (plain.unit ?? []).map((name) => `${name}${name}`);
    expect(answered(smallTable(), "ols").inference).toBe("hc1");
    expect(answered(smallTable({ cluster }), "ols")).toMatchObject({ inference: "cr1", clusters: 6 });
    expect(answered(smallTable({ cluster }), "ols", { vcov: "hc1" }).notes).toContain("hc1 does not cluster.");
  });

  it("changes degrees of freedom on request", () => {
    const of = (dof: string) => answered(plain, "twfe", { settings: { dof } }).coefficients[0]?.dof;
    expect([of("auto"), of("residual"), of("normal"), of("12")]).toEqual([5, 14, Number.POSITIVE_INFINITY, 12]);
  });

  it("counts the difference of four means by hand", () => {
    const { coefficients, details } = answered(plain, "did-2x2");
    const mean = (treated: boolean, post: boolean): number => {
      const rows = plain.outcome.filter(
        (_, i) => (plain.unit?.[i] ?? "") < "u3" === treated && (plain.time?.[i] ?? 0) >= 3 === post,
      );
      return rows.reduce((total, value) => total + value, 0) / rows.length;
    };
    const did = mean(true, true) - mean(true, false) - mean(false, true) + mean(false, false);
    expect(coefficients[0]?.term).toBe("treated:post");
    expectNear(coefficients[0]?.estimate, did, 1e-12);
    expectNear(number(object(details.cellMeans).controlAfter), mean(false, true), 1e-12);
    const collapsed = answered(plain, "did-2x2", { vcov: "collapsed-welch" });
    expectNear(collapsed.coefficients[0]?.estimate, did, 1e-12);
  });

  it("enumerates all 20 assignments of 3 of 6 units", () => {
    const result = answered(plain, "permutation", { alpha: 0.1 });
    expect(result.details).toMatchObject({ assignments: 20, exact: true, smallestP: 0.1 });
    expectNear(result.coefficients[0]?.pValue, 0.1, 1e-12);
    expect(
      answered(plain, "permutation", { alpha: 0.1, settings: { null: "5.05" } }).coefficients[0]?.pValue,
    ).toBeGreaterThan(0.1);
  });

  it("diagnoses clusters: a cluster that holds the term's variation is named", () => {
    const weights = (plain.unit ?? []).map((name) => (name === "u0" ? 1000 : 1));
    const result = answered(smallTable({ weights }), "ols", { vcov: "cr1" });
    expect(result.notes.join()).toMatch(/cluster u0 holds \d+ % of the variation of treatment/);
    expect(object(result.details.clusterDiagnostics).clusters).toEqual(["u0", "u1", "u2", "u3", "u4", "u5"]);
  });
});

describe("wrong names are errors of the caller", () => {
  it.each([
    ["an estimator", () => estimate(smallTable(), "twef"), /did you mean "twfe"/],
    ["an error", () => estimate(smallTable(), "twfe", { vcov: "hc9" }), /no vcov "hc9"/],
    ["a setting", () => estimate(smallTable(), "twfe", { settings: { lags: "1" } }), /did you mean "lag"/],
    ["a choice", () => estimate(smallTable(), "twfe", { settings: { singletons: "maybe" } }), /keep, drop/],
    ["a number", () => estimate(smallTable(), "twfe", { settings: { lag: "1.5" } }), /whole number/],
    ["an input without use", () => estimate(smallTable(), "twfe", { ref: -2 }), /does not use --ref/],
    ["a column of another length", () => smallTable({ weights: [1] }), /weights has 1 rows/],
  ])("%s", (_, act, message) => {
    expect(act).toThrow(message);
  });
});

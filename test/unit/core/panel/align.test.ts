import { describe, expect, test } from "vitest";
import { type Aligned, alignPanel } from "../../../../src/core/panel/align.ts";
import { unitValues, unitWeights } from "../../../../src/core/panel/panel.ts";
import type { Series } from "../../../../src/core/panel/series.ts";
import type { AnalysisPlan, Kind, SliPlan } from "../../../../src/core/plan.ts";
import { DEPLOYED_AT, LATENCY, type PlanChanges, planWith, STEP } from "../generated.ts";

type Point = readonly [minute: number, value: number];

/** Points at minutes from the deploy. */
function series(unit: string, points: readonly Point[], more: Partial<Series> = {}): Series {
  return {
    unit,
    group: unit.startsWith("t") ? "treated" : "control",
    component: "value",
    times: Float64Array.from(points, ([minute]) => DEPLOYED_AT + minute * STEP),
    values: Float64Array.from(points, ([, value]) => value),
    ...more,
  };
}

/** One point per minute on [from, to). */
function line(from: number, to: number, value: (minute: number) => number = (m) => m): Point[] {
  return Array.from({ length: to - from }, (_, i) => [from + i, value(from + i)]);
}

function align(
  all: readonly Series[],
  options: { readonly kind?: Kind; readonly quantile?: number; readonly plan?: PlanChanges } = {},
) {
  const sli: SliPlan = {
    ...LATENCY,
    kind: options.kind ?? "gauge",
    ...(options.quantile === undefined ? {} : { quantile: options.quantile }),
  };
  const plan: AnalysisPlan = planWith({ ...options.plan, slis: [sli] });
  return alignPanel(plan, sli, { sli: sli.id, series: all, warnings: ["w"] });
}

function aligned(...args: Parameters<typeof align>): Aligned {
  const outcome = align(...args);
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}

function refusal(...args: Parameters<typeof align>) {
  const outcome = align(...args);
  if (outcome.ok) throw new Error("answered");
  return outcome.refusal;
}

const row = ({ panel }: Aligned, unit: string): number[] => Array.from(unitValues(panel, panel.units.indexOf(unit)));
const control = series("c", line(-4, 4));

describe("grid", () => {
  test("a row at the deploy is after it, one just before is before", () => {
    const result = aligned([
      series("t", [
        [-2, 1],
        [-0.001, 2],
        [0, 3],
        [1.5, 4],
      ]),
      control,
    ]);
    expect(result.panel.preEnd).toBe(4);
    expect(row(result, "t")).toEqual([Number.NaN, Number.NaN, 1, 2, 3, 4, Number.NaN, Number.NaN]);
  });

  test("the grid is anchored at a deploy that is on no round minute", () => {
    const plan = { window: { deployedAt: DEPLOYED_AT + 17 } };
    const { panel } = aligned([series("t", line(-4, 4)), control], { plan });
    expect(panel.start).toBe(DEPLOYED_AT + 17 - 5 * STEP);
    expect((DEPLOYED_AT + 17 - panel.start) % STEP).toBe(0);
  });

  test("unsorted rows are put in order, of a repeated stamp the last row counts and is counted", () => {
    const wild = series("t", [
      [2, 9],
      [-3, 1],
      [1, 5],
      [1, 6],
      [-3, 2],
      [0, 4],
    ]);
    const result = aligned([wild, control]);
    expect(row(result, "t")).toEqual([Number.NaN, 2, Number.NaN, Number.NaN, 4, 6, 9, Number.NaN]);
    expect(result.quality).toMatchObject({ duplicates: 2, conflicts: 2 });
  });

  test("rows in any order show the same distance of stamps", () => {
    const points = line(-40, 40);
    const mixed = points.map((_, i) => points[(i * 37) % points.length] as Point);
    expect(aligned([series("t", mixed), control]).quality.spacing).toBe(STEP);
  });

  test("several points of a step: gauge takes the mean, count the sum", () => {
    const points: Point[] = [
      [-1, 1],
      [-0.5, 3],
      [0, 10],
      [0.2, 20],
      [0.4, 60],
    ];
    const all = [series("t", points), series("c", line(-1, 1))];
    expect(row(aligned(all), "t")).toEqual([2, 30]);
    expect(row(aligned(all, { kind: "count" }), "t")).toEqual([4, 90]);
  });

  test("weights make the mean of a ready-made ratio, and stay with the cell; other kinds ignore them", () => {
    const weights = Float64Array.from([1, 3, 1, 0]);
    const all = [
      series(
        "t",
        [
          [-1, 0],
          [-0.5, 1],
          [0, 4],
          [0.5, 9],
        ],
        { weights },
      ),
      series("c", line(-1, 1), { weights: Float64Array.from([1, 1]) }),
    ];
    const ratio = aligned(all, { kind: "ratio" });
    expect(row(ratio, "t")).toEqual([0.75, 4]);
    expect(Array.from(unitWeights(ratio.panel, 1) ?? [])).toEqual([4, 1]);
    const gauge = aligned(all, { kind: "gauge" });
    expect(gauge.panel.weights).toBeNull();
  });

  test("NaN is missing, infinities are missing and counted", () => {
    const result = aligned([
      series("t", [
        [-1, Number.NaN],
        [-2, 1],
        [0, Number.POSITIVE_INFINITY],
        [1, 2],
        [2, Number.NEGATIVE_INFINITY],
      ]),
      control,
    ]);
    expect(row(result, "t").map((value) => (Number.isNaN(value) ? null : value))).toEqual([
      null,
      null,
      1,
      null,
      null,
      2,
      null,
      null,
    ]);
    expect(result.quality.infinite).toBe(2);
  });

  test("a stamp that is no time is no row", () => {
    const odd = series("t", line(-4, 4));
    odd.times[2] = Number.NaN;
    odd.times[7] = Number.POSITIVE_INFINITY;
    expect(row(aligned([odd, control]), "t")).toEqual([-4, -3, Number.NaN, -1, 0, 1, 2, Number.NaN]);
  });

  test("empty steps at both ends are cut, settle steps belong to no window", () => {
    const plan = { window: { preStart: DEPLOYED_AT - 600, settle: 90, postEnd: DEPLOYED_AT + 600 } };
    const { panel, quality } = aligned([series("t", line(-4, 6)), series("c", line(-4, 6))], { plan });
    expect([panel.preEnd, panel.postStart, panel.steps]).toEqual([4, 6, 10]);
    expect(quality.lateSteps).toBe(4);
  });

  test("excluded stretches are blank in every unit", () => {
    const exclusions = [{ from: DEPLOYED_AT - 150, to: DEPLOYED_AT - 61, reason: "incident" }];
    const result = aligned([series("t", line(-4, 4)), control], { plan: { exclusions } });
    for (const unit of ["t", "c"]) expect(row(result, unit)).toEqual([-4, Number.NaN, Number.NaN, -1, 0, 1, 2, 3]);
  });
});

describe("counters", () => {
  const count = (points: readonly Point[]): Aligned =>
    aligned([series("t", points), series("c", line(-6, 4))], { kind: "counter" });

  test("a cell is what was gained during the step; the first step has no gain", () => {
    expect(
      row(
        count([
          [-3, 10],
          [-2, 12],
          [-1, 15],
          [0, 19],
          [1, 24],
        ]),
        "t",
      ).filter(Number.isFinite),
    ).toEqual([2, 3, 4, 5]);
  });

  test("a fall is a restart from zero, and is counted", () => {
    const result = count([
      [-3, 10],
      [-2, 12],
      [-1, 5],
      [0, 7],
    ]);
    expect(row(result, "t").filter(Number.isFinite)).toEqual([2, 5, 2]);
    expect(result.quality.resets).toBe(1);
  });

  test("gains inside a step add up", () => {
    expect(
      row(
        count([
          [-2, 10],
          [-1.9, 11],
          [-1.5, 13],
          [-1, 20],
          [-0.5, 21],
          [0, 22],
        ]),
        "t",
      ).filter(Number.isFinite),
    ).toEqual([8, 1]);
  });

  test("a gain across a missing step is unknown, not spread", () => {
    const cells = row(
      count([
        [-4, 10],
        [-3, 11],
        [-1, 20],
        [-0.5, 21],
        [0, 22],
      ]),
      "t",
    );
    expect(cells.filter(Number.isFinite)).toEqual([1, 1]);
  });
});

describe("ratios", () => {
  const bottom = (unit: string, traffic: (m: number) => number = () => 10): Series =>
    series(unit, line(-2, 2, traffic), { component: "denominator" });
  const top = (unit: string, points: readonly Point[]): Series => series(unit, points, { component: "numerator" });
  const whole = [
    top(
      "c",
      line(-2, 2, () => 5),
    ),
    bottom("c"),
  ];

  test("a numerator that is missing while there is traffic is 0", () => {
    const result = aligned([top("t", [[1, 2]]), bottom("t"), ...whole], { kind: "ratio" });
    expect(row(result, "t")).toEqual([0, 0, 0, 0.2]);
    expect(Array.from(unitWeights(result.panel, 1) ?? [])).toEqual([10, 10, 10, 10]);
  });

  test("no traffic is a missing ratio of weight 0", () => {
    const result = aligned(
      [
        top(
          "t",
          line(-2, 2, () => 1),
        ),
        bottom("t", (m) => (m === 0 ? 0 : 4)),
        ...whole,
      ],
      { kind: "ratio" },
    );
    expect(row(result, "t")).toEqual([0.25, 0.25, Number.NaN, 0.25]);
    expect(unitWeights(result.panel, 1)?.[2]).toBe(0);
  });

  test("a numerator or denominator that no unit has is refused with a hint, never zero errors", () => {
    const numerator = refusal([bottom("t"), bottom("c")], { kind: "ratio" });
    expect(numerator.code).toBe("NO_DATA");
    expect(numerator.facts).toEqual({ component: "numerator" });
    expect(numerator.hint).toMatch(/return 0/);
    const denominator = refusal([top("t", line(-2, 2)), top("c", line(-2, 2))], { kind: "ratio" });
    expect(denominator.facts).toEqual({ component: "denominator" });
  });
});

describe("quantiles", () => {
  test("per step from the unit's own buckets", () => {
    const buckets = (unit: string, high: number): Series[] =>
      (
        [
          [0.1, 50],
          [0.2, 70],
          [1, 110],
          [Number.POSITIVE_INFINITY, high],
        ] as const
      ).map(([le, n]) =>
        series(
          unit,
          line(-2, 2, () => n),
          { component: "bucket", le },
        ),
      );
    const result = aligned([...buckets("t", 120), ...buckets("c", 110)], { kind: "quantile", quantile: 0.5 });
    expect(row(result, "t")).toEqual([0.15, 0.15, 0.15, 0.15].map((v) => expect.closeTo(v, 12)));
    expect(row(result, "c")).toEqual([0.125, 0.125, 0.125, 0.125].map((v) => expect.closeTo(v, 12)));
  });

  test("a ready-made quantile is taken as it is", () => {
    expect(row(aligned([series("t", line(-4, 4)), control], { kind: "quantile", quantile: 0.9 }), "t")).toEqual([
      -4, -3, -2, -1, 0, 1, 2, 3,
    ]);
  });
});

describe("units", () => {
  const unit = (name: string, from = -4, to = 4): Series => series(name, line(from, to));

  test("treated by name overrule what the series say", () => {
    const { panel } = aligned([unit("t1"), unit("c1"), unit("c2")], { plan: { treatedUnits: ["c2"] } });
    expect(panel.units.filter((_, u) => panel.treated[u])).toEqual(["c2"]);
    expect(panel.units).toEqual(["c1", "c2", "t1"]);
  });

  test("a series of no group is not used", () => {
    const { panel } = aligned([unit("t"), control, { ...unit("x"), group: null }]);
    expect(panel.units).toEqual(["c", "t"]);
  });

  test("excluded units are listed with their reason and not used", () => {
    const excludedUnits = [{ unit: "c2", reason: "canary of another team" }];
    const { panel, quality } = aligned([unit("t"), unit("c1"), unit("c2")], { plan: { excludedUnits } });
    expect(panel.units).toEqual(["c1", "t"]);
    expect(quality.excluded).toEqual(excludedUnits);
  });

  test("units on one side of the deploy are left out by name and side", () => {
    const { panel, quality } = aligned([unit("t1"), unit("t2", 0), control, unit("c2", -4, 0)]);
    expect(panel.units).toEqual(["c", "t1"]);
    expect(quality.excluded).toEqual([
      { unit: "c2", reason: "has no data in the post window" },
      { unit: "t2", reason: "has data only after the deploy" },
    ]);
    expect(quality.missingTreatedPre).toBe(0.5);
  });

  test("a whole side that was replaced by the deploy is refused and explained", () => {
    const found = refusal([unit("t1", -4, 0), unit("t2", 0), control]);
    expect(found.code).toBe("UNITS_ONLY_ON_ONE_SIDE");
    expect(found.hint).toMatch(/StatefulSet ordinal/);
    expect(refusal([unit("t1"), unit("c1", -4, 0), unit("c2", 0)]).code).toBe("UNITS_ONLY_ON_ONE_SIDE");
  });

  test("the order of series and units does not matter", () => {
    const all = [unit("t2"), unit("c2"), unit("t1"), unit("c1")];
    expect(aligned([...all].reverse()).panel).toEqual(aligned(all).panel);
  });
});

describe("another deployment inside the pre window", () => {
  const long = [series("t", line(-200, 20)), series("c", line(-200, 20))];
  const other = (minute: number) => ({ id: "1", environment: "e", sha: "s", deployedAt: DEPLOYED_AT + minute * STEP });

  test("pre starts after the latest one when enough remains, settle included", () => {
    const plan = { otherDeployments: [other(-150), other(-100), other(5)], window: { settle: 120 } };
    const result = aligned(long, { plan });
    expect(result.preShortenedTo).toBe(DEPLOYED_AT - 98 * STEP);
    expect(result.panel.preEnd).toBe(98);
  });

  test("it stays when fewer than 60 steps or twice the post window would remain", () => {
    expect(aligned(long, { plan: { otherDeployments: [other(-59)] } }).preShortenedTo).toBeNull();
    expect(aligned(long, { plan: { otherDeployments: [other(-60)] } }).preShortenedTo).toBe(DEPLOYED_AT - 60 * STEP);
    const wide = [series("t", line(-200, 50)), series("c", line(-200, 50))];
    expect(aligned(wide, { plan: { otherDeployments: [other(-99)] } }).preShortenedTo).toBeNull();
    expect(aligned(wide, { plan: { otherDeployments: [other(-100)] } }).preShortenedTo).not.toBeNull();
  });
});

describe("quality", () => {
  test("units that stop and units that freeze are named", () => {
    const wobble = (m: number): number => m % 3;
    const all = [
      series("t", line(-20, 20, wobble)),
      series("c1", line(-20, 5, wobble)),
      series(
        "c2",
        line(-20, 20, (m) => (m < 0 ? wobble(m) : 7)),
      ),
      series("c3", line(-20, 18, wobble)),
    ];
    const { quality } = aligned(all);
    expect(quality.deadUnits).toEqual(["c1"]);
    expect(quality.frozenUnits).toEqual(["c2"]);
  });

  test("a unit that never moved is frozen too, unless nothing happens there or most units stand still", () => {
    const live = (unit: string): Series => series(unit, line(-20, 20));
    const still = (unit: string, value: number): Series =>
      series(
        unit,
        line(-20, 20, () => value),
      );
    const frozen = (...all: Series[]): readonly string[] => aligned(all).quality.frozenUnits;
    expect(frozen(live("t"), live("c1"), still("c2", 7))).toEqual(["c2"]);
    expect(frozen(live("t"), live("c1"), still("c2", 0))).toEqual([]);
    expect(frozen(live("t"), still("c1", 3), still("c2", 3))).toEqual([]);
  });
});

describe("refusals", () => {
  const both = [series("t", line(-4, 4)), control];

  test.each([
    ["no series", [], {}, "NO_DATA"],
    ["series without rows", [series("t", []), series("c", [])], {}, "NO_DATA"],
    [
      "only NaN",
      [
        series(
          "t",
          line(-4, 4, () => Number.NaN),
        ),
        series(
          "c",
          line(-4, 4, () => Number.NaN),
        ),
      ],
      {},
      "NO_DATA",
    ],
    ["no treated unit", [control], {}, "NO_TREATED_UNITS"],
    ["no control unit", [series("t", line(-4, 4))], {}, "NO_CONTROL_UNITS"],
    ["all rows before the deploy", both, { window: { deployedAt: DEPLOYED_AT + 86400 } }, "DEPLOY_OUTSIDE_DATA"],
    ["all rows after the deploy", both, { window: { deployedAt: DEPLOYED_AT - 86400 } }, "DEPLOY_OUTSIDE_DATA"],
    ["one row", [series("t", [[-1, 1]])], {}, "DEPLOY_OUTSIDE_DATA"],
    ["a settle time longer than the data", both, { window: { settle: 3600 } }, "NO_POST_DATA"],
    [
      "values only before",
      [series("t", [...line(-4, 0), [2, Number.NaN]]), series("c", line(-4, 0))],
      {},
      "NO_POST_DATA",
    ],
    ["values only after", [series("t", [[-3, Number.NaN], ...line(0, 4)]), series("c", line(0, 4))], {}, "NO_PRE_DATA"],
    ["a pre window that begins after the deploy", both, { window: { preStart: DEPLOYED_AT + 6000 } }, "NO_PRE_DATA"],
    ["a post window that ends before the deploy", both, { window: { postEnd: DEPLOYED_AT - 600 } }, "NO_POST_DATA"],
    ["step 0", both, { window: { step: 0 } }, "NOT_ESTIMABLE"],
    ["a negative step", both, { window: { step: -60 } }, "NOT_ESTIMABLE"],
    ["a step that makes billions of cells", both, { window: { step: 1e-9 } }, "NOT_ESTIMABLE"],
    [
      "weights of zero",
      both.map((one) => ({ ...one, weights: one.values.map(() => 0) })),
      { kind: "ratio" },
      "NO_DATA",
    ],
  ] as const)("%s", (_, all, changes, code) => {
    const { kind, ...plan } = { kind: "gauge" as Kind, ...changes };
    const found = refusal(all, { kind, plan: plan as PlanChanges });
    expect(found.code).toBe(code);
    expect(found.message).toMatch(/\.$/);
    expect(found.hint.length).toBeGreaterThan(10);
  });
});

import type { AnalysisPlan, Direction, Kind, Margin, Role } from "../../src/core/plan.ts";
import type { ReasonCode } from "../../src/core/reasons.ts";
import type {
  CheckResult,
  Estimate,
  ResultDocument,
  SliEvidence,
  SliResult,
  UnitLists,
  Verdict,
} from "../../src/core/result.ts";

/** Hand-built results that look like real ones; the reviewed surfaces are made from them. */
const DEPLOYED_AT = Date.UTC(2026, 10, 20, 13, 0, 0) / 1000;
const STEP = 60;
const SETTLE = 300;
const PRE = 24 * 3600;
const POST = 3600;

const ZONES: UnitLists = {
  treated: ["eu-1", "eu-2"],
  control: ["us-1", "us-2", "us-3", "us-4", "us-5", "us-6"],
  excluded: [],
};

interface SliSpec {
  readonly id: string;
  readonly verdict: Verdict;
  readonly kind?: Kind;
  readonly direction?: Direction;
  readonly role?: Role;
  readonly service?: string | null;
  readonly quantile?: number;
  readonly margin: Margin;
  /** Level without the deploy, raw. */
  readonly level: number;
  /** Effect and interval as fractions of the level; null: refused. */
  readonly effect: readonly [number, number, number] | null;
  readonly codes?: readonly ReasonCode[];
  readonly reasons?: SliResult["reasons"];
  readonly checks?: readonly CheckResult[];
  readonly time?: SliResult["timeToDecide"];
  readonly pMargin?: number;
  readonly pMarginAdjusted?: number;
  readonly noSeries?: boolean;
}

export function percent(value: number): Margin {
  return { type: "relative", value: value / 100, text: `${value}%` };
}

export function points(value: number): Margin {
  return { type: "absolute", value: value / 100, text: `${value}pp` };
}

const NO_MARGIN: Margin = { type: "absolute", value: 0, text: "0" };

function round(value: number): number {
  return Number(value.toPrecision(12));
}

function estimateOf(spec: SliSpec): Estimate | null {
  if (spec.effect === null) return null;
  const [att, low, high] = spec.effect;
  const stdError = ((high - low) / 2 / 2.05) * spec.level;
  return {
    att: round(att * spec.level),
    stdError: round(stdError),
    statistic: round((att * spec.level) / stdError),
    pValue: att === 0 ? 1 : round(Math.min(1, Math.exp(-0.9 * Math.abs((att * spec.level) / stdError)))),
    confLow: round(low * spec.level),
    confHigh: round(high * spec.level),
    level: 0.95,
    pMargin: spec.pMargin ?? 0.4,
    pMarginAdjusted: spec.pMarginAdjusted ?? spec.pMargin ?? 0.4,
  };
}

/** A day of minutes with a daily wave, a fast ripple and the effect after the deploy. */
function evidenceOf(spec: SliSpec): SliEvidence {
  const start = DEPLOYED_AT - PRE;
  const steps = (PRE + SETTLE + POST) / STEP;
  const effect = spec.effect?.[0] ?? 0;
  const counterfactual: number[] = [];
  const treated: number[] = [];
  for (let index = 0; index < steps; index += 1) {
    const wave = 1 + 0.12 * Math.sin((index / 1440) * 2 * Math.PI) + 0.01 * Math.sin(index / 7);
    const ripple = 0.012 * Math.sin(index * 1.7) + 0.008 * Math.sin(index * 0.37);
    const isAfter = start + index * STEP >= DEPLOYED_AT;
    counterfactual.push(round(spec.level * wave));
    treated.push(round(spec.level * wave * (1 + ripple + (isAfter ? effect : 0))));
  }
  return { start, step: STEP, treated, counterfactual, control: counterfactual, raw: [] };
}

export function check(
  id: CheckResult["id"],
  passed: CheckResult["passed"],
  facts: CheckResult["facts"],
  numbers: Partial<CheckResult> = {},
): CheckResult {
  const required = ["pre-trends", "spillover", "coverage", "overlap"].includes(id);
  return { id, passed, required, statistic: null, pValue: null, threshold: null, facts, ...numbers };
}

export function usualChecks(level: number, effect: number): readonly CheckResult[] {
  const values = Array.from({ length: 23 }, (_, index) => round(level * 0.02 * Math.sin(index * 2.3 + 0.4)));
  return [
    check(
      "pre-trends",
      true,
      { driftPerHour: level * 0.001, detectableDriftPerHour: level * 0.02, breakdown: 3.2, bins: 6 },
      { pValue: 0.41, statistic: 1.1 },
    ),
    check(
      "placebo-in-time",
      true,
      { placebos: 46, independent: 23, asLarge: 0, alarms: 1, alarmRate: 0.0434782608696, values },
      { pValue: 0.0416666666667 },
    ),
    check(
      "placebo-in-space",
      null,
      { units: 6, asLarge: 0, smallestP: 0.142857142857, effects: {} },
      { pValue: 0.142857142857 },
    ),
    check("placebo-outcome", null, { reason: "no SLI has the role placebo" }),
    check("leave-one-out", null, {
      min: level * effect * 0.9,
      max: level * effect * 1.08,
      unitMin: "us-3",
      unitMax: "eu-1",
      flips: false,
      unitsTried: 8,
    }),
    check("spillover", true, { units: [], worstUnit: "us-2", worstZ: 1.4 }, { pValue: 0.52 }),
    check("overlap", true, { inPost: [], inPre: [] }),
    check("exposure", null, { reason: "no version query is configured" }),
    check("coverage", true, {
      missingTreatedPost: 0,
      missingControlPost: 0.0027,
      missingPre: 0.0004,
      duplicates: 0,
      resets: 0,
      deadUnits: [],
      frozenUnits: [],
      lateSteps: 0,
      irregular: false,
      droppedUnits: [],
    }),
    check("config-drift", true, {}),
  ];
}

export function sli(spec: SliSpec): SliResult {
  const estimate = estimateOf(spec);
  const level = spec.level;
  const halfWidth = spec.effect === null ? 0 : (spec.effect[2] - spec.effect[1]) / 2;
  const marginRelative = spec.margin.type === "relative" ? spec.margin.value : spec.margin.value / level;
  const refused = spec.effect === null;
  return {
    id: spec.id,
    service: spec.service ?? null,
    role: spec.role ?? "guardrail",
    kind: spec.kind ?? "gauge",
    direction: spec.direction ?? "up",
    ...(spec.quantile === undefined ? {} : { quantile: spec.quantile }),
    verdict: spec.verdict,
    reasonCodes: spec.codes ?? [],
    reasons: spec.reasons ?? [],
    design: refused ? null : "did",
    designReason: refused ? null : "the same units exist before and after the deploy and 6 of them are controls",
    estimator: refused ? null : "did-precision-weighted",
    scale: refused ? null : "multiplicative",
    inference: refused ? null : { method: "precision-weighted", clusters: 8, dof: 27.4 },
    estimate,
    relative: spec.effect === null ? null : { att: spec.effect[0], confLow: spec.effect[1], confHigh: spec.effect[2] },
    margin: { absolute: round(marginRelative * level), relative: round(marginRelative), text: spec.margin.text },
    mde: refused
      ? null
      : {
          absolute: round((marginRelative + halfWidth * 1.4) * level),
          relative: round(marginRelative + halfWidth * 1.4),
          power: 0.8,
        },
    timeToDecide: spec.time ?? null,
    baseline: {
      treatedPre: round(level * 0.99),
      treatedPost: refused ? null : round(level * (1 + (spec.effect?.[0] ?? 0))),
      controlPre: round(level * 0.9),
      controlPost: round(level * 0.91),
      counterfactualPost: refused ? null : level,
    },
    checks: spec.checks ?? (refused ? [] : usualChecks(level, spec.effect?.[0] ?? 0)),
    eventStudy: refused
      ? []
      : [-3600, -2700, -1800, -900, 300, 1200, 2100, 3000].map((relTime, index) => {
          const value =
            relTime < 0 ? 0.006 * Math.sin(index * 2) : (spec.effect?.[0] ?? 0) * (0.9 + 0.05 * (index - 4));
          return {
            relTime,
            span: 900,
            estimate: round(value * level),
            confLow: round((value - halfWidth * 1.3) * level),
            confHigh: round((value + halfWidth * 1.3) * level),
          };
        }),
    unitChanges: [],
    units: ZONES,
    ...(refused || spec.noSeries === true ? {} : { series: evidenceOf(spec) }),
  };
}

export function resultDocument(
  verdict: Verdict,
  specs: readonly SliSpec[],
  more: Partial<ResultDocument> = {},
): ResultDocument {
  const slis = specs.map(sli);
  const services = [...new Set(slis.map((one) => one.service))];
  return {
    schemaVersion: 1,
    verdict,
    reasonCodes: [...new Set(slis.flatMap((one) => one.reasonCodes))],
    mode: "enforcing",
    slis,
    deployment: {
      id: 1234567,
      environment: "production",
      sha: "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678",
      repository: "acme/shop",
      deployedAt: "2026-11-20T13:00:00Z",
      deployedAtSource: "the success status of the deployment",
      url: null,
      pullRequests: [77],
    },
    windows: {
      deployedAt: DEPLOYED_AT,
      preStart: DEPLOYED_AT - PRE,
      preEnd: DEPLOYED_AT,
      postStart: DEPLOYED_AT + SETTLE,
      postEnd: DEPLOYED_AT + SETTLE + POST,
      step: STEP,
      settle: SETTLE,
    },
    units: ZONES,
    plans: services.map((service) =>
      planOf(
        service,
        specs.filter((spec) => (spec.service ?? null) === service),
      ),
    ),
    provenance: {
      version: "1.4.0",
      configHash: "9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c5b4a39281706f5e4d3c2b1a0",
      dataHash: "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9",
      seed: 7,
      queries: [
        {
          sli: specs[0]?.id ?? "none",
          source: "prometheus",
          component: "value",
          query:
            'histogram_quantile(0.95, sum by (zone, le) (rate(shop_seconds_bucket{host="db-7.internal.example.com"}[1m])))',
        },
      ],
      warnings: [],
      startedAt: "2026-11-20T14:06:00Z",
      durationMs: 1840,
    },
    ...more,
  };
}

function planOf(service: string | null, specs: readonly SliSpec[]): AnalysisPlan {
  return {
    service,
    slis: specs.map((spec) => ({
      id: spec.id,
      kind: spec.kind ?? "gauge",
      direction: spec.direction ?? "up",
      role: spec.role ?? "guardrail",
      margin: spec.margin,
    })),
    window: {
      deployedAt: DEPLOYED_AT,
      step: STEP,
      preStart: DEPLOYED_AT - PRE,
      settle: SETTLE,
      postEnd: DEPLOYED_AT + SETTLE + POST,
    },
    asOf: DEPLOYED_AT + SETTLE + POST + 60,
    alpha: 0.05,
    inference: "precision-weighted",
    scale: "auto",
    design: "auto",
    seed: 7,
    treatedUnits: [],
    excludedUnits: [],
    clusters: {},
    exclusions: [],
    otherDeployments: [],
    exposure: null,
    configChanged: false,
    notes: {},
  };
}

const LATENCY: SliSpec = {
  id: "p95-latency",
  verdict: "no-impact",
  margin: percent(5),
  level: 0.25,
  effect: [0.004, -0.012, 0.02],
};
const ERRORS: SliSpec = {
  id: "error-rate",
  verdict: "no-impact",
  kind: "ratio",
  margin: points(0.5),
  level: 0.012,
  effect: [0.0166, -0.083, 0.116],
};
const CPU: SliSpec = { id: "cpu", verdict: "no-impact", margin: percent(5), level: 3.4, effect: [0.011, -0.02, 0.042] };
const THROUGHPUT: SliSpec = {
  id: "orders_per_second",
  verdict: "no-impact",
  kind: "counter",
  direction: "down",
  role: "primary",
  margin: percent(3),
  level: 412,
  effect: [0.002, -0.011, 0.015],
};

const REGRESSED: SliSpec = {
  ...LATENCY,
  verdict: "regression",
  effect: [0.124, 0.079, 0.17],
  pMargin: 0.0002,
  pMarginAdjusted: 0.0006,
};
const CPU_OPEN: SliSpec = {
  ...CPU,
  verdict: "inconclusive",
  effect: [0.011, -0.06, 0.082],
  codes: ["NOT_POWERED", "MORE_TIME"],
  time: { decidable: true, postWindow: 2 * 3600, additional: 3600 },
};

const DRIFTING: readonly CheckResult[] = usualChecks(0.25, 0.08).map((one) =>
  one.id === "pre-trends"
    ? check(
        "pre-trends",
        false,
        { driftPerHour: 0.0081, detectableDriftPerHour: 0.002, breakdown: 0.2, bins: 6 },
        { pValue: 0.0007, statistic: 5.2 },
      )
    : one.id === "coverage"
      ? check("coverage", true, {
          missingTreatedPost: 0.02,
          missingControlPost: 0,
          missingPre: 0.05,
          duplicates: 3,
          resets: 2,
          deadUnits: [],
          frozenUnits: ["us-6"],
          lateSteps: 0,
          irregular: true,
          droppedUnits: ["us-6"],
        })
      : one,
);

export const DOCUMENTS = {
  regression: resultDocument("regression", [ERRORS, REGRESSED, CPU_OPEN, THROUGHPUT]),
  improvement: resultDocument("improvement", [
    { ...THROUGHPUT, verdict: "improvement", effect: [0.061, 0.043, 0.079] },
    LATENCY,
    ERRORS,
  ]),
  "no-impact": resultDocument("no-impact", [LATENCY, ERRORS, CPU]),
  "inconclusive-time": resultDocument("inconclusive", [
    {
      ...ERRORS,
      verdict: "inconclusive",
      effect: [0.33, -0.083, 0.75],
      codes: ["NOT_POWERED", "MORE_TIME"],
      time: { decidable: true, postWindow: 6000, additional: 2400 },
    },
    LATENCY,
  ]),
  "inconclusive-never": resultDocument("inconclusive", [
    {
      ...LATENCY,
      verdict: "inconclusive",
      effect: [0.031, 0.002, 0.06],
      codes: ["WORSE_BUT_WITHIN_MARGIN", "MORE_TIME_WILL_NOT_DECIDE", "ONE_CONTROL"],
      time: { decidable: false, postWindow: null, additional: null },
    },
  ]),
  "invalid-check": resultDocument(
    "invalid",
    [
      {
        ...LATENCY,
        verdict: "invalid",
        effect: [0.08, 0.03, 0.13],
        codes: ["PRE_TRENDS", "UNITS_DROPPED"],
        checks: DRIFTING,
      },
      ERRORS,
    ],
    { units: { ...ZONES, excluded: [{ unit: "us-6", reason: "frozen: the same value for 26 hours" }] } },
  ),
  "invalid-refusal": resultDocument(
    "invalid",
    [
      {
        ...LATENCY,
        verdict: "invalid",
        effect: null,
        codes: ["NO_CONTROL_UNITS"],
        reasons: [
          {
            code: "NO_CONTROL_UNITS",
            message: "none of the 8 units with data matches control: zone is us-1, us-2 or us-3",
            hint: "correct units.control: the label zone has the values eu-1, eu-2, ap-1 to ap-6",
            facts: { units: 8 },
          },
        ],
      },
      { ...ERRORS, verdict: "invalid", effect: null, codes: ["NO_CONTROL_UNITS"] },
    ],
    {
      units: { treated: ["eu-1", "eu-2"], control: [], excluded: [] },
      windows: {
        deployedAt: DEPLOYED_AT,
        preStart: null,
        preEnd: null,
        postStart: null,
        postEnd: null,
        step: STEP,
        settle: SETTLE,
      },
    },
  ),
  monorepo: resultDocument("regression", [
    { ...LATENCY, service: "search" },
    { ...ERRORS, service: "search" },
    { ...REGRESSED, service: "checkout" },
    { ...ERRORS, service: "checkout" },
    { ...CPU_OPEN, service: "checkout" },
    { ...LATENCY, service: "cart" },
    { ...CPU, service: "cart" },
  ]),
  multiplicity: resultDocument("inconclusive", [
    {
      ...CPU,
      id: "queue-depth",
      verdict: "inconclusive",
      margin: { type: "absolute", value: 12, text: "12" },
      level: 140,
      effect: [0.2, 0.09, 0.31],
      codes: ["MULTIPLICITY"],
      pMargin: 0.018,
      pMarginAdjusted: 0.108,
    },
    LATENCY,
    ERRORS,
    CPU,
    THROUGHPUT,
    { ...CPU, id: "memory", level: 2.1e9 },
    { ...LATENCY, id: "gc_pause", role: "informational", verdict: "inconclusive", effect: [0.3, -0.4, 1] },
  ]),
  "approximate-quantile": resultDocument("regression", [
    {
      ...REGRESSED,
      id: "checkout_p99",
      kind: "quantile",
      quantile: 0.99,
      codes: ["APPROXIMATE_QUANTILE", "RESTART_INDISTINGUISHABLE"],
    },
  ]),
  "margin-zero": resultDocument("inconclusive", [
    {
      ...LATENCY,
      id: "value",
      verdict: "inconclusive",
      margin: NO_MARGIN,
      effect: [0.012, -0.004, 0.028],
      codes: ["NO_MARGIN", "MORE_TIME"],
      time: { decidable: true, postWindow: 9000, additional: 5400 },
    },
  ]),
} satisfies Record<string, ResultDocument>;

export type DocumentName = keyof typeof DOCUMENTS;

/** A team with far too many metrics, to see what gives way. */
export function crowded(metrics: number): ResultDocument {
  const specs = Array.from({ length: metrics }, (_, index): SliSpec => {
    const regressed = index === 120;
    return {
      ...(regressed ? REGRESSED : { ...CPU_OPEN, noSeries: metrics > 200 }),
      id: `shard-${String(index).padStart(3, "0")}-request-duration-of-the-payment-gateway`,
    };
  });
  return resultDocument("regression", specs);
}

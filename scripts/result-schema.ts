/**
 * result.json as a schema. `src/core/result.ts` stays the contract: the last lines do not compile when the two differ.
 */
import * as z from "zod";
import {
  ASSIGNMENTS,
  DESIGNS,
  DIRECTIONS,
  INFERENCES,
  KINDS,
  MODES,
  ROLES,
  SCALES,
  SHARES_OF,
} from "../src/core/plan.ts";
import { REASON_CODES } from "../src/core/reasons.ts";
import { CHECK_IDS, type ResultDocument, SEVERITIES, VERDICTS } from "../src/core/result.ts";

const number = z.number();
const optionalNumber = number.nullable();
const facts = z.record(z.string(), z.json()).meta({ id: "facts", description: "Numbers and texts behind a sentence" });
const verdict = z.enum(VERDICTS).meta({ id: "verdict" });
const reasonCodes = z.array(z.enum(REASON_CODES)).readonly().meta({ id: "reasonCodes" });
const seconds = (description: string) => number.meta({ description: `${description}, seconds` });
const instant = (description: string) => optionalNumber.meta({ description: `${description}, epoch seconds` });

const special = z.enum(["NaN", "Infinity", "-Infinity"]);
const stored = z
  .array(z.union([number, z.null(), special]))
  .readonly()
  .meta({ id: "values", description: "null: no point; NaN and infinities as text" });

const estimate = z.strictObject({
  att: number.meta({ description: "Average effect on the treated, raw units and sign" }),
  stdError: optionalNumber,
  statistic: optionalNumber,
  pValue: optionalNumber.meta({ description: "Two-sided, of no effect" }),
  confLow: optionalNumber,
  confHigh: optionalNumber,
  level: number.meta({ description: "Of the interval; with several looks (inference.look) of this one alone" }),
  pMargin: optionalNumber.meta({ description: "One-sided, of a harm up to the margin" }),
  pMarginAdjusted: optionalNumber.meta({ description: "The same after Holm" }),
});

const unitLists = z
  .strictObject({
    treated: z.array(z.string()).readonly(),
    control: z.array(z.string()).readonly(),
    excluded: z.array(z.strictObject({ unit: z.string(), reason: z.string() })).readonly(),
  })
  .meta({ id: "units" });

const check = z.strictObject({
  id: z.enum(CHECK_IDS),
  passed: z.boolean().nullable(),
  required: z.boolean(),
  statistic: optionalNumber,
  pValue: optionalNumber,
  threshold: optionalNumber,
  facts,
});

const group = z.enum(["treated", "control"]);

const evidence = z
  .strictObject({
    unit: z.string(),
    group: group.nullable(),
    component: z.enum(["value", "numerator", "denominator", "bucket"]),
    subgroup: z.string().optional(),
    le: z.union([number, z.literal("+Inf")]).optional(),
    start: number.optional(),
    step: number.optional(),
    times: z.array(number).readonly().optional(),
    values: stored,
    weights: stored.optional(),
  })
  .meta({ id: "evidence", description: "One raw series: start and step, or all times" });

const subgroups = z
  .strictObject({
    by: z.string().meta({ description: "Label or column that names the subgroups" }),
    scale: z
      .enum(["relative", "absolute"])
      .meta({ description: "Fractions of the mean without the deploy, or raw units" }),
    estimates: z
      .array(
        z.strictObject({
          name: z.string(),
          treatedUnits: number,
          controlUnits: number,
          estimate: number.meta({ description: "From this subgroup alone" }),
          confLow: optionalNumber,
          confHigh: optionalNumber,
          simultaneousLow: optionalNumber,
          simultaneousHigh: optionalNumber,
          shrunk: z
            .strictObject({ estimate: number, confLow: number, confHigh: number })
            .nullable()
            .meta({ description: "Drawn towards the other subgroups" }),
          pValue: optionalNumber,
          pValueAdjusted: optionalNumber.meta({ description: "After Holm over the subgroups" }),
          pMarginAdjusted: optionalNumber.meta({ description: "One-sided, of a harm up to the margin, after Holm" }),
          finding: z.enum(["worse", "better"]).nullable(),
          failedChecks: z.array(z.enum(CHECK_IDS)).readonly(),
        }),
      )
      .readonly(),
    omitted: z.array(z.strictObject({ name: z.string(), code: z.enum(REASON_CODES), message: z.string() })).readonly(),
    heterogeneity: z
      .strictObject({
        statistic: number,
        dof: number,
        dofDenominator: optionalNumber,
        pValue: number,
        iSquared: number,
        tau: optionalNumber,
      })
      .nullable(),
    correlation: number,
    refused: z.strictObject({ code: z.enum(REASON_CODES), message: z.string(), hint: z.string() }).nullable(),
  })
  .meta({ id: "subgroups", description: "With `by: label`: parts of the units, most harm first" });

const path = z.array(optionalNumber).readonly();

const sli = z
  .strictObject({
    id: z.string(),
    service: z.string().nullable(),
    role: z.enum(ROLES),
    kind: z.enum(KINDS),
    direction: z.enum(DIRECTIONS).meta({ description: "Which way is worse" }),
    quantile: number.optional(),
    verdict,
    reasonCodes,
    reasons: z
      .array(z.strictObject({ code: z.enum(REASON_CODES), message: z.string(), hint: z.string(), facts }))
      .readonly(),
    design: z.enum(DESIGNS).nullable(),
    designReason: z.string().nullable(),
    designFacts: facts.optional(),
    estimator: z.string().nullable(),
    scale: z.enum(SCALES).nullable(),
    inference: z
      .strictObject({
        method: z.string(),
        clusters: optionalNumber,
        dof: optionalNumber,
        detail: z.string().optional(),
        look: z
          .strictObject({
            number: number.meta({ description: "From 1" }),
            of: number,
            alpha: number.meta({ description: "Two-sided, of this look: p-values and level are to be read with it" }),
            alphaSpent: number.meta({ description: "Two-sided, of this look and all before it together" }),
            alphaOfAll: number.meta({ description: "Two-sided, of all looks together" }),
          })
          .optional()
          .meta({ description: "One of several planned looks; left out: the only one" }),
      })
      .nullable(),
    estimate: estimate.nullable().meta({ description: "null: not computed, never zero" }),
    relative: z
      .strictObject({ att: optionalNumber, confLow: optionalNumber, confHigh: optionalNumber })
      .nullable()
      .meta({ description: "Fractions of the mean without the deploy" }),
    margin: z.strictObject({ absolute: optionalNumber, relative: optionalNumber, text: z.string() }),
    mde: z.strictObject({ absolute: number, relative: optionalNumber, power: number }).nullable(),
    timeToDecide: z
      .strictObject({ decidable: z.boolean(), postWindow: optionalNumber, additional: optionalNumber })
      .nullable(),
    baseline: z.strictObject({
      treatedPre: optionalNumber,
      treatedPost: optionalNumber,
      controlPre: optionalNumber,
      controlPost: optionalNumber,
      counterfactualPost: optionalNumber,
    }),
    checks: z.array(check).readonly(),
    eventStudy: z
      .array(
        z.strictObject({
          relTime: seconds("From the deploy to the start of the bin"),
          span: seconds("Length of the bin"),
          estimate: number,
          confLow: optionalNumber,
          confHigh: optionalNumber,
        }),
      )
      .readonly(),
    unitChanges: z
      .array(z.strictObject({ unit: z.string(), group, weight: number, change: optionalNumber }))
      .readonly(),
    units: unitLists,
    severity: z
      .strictObject({
        level: z.enum(SEVERITIES).meta({ description: "Worth waking somebody, or not" }),
        basis: z.enum(["slo", "margin", "none"]).meta({ description: "What the harm was measured by" }),
        burn: z
          .strictObject({
            target: number,
            window: seconds("Span of the promise"),
            errorRate: number.meta({ description: "Share of bad events on treated units after the deploy" }),
            rate: number.meta({ description: "1: the error budget lasts exactly its window" }),
            rateAdded: optionalNumber.meta({ description: "What the deploy added" }),
            budgetMinutesPerDay: number.meta({ description: "Minutes of full outage a day that the budget allows" }),
            spentMinutesPerDay: number.meta({ description: "Minutes of full outage a day that are spent" }),
            spentIn: optionalNumber.meta({ description: "Seconds in which a full budget would be gone" }),
          })
          .nullable(),
        margins: optionalNumber.meta({ description: "Estimated harm as a multiple of the margin" }),
      })
      .optional()
      .meta({ description: "Of a regression whose SLI has an SLO" }),
    subgroups: subgroups.optional(),
    series: z
      .strictObject({
        start: number,
        step: number,
        treated: path,
        counterfactual: path,
        control: path,
        raw: z.array(evidence).readonly(),
      })
      .optional()
      .meta({ description: "Absent in the Action's output" }),
  })
  .meta({ id: "sli" });

const windows = z.strictObject({
  deployedAt: number.meta({ description: "Epoch seconds" }),
  preStart: instant("Start of the pre window"),
  preEnd: instant("End of the pre window"),
  postStart: instant("Start of the post window"),
  postEnd: instant("End of the post window"),
  step: seconds("Distance of the points"),
  settle: seconds("Ignored after the deploy"),
});

const plan = z
  .strictObject({
    service: z.string().nullable(),
    slis: z
      .array(
        z.strictObject({
          id: z.string(),
          kind: z.enum(KINDS),
          direction: z.enum(DIRECTIONS),
          role: z.enum(ROLES),
          margin: z.strictObject({ type: z.enum(["relative", "absolute"]), value: number, text: z.string() }),
          quantile: number.optional(),
          by: z.string().optional(),
          slo: z
            .strictObject({ target: z.number(), window: z.number() })
            .optional()
            .meta({ description: "What users were promised: the share of good events, over a span in seconds" }),
        }),
      )
      .readonly(),
    window: z.strictObject({
      deployedAt: number,
      step: number,
      preStart: optionalNumber,
      settle: number,
      postEnd: optionalNumber,
    }),
    asOf: number,
    alpha: number.meta({ description: "Two-sided; with `look` of this look alone" }),
    look: z
      .strictObject({
        number: number.meta({ description: "From 1" }),
        alpha: number.meta({ description: "Two-sided, of all looks together" }),
        planned: z
          .array(z.strictObject({ postEnd: number, readyAt: number, alpha: number, alphaSpent: number }))
          .readonly()
          .meta({ description: "All looks as planned before the data; instants in epoch seconds" }),
      })
      .optional(),
    inference: z.enum(INFERENCES),
    scale: z.enum(["auto", ...SCALES]),
    design: z.enum(["auto", ...DESIGNS]),
    seed: number,
    detail: z
      .enum(["verdict"])
      .optional()
      .meta({ description: "verdict: only what can change a verdict was computed; left out: everything" }),
    treatedUnits: z.array(z.string()).readonly(),
    waves: z
      .record(z.string(), number)
      .optional()
      .meta({ description: "Deploy time of each treated unit, epoch seconds; left out: all at once" }),
    excludedUnits: z.array(z.strictObject({ unit: z.string(), reason: z.string() })).readonly(),
    clusters: z.record(z.string(), z.string()),
    exclusions: z.array(z.strictObject({ from: number, to: number, reason: z.string() })).readonly(),
    otherDeployments: z
      .array(
        z.strictObject({
          id: z.string(),
          environment: z.string(),
          sha: z.string(),
          deployedAt: number,
          url: z.string().optional(),
        }),
      )
      .readonly()
      .nullable(),
    exposure: z
      .array(z.strictObject({ unit: z.string(), share: number }))
      .readonly()
      .nullable(),
    configChanged: z.boolean().nullable(),
    split: z
      .strictObject({
        treatedShare: optionalNumber,
        shareOf: z.enum(SHARES_OF),
        assignment: z.enum(ASSIGNMENTS),
      })
      .optional()
      .meta({ description: "What was planned for a concurrent split" }),
    expectsControls: z.boolean().optional(),
    notes: facts,
  })
  .meta({ id: "plan", description: "What a replay starts from" });

export const RESULT_SCHEMA = z
  .strictObject({
    schemaVersion: z.literal(1),
    verdict,
    reasonCodes,
    mode: z.enum(MODES),
    slis: z.array(sli).readonly(),
    deployment: z.strictObject({
      id: optionalNumber,
      environment: z.string().nullable(),
      sha: z.string().nullable(),
      repository: z.string().nullable(),
      deployedAt: z.string().meta({ description: "ISO 8601, UTC" }),
      deployedAtSource: z.string(),
      url: z.string().nullable(),
      pullRequests: z.array(number).readonly(),
    }),
    windows,
    units: unitLists,
    plans: z.array(plan).readonly(),
    provenance: z.strictObject({
      version: z.string(),
      configHash: z.string().nullable(),
      dataHash: z.string(),
      seed: number,
      queries: z
        .array(z.strictObject({ sli: z.string(), source: z.string(), component: z.string(), query: z.string() }))
        .readonly(),
      warnings: z.array(z.strictObject({ sli: z.string(), message: z.string() })).readonly(),
      startedAt: z.string().meta({ description: "ISO 8601, UTC" }),
      durationMs: number,
    }),
  })
  .meta({ title: "deploy-impact result" });

type Mirror = z.infer<typeof RESULT_SCHEMA>;

/** Without the difference between an absent key and `undefined`, which JSON does not have. */
type Exact<T> = T extends readonly (infer Item)[]
  ? Exact<Item>[]
  : T extends object
    ? { [K in keyof T]-?: Exact<Exclude<T[K], undefined>> }
    : T;

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;

/** Compiles only while the schema and the contract are the same type. */
export const MIRRORS_THE_CONTRACT: Same<Exact<Mirror>, Exact<ResultDocument>> = true;

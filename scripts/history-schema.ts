/**
 * The JSON of `backtest` and `plan` as schemas. `src/core/history/result.ts` stays the contract: the last lines do not
 * compile when the two differ.
 */
import * as z from "zod";
import type { BacktestDocument, OutlookDocument } from "../src/core/history/result.ts";
import { DESIGNS, DIRECTIONS, INFERENCES, KINDS, ROLES } from "../src/core/plan.ts";
import { REASON_CODES } from "../src/core/reasons.ts";
import { VERDICTS } from "../src/core/result.ts";

const number = z.number();
const optionalNumber = number.nullable();
const seconds = (description: string) => number.meta({ description: `${description}, seconds` });
const instant = (description: string) => number.meta({ description: `${description}, epoch seconds` });
const verdict = z.enum(VERDICTS).meta({ id: "verdict" });
const reasonCode = z.enum(REASON_CODES).meta({ id: "reasonCode" });
const service = z.string().nullable();

const rate = z
  .strictObject({
    count: number,
    of: number,
    effective: number.meta({ description: "Independent windows that say as much" }),
    rate: optionalNumber,
    confLow: optionalNumber.meta({ description: "95 %, exact for the independent windows" }),
    confHigh: optionalNumber,
    nominal: optionalNumber.meta({ description: "What the method promises at most" }),
  })
  .meta({ id: "rate" });

const spread = z.strictObject({ of: number, median: number, p80: number }).nullable().meta({ id: "spread" });
const onBothScales = z
  .strictObject({
    absolute: spread.meta({ description: "Raw units" }),
    relative: spread.meta({ description: "Fractions of the level without the deploy" }),
  })
  .meta({ id: "onBothScales" });

const margin = z.strictObject({ type: z.enum(["relative", "absolute"]), value: number, text: z.string() });

const tally = {
  runs: number,
  answered: number,
  verdicts: z.strictObject({
    regression: number,
    improvement: number,
    "no-impact": number,
    inconclusive: number,
    invalid: number,
  }),
  refused: rate.meta({ description: "Of all runs" }),
  refusals: z.array(z.strictObject({ code: reasonCode, count: number })).readonly(),
  regressions: rate,
  alarms: rate.meta({ description: "Regressions and improvements" }),
  inconclusive: rate,
};
const whole = z.strictObject(tally).meta({ id: "tally" });

const sliTally = z
  .strictObject({
    ...tally,
    id: z.string(),
    service,
    role: z.enum(ROLES),
    kind: z.enum(KINDS),
    direction: z.enum(DIRECTIONS),
    margin,
    designs: z.partialRecord(z.enum(DESIGNS), number),
    excludesZero: rate.meta({ description: "Intervals that leave out zero" }),
    ruledOut: rate.meta({ description: "Harm beyond the margin was ruled out" }),
    narrow: rate.meta({ description: "The half-width is below the margin" }),
    mde: onBothScales.meta({ description: "Smallest harm that would have been called a regression in 80 % of cases" }),
    reach: onBothScales.meta({ description: "Smallest margin that would have been ruled out in 80 % of quiet cases" }),
    halfWidth: onBothScales,
    widthToMargin: spread,
    scatter: optionalNumber.meta({ description: "Root mean square of the false effects, raw units" }),
  })
  .meta({ id: "sliTally" });

const trial = z
  .strictObject({ runs: number, answered: number, ruledOut: optionalNumber, mde: onBothScales })
  .meta({ id: "trial" });

const about = { sli: z.string().nullable(), service };
const window = seconds("The window to set");
const advice = z.discriminatedUnion("code", [
  z.strictObject({ ...about, code: z.literal("NO_CHANGE_NEEDED") }),
  z.strictObject({ ...about, code: z.literal("MORE_HISTORY"), effective: number, needed: number, nominal: number }),
  z.strictObject({ ...about, code: z.literal("ALARMS_TOO_OFTEN"), rate }),
  z.strictObject({ ...about, code: z.literal("OTHER_INFERENCE"), inference: z.enum(INFERENCES), rate, trial }),
  z.strictObject({ ...about, code: z.literal("NO_INFERENCE_HELPS"), tried: z.array(z.enum(INFERENCES)).readonly() }),
  z.strictObject({ ...about, code: z.literal("LONGER_POST"), window, now: trial, changed: trial }),
  z.strictObject({ ...about, code: z.literal("LONGER_PRE"), window, now: trial, changed: trial }),
  z.strictObject({
    ...about,
    code: z.literal("MARGIN_OUT_OF_REACH"),
    longestPost: seconds("Longest post window that was tried"),
    best: trial,
    reach: onBothScales,
  }),
  z.strictObject({ ...about, code: z.literal("REFUSED_OFTEN"), reason: reasonCode, count: number, rate }),
  z.strictObject({
    ...about,
    code: z.literal("CONTROL_HURTS"),
    unit: z.string(),
    ratio: number.meta({ description: "Mean square of the false effects without the unit over that with it" }),
    pValue: number,
    runs: number,
  }),
  z.strictObject({ ...about, code: z.literal("TREATED_DIFFER"), rate, reassigned: rate }),
]);

const refusal = z.strictObject({
  code: reasonCode,
  message: z.string(),
  hint: z.string(),
  facts: z.record(z.string(), z.json()),
});

const shared = {
  schemaVersion: z.literal(1),
  version: z.string(),
  config: z.string().nullable(),
  configHash: z.string().nullable(),
  environment: z.string().nullable(),
  seed: number,
  alpha: number,
  history: z.strictObject({
    from: instant("First instant used"),
    to: instant("End of the history"),
    services: z
      .array(
        z.strictObject({
          service,
          pre: seconds("Before the deploy"),
          settle: seconds("Left out after it"),
          post: seconds("Judged"),
          step: seconds("Of the grid"),
        }),
      )
      .readonly(),
    deployments: optionalNumber.meta({ description: "Real deploys known in this time; null: nobody looked" }),
    deploymentSources: z.array(z.string()).readonly(),
    exclusions: number,
    leftOut: z
      .strictObject({ deployments: number, exclusions: number })
      .meta({ description: "Shares of possible times" }),
    notes: z.array(z.string()).readonly(),
  }),
  refused: refusal.nullable(),
};

const sliTallies = z.array(sliTally).readonly();

export const BACKTEST_SCHEMA = z
  .strictObject({
    ...shared,
    command: z.literal("backtest"),
    fakes: z.strictObject({
      count: number,
      every: optionalNumber.meta({ description: "Seconds between two fake deploys; null: drawn" }),
      overlapping: z.boolean(),
      independent: number.meta({ description: "Windows that do not overlap" }),
    }),
    whole: whole.nullable().meta({ description: "All SLIs together" }),
    slis: sliTallies,
    reassigned: z
      .strictObject({ perTime: number, whole, slis: sliTallies })
      .nullable()
      .meta({ description: "With units drawn by chance in the place of the treated ones" }),
    advice: z.array(advice).readonly().meta({ description: "What to change, with the numbers it comes from" }),
    deploys: z
      .array(
        z.strictObject({
          deployedAt: instant("The fake deploy"),
          verdict,
          slis: z
            .array(
              z.strictObject({
                id: z.string(),
                service,
                verdict,
                reasonCodes: z.array(reasonCode).readonly(),
                att: optionalNumber,
                confLow: optionalNumber,
                confHigh: optionalNumber,
              }),
            )
            .readonly(),
        }),
      )
      .readonly(),
  })
  .meta({ title: "deploy-impact backtest" });

const cell = { runs: number, answered: number, mde: onBothScales, reach: onBothScales, ruledOut: optionalNumber };

export const PLAN_SCHEMA = z
  .strictObject({
    ...shared,
    command: z.literal("plan"),
    power: number,
    times: number.meta({ description: "Fake deploys per setting at most" }),
    slis: z
      .array(
        z.strictObject({
          id: z.string(),
          service,
          kind: z.enum(KINDS),
          direction: z.enum(DIRECTIONS),
          margin,
          posts: z.array(z.strictObject({ ...cell, post: seconds("Post window") })).readonly(),
          shortest: optionalNumber.meta({ description: "Shortest post window that rules the margin out, seconds" }),
          fewer: z.array(z.strictObject({ ...cell, treated: number, control: number })).readonly(),
        }),
      )
      .readonly(),
  })
  .meta({ title: "deploy-impact plan" });

/** Without the difference between an absent key and `undefined`, which JSON does not have. */
type Exact<T> = T extends readonly (infer Item)[]
  ? Exact<Item>[]
  : T extends object
    ? { [K in keyof T]-?: Exact<Exclude<T[K], undefined>> }
    : T;

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;

/** Compiles only while the schemas and the contracts are the same types. */
export const MIRRORS_THE_CONTRACTS: [
  Same<Exact<z.infer<typeof BACKTEST_SCHEMA>>, Exact<BacktestDocument>>,
  Same<Exact<z.infer<typeof PLAN_SCHEMA>>, Exact<OutlookDocument>>,
] = [true, true];

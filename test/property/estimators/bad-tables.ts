import type { TidyData } from "../../../src/core/estimators/contract.ts";
import type { ReasonCode } from "../../../src/core/reasons.ts";
import type { Row } from "./worlds.ts";

/** A table spoilt in one way, and what an estimator may say to it. */
export interface BadTable {
  readonly name: string;
  /** Null: the table is not changed by its rows. */
  readonly rows?: (rows: Row[]) => Row[];
  readonly table?: (data: TidyData) => TidyData;
  readonly codes: readonly ReasonCode[];
  /** What the sentence must name. */
  readonly names: RegExp;
  /** Who is asked. */
  readonly asked?: (needs: {
    readonly panel: boolean;
    readonly weights: boolean;
    readonly covariates: boolean;
  }) => boolean;
  /** Who may answer nevertheless, with the reason; everybody else is refused. */
  readonly answers: Readonly<Record<string, string>>;
}

const withValue = (values: Float64Array, at: number, value: number): Float64Array => {
  const changed = values.slice();
  changed[at] = value;
  return changed;
};

const AT = 17;

export const BAD_TABLES: readonly BadTable[] = [
  {
    name: "an infinite outcome",
    table: (data) => ({ ...data, outcome: withValue(data.outcome, AT, Number.POSITIVE_INFINITY) }),
    codes: ["NOT_FINITE"],
    names: /outcome|unit u\d/,
    answers: {},
  },
  {
    name: "a row twice",
    rows: (rows) => [...rows, ...rows.slice(AT, AT + 1)],
    codes: ["DUPLICATE_ROWS"],
    names: /u\d/,
    asked: ({ panel }) => panel,
    answers: {
      ols: "no panel is assumed: two rows may belong to one unit and period",
      anytime: "no panel is assumed: two rows may belong to one unit and period",
      "exact-counts": "counts are added up",
      cic: "rows are observations: a unit may have several in one period",
      "quantile-did": "rows are observations: a unit may have several in one period",
      iv: "rows are observations unless effects are named",
    },
  },
  {
    name: "an outcome that never moves",
    table: (data) => ({ ...data, outcome: data.outcome.map(() => 4) }),
    codes: ["NO_VARIATION", "NOT_ESTIMABLE", "TOO_FEW_UNITS", "NO_DATA"],
    names: /./,
    answers: { "exact-counts": "equal counts are an answer: the ratio is one" },
  },
  {
    name: "nobody treated",
    rows: (rows) => rows.map((row) => ({ ...row, first: 0, treated: 0 })),
    codes: ["NO_TREATED_UNITS", "NO_POST_DATA"],
    names: /./,
    asked: ({ panel }) => panel,
    answers: { power: "plans from a past without a treatment; its table names none" },
  },
  {
    name: "everybody treated from the start",
    rows: (rows) => rows.map((row) => ({ ...row, first: Math.min(...rows.map(({ time }) => time)), treated: 1 })),
    codes: ["NO_CONTROL_UNITS", "NO_PRE_DATA", "TOO_FEW_UNITS"],
    names: /./,
    asked: ({ panel }) => panel,
    answers: { power: "plans from a past without a treatment; its table names none" },
  },
  {
    name: "everybody treated at one date",
    rows: (rows) => {
      const date = Math.max(...rows.map(({ first }) => first));
      return rows.map((row) => ({ ...row, first: date, treated: row.time >= date ? 1 : 0 }));
    },
    codes: ["NO_CONTROL_UNITS", "NOT_ESTIMABLE", "TOO_FEW_UNITS"],
    names: /./,
    asked: ({ panel }) => panel,
    answers: {
      power: "plans from a past without a treatment; its table names none",
      ols: "compares rows, and periods before are rows without treatment",
      anytime: "compares rows, and periods before are rows without treatment",
      its: "needs no controls",
      "same-hours": "needs no controls",
    },
  },
  {
    name: "a treatment that ends",
    rows: (rows) => {
      const last = Math.max(...rows.map(({ time }) => time));
      const unit = rows.find(({ first }) => first > 0)?.unit;
      return rows.map((row) => (row.unit === unit && row.time === last ? { ...row, treated: 0 } : row));
    },
    codes: ["TREATMENT_REVERSED"],
    names: /u\d/,
    asked: ({ panel }) => panel,
    answers: {
      power: "plans from a past without a treatment; its table names none",
      ols: "rows are compared, whatever came before them",
      anytime: "rows are compared, whatever came before them",
      iv: "the assignment may end; carry-over is assumed away",
      "doubly-robust": "of two periods the last one decides who was treated",
    },
  },
  {
    name: "no period",
    table: (data) => ({ ...data, time: data.time === null ? null : withValue(data.time, AT, Number.NaN) }),
    codes: ["NOT_FINITE"],
    names: /time|period/,
    asked: ({ panel }) => panel,
    answers: {},
  },
  {
    name: "a negative weight",
    table: (data) => ({ ...data, weights: withValue(new Float64Array(data.rows).fill(1), AT, -2) }),
    codes: ["NEGATIVE_WEIGHTS"],
    names: /-2/,
    asked: ({ weights }) => weights,
    answers: {},
  },
  {
    name: "a covariate that is a level of units",
    table: (data) => ({
      ...data,
      covariates: [
        {
          name: "region",
          values: Float64Array.from(data.unit ?? [], (name) => name.length + Number(name.slice(1)) ** 2),
        },
      ],
    }),
    codes: ["COLLINEAR"],
    names: /region/,
    asked: ({ panel, covariates }) => panel && covariates,
    answers: {
      ols: "without effects a level of units is an ordinary covariate",
      anytime: "without effects a level of units is an ordinary covariate",
      "did-2x2": "without effects a level of units is an ordinary covariate",
      permutation: "a level of units explains changes between units",
      "callaway-santanna": "covariates of units explain their changes: that is what they are for",
      "doubly-robust": "covariates of units explain their changes: that is what they are for",
      "matched-did": "covariates of units are what is matched on",
      segments: "covariates of units are what segments are made of",
      split: "a level of units is an ordinary covariate",
    },
  },
  {
    name: "a covariate that tells who is treated",
    table: (data) => {
      const treated = new Set(
        (data.unit ?? []).filter((_, i) => (data.firstTreated?.[i] ?? 0) > 0 || data.treatment?.[i] === 1),
      );
      return {
        ...data,
        covariates: [
          {
            name: "version",
            values: Float64Array.from(
              data.unit ?? [],
              (name) => Number(treated.has(name)) + Number(name.slice(1)) / 1e4,
            ),
          },
        ],
      };
    },
    codes: ["NO_OVERLAP", "COLLINEAR", "NOT_ESTIMABLE", "TOO_FEW_UNITS"],
    names: /version|propensity|overlap|unit|covariate/i,
    asked: ({ panel, covariates }) => panel && covariates,
    answers: {
      ols: "no propensity: an ordinary covariate",
      anytime: "no propensity: an ordinary covariate",
      "did-2x2": "no propensity: an ordinary covariate",
      permutation: "no propensity: an ordinary covariate",
      split: "no propensity: an ordinary covariate",
    },
  },
];

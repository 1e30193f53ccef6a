import type { EstimateChoice } from "../../../src/app/estimate-options.ts";
import { BOUNDS, type Columns, countOutcome, type Row } from "./worlds.ts";

/** What may be done to a table without changing what an estimator answers, or with a known change. */
export const INVARIANCES = [
  "constant",
  "unit-level",
  "common-path",
  "scale",
  "sign",
  "names",
  "order",
  "copies",
  "swapped",
  "planted",
] as const;
export type Invariance = (typeof INVARIANCES)[number];

/**
 * `all`: estimates, errors, p-values and intervals follow. `estimates`: errors do not, with the reason. `not`: nothing
 * follows, with the reason; a test makes sure that this is so. `apart`: the question has no meaning, with the reason.
 */
export type Claim = "all" | { readonly estimates: string } | { readonly not: string } | { readonly apart: string };

export interface Declaration {
  readonly estimator: string;
  readonly columns: Columns;
  readonly choice?: EstimateChoice;
  /** Made tables per question; three when left out. */
  readonly tables?: number;
  /** Outcome with a planted effect of this size and share of noise; the plain one when left out. */
  readonly outcome?: (effect: number, noise?: number) => (row: Row) => number;
  readonly claims: Readonly<Record<Invariance, Claim>>;
  /** Terms that are the planted effect; all other terms are zero without noise, or left alone when `others` is false. */
  readonly planted: { readonly terms: RegExp; readonly others: boolean; readonly value?: (effect: number) => number };
  /** With one treated unit: refused by this code, or an inference that is made for it. */
  readonly oneTreated: { readonly refused: string } | { readonly answered: string };
}

const PANEL: Columns = { world: "one-date", treatment: "treatment", panel: true };
const STAGGERED: Columns = { world: "staggered", treatment: "firstTreated", panel: true };
const LONE: Columns = { world: "lone", treatment: "treatment", panel: true };
const TWO: Columns = { world: "two-periods", treatment: "firstTreated", panel: true };

const EVERYTHING: Readonly<Record<Invariance, Claim>> = {
  constant: "all",
  "unit-level": "all",
  "common-path": "all",
  scale: "all",
  sign: "all",
  names: "all",
  order: "all",
  copies: { estimates: "small-sample factors count units and rows" },
  swapped: "all",
  planted: "all",
};

const NOT_SYMMETRIC: Claim = { apart: "never treated units have no date at which they could be treated" };
const ONE_TREATED = { refused: "ONE_TREATED_CLUSTER" } as const;
const ATT = { terms: /^att$/, others: false } as const;
const DRAWS: Claim = { estimates: "units are drawn in the order of the table" };
const NO_COPIES: Claim = { apart: "does not cluster" };
const SERIES = { NO_CLUSTERS: NO_COPIES };
const POOLED: Claim = { estimates: "levels of units are part of the pooled error" };

export const DECLARATIONS: readonly Declaration[] = [
  {
    estimator: "ols",
    columns: PANEL,
    claims: {
      ...EVERYTHING,
      "unit-level": { not: "nothing takes levels of units out" },
      "common-path": { not: "nothing takes periods out" },
      copies: { estimates: "without clusters a copy counts as new information" },
      swapped: { not: "compares all rows treated with all others" },
      planted: { not: "levels of units and periods stay in the comparison" },
    },
    planted: { terms: /^treatment$/, others: false },
    oneTreated: { answered: "a heteroskedastic error does not cluster; the page says what it assumes" },
  },
  {
    estimator: "twfe",
    columns: PANEL,
    claims: EVERYTHING,
    planted: { terms: /^treatment$/, others: true },
    oneTreated: ONE_TREATED,
  },
  ...["cr2", "cr3", "driscoll-kraay", "panel-newey-west", "hc1", "iid"].map(
    (vcov): Declaration => ({
      estimator: "twfe",
      columns: PANEL,
      choice: { vcov },
      claims: EVERYTHING,
      planted: { terms: /^treatment$/, others: true },
      oneTreated: vcov.startsWith("cr")
        ? ONE_TREATED
        : { answered: "does not cluster by unit; the page says what it assumes" },
    }),
  ),
  {
    estimator: "twfe",
    columns: PANEL,
    choice: { vcov: "wild-restricted", settings: { draws: "199" } },
    claims: {
      ...EVERYTHING,
      order: { estimates: "signs are drawn in the order of clusters" },
      planted: { not: "without noise there is nothing to resample: NO_VARIATION" },
    },
    planted: { terms: /^treatment$/, others: true },
    oneTreated: ONE_TREATED,
  },
  {
    estimator: "did-2x2",
    columns: PANEL,
    claims: { ...EVERYTHING, "unit-level": POOLED, "common-path": POOLED },
    planted: { terms: /^treated:post$/, others: false },
    oneTreated: ONE_TREATED,
  },
  {
    estimator: "event-study",
    columns: { ...STAGGERED, world: "one-date" },
    claims: EVERYTHING,
    planted: { terms: /^rel::(>=)?\d/, others: true },
    oneTreated: ONE_TREATED,
  },
  {
    estimator: "permutation",
    columns: PANEL,
    claims: {
      ...EVERYTHING,
    },
    planted: ATT,
    oneTreated: { answered: "ranks the treated unit among all units, which is exact for one" },
  },
  {
    estimator: "newey-west",
    columns: PANEL,
    claims: { ...EVERYTHING, copies: NO_COPIES },
    planted: ATT,
    oneTreated: { answered: "the error comes from the series over time" },
  },
  {
    estimator: "callaway-santanna",
    columns: STAGGERED,
    claims: { ...EVERYTHING, copies: "all", swapped: NOT_SYMMETRIC },
    planted: { terms: /^(att|e=\d+)$/, others: true },
    oneTreated: ONE_TREATED,
  },
  {
    estimator: "doubly-robust",
    columns: TWO,
    claims: { ...EVERYTHING, copies: "all" },
    planted: { terms: /^att$/, others: true },
    oneTreated: ONE_TREATED,
  },
  {
    estimator: "honest-did",
    columns: { ...STAGGERED, world: "short" },
    tables: 1,
    claims: EVERYTHING,
    planted: { terms: /^(att|rel::(>=)?\d+)$/, others: true },
    oneTreated: ONE_TREATED,
  },
  {
    estimator: "ppml",
    columns: PANEL,
    outcome: countOutcome,
    claims: {
      ...EVERYTHING,
      constant: { not: "counts have factors, not differences" },
      "unit-level": { not: "counts have factors, not differences" },
      "common-path": { not: "counts have factors, not differences" },
      scale: { estimates: "the effect is a ratio: a factor leaves it where it is" },
      sign: { apart: "counts are not negative" },
      planted: { apart: "rounded counts are noise; its own test plants exact rates" },
    },
    planted: { terms: /^treatment$/, others: true },
    oneTreated: ONE_TREATED,
  },
  ...["cic", "quantile-did"].map(
    (estimator): Declaration => ({
      estimator,
      columns: { ...STAGGERED, world: "one-date" },
      choice: { settings: { draws: "99" } },
      claims: {
        ...EVERYTHING,
        "unit-level": { not: "compares distributions, and levels of units are part of them" },
        "common-path": { not: "a path over several periods is part of the distributions" },
        sign: { not: "the upper tail becomes the lower one" },
        names: DRAWS,
        order: DRAWS,
        copies: estimator === "cic" ? DRAWS : { not: "a quantile between two values moves in a larger sample" },
        swapped: { not: "the counterfactual is that of the treated group" },
        planted: { not: "levels of units are part of the distributions" },
      },
      planted: ATT,
      oneTreated: ONE_TREATED,
    }),
  ),
  {
    estimator: "histogram-did",
    columns: { world: "buckets", treatment: "treatment", panel: true, numbers: { le: (row) => row.bound } },
    choice: { settings: { le: "le", draws: "99" } },
    outcome:
      (effect, noise = 1) =>
      (row) => {
        const place = BOUNDS.indexOf(row.bound) + 1;
        const shift = effect * row.treated + noise * row.noise + row.level / 4;
        const share = place === BOUNDS.length ? 1 : 1 / (1 + Math.exp(-(place - 2 - shift / 2)));
        return Math.round(1000 * share);
      },
    claims: {
      ...EVERYTHING,
      constant: { not: "the outcome is a count below a bound" },
      "unit-level": { not: "the outcome is a count below a bound" },
      "common-path": { not: "the outcome is a count below a bound" },
      scale: { not: "more observations with the same shares are the same quantiles" },
      sign: { apart: "counts are not negative" },
      names: DRAWS,
      order: DRAWS,
      copies: DRAWS,
      swapped: { not: "the counterfactual is that of the treated group" },
      planted: { apart: "rounded counts; its own test plants shares" },
    },
    planted: ATT,
    oneTreated: { refused: "ONE_TREATED_CLUSTER" },
  },
  ...["synthetic-control", "synthdid"].map(
    (estimator): Declaration => ({
      estimator,
      columns: LONE,
      claims: {
        ...EVERYTHING,
        "unit-level":
          estimator === "synthdid" ? "all" : { not: "levels are matched; only synthetic DiD has an intercept" },
        names: "all",
        order: { estimates: "placebo units are drawn in the order of the table" },
        copies:
          estimator === "synthdid"
            ? { not: "the penalty of the weights counts units" }
            : { estimates: "placebo units are drawn among the copies" },
        "common-path":
          estimator === "synthdid"
            ? { not: "the penalty is set by the spread of changes from step to step, and a common path is part of it" }
            : "all",
        swapped: { apart: "needs more controls than treated units" },
        planted: { apart: "weights that are found by search fit to a tolerance; its own tests plant effects" },
      },
      planted: ATT,
      oneTreated: { answered: "placebo errors from the controls, made for one treated unit" },
    }),
  ),
  {
    estimator: "sun-abraham",
    columns: STAGGERED,
    claims: { ...EVERYTHING, swapped: NOT_SYMMETRIC },
    planted: { terms: /^(att|e=\d+)$/, others: true },
    oneTreated: ONE_TREATED,
  },
  {
    estimator: "imputation",
    columns: STAGGERED,
    claims: { ...EVERYTHING, copies: "all", swapped: NOT_SYMMETRIC },
    planted: { terms: /^(att|e=\d+)$/, others: true },
    oneTreated: ONE_TREATED,
  },
  {
    estimator: "goodman-bacon",
    columns: STAGGERED,
    claims: { ...EVERYTHING, swapped: NOT_SYMMETRIC },
    planted: { terms: /^treatment$/, others: true },
    oneTreated: ONE_TREATED,
  },
  {
    estimator: "conformal",
    columns: LONE,
    claims: {
      ...EVERYTHING,
      copies: NO_COPIES,
      swapped: { apart: "the p-value is that of one treated series" },
      planted: { apart: "without noise every permutation ties" },
    },
    planted: ATT,
    oneTreated: { answered: "permutes residuals over time, made for one treated unit" },
  },
  {
    estimator: "few-treated",
    columns: LONE,
    claims: {
      ...EVERYTHING,
      copies: SERIES.NO_CLUSTERS,
      order: { estimates: "residuals of controls are drawn in the order of the table" },
      swapped: { apart: "needs many controls" },
      planted: { apart: "without noise the controls have no residuals" },
    },
    planted: ATT,
    oneTreated: { answered: "the distribution comes from the controls, made for one treated unit" },
  },
  {
    estimator: "anytime",
    columns: PANEL,
    claims: {
      ...EVERYTHING,
      "unit-level": { not: "nothing takes levels of units out" },
      "common-path": { not: "nothing takes periods out" },
      copies: NO_COPIES,
      swapped: { not: "compares all rows treated with all others" },
      planted: { not: "levels of units and periods stay in the comparison" },
    },
    planted: { terms: /^treatment$/, others: false },
    oneTreated: { answered: "a heteroskedastic sequence does not cluster; the page says what it assumes" },
  },
  {
    estimator: "iv",
    columns: { ...PANEL, numbers: { exposure: (row) => row.treated * (0.6 + 0.4 * (row.unit % 3)) } },
    choice: { settings: { exposure: "exposure" } },
    claims: { ...EVERYTHING, swapped: { apart: "the exposure belongs to the units" } },
    planted: { terms: /^intention-to-treat$/, others: false },
    oneTreated: ONE_TREATED,
  },
  {
    estimator: "rd",
    columns: { world: "cut-off", treatment: "none", panel: false, numbers: { running: (row) => row.running } },
    choice: { settings: { running: "running", cutoff: "0" } },
    outcome:
      (effect, noise = 1) =>
      (row) =>
        2 + 0.5 * row.running + effect * Number(row.running >= 0) + 0.3 * noise * row.noise,
    claims: {
      ...EVERYTHING,
      "unit-level": { apart: "every row is a unit" },
      "common-path": { apart: "there is no time" },
      names: { apart: "rows have no names" },
      copies: { apart: "every row is a unit" },
      swapped: { apart: "the cut-off decides who is treated" },
    },
    planted: ATT,
    oneTreated: { answered: "the cut-off decides who is treated" },
  },
  {
    estimator: "split",
    columns: PANEL,
    claims: {
      ...EVERYTHING,
      "unit-level": { not: "the level before is a covariate with a slope of its own (CUPED)" },
    },
    planted: ATT,
    oneTreated: ONE_TREATED,
  },
  {
    estimator: "exact-counts",
    columns: PANEL,
    outcome: countOutcome,
    claims: {
      ...EVERYTHING,
      constant: { not: "counts have factors, not differences" },
      "unit-level": { not: "counts have factors, not differences" },
      "common-path": { not: "counts have factors, not differences" },
      scale: { not: "more events are more information" },
      sign: { apart: "counts are not negative" },
      copies: { apart: "does not cluster" },
      swapped: { not: "a ratio turns into its inverse" },
      planted: { apart: "rounded counts are noise" },
    },
    planted: { terms: /^ratio-of-rate-ratios$/, others: false },
    oneTreated: { answered: "an exact test of counts does not cluster" },
  },
  {
    estimator: "matched-did",
    columns: { ...PANEL, world: "wide", covariates: { z: (row) => row.level } },
    claims: {
      ...EVERYTHING,
      copies: { apart: "does not cluster" },
      swapped: { not: "the controls of the treated are others than the treated of the controls" },
    },
    planted: ATT,
    oneTreated: { refused: "TOO_FEW_UNITS" },
  },
  {
    estimator: "subgroups",
    columns: { ...PANEL, world: "wide", texts: { subgroup: (row) => `g${(row.unit % 1000) % 3}` } },
    claims: { ...EVERYTHING, planted: { not: "without noise a subgroup has no error: TOO_FEW_UNITS" } },
    planted: { terms: /^g\d$/, others: false },
    oneTreated: { refused: "TOO_FEW_UNITS" },
  },
  {
    estimator: "segments",
    columns: { ...PANEL, world: "wide", covariates: { z: (row) => row.level } },
    claims: {
      ...EVERYTHING,
      names: DRAWS,
      order: { not: "the halves that are judged and learned from are drawn in the order of the table" },
      copies: { apart: "does not cluster" },
      swapped: { not: "ranks the treated by how much worse they became" },
      sign: { not: "ranks from most to least hurt" },
    },
    planted: ATT,
    oneTreated: { refused: "TOO_FEW_UNITS" },
  },
  {
    estimator: "its",
    columns: { ...PANEL, world: "week" },
    claims: {
      ...EVERYTHING,
      "common-path": { not: "without controls a path that all share is an effect" },
      copies: NO_COPIES,
      swapped: { not: "controls take no part" },
      planted: { not: "the world has a common path, and controls take no part" },
    },
    planted: ATT,
    oneTreated: { answered: "the error comes from the series over time" },
  },
  {
    estimator: "same-hours",
    columns: { ...PANEL, world: "week" },
    claims: {
      ...EVERYTHING,
      constant: { not: "earlier days are compared by factors where levels are positive" },
      "unit-level": { not: "earlier days are compared by factors where levels are positive" },
      "common-path": { not: "without controls a path that all share is an effect" },
      copies: NO_COPIES,
      sign: { not: "negative levels have no factors" },
      swapped: { not: "controls take no part" },
      planted: { not: "the world has a common path, and controls take no part" },
    },
    planted: ATT,
    oneTreated: { answered: "the error comes from the same hours of earlier days" },
  },
  {
    estimator: "triple-difference",
    columns: { ...PANEL, world: "week" },
    claims: EVERYTHING,
    planted: ATT,
    oneTreated: ONE_TREATED,
  },
  {
    estimator: "power",
    columns: { world: "one-date", treatment: "none", panel: true },
    claims: {
      ...EVERYTHING,
      sign: { not: "the smallest effect that can be seen is a size" },
      copies: { apart: "does not cluster" },
      swapped: { apart: "who is treated is not known yet" },
      planted: { apart: "there is no effect in the past" },
    },
    planted: { terms: /^none$/, others: false },
    oneTreated: { answered: "plans before anything is treated" },
  },
];

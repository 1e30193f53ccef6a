/**
 * Every reason code that a result can carry, closed. Each has a sentence in `report/wording` and an entry in
 * `docs/verdicts.md`; a test compares the three lists.
 */
export const REASON_CODES = [
  // the data cannot answer (verdict `invalid`)
  "NO_DATA",
  "NO_TREATED_UNITS",
  "NO_CONTROL_UNITS",
  "NO_PRE_DATA",
  "NO_POST_DATA",
  "DEPLOY_OUTSIDE_DATA",
  "DEPLOY_IN_FUTURE",
  "WINDOW_OPEN",
  "PRE_TOO_SHORT",
  "NO_VARIATION",
  "UNITS_ONLY_ON_ONE_SIDE",
  "ONE_TREATED_CLUSTER",
  "TOO_FEW_CLUSTERS",
  "NOT_ESTIMABLE",
  "DESIGN_NOT_AVAILABLE",
  "SCALE_NOT_POSSIBLE",
  // the table cannot be used by the chosen estimator
  "DUPLICATE_ROWS",
  "NOT_FINITE",
  "NEGATIVE_WEIGHTS",
  "TREATMENT_REVERSED",
  "TIME_GAPS",
  "COLLINEAR",
  "NO_OVERLAP",
  "TOO_FEW_UNITS",
  "TOO_FEW_PERIODS",
  "WEAK_INSTRUMENT",
  "OVERDISPERSED",
  "NO_SIZE_SUFFICES",
  // a required check failed (verdict `invalid`, the estimate stays)
  "PRE_TRENDS",
  "SPILLOVER",
  "OVERLAPPING_DEPLOY",
  "EXPOSURE",
  "COVERAGE",
  "LATE_DATA",
  "PLACEBO_OUTCOME_MOVED",
  // the answer is qualified
  "MULTIPLICITY",
  "ONE_CONTROL",
  "UNIT_DOUBT_POOLED",
  "RELATIVE_UNDEFINED",
  "NO_MARGIN",
  "NOT_POWERED",
  "MORE_TIME",
  "MORE_TIME_WILL_NOT_DECIDE",
  "WORSE_BUT_WITHIN_MARGIN",
  "EXACT_PLACEBO_RANK",
  "APPROXIMATE_QUANTILE",
  "PRE_SHORTENED",
  "UNITS_DROPPED",
  "PARTIAL_DATA",
  "PLACEBO_IN_TIME",
  "CONFIG_CHANGED",
  "RESTART_INDISTINGUISHABLE",
] as const;

export type ReasonCode = (typeof REASON_CODES)[number];

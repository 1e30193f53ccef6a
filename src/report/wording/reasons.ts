import type { ReasonCode } from "../../core/reasons.ts";

export interface ReasonWording {
  /** Fits behind the metric in a title: `Invalid: error rate: no control units`. */
  readonly short: string;
  /** What it means, when the analysis gave no sentence with numbers. */
  readonly sentence: string;
  /** What to do about it. */
  readonly todo: string;
}

/** Typed by the closed list: a reason code without a sentence does not compile. */
export const REASON_WORDING: Readonly<Record<ReasonCode, ReasonWording>> = {
  NO_DATA: {
    short: "no data",
    sentence: "The source answered, but with no points at all.",
    todo: "Run `deploy-impact validate` and check the metric name, the labels and the window.",
  },
  NO_TREATED_UNITS: {
    short: "no treated units",
    sentence: "No unit with data matches the treated group.",
    todo: "Check `units.treated` against the labels that `deploy-impact validate` lists.",
  },
  NO_CONTROL_UNITS: {
    short: "no control units",
    sentence:
      "No unit with data matches the control group, so nothing shows what would have happened without the deploy.",
    todo: "Name units that did not get the deploy in `units.control`.",
  },
  NO_PRE_DATA: {
    short: "no data before the deploy",
    sentence: "There are no points before the deploy, so there is nothing to compare with.",
    todo: "Lengthen `windows.pre`, or check that the metric existed under this name before the deploy.",
  },
  NO_POST_DATA: {
    short: "no data after the deploy",
    sentence: "There are no points after the deploy and its settle time.",
    todo: "Check that the deploy did not rename or stop the metric; that would be a finding of its own.",
  },
  DEPLOY_OUTSIDE_DATA: {
    short: "the deploy lies outside the data",
    sentence: "The deploy time lies before the first or after the last point.",
    todo: "Check the deploy time, its time zone, and which time the data cover.",
  },
  DEPLOY_IN_FUTURE: {
    short: "the deploy lies in the future",
    sentence: "The deploy time is later than the moment of the analysis.",
    todo: "Check the deploy time, its time zone, and the clock of this machine.",
  },
  WINDOW_OPEN: {
    short: "the post window is still open",
    sentence: "The time after the deploy that the plan asks for has not passed yet.",
    todo: "Run again when the window has closed; an answer before that would depend on when you looked.",
  },
  PRE_TOO_SHORT: {
    short: "too little history before the deploy",
    sentence: "The time before the deploy is too short to know how much this metric moves by itself.",
    todo: "Lengthen `windows.pre`; several times the post window is good.",
  },
  NO_VARIATION: {
    short: "the metric never changes",
    sentence: "The metric had the same constant value before and after the deploy, so no uncertainty can be computed.",
    todo: "Check that the query returns the live metric and not a constant; for rare events use `kind: count`.",
  },
  UNITS_ONLY_ON_ONE_SIDE: {
    short: "units exist only before or only after the deploy",
    sentence:
      "The deploy replaced the units (new pod names, for example), so no unit can be compared with its own past.",
    todo: "Choose a unit that outlives the deploy: zone, node pool, shard, tenant or StatefulSet ordinal.",
  },
  ONE_TREATED_CLUSTER: {
    short: "one treated cluster",
    sentence: "All treated units belong to one cluster; cluster-robust errors are known to be wrong there.",
    todo: "Use the default `inference: precision-weighted`, or `permutation`.",
  },
  TOO_FEW_CLUSTERS: {
    short: "too few clusters",
    sentence: "There are too few clusters for the chosen inference.",
    todo: "Use the default `inference: precision-weighted`, or add control units from other clusters.",
  },
  NOT_ESTIMABLE: {
    short: "the effect cannot be separated from the rest",
    sentence: "The data do not separate the effect of the deploy from the other terms of the model.",
    todo: "Check that treated and control both have points before and after the deploy.",
  },
  DESIGN_NOT_AVAILABLE: {
    short: "the design is not available",
    sentence: "The design that the config asks for, or that these data need, is not available in this version.",
    todo: "Use `design: did` with units that exist before and after the deploy and at least one control.",
  },
  SCALE_NOT_POSSIBLE: {
    short: "the multiplicative scale is not possible",
    sentence: "The multiplicative scale needs positive levels before the deploy, and some are zero or negative.",
    todo: "Use `scale: auto` or `scale: additive`.",
  },
  ONE_WAVE: {
    short: "all units were deployed at once",
    sentence: "All treated units were deployed within one settle time, so there are no waves to compare.",
    todo: "Use `design: did` or `design: auto`.",
  },
  DUPLICATE_ROWS: {
    short: "several rows for one unit and time",
    sentence: "Several rows are for the same unit and the same time, with different values.",
    todo: "Keep one row per unit and time, add them up, or name the column that tells them apart `subgroup` (config: `by`).",
  },
  NOT_FINITE: {
    short: "an infinite or missing number",
    sentence: "A column that the estimator needs holds an infinite or missing number.",
    todo: "Correct the value, or leave the row out.",
  },
  NEGATIVE_WEIGHTS: {
    short: "a negative weight",
    sentence: "A weight is negative.",
    todo: "Give weights of zero or more.",
  },
  TREATMENT_REVERSED: {
    short: "a treatment that switches off",
    sentence:
      "A unit is treated in one period and untreated in a later one; the estimator needs a treatment that stays.",
    todo: "Use an estimator for treatments that switch off, or end the unit's rows before it does.",
  },
  TIME_GAPS: {
    short: "a unit with missing periods",
    sentence: "A unit has no row in a period that other units have, and the estimator needs all of them.",
    todo: "Complete the unit's rows, or leave the unit out.",
  },
  COLLINEAR: {
    short: "a covariate says nothing of its own",
    sentence:
      "A covariate is a combination of fixed effects or of other covariates, so its effect cannot be told from theirs.",
    todo: "Leave the covariate out.",
  },
  NO_OVERLAP: {
    short: "no comparable units",
    sentence:
      "The covariates tell treated from control units with certainty, so some units have nothing to be compared with.",
    todo: "Use fewer covariates, or leave out the units that have no counterpart.",
  },
  TOO_FEW_UNITS: {
    short: "too few units",
    sentence: "There are too few units for the chosen estimator.",
    todo: "Add units, or choose an estimator for few units.",
  },
  TOO_FEW_PERIODS: {
    short: "too few periods",
    sentence: "There are too few periods for the chosen estimator.",
    todo: "Give a longer table, or choose an estimator for two periods.",
  },
  WEAK_INSTRUMENT: {
    short: "the assignment hardly moves who is exposed",
    sentence: "The assignment hardly changes who is exposed, so an effect per exposed cannot be computed from it.",
    todo: "Read the effect of the assignment itself (intention to treat), or find an assignment that units follow.",
  },
  OVERDISPERSED: {
    short: "the counts scatter more than chance",
    sentence:
      "Before the treatment the counts scatter more than independent events can, so an exact test would be too sure.",
    todo: "Use `ppml` with clustered errors, or treat whole units as the thing that was counted.",
  },
  NO_SIZE_SUFFICES: {
    short: "no number of units or steps suffices",
    sentence:
      "However many units or steps are added within the limits given, the effect asked for stays below what can be detected.",
    todo: "Lengthen the other window too, add units, or ask for a larger effect.",
  },
  PRE_TRENDS: {
    short: "treated and control drifted apart before the deploy",
    sentence:
      "Treated and control were already moving apart before the deploy, so what follows cannot be credited to it.",
    todo: "Choose controls that move like the treated units, or shorten `windows.pre` to a calm stretch.",
  },
  PRE_FIT_POOR: {
    short: "no mix of control units follows the treated ones",
    sentence:
      "Even the best mix of control units did not follow the treated units before the deploy, so it cannot say what they would have done after it.",
    todo: "Add control units that move like the treated ones (same traffic, same kind of machine), or shorten `windows.pre` to a calm stretch.",
  },
  SPILLOVER: {
    short: "the controls moved at the deploy",
    sentence:
      "Some control units broke away from the others at the time of the deploy, so they are no clean comparison.",
    todo: "Exclude the named controls if the deploy reaches them (shared cache, database, traffic shift).",
  },
  OVERLAPPING_DEPLOY: {
    short: "another deploy in the same window",
    sentence: "Another deploy touched these units inside the window, so the two cannot be told apart.",
    todo: "Judge both deploys together, or deploy them further apart than settle plus post window.",
  },
  EXPOSURE: {
    short: "the groups do not match who runs the version",
    sentence: "Treated units do not all run the new version, or control units do.",
    todo: "Check the rollout, and the treated and control labels in `units`.",
  },
  COVERAGE: {
    short: "too much data is missing or broken",
    sentence: "Too many points are missing or broken in the windows that are compared.",
    todo: "Repair the named units in the metric source, or leave them out with `units.exclude`.",
  },
  LATE_DATA: {
    short: "the last data have not arrived",
    sentence: "The last steps of the post window are still empty for some units.",
    todo: "Run again in a few minutes; if this is usual, lengthen the wait after the window.",
  },
  PLACEBO_OUTCOME_MOVED: {
    short: "a metric that cannot react moved",
    sentence: "A metric that the deploy cannot affect moved with it, so something else happened to the treated units.",
    todo: "Look for what else happened then (traffic shift, failover); judge the deploy again without it.",
  },
  SAMPLE_RATIO: {
    short: "the split is not the planned one",
    sentence:
      "The treated units did not get the share that was planned for them, so something else than the plan decided who is on which side.",
    todo: "Find out why (routing, retries, units that did not start) before trusting the effect, or correct `split.treated-share`.",
  },
  PRE_DIFFERENCE: {
    short: "treated and control differed before the deploy",
    sentence:
      "Treated and control units already differed before the deploy, and a comparison side by side takes that for the effect.",
    todo: "Use `design: did`, which compares every unit with its own past.",
  },
  UNUSUAL_DAY: {
    short: "the day was unusual before the deploy",
    sentence:
      "The hours before the deploy already went differently from the same hours of earlier days, so those days cannot say what would have followed.",
    todo: "Look for what was different (incident, holiday, campaign); leave known incidents out with `exclude`, or keep some units without the next deploy.",
  },
  WEAKER_DESIGN: {
    short: "no units without the deploy to compare with",
    sentence:
      "Every unit got the deploy, so this rests on its own past: whatever else happened at that time (traffic, an outage elsewhere) would look like the deploy's effect.",
    todo: "Keep one or more units without the next deploy for as long as the post window, and name them in `units.control`.",
  },
  NO_EARLIER_DAYS: {
    short: "too little history for the same hours of earlier days",
    sentence:
      "There are fewer than three earlier days with these hours, so the deploy is compared with the time just before it: the time of day itself may be the change.",
    todo: "Set `windows.pre: 8d` (with `windows.step: 5m` when that is much data), so that a week of earlier days can be compared.",
  },
  MULTIPLICITY: {
    short: "worse, but not beyond doubt among this many metrics",
    sentence: "The interval lies beyond the margin, but among this many metrics one would do so by chance too often.",
    todo: "Mark metrics that should not decide as `role: informational`.",
  },
  ONE_CONTROL: {
    short: "one control unit only",
    sentence:
      "With one usable control unit the uncertainty comes from time alone; trouble of that unit would look like an effect.",
    todo: "Add control units.",
  },
  ONE_DONOR: {
    short: "one control unit stands for all",
    sentence:
      "The treated units are compared almost only with one control unit, because only it moved like them; trouble of that unit would look like an effect.",
    todo: "Look at the named control unit, or add control units that move like the treated ones.",
  },
  UNIT_DOUBT_POOLED: {
    short: "few controls",
    sentence:
      "There are too few controls to compare with their own history, so the spread of all units' changes was used.",
    todo: "Add control units for a sharper answer.",
  },
  UNEQUAL_CHANGES: {
    short: "units moved apart",
    sentence:
      "The treated units changed by different amounts, by more than their own past explains, so the interval is wider.",
    todo: "Look at the units one by one: restarts shift each unit by chance, and some units may be hurt more than others.",
  },
  RELATIVE_UNDEFINED: {
    short: "no relative effect",
    sentence: "A relative effect is not defined because the level without the deploy is or may be zero or negative.",
    todo: "Give this metric a margin in its own units instead of percent.",
  },
  NO_MARGIN: {
    short: "no margin is set",
    sentence: "No margin is set, so any harm counts and `no impact` cannot be shown.",
    todo: "Set `margin` to the harm that you would tolerate; `deploy-impact validate` proposes one.",
  },
  NEXT_LOOK: {
    short: "another look follows",
    sentence: "This is not the last of the planned looks.",
    todo: "Run again when the next look is due.",
  },
  NOT_POWERED: {
    short: "too noisy for this margin",
    sentence:
      "The interval is wider than the margin on either side, so that even no effect at all could not have been called no impact.",
    todo: "Add units, lengthen the windows or accept a wider margin.",
  },
  MORE_TIME: {
    short: "needs more time",
    sentence: "A longer post window would decide.",
    todo: "Run again with a longer `windows.post`.",
  },
  MORE_TIME_WILL_NOT_DECIDE: {
    short: "more time will not decide",
    sentence: "More time after the deploy will not decide, because the doubt comes from the time before it.",
    todo: "Add control units, lengthen `windows.pre` or accept a wider margin.",
  },
  WORSE_BUT_WITHIN_MARGIN: {
    short: "worse, but not shown to exceed the margin",
    sentence: "The metric got worse, but it is not shown that the harm exceeds the margin.",
    todo: "Decide whether this cost is worth the change; the margin says that you would tolerate it.",
  },
  SUBGROUP_WORSE: {
    short: "one part got worse",
    sentence:
      "A part of the units (an endpoint, a region, a tenant) got worse beyond the margin, although the metric as a whole was not shown to.",
    todo: "Look at the named part first; the verdict speaks about the whole only.",
  },
  EXACT_PLACEBO_RANK: {
    short: "exact rank instead of an interval",
    sentence:
      "The metric was constant before the deploy and changed after it: an exact rank among earlier windows replaces the interval.",
    todo: "Look at the metric; a longer `windows.pre` makes the rank sharper.",
  },
  APPROXIMATE_QUANTILE: {
    short: "approximate quantile",
    sentence: "The quantile comes from histogram buckets per unit and step, so its values are approximate.",
    todo: "Use finer buckets around the quantile if the margin is small.",
  },
  PRE_SHORTENED: {
    short: "the time before the deploy was shortened",
    sentence: "Another deploy inside the time before this one: the comparison starts after it.",
    todo: "Nothing to do unless the answer is inconclusive; deploys further apart give more history.",
  },
  WAVE_WITHOUT_CONTROL: {
    short: "the last wave could not be judged",
    sentence:
      "Once the last wave had begun, no unit without the deploy was left: what followed, and the last wave itself, is not in the answer.",
    todo: "Keep one unit without the deploy, or judge the last wave by the trend of the earlier ones.",
  },
  WAVES_MERGED: {
    short: "close deploys count as one wave",
    sentence:
      "Units deployed within one settle time (or one step) of each other count as one wave; the time until its last unit had settled is left out.",
    todo: "Nothing to do unless the waves matter: shorten `windows.settle` or `windows.step`.",
  },
  UNITS_DROPPED: {
    short: "some units were left out",
    sentence: "Some units were left out because their data are dead, frozen or too sparse.",
    todo: "Check the named units.",
  },
  PARTIAL_DATA: {
    short: "partial data",
    sentence: "Some points are missing; the rest is enough for an answer.",
    todo: "Check the named units if this repeats.",
  },
  PLACEBO_IN_TIME: {
    short: "fake deploys alarm too often",
    sentence:
      "Fake deploys before the real one raise alarms more often than they should, so this metric is noisier than its interval says.",
    todo: "Treat the interval as too narrow; lengthen `windows.pre` or smooth the query.",
  },
  CONFIG_CHANGED: {
    short: "the config changed with the deploy",
    sentence: "The config that judges this deploy was changed in the same pull request.",
    todo: "Check that the change of the config does not excuse the change of the code.",
  },
  RESTART_INDISTINGUISHABLE: {
    short: "a restart would look the same",
    sentence: "With fewer than three treated units a mere restart and the new version cannot be told apart.",
    todo: "If this matters, restart the control units too, or treat at least three units.",
  },
  NO_HISTORY: {
    short: "no history to compare with",
    sentence:
      "The units are compared side by side, without their past: a difference that was there before the deploy, the cold start of new units, or trouble in a place that they share would look like its effect.",
    todo: "Choose a unit that outlives the deploy (zone, node pool, StatefulSet ordinal), or let chance choose the units and say so with `split.assignment: random`.",
  },
  FEW_UNITS: {
    short: "few units",
    sentence:
      "There are too few units for an error from their spread, so the interval comes from trying every other choice of treated units; it takes for granted that units of both sides differ from each other by as much.",
    todo: "Run more units side by side for a sharper answer.",
  },
  WARM_UP: {
    short: "the difference fades",
    sentence:
      "The difference fades within the post window, as it does while new units warm up (caches, connections, compiled code).",
    todo: "Lengthen `windows.settle` until new units are warm, and judge again.",
  },
};

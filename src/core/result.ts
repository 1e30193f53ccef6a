import type { JsonValue } from "./outcome.ts";
import type { AnalysisPlan, Design, Direction, Kind, Role, Scale } from "./plan.ts";
import type { ReasonCode } from "./reasons.ts";

/**
 * The public result (result.json, schemaVersion 1). Numbers are in raw units and raw sign; an absent estimate is null
 * with reason codes. All computed numbers are rounded to 12 significant digits (`core/round`).
 */
export const VERDICTS = ["regression", "improvement", "no-impact", "inconclusive", "invalid"] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Estimate {
  /** Average effect on the treated over the post window, raw units per step. */
  readonly att: number;
  /** null when the method gives a p-value without an error (exact placebo rank). */
  readonly stdError: number | null;
  readonly statistic: number | null;
  /** Two-sided p of H0: att = 0. */
  readonly pValue: number | null;
  readonly confLow: number | null;
  readonly confHigh: number | null;
  /** 1 - alpha. */
  readonly level: number;
  /** One-sided p of H0: harm <= margin, and the same after Holm over primary and guardrail SLIs. */
  readonly pMargin: number | null;
  readonly pMarginAdjusted: number | null;
}

/** Fractions of the counterfactual post mean (0.05 = +5 %); null where the denominator is not positive. */
export interface RelativeEstimate {
  readonly att: number | null;
  readonly confLow: number | null;
  readonly confHigh: number | null;
}

export interface InferenceDescription {
  /** Name that a statistician finds in docs/method.md, e.g. `precision-weighted`, `cr2`, `pooled-unit-changes`. */
  readonly method: string;
  /** Number of clusters (units unless `cluster:` is configured) behind the error. */
  readonly clusters: number | null;
  readonly dof: number | null;
  /** What the name leaves open: the lag that was chosen, the number of assignments. */
  readonly detail?: string;
  /** One of several planned looks: interval and p-values are of this look alone; left out: the only one. */
  readonly look?: LookDescription;
}

/** What the level of one look means among all of them; two-sided. */
export interface LookDescription {
  /** From 1. */
  readonly number: number;
  readonly of: number;
  /** Of this look: p-values are compared with it, and 1 - alpha is the level of the interval. */
  readonly alpha: number;
  /** Of this look and all before it together. */
  readonly alphaSpent: number;
  /** Of all looks together. */
  readonly alphaOfAll: number;
}

export interface MinimumDetectableEffect {
  readonly absolute: number;
  readonly relative: number | null;
  /** 0.8 */
  readonly power: number;
}

export interface TimeToDecide {
  /** False: more time will not decide, because the pre window's share of the error stays above. */
  readonly decidable: boolean;
  /** Post window that would decide, seconds from the end of settle; null when not decidable. */
  readonly postWindow: number | null;
  /** What is missing beyond the post window used, seconds; null when not decidable. */
  readonly additional: number | null;
}

/** Means over units and steps in raw units; null when not defined. */
export interface Baseline {
  readonly treatedPre: number | null;
  readonly treatedPost: number | null;
  readonly controlPre: number | null;
  readonly controlPost: number | null;
  readonly counterfactualPost: number | null;
}

export const CHECK_IDS = [
  "pre-trends",
  "pre-fit",
  "donor-concentration",
  "placebo-in-time",
  "placebo-in-space",
  "placebo-outcome",
  "leave-one-out",
  "leave-one-wave-out",
  "staggered-estimators",
  "spillover",
  "sample-ratio",
  "balance",
  "warm-up",
  "usual-day",
  "leave-one-day-out",
  "overlap",
  "exposure",
  "coverage",
  "config-drift",
] as const;
export type CheckId = (typeof CHECK_IDS)[number];

/** passed: true, false, or null (informational, or could not be run; `facts.reason` says why). */
export interface CheckResult {
  readonly id: CheckId;
  readonly passed: boolean | null;
  readonly required: boolean;
  readonly statistic: number | null;
  readonly pValue: number | null;
  readonly threshold: number | null;
  readonly facts: Readonly<Record<string, JsonValue>>;
}

export interface EventStudyPoint {
  /** Seconds from deployedAt to the start of the bin; negative before. */
  readonly relTime: number;
  /** Length of the bin in seconds. */
  readonly span: number;
  readonly estimate: number;
  readonly confLow: number | null;
  readonly confHigh: number | null;
}

/** One raw series of the evidence. Regular stamps are stored as start + step, irregular ones as `times`. */
export interface EvidenceSeries {
  readonly unit: string;
  readonly group: "treated" | "control" | null;
  readonly component: "value" | "numerator" | "denominator" | "bucket";
  /** Part of the unit, with `by: label`. */
  readonly subgroup?: string;
  /** "+Inf" for the last bucket. */
  readonly le?: number | "+Inf";
  readonly start?: number;
  readonly step?: number;
  readonly times?: readonly number[];
  /** null: a missing point on the regular grid. "NaN": the source said so. */
  readonly values: readonly (number | null | "NaN" | "Infinity" | "-Infinity")[];
  readonly weights?: readonly (number | null | "NaN" | "Infinity" | "-Infinity")[];
}

/** What charts draw and what a replay starts from. */
export interface SliEvidence {
  /** Epoch seconds of the first grid step. */
  readonly start: number;
  readonly step: number;
  /** Mean over treated units per grid step (raw units), null where missing. */
  readonly treated: readonly (number | null)[];
  /** What the treated mean would have been without the deploy, by the fitted model. */
  readonly counterfactual: readonly (number | null)[];
  /** Mean over control units. */
  readonly control: readonly (number | null)[];
  readonly raw: readonly EvidenceSeries[];
}

/** Change of one unit from pre to post after removing the common path (raw units). */
export interface UnitChange {
  readonly unit: string;
  readonly group: "treated" | "control";
  readonly weight: number;
  readonly change: number | null;
}

/**
 * One subgroup of an SLI beside its total. Numbers are on the scale of the report: fractions of what would have been
 * without the deploy, or raw units; raw sign.
 */
export interface SubgroupResult {
  readonly name: string;
  readonly treatedUnits: number;
  readonly controlUnits: number;
  /** From this subgroup's series alone. */
  readonly estimate: number;
  readonly confLow: number | null;
  readonly confHigh: number | null;
  /** The interval of this subgroup when all subgroups are to be inside theirs at once. */
  readonly simultaneousLow: number | null;
  readonly simultaneousHigh: number | null;
  /** Drawn towards the other subgroups, as far as its error asks for; null when there are too few. */
  readonly shrunk: { readonly estimate: number; readonly confLow: number; readonly confHigh: number } | null;
  /** Two-sided, of no effect; and after Holm over the subgroups. */
  readonly pValue: number | null;
  readonly pValueAdjusted: number | null;
  /** One-sided, of a harm up to the margin, after Holm over the subgroups. */
  readonly pMarginAdjusted: number | null;
  /** Holds after Holm over the subgroups: `worse` beyond the margin, `better` than no effect. */
  readonly finding: "worse" | "better" | null;
  /** Required checks that this subgroup fails by itself, for which a finding was taken back. */
  readonly failedChecks: readonly CheckId[];
}

/** The subgroups of an SLI, most harm first. */
export interface SubgroupReport {
  /** Label or column that names them. */
  readonly by: string;
  readonly scale: "relative" | "absolute";
  readonly estimates: readonly SubgroupResult[];
  readonly omitted: readonly { readonly name: string; readonly code: ReasonCode; readonly message: string }[];
  /** Do the subgroups differ? null with fewer than two. */
  readonly heterogeneity: {
    readonly statistic: number;
    readonly dof: number;
    readonly dofDenominator: number | null;
    readonly pValue: number;
    readonly iSquared: number;
    /** Standard deviation of the true effects between subgroups (log scale where relative); null when not estimated. */
    readonly tau: number | null;
  } | null;
  /** Mean correlation between the errors of two subgroups. */
  readonly correlation: number;
  /** Why no subgroup was estimated; null when some were. */
  readonly refused: { readonly code: ReasonCode; readonly message: string; readonly hint: string } | null;
}

/** How fast the treated units spend the error budget of an SLO after the deploy. */
export interface BudgetBurn {
  readonly target: number;
  /** Seconds. */
  readonly window: number;
  /** Share of bad events. */
  readonly errorRate: number;
  /** 1: the budget lasts exactly its window. */
  readonly rate: number;
  /** What the deploy added to it; null without an estimate. */
  readonly rateAdded: number | null;
  /** Minutes of full outage a day: what the budget allows, and what is spent. */
  readonly budgetMinutesPerDay: number;
  readonly spentMinutesPerDay: number;
  /** Seconds in which a full budget would be gone at this rate; null when nothing is spent. */
  readonly spentIn: number | null;
}

export const SEVERITIES = ["page", "ticket"] as const;
export type SeverityLevel = (typeof SEVERITIES)[number];

/** How urgent a regression is, and by what it was measured. */
export interface Severity {
  readonly level: SeverityLevel;
  /** `margin`: harm as a multiple of the margin, without an SLO; `none`: neither is stated. */
  readonly basis: "slo" | "margin" | "none";
  readonly burn: BudgetBurn | null;
  /** Estimated harm as a multiple of the margin; null when the margin is zero. */
  readonly margins: number | null;
}

export interface SliResult {
  readonly id: string;
  readonly service: string | null;
  readonly role: Role;
  readonly kind: Kind;
  readonly direction: Direction;
  readonly quantile?: number;
  readonly verdict: Verdict;
  readonly reasonCodes: readonly ReasonCode[];
  /** One sentence per reason code that needs a person's attention, with its numbers; made by core, worded in report. */
  readonly reasons: readonly {
    readonly code: ReasonCode;
    readonly message: string;
    readonly hint: string;
    readonly facts: Readonly<Record<string, JsonValue>>;
  }[];
  readonly design: Design | null;
  /** Why `design: auto` chose it. */
  readonly designReason: string | null;
  /** Numbers that belong to the design alone (donor weights, waves, planned and seen shares); left out when it has none. */
  readonly designFacts?: Readonly<Record<string, JsonValue>>;
  readonly estimator: string | null;
  readonly scale: Scale | null;
  readonly inference: InferenceDescription | null;
  readonly estimate: Estimate | null;
  readonly relative: RelativeEstimate | null;
  readonly margin: { readonly absolute: number | null; readonly relative: number | null; readonly text: string };
  readonly mde: MinimumDetectableEffect | null;
  readonly timeToDecide: TimeToDecide | null;
  readonly baseline: Baseline;
  readonly checks: readonly CheckResult[];
  readonly eventStudy: readonly EventStudyPoint[];
  readonly unitChanges: readonly UnitChange[];
  readonly units: UnitLists;
  /** Of a regression whose SLI has an SLO. */
  readonly severity?: Severity;
  /** With `by: label` only. */
  readonly subgroups?: SubgroupReport;
  /** Removed in the Action's `result` output. */
  readonly series?: SliEvidence;
}

export interface UnitLists {
  readonly treated: readonly string[];
  readonly control: readonly string[];
  readonly excluded: readonly { readonly unit: string; readonly reason: string }[];
}

/** What `analyze` returns: everything that is computed. */
export interface Analysis {
  readonly verdict: Verdict;
  readonly reasonCodes: readonly ReasonCode[];
  readonly slis: readonly SliResult[];
  readonly units: UnitLists;
  readonly windows: WindowsUsed;
}

/** Windows as used, epoch seconds; null when there was no usable data. */
export interface WindowsUsed {
  readonly deployedAt: number;
  readonly preStart: number | null;
  readonly preEnd: number | null;
  readonly postStart: number | null;
  readonly postEnd: number | null;
  readonly step: number;
  readonly settle: number;
}

/** The deployment that is judged. ISO times are UTC. */
export interface DeploymentFacts {
  readonly id: number | null;
  readonly environment: string | null;
  readonly sha: string | null;
  readonly repository: string | null;
  readonly deployedAt: string;
  /** How deployedAt was found: flag, input, payload, status, config, dispatch. */
  readonly deployedAtSource: string;
  readonly url: string | null;
  readonly pullRequests: readonly number[];
}

export interface QueryRecord {
  readonly sli: string;
  readonly source: string;
  readonly component: string;
  readonly query: string;
}

export interface Provenance {
  readonly version: string;
  /** SHA-256 of the config text, null without a config. */
  readonly configHash: string | null;
  /** SHA-256 of the evidence. */
  readonly dataHash: string;
  readonly seed: number;
  readonly queries: readonly QueryRecord[];
  /** Warnings the sources gave. */
  readonly warnings: readonly { readonly sli: string; readonly message: string }[];
  readonly startedAt: string;
  readonly durationMs: number;
}

export interface ResultDocument {
  readonly schemaVersion: 1;
  readonly verdict: Verdict;
  readonly reasonCodes: readonly ReasonCode[];
  readonly mode: "enforcing" | "advisory";
  readonly slis: readonly SliResult[];
  readonly deployment: DeploymentFacts;
  readonly windows: WindowsUsed;
  readonly units: UnitLists;
  /** One per service; a replay starts here. */
  readonly plans: readonly AnalysisPlan[];
  readonly provenance: Provenance;
}

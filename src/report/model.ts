import type { Role } from "../core/plan.ts";
import type { ReasonCode } from "../core/reasons.ts";
import type { CheckId, SeverityLevel, Verdict } from "../core/result.ts";

/**
 * Everything a view may print: every number formatted and every sentence written exactly once. All strings are plain
 * text that may hold foreign labels; each view escapes them for its medium (`escape.ts`). In sentences a pair of
 * backticks marks code. Only chart points are still numbers, because a drawing needs them.
 */
export interface ReportModel {
  /** First line of the sticky comment; finds it again. */
  readonly marker: string;
  readonly verdict: Verdict;
  /** One symbol, always printed together with `word`. */
  readonly symbol: string;
  readonly word: string;
  /** The check's title: `Regression: p95 latency +12.4% (7.9 to 17.0), margin 5%`. */
  readonly title: string;
  /** The title without its verdict word; the sentence that a person must get at 3 a.m. */
  readonly answer: string;
  /** `production`, `a1b2c3d`; null when not known. */
  readonly environment: string | null;
  readonly shortSha: string | null;
  /** `was: regression at 14:05 UTC`. */
  readonly history: string | null;
  /** Which units, which windows, what was ignored. */
  readonly setting: readonly string[];
  /** What was changed after the plan had been announced, by whom and why; oldest first. */
  readonly amendments: readonly string[];
  /** What the verdict means, in this case. */
  readonly meaning: readonly string[];
  /** Parts that got worse beyond the margin although their metric as a whole is not called so. */
  readonly alerts: readonly string[];
  /** How urgent a regression is, by the SLO; null without one. Its sentence stands in `budget` as well. */
  readonly severity: SeverityModel | null;
  /** What to do; the first is the one to do now. */
  readonly next: readonly string[];
  /** All metrics, the ones that made the verdict first. */
  readonly metrics: readonly MetricModel[];
  /** How many metrics of each verdict: `1 regression, 2 no impact`. */
  readonly tally: string;
  /** More than one service: the comment groups by it. */
  readonly services: readonly ServiceModel[];
  /** Sentence about the pull requests of this deploy, when there were several. */
  readonly batch: string | null;
  /** What the harm costs, in words of the team's own objective; empty when none is known. */
  readonly budget: readonly string[];
  /** Alerts and rollbacks that followed; null where nothing could follow. */
  readonly reactions: readonly ReactionModel[] | null;
  /** What the debug view tells beside the metrics. */
  readonly particulars: ParticularsModel;
  /** What the data looked like, findings first. */
  readonly quality: readonly string[];
  readonly method: readonly string[];
  readonly reproduce: readonly string[];
  /** Query text per metric; empty in a public repository. */
  readonly queries: readonly { readonly metric: string; readonly component: string; readonly query: string }[];
  /** `deploy-impact 1.4.0`, `seed 7`. */
  readonly footer: readonly string[];
  /** `main@9f8e7d6` */
  readonly configRef: string | null;
  readonly links: ReportLinks;
  /** The chart of the metric that made the verdict, for Markdown; null without data. */
  readonly mermaid: { readonly source: string; readonly caption: readonly string[] } | null;
}

export interface SeverityModel {
  readonly level: SeverityLevel;
  /** `Page`, `Ticket` */
  readonly word: string;
  readonly sentence: string;
}

export interface ReportLinks {
  readonly report: string | null;
  readonly run: string | null;
  readonly commit: string | null;
}

export interface ReactionModel {
  /** `2026-11-21 14:05 UTC` */
  readonly at: string;
  readonly what: string;
  readonly state: string;
  readonly link: string | null;
}

/** A name and what is written beside it, already as text. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** Windows, units, data health and provenance, exactly as in result.json. */
export interface ParticularsModel {
  readonly windows: readonly NamedText[];
  readonly treated: readonly string[];
  readonly control: readonly string[];
  /** Units and why they were left out. */
  readonly excluded: readonly NamedText[];
  /** Share of each unit that ran the new version; empty when nobody looked. */
  readonly exposure: readonly NamedText[];
  readonly health: readonly HealthRow[];
  readonly provenance: readonly NamedText[];
}

/** What the data of one metric looked like; `-` where nobody counted. */
export interface HealthRow {
  readonly metric: string;
  readonly state: CheckState;
  readonly missingBefore: string;
  readonly missingTreated: string;
  readonly missingControl: string;
  readonly lateSteps: string;
  readonly oddities: string;
}

export interface ServiceModel {
  /** null: the only service. */
  readonly name: string | null;
  readonly verdict: Verdict;
  readonly symbol: string;
  readonly word: string;
  /** Indices into `ReportModel.metrics`. */
  readonly metrics: readonly number[];
}

export interface MetricModel {
  readonly id: string;
  readonly service: string | null;
  /** `p95 latency`, with the service in front where there are several. */
  readonly label: string;
  readonly role: Role;
  readonly verdict: Verdict;
  readonly symbol: string;
  readonly word: string;
  /** `p95 latency +12.4% (7.9 to 17.0), margin 5%`. */
  readonly sentence: string;
  /** Primary and guardrail metrics decide; others inform. */
  readonly decides: boolean;
  /** `+12.4%`; `-` when there is no estimate. */
  readonly change: string;
  /** What the change is measured against: `control`, `earlier days`. */
  readonly against: string;
  /** `7.9 to 17.0`, same unit as `change`; null without an interval. */
  readonly interval: string | null;
  /** `95%` */
  readonly level: string;
  /** The same on the other scale (raw units beside percent), null when hidden or not defined. */
  readonly otherScale: string | null;
  readonly margin: string;
  /** Smallest effect beyond zero that this analysis would have found with 80 % power, `10%`. */
  readonly detectable: string | null;
  /** `inconclusive (would need 10% or more)`. */
  readonly verdictCell: string;
  /** `approximate` for quantiles from buckets, `informational`, ...; empty: nothing to add. */
  readonly tags: readonly string[];
  readonly reasons: readonly ReasonModel[];
  readonly checks: readonly CheckModel[];
  /** What the verdict means for this metric, with its numbers. */
  readonly meaning: readonly string[];
  /** Levels before and after, in words; empty with `values: relative`. */
  readonly levels: readonly string[];
  /** Which estimator, which error, how many clusters. */
  readonly method: readonly string[];
  /** Effect by time from the deploy, formatted. */
  readonly eventStudy: readonly EventStudyRow[];
  /** With `by: label` only. */
  readonly subgroups: SubgroupsModel | null;
  /** When the harm was first seen, and whether it was still there at the end; null where there is none to date. */
  readonly since: string | null;
  /** Every unit's own change, treated before control, most harm first. */
  readonly units: readonly UnitRow[];
  /** The numbers of result.json that may be shown here, under their names there and with all their digits. */
  readonly numbers: readonly NamedText[];
  readonly charts: ChartsModel;
}

export interface UnitRow {
  readonly name: string;
  readonly group: "treated" | "control";
  readonly change: string;
  /** Weight in its group: `25.9%`. */
  readonly weight: string;
}

/** The parts of a metric by one label (`by: endpoint`). */
export interface SubgroupsModel {
  /** The label. */
  readonly by: string;
  /** A part got worse and the whole does not say so: one sentence, shown wherever the verdict is. */
  readonly alert: string | null;
  /** The same for titles: `worse for endpoint /checkout (+12%)`. */
  readonly short: string | null;
  /** What else is to say; every claim holds after Holm over the parts. */
  readonly lines: readonly string[];
  /** All parts, most harm first. */
  readonly rows: readonly SubgroupRow[];
}

export interface SubgroupRow {
  readonly name: string;
  /** `+12.4%`, from this part alone. */
  readonly change: string;
  /** Of the level at which all parts are inside theirs at once. */
  readonly interval: string;
  /** The change drawn towards the other parts. */
  readonly drawn: string;
  /** p of no effect after Holm. */
  readonly adjusted: string;
  /** Treated and control units: `4 / 8`. */
  readonly units: string;
  /** `worse`, `better`, or `-`. */
  readonly finding: string;
}

export interface EventStudyRow {
  /** Minutes from the (unit's own) deploy: `-60 to -45` */
  readonly time: string;
  readonly effect: string;
  readonly interval: string;
}

export interface ReasonModel {
  readonly code: ReasonCode;
  readonly sentence: string;
  readonly todo: string;
}

export type CheckState = "passed" | "failed" | "noted" | "not run";

export interface CheckModel {
  readonly id: CheckId;
  readonly question: string;
  readonly state: CheckState;
  readonly required: boolean;
  /** The finding with its numbers. */
  readonly sentence: string;
  /** `statistic 0.35, p = 0.87, threshold 0.02`; empty without numbers. */
  readonly numbers: string;
  /** What the check wrote down, as in result.json; empty where names or levels may not be shown. */
  readonly facts: readonly NamedText[];
}

/** Numbers in the unit of their axis label, already shifted and scaled for display. */
export interface ChartsModel {
  readonly path: PathChart | null;
  readonly effect: EffectMark | null;
  readonly eventStudy: EventStudyChart | null;
  readonly placebos: PlaceboChart | null;
  /** Each control treated in turn. */
  readonly placebosInSpace: PlaceboChart | null;
  readonly units: UnitsChart | null;
}

/** Treated and its counterfactual over time. */
export interface PathChart {
  readonly metric: string;
  /** `% of the treated mean before the deploy`, `pp`, or raw. */
  readonly unit: string;
  /** Seconds from the deploy to each bin's start; no bin holds points from before and after the deploy. */
  readonly offsets: readonly number[];
  readonly binSeconds: number;
  /** Points exist before the first bin but are not drawn, so that the post window stays readable. */
  readonly cropped: boolean;
  readonly treated: readonly (number | null)[];
  readonly counterfactual: readonly (number | null)[];
  /** Mean over the control units on their own level; left out: there are none. */
  readonly control?: readonly (number | null)[];
  /** Seconds from the deploy; null when the window is not known. */
  readonly postStart: number | null;
  readonly postEnd: number | null;
  /** `2026-11-21 13:00 UTC` */
  readonly deployedAt: string;
  /** With waves: seconds from the first deploy to each later one. */
  readonly laterDeploys: readonly number[];
  /** Who says what would have been without the deploy; left out: the controls. */
  readonly expectedBy?: string;
}

export interface EffectMark {
  readonly unit: string;
  readonly att: number;
  readonly low: number | null;
  readonly high: number | null;
  /** Position of the margin on the axis, on the side that is worse. */
  readonly margin: number | null;
  readonly worse: "up" | "down";
}

export interface EventStudyChart {
  readonly unit: string;
  /** Waves: time counts from each unit's own deploy. */
  readonly ownDeploy: boolean;
  readonly points: readonly {
    /** Minutes from deploy to the middle of the bin. */
    readonly minutes: number;
    readonly estimate: number;
    readonly low: number | null;
    readonly high: number | null;
  }[];
}

export interface PlaceboChart {
  readonly unit: string;
  readonly placebos: readonly number[];
  readonly effect: number;
}

/** Every unit's own change on one axis. */
export interface UnitsChart {
  readonly unit: string;
  readonly margin: number | null;
  readonly worse: "up" | "down";
  readonly units: readonly {
    readonly name: string;
    readonly group: "treated" | "control";
    readonly change: number;
  }[];
}

import type { JsonValue } from "./outcome.ts";

export const KINDS = ["gauge", "counter", "ratio", "count", "quantile"] as const;
export type Kind = (typeof KINDS)[number];

/** Which way is worse. */
export const DIRECTIONS = ["up", "down"] as const;
export type Direction = (typeof DIRECTIONS)[number];

export const ROLES = ["primary", "guardrail", "informational", "placebo"] as const;
export type Role = (typeof ROLES)[number];

export const SCALES = ["additive", "multiplicative"] as const;
export type Scale = (typeof SCALES)[number];

export const DESIGNS = ["did", "staggered", "synthetic", "split", "its"] as const;
export type Design = (typeof DESIGNS)[number];

/** `precision-weighted` is the default method (docs/method.md section 3). */
export const INFERENCES = ["precision-weighted", "cr1", "cr2", "cr3", "hc1", "newey-west", "permutation"] as const;
export type InferenceName = (typeof INFERENCES)[number];

export const MODES = ["enforcing", "advisory"] as const;
export type Mode = (typeof MODES)[number];

/**
 * The largest harm that the team tolerates, >= 0.
 * relative: a fraction (0.05 for "5%"), tested on the relative interval.
 * absolute: raw units of the SLI ("0.1pp" of a ratio is 0.001), tested on the absolute interval.
 */
export interface Margin {
  readonly type: "relative" | "absolute";
  readonly value: number;
  /** What the user wrote, for display: "5%", "0.1pp", "12". */
  readonly text: string;
}

/** What users were promised of a ratio: the share of good events, over a span in seconds. */
export interface SloPlan {
  /** Between 0 and 1. */
  readonly target: number;
  readonly window: number;
}

export interface SliPlan {
  readonly id: string;
  readonly kind: Kind;
  readonly direction: Direction;
  readonly role: Role;
  readonly margin: Margin;
  /** 0 < quantile < 1; only with kind `quantile`. */
  readonly quantile?: number;
  /** Label (column) that names the subgroups of a unit, each judged beside the total; left out: none. */
  readonly by?: string;
  /** Only with kind `ratio`; left out: nothing was promised. */
  readonly slo?: SloPlan;
}

/** Instants are epoch seconds, spans are seconds. */
export interface WindowPlan {
  readonly deployedAt: number;
  readonly step: number;
  /** First instant of the pre window; null: the first row. */
  readonly preStart: number | null;
  /** Removed after deployedAt. */
  readonly settle: number;
  /** End (exclusive) of the post window; null: the last row. */
  readonly postEnd: number | null;
}

/** One of several looks at the data that were planned before there were any; instants are epoch seconds. */
export interface PlannedLook {
  /** End (exclusive) of its post window. */
  readonly postEnd: number;
  /** When its data are complete: the lag of the source later. */
  readonly readyAt: number;
  /** Two-sided: the interval of this look has the level 1 - alpha. */
  readonly alpha: number;
  /** Two-sided, of this look and all before it together. */
  readonly alphaSpent: number;
}

/** Which of the planned looks an analysis is. */
export interface LookPlan {
  /** From 1. */
  readonly number: number;
  /** Of all looks together: every one of their intervals holds with probability 1 - alpha. */
  readonly alpha: number;
  /** All of them, the last one at the end of the post window. */
  readonly planned: readonly PlannedLook[];
}

/** Another deployment that may have touched the same units. */
export interface OtherDeployment {
  readonly id: string;
  readonly environment: string;
  readonly sha: string;
  /** Epoch seconds. */
  readonly deployedAt: number;
  readonly url?: string;
}

/** Incidents and maintenance that must not count as evidence; epoch seconds, half-open [from, to). */
export interface Exclusion {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** Share of a unit's instances that ran the deployed version, measured inside the post window (0 to 1). */
export interface ExposureObservation {
  readonly unit: string;
  readonly share: number;
}

export const SHARES_OF = ["traffic", "units"] as const;
export const ASSIGNMENTS = ["unknown", "random"] as const;

/** What was planned for a concurrent split. */
export interface SplitPlan {
  /** Share that the treated were to get, between 0 and 1; null: not stated. */
  readonly treatedShare: number | null;
  readonly shareOf: (typeof SHARES_OF)[number];
  /** random: chance decided which unit is treated, so that no difference from before is expected. */
  readonly assignment: (typeof ASSIGNMENTS)[number];
}

/**
 * Everything the analysis of one service may know besides the series. Plain data: it is stored in result.json and a
 * replay starts from it.
 */
export interface AnalysisPlan {
  /** Name in a monorepo; null for the only service. */
  readonly service: string | null;
  readonly slis: readonly SliPlan[];
  readonly window: WindowPlan;
  /** The moment the analysis speaks for, epoch seconds: later points are not expected yet. */
  readonly asOf: number;
  /** Two-sided level of the intervals is 1 - alpha; with `look` that of this look alone. */
  readonly alpha: number;
  /** One of several planned looks, at which `window.postEnd` ends; left out: the only one. */
  readonly look?: LookPlan;
  readonly inference: InferenceName;
  readonly scale: "auto" | Scale;
  readonly design: "auto" | Design;
  readonly seed: number;
  /** Units taken as treated by name; empty: the series say so themselves. */
  readonly treatedUnits: readonly string[];
  /** unit -> epoch seconds of its own deploy; left out: all at `window.deployedAt`, which else is the earliest of these. */
  readonly waves?: Readonly<Record<string, number>>;
  readonly excludedUnits: readonly { readonly unit: string; readonly reason: string }[];
  /** unit -> cluster, when the deploy was assigned to something larger than the unit (zone, node pool). */
  readonly clusters: Readonly<Record<string, string>>;
  readonly exclusions: readonly Exclusion[];
  /** null: nobody looked (no access to the deployments API), so `overlap` does not apply. */
  readonly otherDeployments: readonly OtherDeployment[] | null;
  /** null: no version query configured, so `exposure` does not apply. */
  readonly exposure: readonly ExposureObservation[] | null;
  /** null: not known; true: the config changed in the very pull request it judges. */
  readonly configChanged: boolean | null;
  /** Left out: nothing was planned, or the design is another one. */
  readonly split?: SplitPlan;
  /** `verdict`: only what can change a verdict, for many analyses one after the other; left out: everything that is shown. */
  readonly detail?: "verdict";
  /** True: the config names control units, so that having none is a mistake and not a deploy to everybody. */
  readonly expectsControls?: boolean;
  /** Free facts for the reader (where deployedAt came from, ...); never used in a computation. */
  readonly notes: Readonly<Record<string, JsonValue>>;
}

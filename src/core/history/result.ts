import type { Refusal } from "../outcome.ts";
import type { Design, Direction, InferenceName, Kind, Margin, Role } from "../plan.ts";
import type { ReasonCode } from "../reasons.ts";
import type { Verdict } from "../result.ts";

/**
 * What `backtest` and `plan` answer from history alone (schemaVersion 1 each). Numbers are in raw units; instants are
 * epoch seconds, spans seconds. An absent number is null.
 */

/** A share of fake deploys with an exact interval (95 %). */
export interface MeasuredRate {
  readonly count: number;
  readonly of: number;
  /** Independent windows that say as much; fewer than `of` where windows overlap or are used more than once. */
  readonly effective: number;
  readonly rate: number | null;
  readonly confLow: number | null;
  readonly confHigh: number | null;
  /** The rate that the method promises at most; null where it promises none. */
  readonly nominal: number | null;
}

/** Middle and fourth fifth of a number over the fake deploys that have it. */
export interface Spread {
  readonly of: number;
  readonly median: number;
  readonly p80: number;
}

export interface SpreadOnBothScales {
  readonly absolute: Spread | null;
  readonly relative: Spread | null;
}

export interface ReasonCount {
  readonly code: ReasonCode;
  readonly count: number;
}

export interface Tally {
  /** Fake deploys that were judged. */
  readonly runs: number;
  /** Those with a verdict other than invalid; rates are shares of these unless they say otherwise. */
  readonly answered: number;
  readonly verdicts: Readonly<Record<Verdict, number>>;
  /** Of all runs. */
  readonly refused: MeasuredRate;
  readonly refusals: readonly ReasonCount[];
  /** Verdict regression: every one is a false alarm. */
  readonly regressions: MeasuredRate;
  /** Verdict regression or improvement. */
  readonly alarms: MeasuredRate;
  readonly inconclusive: MeasuredRate;
}

export interface SliTally extends Tally {
  readonly id: string;
  readonly service: string | null;
  readonly role: Role;
  readonly kind: Kind;
  readonly direction: Direction;
  readonly margin: Margin;
  readonly designs: Readonly<Partial<Record<Design, number>>>;
  /** Intervals that leave out zero, whatever the margin: what the intervals themselves are worth. */
  readonly excludesZero: MeasuredRate;
  /** Harm beyond the margin was ruled out (verdict no-impact or improvement). */
  readonly ruledOut: MeasuredRate;
  /** The half-width is below the margin, so that an estimate of no effect would have ruled it out. */
  readonly narrow: MeasuredRate;
  /** Smallest harm that would have been called a regression in four of five cases. */
  readonly mde: SpreadOnBothScales;
  /** Smallest margin that would have been ruled out in four of five cases in which nothing happened. */
  readonly reach: SpreadOnBothScales;
  readonly halfWidth: SpreadOnBothScales;
  /** Half-width over margin. */
  readonly widthToMargin: Spread | null;
  /** Root mean square of the effects that were estimated where there was none, raw units. */
  readonly scatter: number | null;
}

/** What one trial of another setting showed on the same kind of windows. */
export interface TrialFacts {
  readonly runs: number;
  readonly answered: number;
  readonly ruledOut: number | null;
  readonly mde: SpreadOnBothScales;
}

/** What to change, each from a number that was measured; the words are the report's. */
export type Advice = { readonly sli: string | null; readonly service: string | null } & (
  | { readonly code: "NO_CHANGE_NEEDED" }
  | { readonly code: "MORE_HISTORY"; readonly effective: number; readonly needed: number; readonly nominal: number }
  | { readonly code: "ALARMS_TOO_OFTEN"; readonly rate: MeasuredRate }
  | {
      readonly code: "OTHER_INFERENCE";
      readonly inference: InferenceName;
      readonly rate: MeasuredRate;
      readonly trial: TrialFacts;
    }
  | { readonly code: "NO_INFERENCE_HELPS"; readonly tried: readonly InferenceName[] }
  | { readonly code: "LONGER_POST"; readonly window: number; readonly now: TrialFacts; readonly changed: TrialFacts }
  | { readonly code: "LONGER_PRE"; readonly window: number; readonly now: TrialFacts; readonly changed: TrialFacts }
  | {
      readonly code: "MARGIN_OUT_OF_REACH";
      readonly longestPost: number;
      readonly best: TrialFacts;
      /** Margin that four of five windows could rule out. */
      readonly reach: SpreadOnBothScales;
    }
  | { readonly code: "REFUSED_OFTEN"; readonly reason: ReasonCode; readonly count: number; readonly rate: MeasuredRate }
  | {
      readonly code: "CONTROL_HURTS";
      readonly unit: string;
      /** Mean square of the false effects without the unit over that with it. */
      readonly ratio: number;
      readonly pValue: number;
      readonly runs: number;
    }
  | { readonly code: "TREATED_DIFFER"; readonly rate: MeasuredRate; readonly reassigned: MeasuredRate }
);

/** What history was used. */
export interface HistoryUsed {
  readonly from: number;
  readonly to: number;
  readonly services: readonly {
    readonly service: string | null;
    readonly pre: number;
    readonly settle: number;
    readonly post: number;
    readonly step: number;
  }[];
  /** Deployments that are known to lie in the history; null: nobody looked. */
  readonly deployments: number | null;
  /** Where they are known from: `config`, `flag`, `file`, `github`. */
  readonly deploymentSources: readonly string[];
  readonly exclusions: number;
  /** Shares of the possible times that were left out, 0 to 1. */
  readonly leftOut: { readonly deployments: number; readonly exclusions: number };
  readonly notes: readonly string[];
}

export interface HistoryDocument {
  readonly schemaVersion: 1;
  readonly version: string;
  /** As the caller named it; null: panels. */
  readonly config: string | null;
  readonly configHash: string | null;
  readonly environment: string | null;
  readonly seed: number;
  readonly alpha: number;
  readonly history: HistoryUsed;
  /** Why there is no answer; null: there is one. */
  readonly refused: Refusal | null;
}

export interface BacktestDocument extends HistoryDocument {
  readonly command: "backtest";
  readonly fakes: {
    readonly count: number;
    /** Distance between two of them; null: drawn at random over the history. */
    readonly every: number | null;
    readonly overlapping: boolean;
    /** Windows that do not overlap. */
    readonly independent: number;
  };
  /** All SLIs together, as the check on GitHub would conclude; null when refused. */
  readonly whole: Tally | null;
  readonly slis: readonly SliTally[];
  /** The same with units drawn by chance in the place of the treated ones. */
  readonly reassigned: {
    readonly perTime: number;
    readonly whole: Tally;
    readonly slis: readonly SliTally[];
  } | null;
  readonly advice: readonly Advice[];
  /** Every fake deploy in short. */
  readonly deploys: readonly {
    readonly deployedAt: number;
    readonly verdict: Verdict;
    readonly slis: readonly {
      readonly id: string;
      readonly service: string | null;
      readonly verdict: Verdict;
      readonly reasonCodes: readonly ReasonCode[];
      readonly att: number | null;
      readonly confLow: number | null;
      readonly confHigh: number | null;
    }[];
  }[];
}

/** What one SLI can show with one setting. */
export interface OutlookCell {
  readonly runs: number;
  readonly answered: number;
  readonly mde: SpreadOnBothScales;
  readonly reach: SpreadOnBothScales;
  /** Share of answered fake deploys at which the margin was ruled out. */
  readonly ruledOut: number | null;
}

export interface SliOutlook {
  readonly id: string;
  readonly service: string | null;
  readonly kind: Kind;
  readonly direction: Direction;
  readonly margin: Margin;
  readonly posts: readonly (OutlookCell & { readonly post: number })[];
  /** Shortest post window with which four of five fake deploys ruled the margin out, and by its error should; null: none. */
  readonly shortest: number | null;
  /** The config's post window with fewer units. */
  readonly fewer: readonly (OutlookCell & { readonly treated: number; readonly control: number })[];
}

export interface OutlookDocument extends HistoryDocument {
  readonly command: "plan";
  readonly power: number;
  /** Fake deploys per setting at most. */
  readonly times: number;
  readonly slis: readonly SliOutlook[];
}

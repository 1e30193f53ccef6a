import type { CommentRule, Config, FailRule } from "../../config/config.ts";
import type { FilePosition } from "../../core/errors.ts";
import type { AnalysisPlan, Mode } from "../../core/plan.ts";
import type { ResultDocument } from "../../core/result.ts";
import type { OutputName } from "../../github/action-contract.ts";
import type { CheckAction, GithubApi } from "../../github/api.ts";
import type { OpenCheck } from "../../github/state.ts";
import type { Ports } from "../../ports.ts";
import type { PlanAmendment } from "../../report/amendments.ts";
import type { Conclusion } from "../../report/conclusion.ts";
import type { ReportContext } from "../../report/context.ts";
import type { CheckTitle, PendingPlan } from "../../report/views/contract.ts";
import type { Trigger } from "../trigger.ts";

/** What judging needs of the front door that it happens behind: a step of a workflow, or the bot. */

/** The analysis behind the door. */
export interface Analyst {
  readonly loadConfig: (source: { text: string; file: string; environment: string | null }) => Config;
  /** Epoch seconds, ascending, when an analysis can say something new: one, or one per planned look. */
  readonly lookTimes: (config: Config, trigger: Trigger) => readonly number[];
  readonly plansOf: (config: Config, trigger: Trigger, now: number) => readonly AnalysisPlan[];
  readonly runAnalysis: (
    config: Config,
    trigger: Trigger,
    ports: Ports,
    options: { readonly version: string; readonly baseDir: string },
  ) => Promise<ResultDocument>;
}

/** A connection for one run: the budget is shared by all repositories. */
export interface GithubConnection {
  readonly api: (repository: string) => GithubApi;
  readonly requests: () => number;
}

/** What somebody asked for this one time, over what config and event say. null: nothing. Instants are epoch seconds. */
export interface JudgeInputs {
  /** Path of the config on the default branch. */
  readonly config: string;
  readonly environment: string | null;
  readonly deployedAt: number | null;
  readonly sha: string | null;
  readonly pullRequest: number | null;
  readonly mode: Mode | null;
  readonly failOn: FailRule | null;
  readonly comment: CommentRule | null;
  readonly checkName: string | null;
  /** Longest sleep until the post window closes, seconds. */
  readonly wait: number;
  readonly seed: number | null;
  readonly dryRun: boolean;
}

/** Says for people what happens; the check and the comment are for everybody else. */
export interface Narrator {
  readonly info: (message: string) => void;
  readonly debug: (message: string) => void;
  readonly warning: (message: string) => void;
  readonly error: (message: string, position?: FilePosition) => void;
  /** A text that the check shows too, where people who follow this run read. */
  readonly note: (text: CheckTitle) => Promise<void>;
}

/** Where a reader of the check and the report may go. */
export interface Links {
  /** Base URL of the GitHub web site, without a slash at the end. */
  readonly serverUrl: string;
  /** The workflow run that did this; null: it was none. */
  readonly runUrl: string | null;
  /** The full report, when it has a page of its own. */
  readonly detailsUrl: string | null;
  /** The form for bugs; null: not known where this code comes from. */
  readonly issueUrl: string | null;
}

/** What a setting is called behind this door, and what happens next. */
export interface DoorWords {
  /** Completes "Commit one there". */
  readonly otherConfigPath: string;
  /** Completes the title of a failure that passes by itself. */
  readonly triesAgain: string;
  /** The advice after such a failure. */
  readonly tryingAgain: string;
}

export interface KeptResult {
  readonly repository: string;
  readonly sha: string;
  readonly environment: string;
  readonly deploymentId: number | null;
  readonly document: ResultDocument;
  readonly context: ReportContext;
  readonly conclusion: Conclusion;
  /** What a reader must know besides the result; null: nothing. */
  readonly remark: string | null;
}

export type Outputs = Partial<Record<OutputName, string>>;

/** The front door as judging sees it. */
export interface Desk {
  readonly narrator: Narrator;
  readonly links: Links;
  readonly words: DoorWords;
  /** The repository that the config is read from, owner/name. */
  readonly home: string;
  /** What relative paths in the config are relative to. */
  readonly baseDir: string;
  /**
   * True when a person asked for a new check: a completed one cannot be opened again. `after`: the completed checks up
   * to this id are of earlier analyses.
   */
  readonly freshCheck: boolean | { readonly after: number };
  /** True where slash commands are answered. */
  readonly commands: boolean;
  /** What changed after the plan was announced. */
  readonly amendments: readonly PlanAmendment[];
  /** Requests for the statuses of other deployments, at most. */
  readonly statusLookUps: number;
  /** Pauses while a merge is not in GitHub's index yet, seconds. */
  readonly indexDelays: readonly number[];
  /** Who completes a check that is left open. */
  readonly finishedBy: (repository: string) => PendingPlan["finishedBy"];
  /** Buttons of the check as it is concluded; null: this front door has none. */
  readonly buttons: ((conclusion: Conclusion | null) => readonly CheckAction[]) | null;
  /** A check is open and this process has to come back to it, or it need not any more. */
  readonly checkOpened: (check: OpenCheck) => void;
  readonly checkSettled: (id: number) => void;
  /** `value` must never be printed. */
  readonly mask: (value: string) => void;
  /** The plan is written down and waits until `readyAt` (epoch seconds). */
  readonly leftPending: (pending: { readonly readyAt: number; readonly repository: string }) => void;
  /** What becomes of a result besides check and comment; called before they are written. */
  readonly keepResult: (result: KeptResult) => Promise<Outputs>;
}

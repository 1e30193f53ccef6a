import type { Verdict } from "../core/result.ts";
import type { PlanAmendment } from "./amendments.ts";

/** `relative`: no level of a production metric is printed, only changes. `full`: levels and absolute effects too. */
export type Values = "relative" | "full";

/** What a report needs to know besides the result: where it will be read and what links there are. */
export interface ReportContext {
  readonly environment: string | null;
  /** The deployed commit. */
  readonly sha: string | null;
  /** owner/name */
  readonly repository: string | null;
  /** Base URL of the GitHub web site (GITHUB_SERVER_URL), without a trailing slash. */
  readonly serverUrl: string | null;
  /** The workflow run that made this report. */
  readonly runUrl: string | null;
  /** The full report, when it is not the run itself. */
  readonly detailsUrl: string | null;
  /** Where the config was read from: `main@9f8e7d6`, or a path. */
  readonly configRef: string | null;
  readonly values: Values;
  /** True hides unit names, query text and addresses: everybody can read the comment. */
  readonly publicRepository: boolean;
  /** What the sticky comment said before, when it said something else; `at` is ISO 8601. */
  readonly previous: { readonly verdict: Verdict; readonly at: string } | null;
  /** Pull requests that this deploy contained, when it contained more than one. */
  readonly batchPullRequests: readonly number[];
  /** True where the bot answers slash commands; only then may advice name one. */
  readonly commands?: boolean;
  /** What was changed after the plan had been announced, oldest first. */
  readonly amendments?: readonly PlanAmendment[];
  /** Alerts and rollbacks that followed; left out where nothing can follow. */
  readonly reactions?: readonly ReactionNote[];
  /** What the effect means for the team's own objective (error budget), one sentence each. */
  readonly budget?: readonly string[];
}

/** One thing that was done, or would have been done, because of a verdict. */
export interface ReactionNote {
  /** ISO 8601. */
  readonly at: string;
  readonly what: string;
  readonly state: string;
  readonly url: string | null;
}

/** A context without GitHub: what the command line starts from. */
export const LOCAL_CONTEXT: ReportContext = {
  environment: null,
  sha: null,
  repository: null,
  serverUrl: null,
  runUrl: null,
  detailsUrl: null,
  configRef: null,
  values: "full",
  publicRepository: false,
  previous: null,
  batchPullRequests: [],
};

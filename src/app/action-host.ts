import type { Config } from "../config/config.ts";
import type { FilePosition } from "../core/errors.ts";
import type { AnalysisPlan } from "../core/plan.ts";
import type { ResultDocument } from "../core/result.ts";
import type { GithubApi } from "../github/api.ts";
import type { RunnerContext } from "../github/event.ts";
import type { Ports } from "../ports.ts";
import type { Trigger } from "./trigger.ts";

/** What the runner offers to a step, as values and one-method functions. */
export interface ActionHost {
  readonly input: (name: string) => string;
  readonly setOutput: (name: string, value: string) => void;
  readonly saveState: (name: string, value: string) => void;
  readonly getState: (name: string) => string;
  readonly setSecret: (value: string) => void;
  readonly info: (message: string) => void;
  readonly debug: (message: string) => void;
  readonly warning: (message: string) => void;
  /** An annotation, on its line when it has one. */
  readonly error: (message: string, position?: FilePosition) => void;
  /** Makes the step fail. */
  readonly fail: () => void;
  readonly appendSummary: (markdown: string) => Promise<void>;
  readonly writeFile: (path: string, text: string) => Promise<void>;
  readonly removeFolder: (path: string) => Promise<void>;
  /** The runner's temporary folder; emptied after the job. */
  readonly tempFolder: string;
  /** Where the repository is checked out, if it is. */
  readonly workspace: string;
}

/** The analysis behind the Action. */
export interface Analyst {
  readonly loadConfig: (source: { text: string; file: string; environment: string | null }) => Config;
  /** Epoch seconds when the last point that the analysis needs exists. */
  readonly readyAt: (config: Config, trigger: Trigger) => number;
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

export interface ActionPorts {
  readonly host: ActionHost;
  readonly context: RunnerContext;
  readonly ports: Ports;
  readonly analyst: Analyst;
  readonly connect: (token: string) => GithubConnection;
  readonly version: string;
}

/** Names under which a step's main process leaves notes for its post process. */
export const STATE = {
  /** JSON list of check runs that this run opened and has not finished. */
  openChecks: "open-checks",
  /** Why the main process ended early: `CANCELLED`. */
  ended: "ended",
  folder: "folder",
} as const;

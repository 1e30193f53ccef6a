import type { Config } from "../config/config.ts";
import type { AnalysisPlan } from "../core/plan.ts";
import type { ResultDocument } from "../core/result.ts";
import type { GithubApi } from "../github/api.ts";
import type { RunnerContext } from "../github/event.ts";
import type { ActionHost } from "../github/runner.ts";
import type { Ports } from "../ports.ts";
import type { Trigger } from "./trigger.ts";

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

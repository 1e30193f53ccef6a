import type { RunnerContext } from "../github/event.ts";
import type { ActionHost } from "../github/runner.ts";
import type { Ports } from "../ports.ts";
import type { Analyst, GithubConnection } from "./judge/desk.ts";

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

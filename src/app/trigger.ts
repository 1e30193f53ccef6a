import type { JsonValue } from "../core/outcome.ts";
import type { OtherDeployment } from "../core/plan.ts";

/** What happened: the deployment to judge, from whichever front door it came. */
export interface Trigger {
  readonly environment: string | null;
  readonly sha: string | null;
  /** owner/name */
  readonly repository: string | null;
  readonly deploymentId: number | null;
  /** Epoch seconds. */
  readonly deployedAt: number;
  /** unit -> epoch seconds of its own deploy, when units were deployed in waves; `deployedAt` is the earliest. */
  readonly waves?: Readonly<Record<string, number>>;
  /** How deployedAt was found: flag, input, payload, status, config, dispatch. */
  readonly deployedAtSource: string;
  /** `deployment.payload`, for `{{ deployment.payload.x }}` in the config. */
  readonly payload: JsonValue;
  readonly url: string | null;
  readonly pullRequests: readonly number[];
  /** null: nobody looked. */
  readonly otherDeployments: readonly OtherDeployment[] | null;
  readonly configChanged: boolean | null;
  /** Files changed since the previous deployment, for `services: paths`; null: not known, every service is analysed. */
  readonly changedPaths: readonly string[] | null;
}

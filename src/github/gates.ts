import { ONCE, type PurposeOf, type Target, translated } from "./ask.ts";
import type { Octokit } from "./client.ts";

/** An answer to a deployment protection rule; without a state a status report that decides nothing. */
export interface GateReview {
  readonly runId: number;
  readonly environment: string;
  readonly state?: "approved" | "rejected";
  /** At most GATE_COMMENT_CHARACTERS. */
  readonly comment: string;
}

export interface GateCalls {
  readonly reviewGate: (review: GateReview) => Promise<void>;
}

export function gateCalls(octokit: Octokit, target: Target, purpose: PurposeOf): GateCalls {
  return {
    reviewGate: async ({ runId, environment, state, comment }) => {
      const doing =
        state === undefined ? "report to the deployment protection rule" : "answer the deployment protection rule";
      await translated(purpose("deployments", doing), () =>
        octokit.rest.actions.reviewCustomGatesForRun({
          ...target,
          ...ONCE,
          run_id: runId,
          environment_name: environment,
          comment,
          ...(state === undefined ? {} : { state }),
        }),
      );
    },
  };
}

import { ask, ONCE, type PurposeOf, type Target, translated } from "./ask.ts";
import type { Octokit } from "./client.ts";
import { type DeploymentRecord, deploymentSchema } from "./records.ts";

export interface WorkflowStart {
  /** File name of the workflow. */
  readonly workflow: string;
  readonly ref: string;
  readonly inputs: Readonly<Record<string, string>>;
}

export interface RepositoryEvent {
  readonly type: string;
  /** At most ten keys. */
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface DeploymentCreation {
  readonly sha: string;
  readonly environment: string;
  /** At most DEPLOYMENT_DESCRIPTION_CHARACTERS. */
  readonly description: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface DispatchCalls {
  readonly startWorkflow: (start: WorkflowStart) => Promise<void>;
  readonly sendRepositoryEvent: (event: RepositoryEvent) => Promise<void>;
  readonly createDeployment: (creation: DeploymentCreation) => Promise<DeploymentRecord>;
}

/** Writes that nobody can take back: none is repeated here. */
export function dispatchCalls(octokit: Octokit, target: Target, purpose: PurposeOf): DispatchCalls {
  return {
    startWorkflow: async ({ workflow, ref, inputs }) => {
      await translated(purpose("actions", `start the workflow \`${workflow}\``), () =>
        octokit.rest.actions.createWorkflowDispatch({ ...target, ...ONCE, workflow_id: workflow, ref, inputs }),
      );
    },
    sendRepositoryEvent: async ({ type, payload }) => {
      await translated(purpose("contentsWrite", `send the event \`${type}\``), () =>
        octokit.rest.repos.createDispatchEvent({ ...target, ...ONCE, event_type: type, client_payload: payload }),
      );
    },
    createDeployment: ({ sha, environment, description, payload }) =>
      ask(purpose("deployments", "create the deployment"), deploymentSchema, () =>
        octokit.rest.repos.createDeployment({
          ...target,
          ...ONCE,
          ref: sha,
          environment,
          description,
          payload,
          // The commit of before is deployed as it is: nothing is merged into it,
          auto_merge: false,
          // and its checks of then are not asked for again; it was deployed with them once.
          required_contexts: [],
        }),
      ),
  };
}

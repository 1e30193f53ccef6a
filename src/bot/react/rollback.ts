import { fillTemplate, type RollbackConfig } from "../../config/reactions.ts";
import type { JsonValue } from "../../core/outcome.ts";
import type { GithubApi } from "../../github/api.ts";
import { DEPLOYMENT_DESCRIPTION_CHARACTERS } from "../../github/limits.ts";
import type { DeploymentRecord, DeploymentStatusRecord } from "../../github/records.ts";
import { type Delivery, deliveryOfGithub, type Prepared } from "./delivery.ts";
import { within } from "./message.ts";
import type { Occasion } from "./occasion.ts";
import { ROLLBACK_PAYLOAD } from "./plan.ts";

export type RollbackPort = Pick<
  GithubApi,
  "listDeployments" | "listDeploymentStatuses" | "startWorkflow" | "sendRepositoryEvent" | "createDeployment"
>;

/** Deployments of the environment that are looked at for the one before. */
const MOST_LOOKED_AT = 10;

/** States of a deployment that reached its environment, or is on its way. */
const UNDER_WAY = new Set(["success", "in_progress", "queued", "pending"]);

export type Ground =
  | { readonly ok: true; readonly previousSha: string }
  /** Why nothing is rolled back. */
  | { readonly ok: false; readonly why: string };

type Asked = { readonly verdict: Pick<Occasion["verdict"], "environment" | "sha" | "deployedAt"> } & {
  readonly analysis: Pick<Occasion["analysis"], "deploymentId">;
};

/** What a rollback goes back to. Not safe any more when another deployment came: it would be rolled back instead. */
export async function rollbackGround(
  { verdict, analysis }: Asked,
  api: Pick<RollbackPort, "listDeployments" | "listDeploymentStatuses">,
  /** Deployments with this id in their payload are this very rollback. */
  reactionId: string | null,
): Promise<Ground> {
  const listed = await api.listDeployments({ environment: verdict.environment });
  const others = listed.filter(({ id, payload }) => id !== analysis.deploymentId && !isOf(payload, reactionId));
  const own = listed.find(({ id }) => id === analysis.deploymentId);
  const at = own?.createdAt ?? verdict.deployedAt;
  const isAfter = (one: DeploymentRecord): boolean =>
    own === undefined ? one.createdAt > at : one.createdAt >= at && one.id > own.id;
  for (const newer of others.filter(isAfter)) {
    const state = latest(await api.listDeploymentStatuses(newer.id));
    if (state !== null && !UNDER_WAY.has(state)) continue;
    return { ok: false, why: `another deployment (${newer.sha.slice(0, 7)}) came after this one` };
  }
  for (const earlier of others.filter((one) => !isAfter(one) && one.sha !== verdict.sha).slice(0, MOST_LOOKED_AT)) {
    const statuses = await api.listDeploymentStatuses(earlier.id);
    if (statuses.some(({ state }) => state === "success")) return { ok: true, previousSha: earlier.sha };
  }
  return { ok: false, why: "GitHub knows no earlier deployment to this environment that succeeded" };
}

/** GitHub lists statuses newest first. null: the deployment has none yet, so it is on its way. */
function latest(statuses: readonly DeploymentStatusRecord[]): string | null {
  return statuses.toSorted((a, b) => b.createdAt - a.createdAt)[0]?.state ?? null;
}

interface Rollback {
  readonly rollback: RollbackConfig;
  /** Id of the reaction: a rollback by deployment is found again by it. */
  readonly id: string;
  readonly previousSha: string;
}

export function prepareRollback(
  { rollback, id, previousSha }: Rollback,
  occasion: Occasion,
  api: RollbackPort,
): Prepared {
  const { verdict, analysis, link } = occasion;
  const values = {
    environment: verdict.environment,
    sha: verdict.sha,
    "previous-sha": previousSha,
    deployment: String(analysis.deploymentId ?? ""),
    report: link ?? "",
  };
  const inputs = Object.fromEntries(
    Object.entries(rollback.inputs).map(([key, text]) => [key, fillTemplate(text, values)]),
  );
  const facts = { environment: verdict.environment, sha: verdict.sha, previousSha, report: link, reaction: id, inputs };
  switch (rollback.how) {
    case "workflow-dispatch": {
      const ref = rollback.ref ?? analysis.defaultBranch;
      const start = { workflow: rollback.workflow ?? "", ref, inputs };
      return prepared({ how: rollback.how, ...start }, async () => {
        await api.startWorkflow(start);
        return null;
      });
    }
    case "repository-dispatch": {
      const event = { type: rollback.eventType, payload: facts };
      return prepared({ how: rollback.how, ...event }, async () => {
        await api.sendRepositoryEvent(event);
        return null;
      });
    }
    case "deployment":
      return byDeployment(facts, occasion, api);
  }
}

function byDeployment(
  facts: { readonly previousSha: string; readonly reaction: string } & Record<string, JsonValue>,
  { verdict }: Occasion,
  api: RollbackPort,
): Prepared {
  const creation = {
    sha: facts.previousSha,
    environment: verdict.environment,
    description: within(`Rollback of ${verdict.sha.slice(0, 7)}: ${verdict.title}`, DEPLOYMENT_DESCRIPTION_CHARACTERS),
    payload: { [ROLLBACK_PAYLOAD]: facts },
  };
  return prepared({ how: "deployment", ...creation }, async () => {
    const known = await api.listDeployments({ environment: verdict.environment, sha: facts.previousSha });
    if (known.some(({ payload }) => isOf(payload, facts.reaction))) return null;
    await api.createDeployment(creation);
    return null;
  });
}

function isOf(payload: unknown, reactionId: string | null): boolean {
  if (reactionId === null || typeof payload !== "object" || payload === null) return false;
  const own: unknown = Reflect.get(payload, ROLLBACK_PAYLOAD);
  return typeof own === "object" && own !== null && Reflect.get(own, "reaction") === reactionId;
}

function prepared(request: Prepared["request"], send: () => Promise<string | null>): Prepared {
  return {
    request,
    deliver: async (): Promise<Delivery> => {
      try {
        return { kind: "sent", url: await send() };
      } catch (error) {
        return deliveryOfGithub(error);
      }
    },
  };
}

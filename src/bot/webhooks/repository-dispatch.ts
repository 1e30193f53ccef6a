import { z } from "zod";
import { parseTime } from "../../config/time.ts";
import { externalIdOf } from "../../github/checks.ts";
import { analysisOfSubject } from "../store/analyses.ts";
import { type AnnounceContext, announceDeploy } from "./announce-deploy.ts";
import type { DeliveryHandler } from "./contract.ts";
import { payloadOf } from "./payload.ts";

const dispatched = z.object({
  client_payload: z
    .looseObject({
      sha: z.string().optional(),
      environment: z.string().min(1).max(255).optional(),
      deployedAt: z.union([z.string(), z.number()]).optional(),
      repository: z.string().optional(),
    })
    .nullish(),
});

const COMMIT = /^[0-9a-f]{40}([0-9a-f]{24})?$/i;

/** Other tools send events of this kind to a repository as well; these two are about deploys. */
const EVENT_TYPES: ReadonlySet<string> = new Set(["deployed", "deploy-impact"]);

/** Events that name no environment are about this one. */
const DEFAULT_ENVIRONMENT = "production";

/** `repository_dispatch`: a deploy that GitHub did not see, told by Argo CD, Flux or a script. */
export function repositoryDispatchHandler(context: AnnounceContext): DeliveryHandler {
  return async (delivery) => {
    const { repository, action, receivedAt } = delivery;
    if (repository === null) return "no repository";
    if (action === null || !EVENT_TYPES.has(action)) return "not about a deploy";
    const sent = payloadOf(delivery, dispatched).client_payload ?? {};
    if (sent.repository !== undefined && sent.repository.toLowerCase() !== repository.repository.toLowerCase())
      return "refused: it names another repository; send it to that one";
    if (sent.sha === undefined || !COMMIT.test(sent.sha)) return "refused: no full commit SHA in `sha`";
    const time = sent.deployedAt === undefined ? { ok: true as const, value: receivedAt } : parseTime(sent.deployedAt);
    if (!time.ok) return "refused: `deployedAt` is not a time";
    const sha = sent.sha.toLowerCase();
    const environment = sent.environment ?? DEFAULT_ENVIRONMENT;
    const subject = externalIdOf(null, sha, environment);
    const known = await analysisOfSubject(context.database, repository, subject);
    if (known !== null && time.value <= known.deployedAt) return "known";
    return announceDeploy(context, repository, {
      environment,
      deploymentId: null,
      sha,
      subject,
      generation: (known?.generation ?? 0) + 1,
      deployedAt: time.value,
      deployedAtSource: "dispatch",
      event: { payload: null, url: null, transient: false, statusAt: null, pullRequests: [] },
      checksBefore: Math.max(known?.checksBefore ?? 0, known?.checkRunId ?? 0),
      at: receivedAt,
    });
  };
}

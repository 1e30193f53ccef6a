import { z } from "zod";
import { checkNameOf, externalIdOf, holdCheck, writeCheck } from "../../github/checks.ts";
import { renderNotApplicable } from "../../report/views/notices.ts";
import type { BotContext } from "../context.ts";
import { namesInUse } from "../store/analyses.ts";
import { addRepository } from "../store/installations.ts";
import type { DeliveryHandler } from "./contract.ts";
import { payloadOf } from "./payload.ts";

const group = z.object({ merge_group: z.object({ head_sha: z.string() }) });

const REASON = "a merge queue deploys nothing; the deploy after the merge is judged";

/** Where nothing was deployed yet, a required check can only have this one's name. */
const DEFAULT_ENVIRONMENT = "production";

/** A required check that never reports stalls the queue: every name that may be required is answered, up to these. */
const MOST_NAMES = 5;

/** `merge_group`: nothing is judged there, and that is said at once. */
export function mergeGroupHandler(context: Pick<BotContext, "database" | "connect" | "settings">): DeliveryHandler {
  return async (delivery) => {
    const { repository, action } = delivery;
    if (repository === null) return "no repository";
    if (action !== "checks_requested") return "no checks requested";
    const sha = payloadOf(delivery, group).merge_group.head_sha;
    await addRepository(context.database, repository, delivery.receivedAt);
    const { environments } = await namesInUse(context.database, repository);
    const connection = await context.connect(repository);
    const api = connection.api(repository.repository);
    const initial = { output: renderNotApplicable(REASON), conclusion: "skipped" as const };
    const names = environments.length === 0 ? [DEFAULT_ENVIRONMENT] : environments.slice(0, MOST_NAMES);
    for (const environment of names) {
      const externalId = externalIdOf(null, sha, environment);
      const key = { sha, name: checkNameOf(environment), externalId, appId: context.settings.appId };
      const held = await holdCheck(api, key, { initial, fresh: false });
      if (held.found !== null) await writeCheck(api, key, held, initial);
    }
    return `not applicable: ${names.join(", ")}`;
  };
}

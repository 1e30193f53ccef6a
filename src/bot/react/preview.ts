import { DeployImpactError } from "../../core/errors.ts";
import type { JsonValue } from "../../core/outcome.ts";
import type { GithubApi } from "../../github/api.ts";
import type { ReactContext } from "./context.ts";
import { prepareIssue } from "./issue.ts";
import type { Occasion } from "./occasion.ts";
import type { PlannedReaction } from "./plan.ts";
import { prepareRollback, rollbackGround } from "./rollback.ts";
import { previewAlert } from "./senders.ts";

/** Exactly what would have been sent; where that cannot be said, why. */
export async function preview(
  context: ReactContext,
  occasion: Occasion,
  { detail, key }: PlannedReaction,
): Promise<JsonValue> {
  const { tenant } = occasion.verdict;
  const connected = async (): Promise<GithubApi> => (await context.connect(tenant)).api(tenant.repository);
  switch (detail.does) {
    case "resolve":
      return null;
    case "alert": {
      const { alert, severity } = detail;
      return alert.to === "github-issue"
        ? prepareIssue(alert.labels, occasion, connected).request
        : previewAlert({ alert, severity, id: key }, occasion, context.now);
    }
    case "rollback": {
      try {
        const api = await connected();
        const ground = await rollbackGround(occasion, api, null);
        if (!ground.ok) return { nothing: ground.why };
        const wanted = { rollback: detail.rollback, id: key, previousSha: ground.previousSha };
        return prepareRollback(wanted, occasion, api).request;
      } catch (error) {
        // A dry run that cannot look is still a dry run.
        if (error instanceof DeployImpactError && !error.retryable) return { nothing: error.message };
        throw error;
      }
    }
  }
}

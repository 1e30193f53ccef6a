import type { BotContext } from "../context.ts";
import type { DeliveryHandlers } from "./contract.ts";
import { deploymentStatusHandler } from "./deployment-status.ts";
import { installationHandler, installationRepositoriesHandler, repositoryHandler } from "./installation.ts";
import { issueCommentHandler } from "./issue-comment.ts";
import { mergeGroupHandler } from "./merge-group.ts";
import { protectionRuleHandler } from "./protection-rule.ts";
import { pushHandler } from "./push.ts";
import { repositoryDispatchHandler } from "./repository-dispatch.ts";
import { requestedActionHandler } from "./requested-action.ts";
import { rerequestedHandler } from "./rerequested.ts";

/** One handler per event of app.yml. */
export function deliveryHandlers(context: BotContext): DeliveryHandlers {
  const rerequested = rerequestedHandler(context);
  const clicked = requestedActionHandler(context);
  return {
    deployment_status: deploymentStatusHandler(context),
    deployment_protection_rule: protectionRuleHandler(context),
    check_run: async (delivery) => {
      if (delivery.action === "requested_action") return clicked(delivery);
      return delivery.action === "rerequested" ? rerequested(delivery) : "nothing to do";
    },
    issue_comment: issueCommentHandler(context),
    merge_group: mergeGroupHandler(context),
    installation: installationHandler(context),
    installation_repositories: installationRepositoriesHandler(context),
    repository: repositoryHandler(context),
    push: pushHandler(context),
    repository_dispatch: repositoryDispatchHandler(context),
  };
}

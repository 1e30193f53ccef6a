import type { BotContext } from "../context.ts";
import type { JobHandler } from "../jobs/contract.ts";
import { removeInstallation, removeRepository } from "../store/installations.ts";
import { forgetDeliveries } from "../store/retention.ts";

/** Deletes everything that an account which removed the App, or one of its repositories, left behind. */
export function forgetJob({ database, log }: Pick<BotContext, "database" | "log">): JobHandler<"forget"> {
  return async ({ installationId, repositoryId }) => {
    await database.transaction(async (inside) => {
      await forgetDeliveries(inside, installationId, repositoryId);
      if (repositoryId === null) await removeInstallation(inside, installationId);
      else await removeRepository(inside, { installationId, repositoryId });
    });
    log.info("Forgotten", { installation: installationId, repositoryId });
  };
}

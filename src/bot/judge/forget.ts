import type { BotContext } from "../context.ts";
import type { JobHandler } from "../jobs/contract.ts";
import { removeInstallation, removeRepository } from "../store/installations.ts";
import { forgetDeliveries } from "../store/retention.ts";

/** The job `forget`: everything that an uninstalled account or a removed repository left. */
export function createForget({ database, log }: Pick<BotContext, "database" | "log">): JobHandler<"forget"> {
  return async ({ installationId, repositoryId }) => {
    await database.transaction(async (inside) => {
      await forgetDeliveries(inside, installationId, repositoryId);
      if (repositoryId === null) await removeInstallation(inside, installationId);
      else await removeRepository(inside, { installationId, repositoryId });
    });
    log.info("Forgotten", { installation: installationId, repository: repositoryId });
  };
}

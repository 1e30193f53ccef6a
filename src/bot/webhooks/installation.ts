import { z } from "zod";
import type { BotContext } from "../context.ts";
import { openAnalyses } from "../store/analysis-changes.ts";
import { addInstallation, addRepository, suspendInstallation } from "../store/installations.ts";
import type { Delivery, DeliveryHandler } from "./contract.ts";
import { payloadOf } from "./payload.ts";

export type InstallationContext = Pick<BotContext, "database" | "queue">;

const listed = z.array(z.object({ id: z.int(), full_name: z.string(), private: z.boolean() }));

const installed = z.object({
  installation: z.object({ id: z.int(), account: z.object({ login: z.string() }).nullish() }),
  repositories: listed.nullish(),
});

const changed = z.object({
  installation: z.object({ id: z.int(), account: z.object({ login: z.string() }).nullish() }),
  repositories_added: listed,
  repositories_removed: z.array(z.object({ id: z.int() })),
});

/** A list of repositories does not say it; their own events do. */
const UNKNOWN_BRANCH = "main";

/** `installation`: known from now on, forgotten, paused, or awake again. */
export function installationHandler({ database, queue }: InstallationContext): DeliveryHandler {
  return async (delivery) => {
    const { action, receivedAt } = delivery;
    const { installation, repositories } = payloadOf(delivery, installed);
    const { id } = installation;
    return database.transaction(async (inside) => {
      switch (action) {
        case "created":
          await addInstallation(inside, { id, account: installation.account?.login ?? String(id) });
          await addRepositories(inside, { id, at: receivedAt }, repositories ?? []);
          return `${repositories?.length ?? 0} repositories`;
        case "deleted": {
          // Nothing more is started for it while its data are being deleted.
          await suspendInstallation(inside, id, receivedAt);
          const options = { key: `${id}`, installationId: id, inside };
          await queue.send("forget", { installationId: id, repositoryId: null }, options);
          return "to be forgotten";
        }
        case "suspend":
          await suspendInstallation(inside, id, receivedAt);
          return "paused";
        case "unsuspend":
          await suspendInstallation(inside, id, null);
          return `${await resume({ database: inside, queue }, id)} analyses go on`;
        default:
          return "nothing to do";
      }
    });
  };
}

async function resume({ database, queue }: InstallationContext, installationId: number): Promise<number> {
  const open = await openAnalyses(database, installationId);
  for (const { id, nextAt } of open) {
    const when = nextAt === null ? {} : { notBefore: nextAt };
    await queue.send("judge", { analysisId: id }, { key: id, installationId, inside: database, ...when });
  }
  return open.length;
}

/** `installation_repositories`: the account chose other repositories for the App. */
export function installationRepositoriesHandler({ database, queue }: InstallationContext): DeliveryHandler {
  return async (delivery) => {
    const said = payloadOf(delivery, changed);
    const { id } = said.installation;
    return database.transaction(async (inside) => {
      await addInstallation(inside, { id, account: said.installation.account?.login ?? String(id) });
      await addRepositories(inside, { id, at: delivery.receivedAt }, said.repositories_added);
      for (const { id: repositoryId } of said.repositories_removed) {
        await queue.send(
          "forget",
          { installationId: id, repositoryId },
          { key: `${id}:${repositoryId}`, installationId: id, inside },
        );
      }
      return `${said.repositories_added.length} added, ${said.repositories_removed.length} to be forgotten`;
    });
  };
}

async function addRepositories(
  database: InstallationContext["database"],
  { id: installationId, at }: { readonly id: number; readonly at: number },
  repositories: z.infer<typeof listed>,
): Promise<void> {
  for (const { id, full_name: repository, private: isPrivate } of repositories) {
    const given = { installationId, repositoryId: id, repository, isPrivate, defaultBranch: UNKNOWN_BRANCH };
    await addRepository(database, given, at);
  }
}

/** `repository`: renamed, transferred, made private or public, another default branch, or gone. */
export function repositoryHandler({ database, queue }: InstallationContext): DeliveryHandler {
  return async ({ repository, action, receivedAt }: Delivery) => {
    if (repository === null) return "no repository";
    const { installationId, repositoryId } = repository;
    return database.transaction(async (inside) => {
      if (action === "deleted") {
        const options = { key: `${installationId}:${repositoryId}`, installationId, inside };
        await queue.send("forget", { installationId, repositoryId }, options);
        return "to be forgotten";
      }
      await addRepository(inside, repository, receivedAt);
      return `now ${repository.repository}, ${repository.isPrivate ? "private" : "public"}`;
    });
  };
}

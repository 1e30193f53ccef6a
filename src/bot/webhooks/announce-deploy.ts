import type { BotContext } from "../context.ts";
import { addAnalysis, type NewAnalysis } from "../store/analyses.ts";
import { openBefore } from "../store/analysis-changes.ts";
import { addRepository, type KnownRepository } from "../store/installations.ts";

export type AnnounceContext = Pick<BotContext, "database" | "queue" | "connect">;

/** Writes a deploy down with the job that announces it, and lets the analyses look whose window it fell into. */
export async function announceDeploy(
  { database, queue }: Pick<AnnounceContext, "database" | "queue">,
  repository: KnownRepository,
  given: NewAnalysis,
): Promise<string> {
  const { installationId } = repository;
  return database.transaction(async (inside) => {
    await addRepository(inside, repository, given.at);
    const id = await addAnalysis(inside, repository, given);
    if (id === null) return "known";
    const touched = await openBefore(inside, repository, given);
    for (const analysisId of [id, ...touched.filter((one) => one !== id)]) {
      await queue.send("judge", { analysisId }, { key: analysisId, installationId, inside });
    }
    return `analysis ${id}`;
  });
}

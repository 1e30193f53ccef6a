import path from "node:path";
import { readOpenChecks } from "../github/state.ts";
import { type ActionPorts, STATE } from "./action-host.ts";
import { didNotFinishNote } from "./judge/notes.ts";
import { warnOf } from "./judge/session.ts";

export type PostPorts = Pick<ActionPorts, "host" | "connect">;

/**
 * The safety net after the job: closes every check that the main process opened and neither finished nor left open on
 * purpose, and removes its files. A check that was registered by an earlier run stays open when this run was only
 * cancelled: the next run finishes it. Never throws and never fails the job: the main process has had the word.
 */
export async function runPost({ host, connect }: PostPorts): Promise<void> {
  try {
    await closeChecks({ host, connect });
  } catch (error) {
    warnOf({ desk: { narrator: host } }, error);
  }
  try {
    await removeFiles(host);
  } catch (error) {
    warnOf({ desk: { narrator: host } }, error);
  }
}

async function closeChecks({ host, connect }: PostPorts): Promise<void> {
  const open = readOpenChecks(host.getState(STATE.openChecks));
  if (open.length === 0) return;
  const cancelled = host.getState(STATE.ended) === "CANCELLED";
  const output = didNotFinishNote(cancelled ? "CANCELLED" : "CRASHED");
  const github = connect(host.input("github-token"));
  for (const { id, repository, registered } of open) {
    if (cancelled && registered) {
      host.info(`Check run ${id} stays open: a later run finishes it.`);
      continue;
    }
    try {
      await github.api(repository).updateCheckRun(id, { output, conclusion: cancelled ? "cancelled" : "neutral" });
      host.info(`${output.title}: closed check run ${id}.`);
    } catch (error) {
      warnOf({ desk: { narrator: host } }, error);
    }
  }
}

/** Only what we made: a result at a path that the user chose stays. */
async function removeFiles(host: PostPorts["host"]): Promise<void> {
  const folder = host.getState(STATE.folder);
  const inside = path.relative(host.tempFolder, folder);
  if (folder === "" || inside === "" || inside.startsWith("..") || path.isAbsolute(inside)) return;
  await host.removeFolder(folder);
}

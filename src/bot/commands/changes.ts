import { formatDuration } from "../../config/duration.ts";
import { loadConfig } from "../../config/load.ts";
import { GIVE_UP_SECONDS } from "../../github/limits.ts";
import type { BotContext } from "../context.ts";
import { confirmRollback } from "../react/confirm.ts";
import { addAmendment, amendmentsOf } from "../store/amendments.ts";
import type { Analysis } from "../store/analyses.ts";
import { changeAnalysis, planLook } from "../store/analysis-changes.ts";
import type { Database } from "../store/database.ts";
import { latestVerdict, setConclusion } from "../store/verdicts.ts";
import { amendedConfig, longestPost } from "./plan-changes.ts";

/** What people may change, the same for comments and buttons. Each request counts once, however often it arrives. */

export type ChangeContext = Pick<BotContext, "database" | "queue">;

export interface Asker {
  readonly actor: string;
  /** The comment or the click that asked. */
  readonly origin: string;
  /** Epoch seconds. */
  readonly at: number;
}

/** Refusals are sentences of ours; nothing that somebody wrote is in them. */
export type Changed = { readonly kind: "done" } | { readonly kind: "refused"; readonly why: string };

const DONE: Changed = { kind: "done" };
const refused = (why: string): Changed => ({ kind: "refused", why });

const isOpen = ({ state }: Analysis): boolean => state === "announced" || state === "waiting";

/** Once more with the same plan. One that still waits is only looked at now, and its plan is as it was. */
export async function rerun({ database, queue }: ChangeContext, analysis: Analysis, asker: Asker): Promise<Changed> {
  const { actor, origin, at } = asker;
  return database.transaction(async (inside) => {
    if (!isOpen(analysis)) {
      const amendment = { kind: "rerun", actor, at } as const;
      const isNew = await addAmendment(inside, analysis.tenant, { analysisId: analysis.id, amendment, origin });
      if (!isNew) return DONE;
    }
    return lookAgain({ queue, inside }, analysis, at);
  });
}

async function lookAgain(
  { queue, inside }: { readonly queue: BotContext["queue"]; readonly inside: Database },
  { id, tenant }: Analysis,
  at: number,
): Promise<Changed> {
  await planLook(inside, tenant, id, at);
  await queue.send("judge", { analysisId: id }, { key: id, installationId: tenant.installationId, inside });
  return DONE;
}

/** Seconds more, or seconds in all; rounded up to whole steps. */
export type Extension = { readonly by: number } | { readonly to: number };

/** The post window becomes longer. Whether somebody had seen a verdict by then is written down for ever. */
export async function extend(
  { database, queue }: ChangeContext,
  analysis: Analysis,
  extension: Extension,
  { actor, origin, at }: Asker,
): Promise<Changed> {
  const { id, tenant, config, environment, state, deployedAt } = analysis;
  if (state === "overtaken")
    return refused("A newer deploy came inside the window, so a longer one would mix the two.");
  if (config === null) return refused("The plan is not written down yet; ask again when the check shows it.");
  const announced = loadConfig({ text: config.text, file: config.path, environment });
  return database.transaction(async (inside) => {
    const planned = amendedConfig(announced, await amendmentsOf(inside, tenant, id));
    const from = longestPost(planned);
    const step = Math.max(...planned.services.map(({ windows }) => windows.step));
    const wanted = "to" in extension ? extension.to : from + extension.by;
    const to = Math.ceil(wanted / step) * step;
    if (to <= from) return DONE;
    const settle = Math.max(...planned.services.map(({ windows }) => windows.settle));
    if (deployedAt + settle + to - at > LONGEST_WAIT) return refused(TOO_LONG);
    const sawResult = (await latestVerdict(inside, tenant, id)) !== null;
    const amendment = { kind: "extend", actor, at, from, to, sawResult } as const;
    const isNew = await addAmendment(inside, tenant, { analysisId: id, amendment, origin });
    return isNew ? lookAgain({ queue, inside }, analysis, at) : DONE;
  });
}

/** A check must be closed before GitHub calls it stale; a day is left for sources that are late. */
const LONGEST_WAIT = GIVE_UP_SECONDS - 86_400;
const TOO_LONG = `The window would end more than ${formatDuration(Math.floor(LONGEST_WAIT / 86_400) * 86_400)} from now, and a check cannot stay open that long.`;

/** The verdict stays, and no longer fails its check. The stored one is published again; nothing is judged again. */
export async function acknowledge(
  { database, queue }: ChangeContext,
  analysis: Analysis,
  reason: string,
  { actor, origin, at }: Asker,
): Promise<Changed> {
  const { id, tenant } = analysis;
  if (isOpen(analysis)) return refused("There is no verdict yet; acknowledge it when it is there.");
  return database.transaction(async (inside) => {
    const verdict = await latestVerdict(inside, tenant, id);
    if (verdict === null) return refused("There is no verdict to acknowledge.");
    const amendment = { kind: "acknowledge", actor, at, reason } as const;
    const isNew = await addAmendment(inside, tenant, { analysisId: id, amendment, origin });
    if (!isNew) return DONE;
    if (verdict.conclusion === "failure") await setConclusion(inside, tenant, verdict.id, "neutral");
    await changeAnalysis(inside, analysis, { state: "waiting", publishing: verdict.id, nextAt: at, finishedAt: null });
    await queue.send("judge", { analysisId: id }, { key: id, installationId: tenant.installationId, inside });
    return DONE;
  });
}

/** The rollback that waits for somebody to say so. Whether a newer deploy came is looked at when it starts. */
export async function startRollback(
  { database, queue }: ChangeContext,
  analysis: Analysis,
  { actor, at }: Asker,
): Promise<Changed> {
  return database.transaction(async (inside) => {
    const confirmation = await confirmRollback(inside, queue, analysis, { actor, at });
    return confirmation.kind === "refused" ? confirmation : DONE;
  });
}

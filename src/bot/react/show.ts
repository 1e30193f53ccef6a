import { loadConfig } from "../../config/load.ts";
import { DeployImpactError } from "../../core/errors.ts";
import type { GithubApi } from "../../github/api.ts";
import { checkNameOf } from "../../github/checks.ts";
import { findComment } from "../../github/comments.ts";
import { isAcknowledged } from "../../report/amendments.ts";
import { commentMarker } from "../../report/marker.ts";
import { REACTIONS_END, REACTIONS_START, reactions as reactionsBlock } from "../../report/views/blocks.ts";
import { CHECK_FIELD_LIMIT, COMMENT_LIMIT } from "../../report/views/fit.ts";
import { checkButtons } from "../commands/buttons.ts";
import { amendedConfig, longestPost } from "../commands/plan-changes.ts";
import type { BotContext } from "../context.ts";
import { amendmentsOf } from "../store/amendments.ts";
import { type Analysis, findAnalysis } from "../store/analyses.ts";
import { reactionsOf } from "../store/reactions.ts";
import type { StoredVerdict } from "../store/verdicts.ts";
import { reactionModels } from "./notes.ts";

export type ShowContext = Pick<BotContext, "database" | "connect" | "log">;

type ShowPort = Pick<GithubApi, "listCheckRuns" | "updateCheckRun" | "listComments" | "updateComment">;

/**
 * Writes what was done onto the check and the comment that stand already: their block of reactions is replaced, every
 * other word stays. A failure is logged and costs nothing, because the reactions themselves are in the store; only a
 * rate limit is thrown, for who can come back after it.
 */
export async function showReactions(context: ShowContext, verdict: StoredVerdict): Promise<void> {
  try {
    const analysis = await findAnalysis(context.database, verdict.tenant, verdict.analysisId);
    const done = await reactionsOf(context.database, verdict.tenant, verdict.id);
    if (analysis === null || analysis.checkRunId === null || done.length === 0) return;
    const block = reactionsBlock({ reactions: reactionModels(done) }) ?? "";
    const api = (await context.connect(verdict.tenant)).api(verdict.tenant.repository);
    const waits = done.some(({ kind, state }) => kind === "rollback" && state === "awaiting-click");
    const slug = await showOnCheck(context, { verdict, analysis, block, waits }, api);
    if (slug !== null) await showOnComments(verdict, analysis, { block, login: `${slug}[bot]` }, api);
  } catch (error) {
    // It passes, and the queue knows when.
    if (error instanceof DeployImpactError && error.code === "GITHUB_RATE_LIMITED") throw error;
    context.log.warning("What was done could not be shown on GitHub", { verdict: verdict.id, error: String(error) });
  }
}

interface Shown {
  readonly verdict: StoredVerdict;
  readonly analysis: Analysis;
  readonly block: string;
  readonly waits: boolean;
}

/** Name of the App in the addresses of GitHub; null: the check is gone, or speaks of another verdict. */
async function showOnCheck(
  { database }: Pick<ShowContext, "database">,
  { verdict, analysis, block, waits }: Shown,
  api: Pick<ShowPort, "listCheckRuns" | "updateCheckRun">,
): Promise<string | null> {
  const runs = await api.listCheckRuns({ ref: verdict.sha, name: checkNameOf(verdict.environment) });
  const run = runs.find(({ id }) => id === analysis.checkRunId);
  if (run === undefined || !run.completed || run.title === null || run.summary === null) return null;
  const conclusion = CONCLUSIONS.find((one) => one === run.conclusion);
  if (conclusion === undefined) return null;
  const summary = withBlock(run.summary, block);
  const actions = await buttonsOf(database, analysis, { conclusion, waits });
  if (summary.length <= CHECK_FIELD_LIMIT) {
    const { title, text } = run;
    await api.updateCheckRun(run.id, {
      output: { title, summary, ...(text === null ? {} : { text }) },
      conclusion,
      actions,
    });
  }
  return run.appSlug;
}

const CONCLUSIONS = ["success", "failure", "neutral", "skipped", "cancelled"] as const;

async function buttonsOf(
  database: ShowContext["database"],
  analysis: Analysis,
  { conclusion, waits }: { readonly conclusion: (typeof CONCLUSIONS)[number]; readonly waits: boolean },
): Promise<ReturnType<typeof checkButtons>> {
  const amendments = await amendmentsOf(database, analysis.tenant, analysis.id);
  const { config } = analysis;
  const { environment } = analysis;
  const post =
    config === null
      ? null
      : longestPost(amendedConfig(loadConfig({ text: config.text, file: config.path, environment }), amendments));
  return checkButtons({ conclusion, post, acknowledged: isAcknowledged(amendments), rollbackWaits: waits });
}

async function showOnComments(
  verdict: StoredVerdict,
  analysis: Analysis,
  { block, login }: { readonly block: string; readonly login: string },
  api: Pick<ShowPort, "listComments" | "updateComment">,
): Promise<void> {
  const marker = commentMarker(verdict.environment);
  for (const pullRequest of analysis.registered?.pullRequests ?? analysis.event.pullRequests) {
    const comment = await findComment(api, { pullRequest, marker, login });
    // The comment of the environment may speak of another deploy by now.
    if (comment === null || !comment.body.includes(verdict.sha.slice(0, 7))) continue;
    const body = withBlock(comment.body, block);
    if (body !== comment.body && body.length <= COMMENT_LIMIT) await api.updateComment(comment.id, body);
  }
}

/** The text with its block of reactions replaced, or put in front of what is folded. */
export function withBlock(text: string, block: string): string {
  const start = text.indexOf(REACTIONS_START);
  const end = text.indexOf(REACTIONS_END, start);
  if (start >= 0 && end >= 0) return `${text.slice(0, start)}${block}${text.slice(end + REACTIONS_END.length)}`;
  const folded = text.search(/<details>|<sub>(?![\s\S]*<details>)/);
  if (folded < 0) return `${text.trimEnd()}\n\n${block}\n`;
  return `${text.slice(0, folded)}${block}\n\n${text.slice(folded)}`;
}

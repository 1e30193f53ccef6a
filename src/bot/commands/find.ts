import { DeployImpactError } from "../../core/errors.ts";
import type { GithubApi } from "../../github/api.ts";
import { type Analysis, findAnalysis, listAnalyses } from "../store/analyses.ts";
import type { Database } from "../store/database.ts";
import type { Tenant } from "../tenant.ts";

/** Where a command was written. */
export interface Conversation {
  readonly number: number;
  readonly isPullRequest: boolean;
  /** Address of the page. */
  readonly url: string;
}

/** Analyses that are looked through; older deploys of one pull request have newer ones of the same environment. */
const MOST = 50;

/**
 * The newest analysis of every environment that a conversation is about: a pull request that was deployed, or an issue
 * that an alert of ours opened. Newest first; empty: we know of none.
 */
export async function analysesOf(
  database: Database,
  api: Pick<GithubApi, "getPullRequest">,
  tenant: Tenant,
  conversation: Conversation,
): Promise<readonly Analysis[]> {
  const found = conversation.isPullRequest
    ? await ofPullRequest(database, api, tenant, conversation.number)
    : await ofAlert(database, tenant, conversation.url);
  const seen = new Set<string>();
  return found.filter(({ environment }) => !seen.has(environment) && seen.add(environment));
}

/** By the pull request that was found for the deploy; one that is not announced yet is found by its commit. */
async function ofPullRequest(
  database: Database,
  api: Pick<GithubApi, "getPullRequest">,
  tenant: Tenant,
  pullRequest: number,
): Promise<readonly Analysis[]> {
  const known = await listAnalyses(database, tenant, { pullRequest }, MOST);
  if (known.length > 0) return known;
  const shas = await commitsOf(api, pullRequest);
  const lists = await Promise.all(shas.map((sha) => listAnalyses(database, tenant, { sha }, MOST)));
  return lists.flat().toSorted((a, b) => b.deployedAt - a.deployedAt);
}

async function commitsOf(api: Pick<GithubApi, "getPullRequest">, number: number): Promise<readonly string[]> {
  try {
    const { mergeCommitSha, headSha, merged } = await api.getPullRequest(number);
    return [...(merged && mergeCommitSha !== null ? [mergeCommitSha] : []), headSha];
  } catch (error) {
    if (error instanceof DeployImpactError && error.code === "GITHUB_NOT_FOUND") return [];
    throw error;
  }
}

async function ofAlert(database: Database, tenant: Tenant, url: string): Promise<readonly Analysis[]> {
  const [row] = await database.query<{ id: string }>(
    `select verdicts.analysis_id as id from reactions join verdicts on verdicts.id = reactions.verdict_id
     where reactions.installation_id = $1 and reactions.repository_id = $2 and reactions.url = $3
     order by reactions.created_at desc limit 1`,
    [tenant.installationId, tenant.repositoryId, url],
  );
  const analysis = row === undefined ? null : await findAnalysis(database, tenant, row.id);
  return analysis === null ? [] : [analysis];
}

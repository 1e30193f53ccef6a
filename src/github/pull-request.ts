import { DeployImpactError } from "../core/errors.ts";
import type { GithubApi } from "./api.ts";
import {
  BATCH_COMMENTS,
  COMPARE_COMMITS,
  COMPARE_FILES,
  INDEX_DELAY_SECONDS,
  INDEX_FRESH_SECONDS,
  PAGE_SIZE,
} from "./limits.ts";
import type { CommitRecord, ComparisonRecord, PullRequestRecord } from "./records.ts";

/** What a deploy consisted of. */
export interface DeployContent {
  /** Pull requests in this deploy, the deployed commit's own first. */
  readonly pullRequests: readonly number[];
  /** One sentence that says how they were found, or why there is none. */
  readonly how: string;
  /** The deployed commit is older than what was deployed before. */
  readonly rollback: boolean;
  /** null: not known. */
  readonly changedPaths: readonly string[] | null;
}

export interface ContentQuestion {
  readonly sha: string;
  /** The input `pull-request`. */
  readonly requested: number | null;
  /** From the event itself. */
  readonly fromEvent: readonly number[];
  readonly previousSha: string | null;
  /** Epoch seconds. */
  readonly now: number;
  /** Pauses while a merge is not in the index yet, seconds; left out: about a minute together. */
  readonly delays?: readonly number[];
}

export type ContentPort = Pick<
  GithubApi,
  | "repository"
  | "remaining"
  | "compare"
  | "getCommit"
  | "getPullRequest"
  | "listPullRequestsOfCommit"
  | "listClosedPullRequests"
  | "listPullRequestFiles"
>;

type Sleep = (ms: number) => Promise<void>;

/** Requests that the rest of the run needs: check list, create, update, comments. */
const RESERVED_REQUESTS = 6;

export async function findDeployContent(
  api: ContentPort,
  question: ContentQuestion,
  sleep: Sleep,
): Promise<DeployContent> {
  const comparison = await comparisonWith(api, question);
  if (comparison?.status === "behind") {
    const how = "This is a rollback: the commit is older than what was deployed before, so no pull request is named.";
    const pullRequests = question.requested === null ? [] : [question.requested];
    return { pullRequests, how, rollback: true, changedPaths: knownPaths(comparison) };
  }
  const named = namedPullRequests(question);
  if (named !== null) {
    const changedPaths = knownPaths(comparison) ?? (await pathsOf(api, named.pullRequests));
    return { ...named, rollback: false, changedPaths };
  }
  const own = await pullRequestOfCommit(api, question, comparison, sleep);
  const batch = await pullRequestsOfBatch(api, comparison, own);
  const changedPaths = knownPaths(comparison) ?? (await pathsOf(api, own === null ? [] : [own]));
  return { pullRequests: batch, how: sentence(own, batch), rollback: false, changedPaths };
}

function namedPullRequests(question: ContentQuestion): Pick<DeployContent, "pullRequests" | "how"> | null {
  if (question.requested !== null) {
    return { pullRequests: [question.requested], how: "The input `pull-request` names the pull request." };
  }
  if (question.fromEvent.length > 0) {
    return { pullRequests: question.fromEvent, how: "The event names the pull request." };
  }
  return null;
}

function sentence(own: number | null, batch: readonly number[]): string {
  if (batch.length === 0) return "No pull request was found for the deployed commit; it was probably pushed directly.";
  if (batch.length === 1) {
    return own === null
      ? "The only pull request since the previous deployment."
      : "The pull request that introduced the deployed commit.";
  }
  return `${batch.length} pull requests since the previous deployment.`;
}

/** null: nothing to compare with, or the two commits have no common history (force push, another repository). */
async function comparisonWith(
  api: ContentPort,
  { previousSha, sha }: ContentQuestion,
): Promise<ComparisonRecord | null> {
  if (previousSha === null || previousSha === sha) return null;
  try {
    return await api.compare(previousSha, sha);
  } catch (error) {
    if (error instanceof DeployImpactError && error.code === "GITHUB_NOT_FOUND") return null;
    throw error;
  }
}

/** A full list may be cut off, so it proves nothing about the files that are not in it. */
function knownPaths(comparison: ComparisonRecord | null): readonly string[] | null {
  return comparison === null || comparison.fileCount >= COMPARE_FILES ? null : comparison.files;
}

async function pathsOf(api: ContentPort, pullRequests: readonly number[]): Promise<readonly string[] | null> {
  const [only, ...more] = pullRequests;
  if (only === undefined || more.length > 0 || api.remaining() <= RESERVED_REQUESTS) return null;
  try {
    const files = await api.listPullRequestFiles(only);
    return files.length >= PAGE_SIZE ? null : files;
  } catch {
    return null;
  }
}

async function pullRequestOfCommit(
  api: ContentPort,
  question: ContentQuestion,
  comparison: ComparisonRecord | null,
  sleep: Sleep,
): Promise<number | null> {
  const { sha } = question;
  const indexed = pick(api, sha, await api.listPullRequestsOfCommit(sha));
  if (indexed !== null) return indexed;
  const commit = await commitOf(api, sha, comparison);
  if (isFresh(commit, question.now)) {
    for (const seconds of question.delays ?? INDEX_DELAY_SECONDS) {
      if (api.remaining() <= RESERVED_REQUESTS) break;
      await sleep(seconds * 1000);
      const found = pick(api, sha, await api.listPullRequestsOfCommit(sha));
      if (found !== null) return found;
    }
  }
  return commit === null ? null : verifiedFromMessage(api, commit);
}

async function commitOf(
  api: ContentPort,
  sha: string,
  comparison: ComparisonRecord | null,
): Promise<CommitRecord | null> {
  const compared = comparison?.commits.find((commit) => commit.sha === sha);
  if (compared !== undefined) return compared;
  try {
    return await api.getCommit(sha);
  } catch {
    return null;
  }
}

function isFresh(commit: CommitRecord | null, now: number): boolean {
  return commit?.committedAt != null && now - commit.committedAt < INDEX_FRESH_SECONDS;
}

/** The endpoint may return several, also of other repositories; the merge commit decides, then the head, then being alone. */
function pick(api: Pick<GithubApi, "repository">, sha: string, found: readonly PullRequestRecord[]): number | null {
  const ours = found.filter((one) => one.baseRepository.toLowerCase() === api.repository.toLowerCase());
  const merged = ours.find((one) => one.merged && one.mergeCommitSha === sha);
  const head = ours.find((one) => one.headSha === sha);
  const alone = ours.length === 1 ? ours[0] : undefined;
  return (merged ?? head ?? alone)?.number ?? null;
}

/** Numbers that merge and squash commits carry in their first line. */
export function numbersInMessage(message: string): number[] {
  const [first = ""] = message.split("\n");
  const squash = /\(#(\d{1,9})\)\s*$/.exec(first);
  const merge = /^Merge pull request #(\d{1,9})\b/.exec(first);
  return [squash, merge].flatMap((match) => (match?.[1] === undefined ? [] : [Number(match[1])]));
}

/** A message can say anything; only the pull request's own merge commit proves it. */
async function verifiedFromMessage(api: ContentPort, commit: CommitRecord): Promise<number | null> {
  for (const number of numbersInMessage(commit.message)) {
    if (api.remaining() <= RESERVED_REQUESTS) return null;
    try {
      const candidate = await api.getPullRequest(number);
      if (candidate.merged && candidate.mergeCommitSha === commit.sha) return number;
    } catch {
      // No such pull request: the number was only text.
    }
  }
  return null;
}

/**
 * All pull requests between the previous deployment and this one, from one request: the latest closed ones whose merge
 * commit is among the compared commits. Numbers in messages that this page does not hold are verified one by one while
 * the budget lasts.
 */
async function pullRequestsOfBatch(
  api: ContentPort,
  comparison: ComparisonRecord | null,
  own: number | null,
): Promise<number[]> {
  const found = own === null ? [] : [own];
  const commits = comparison?.commits.slice(-COMPARE_COMMITS) ?? [];
  if (commits.length <= 1 || api.remaining() <= RESERVED_REQUESTS) return found;
  const shas = new Set(commits.map((commit) => commit.sha));
  const closed = await api.listClosedPullRequests();
  const isPart = (one: PullRequestRecord) => one.merged && one.mergeCommitSha !== null && shas.has(one.mergeCommitSha);
  const members = new Set([...found, ...closed.filter(isPart).map((one) => one.number)]);
  const listed = new Set(closed.map((one) => one.number));
  const unlisted = commits.filter((commit) => numbersInMessage(commit.message).some((number) => !listed.has(number)));
  for (const commit of unlisted.slice(0, BATCH_COMMENTS)) {
    const number = await verifiedFromMessage(api, commit);
    if (number !== null) members.add(number);
  }
  return [...members];
}

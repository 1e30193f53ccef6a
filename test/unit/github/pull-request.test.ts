import { expect, test } from "vitest";
import { DeployImpactError } from "../../../src/core/errors.ts";
import {
  type ContentPort,
  type ContentQuestion,
  findDeployContent,
  numbersInMessage,
} from "../../../src/github/pull-request.ts";
import type { CommitRecord, ComparisonRecord, PullRequestRecord } from "../../../src/github/records.ts";

const SHA = "a".repeat(40);
const PREVIOUS = "b".repeat(40);
const NOW = 1_795_000_000;

const pull = (number: number, more: Partial<PullRequestRecord> = {}): PullRequestRecord => ({
  number,
  merged: true,
  mergeCommitSha: SHA,
  headSha: "c".repeat(40),
  baseRepository: "acme/shop",
  ...more,
});

const commit = (sha: string, message: string, age = 3600): CommitRecord => ({ sha, message, committedAt: NOW - age });

const ahead = (commits: readonly CommitRecord[], files: readonly string[] = ["src/a.ts"]): ComparisonRecord => ({
  status: "ahead",
  totalCommits: commits.length,
  commits,
  files,
  fileCount: files.length,
});

interface World {
  readonly comparison?: ComparisonRecord;
  readonly commit?: CommitRecord;
  readonly indexed?: readonly PullRequestRecord[];
  /** The index answers from this request on. */
  readonly indexedFrom?: number;
  readonly closed?: readonly PullRequestRecord[];
  readonly budget?: number;
}

function port(world: World): { readonly api: ContentPort; readonly calls: string[] } {
  const calls: string[] = [];
  const say = <T>(name: string, value: T | undefined): Promise<T> => {
    calls.push(name);
    return value === undefined
      ? Promise.reject(new DeployImpactError("GITHUB_NOT_FOUND", "none", { hint: "none" }))
      : Promise.resolve(value);
  };
  const api: ContentPort = {
    repository: "acme/shop",
    remaining: () => (world.budget ?? 14) - calls.length,
    compare: () => say("compare", world.comparison),
    getCommit: () => say("commit", world.commit),
    getPullRequest: (number) =>
      say(
        `pull ${number}`,
        (world.closed ?? []).find((one) => one.number === number),
      ),
    listPullRequestsOfCommit: () => {
      const asked = calls.filter((call) => call === "index").length + 1;
      return say("index", [...(asked >= (world.indexedFrom ?? 1) ? (world.indexed ?? []) : [])]);
    },
    listClosedPullRequests: () => say("closed", [...(world.closed ?? [])]),
    listPullRequestFiles: () => say("files", ["src/b.ts"]),
  };
  return { api, calls };
}

async function find(world: World, question: Partial<ContentQuestion> = {}) {
  const { api, calls } = port(world);
  const sleeps: number[] = [];
  const content = await findDeployContent(
    api,
    { sha: SHA, requested: null, fromEvent: [], previousSha: null, now: NOW, ...question },
    async (ms) => {
      sleeps.push(ms);
    },
  );
  return { ...content, calls, sleeps };
}

test("squash or merge commit: the pull request whose merge commit was deployed", async () => {
  const found = await find({ indexed: [pull(8, { mergeCommitSha: PREVIOUS }), pull(7)] });
  expect(found.pullRequests).toEqual([7]);
  expect(found.changedPaths).toEqual(["src/b.ts"]);
});

test("rebase: the last rebased commit is the merge commit; a commit in the middle has one candidate", async () => {
  expect((await find({ indexed: [pull(7)] })).pullRequests).toEqual([7]);
  expect((await find({ indexed: [pull(7, { mergeCommitSha: PREVIOUS })] })).pullRequests).toEqual([7]);
});

test("a branch deploy: the open pull request whose head was deployed", async () => {
  const open = pull(9, { merged: false, mergeCommitSha: "d".repeat(40), headSha: SHA });
  expect((await find({ indexed: [pull(3, { mergeCommitSha: null, merged: false }), open] })).pullRequests).toEqual([9]);
});

test("pull requests of other repositories are dropped", async () => {
  const foreign = pull(7, { baseRepository: "stranger/shop" });
  expect((await find({ indexed: [foreign], commit: commit(SHA, "x") })).pullRequests).toEqual([]);
});

test("direct push: none, at once, plainly said", async () => {
  const found = await find({ commit: commit(SHA, "hotfix") });
  expect(found.pullRequests).toEqual([]);
  expect(found.sleeps).toEqual([]);
  expect(found.how).toContain("pushed directly");
});

test("index delay after a merge is survived: up to three more looks within a minute", async () => {
  const found = await find({ commit: commit(SHA, "Faster (#7)", 5), indexed: [pull(7)], indexedFrom: 3 });
  expect(found.pullRequests).toEqual([7]);
  expect(found.sleeps).toEqual([10_000, 20_000]);
});

test("when the index stays empty, a number in the message counts only if its pull request proves it", async () => {
  const fresh = commit(SHA, "Faster checkout (#7)\n\nsee (#9)", 5);
  expect((await find({ commit: fresh, closed: [pull(7)] })).pullRequests).toEqual([7]);
  expect((await find({ commit: fresh, closed: [pull(7, { mergeCommitSha: PREVIOUS })] })).pullRequests).toEqual([]);
  expect((await find({ commit: fresh })).sleeps).toEqual([10_000, 20_000, 30_000]);
});

test("the number is read from the first line only", () => {
  expect(numbersInMessage("Faster checkout (#12)")).toEqual([12]);
  expect(numbersInMessage("Merge pull request #34 from acme/x\n\nbody (#9)")).toEqual([34]);
  expect(numbersInMessage('Revert "Faster (#12)"\n\n(#13)')).toEqual([]);
  expect(numbersInMessage('Revert "Faster (#12)" (#13)')).toEqual([13]);
});

test("a revert is named by its own pull request, not by the one it reverts", async () => {
  const revert = commit(SHA, 'Revert "Faster (#7)" (#8)', 7200);
  expect((await find({ commit: revert, indexed: [], closed: [pull(7), pull(8)] })).pullRequests).toEqual([8]);
});

test("a rollback names no pull request", async () => {
  const behind: ComparisonRecord = { ...ahead([]), status: "behind" };
  const found = await find({ comparison: behind, indexed: [pull(7)] }, { previousSha: PREVIOUS });
  expect(found).toMatchObject({ pullRequests: [], rollback: true });
  expect(found.calls).toEqual(["compare"]);
});

test("a batch of twelve is found with two requests beside the commit's own, direct pushes left out", async () => {
  const shas = Array.from({ length: 12 }, (_, index) =>
    index === 11 ? SHA : (index + 1).toString(16).repeat(40).slice(0, 40),
  );
  const commits = [
    commit("e".repeat(40), "direct push"),
    ...shas.map((sha, index) => commit(sha, `Change ${index + 1}`)),
  ];
  const closed = shas.map((sha, index) => pull(index + 1, { mergeCommitSha: sha }));
  const others = [pull(99, { mergeCommitSha: "f".repeat(40) }), pull(98, { merged: false })];
  const found = await find(
    { comparison: ahead(commits), indexed: [pull(12)], closed: [...others, ...closed] },
    { previousSha: PREVIOUS },
  );
  expect(found.pullRequests[0]).toBe(12);
  expect([...found.pullRequests].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(found.calls).toEqual(["compare", "index", "closed"]);
});

test("an input or the event names the pull request without a look-up", async () => {
  expect((await find({}, { requested: 5, fromEvent: [6] })).pullRequests).toEqual([5]);
  const fromEvent = await find({}, { fromEvent: [6] });
  expect(fromEvent.pullRequests).toEqual([6]);
  expect(fromEvent.calls).toEqual(["files"]);
});

test("a list of files that may be cut off is not known at all, so every service is analysed", async () => {
  const files = Array.from({ length: 300 }, (_, index) => `f${index}`);
  const found = await find({ comparison: ahead([commit(SHA, "x")], files), indexed: [] }, { previousSha: PREVIOUS });
  expect(found.changedPaths).toBeNull();
});

test("look-ups stop when the requests that the check and the comment need are all that is left", async () => {
  const found = await find({ commit: commit(SHA, "Faster (#7)", 5), indexed: [], closed: [pull(7)], budget: 8 });
  expect(found.pullRequests).toEqual([]);
  expect(found.sleeps).toEqual([]);
});

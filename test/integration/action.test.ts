import { afterEach, expect, test } from "vitest";
import type { ResultDocument } from "../../src/core/result.ts";
import { OUTPUTS } from "../../src/github/action-contract.ts";
import { DOCUMENTS } from "../surfaces/documents.ts";
import {
  CONFIG,
  CONFIG_PATH,
  DEPLOYED_AT,
  deployment,
  deploymentStatus,
  postAfter,
  postOf,
  type RunOptions,
  type RunRecord,
  runOn,
  SHA,
} from "./action-harness.ts";
import { type GithubStandIn, type GithubState, startGithub } from "./github-stand-in.ts";

const HOUR = 3_600_000;
const open: GithubStandIn[] = [];

afterEach(async () => {
  for (const github of open.splice(0)) {
    await github.close();
    expect(github.violations).toEqual([]);
  }
});

const MERGED = { number: 77, mergeSha: SHA, headSha: "c".repeat(40) };

async function github(more: Partial<GithubState> = {}): Promise<GithubStandIn> {
  const started = await startGithub({
    files: { [CONFIG_PATH]: CONFIG },
    deployments: [deployment()],
    pullRequests: [MERGED],
    commits: [{ sha: SHA, message: "Faster checkout (#77)", at: new Date(DEPLOYED_AT - HOUR).toISOString() }],
    ...more,
  });
  open.push(started);
  return started;
}

function deliver(on: GithubStandIn, options: RunOptions = {}): Promise<RunRecord> {
  return runOn(on, { payload: deploymentStatus(deployment()), document: DOCUMENTS.regression, ...options });
}

function onlyCheck(on: GithubStandIn) {
  expect(on.state.checks).toHaveLength(1);
  const { fields, headSha } = on.state.checks[0] ?? { fields: {}, headSha: "" };
  return {
    headSha,
    ...(fields as {
      name: string;
      status: string;
      conclusion?: string;
      external_id: string;
      output: { title: string; summary: string; text?: string };
    }),
  };
}

/** Every output is set, whatever happened. */
function expectAllOutputs(run: RunRecord): void {
  expect(Object.keys(run.outputs).sort()).toEqual(Object.keys(OUTPUTS).sort());
  expect(run.info.at(-1)).toMatch(/^GitHub API requests: \d+ of 15$/);
  expect(run.info[0]).toContain("deploy-impact 1.4.0");
}

test("a regression: one failed check on the deployed commit, one comment, all outputs, a red step", async () => {
  const on = await github();
  const run = await deliver(on);
  const check = onlyCheck(on);
  expect(check).toMatchObject({
    headSha: SHA,
    name: "Deploy impact / production",
    external_id: "di1:1234567:production",
    status: "completed",
    conclusion: "failure",
  });
  expect(check.output.title).toMatch(/^Regression: /);
  expect(on.state.comments).toHaveLength(1);
  expect(on.state.comments[0]).toMatchObject({ issue: 77, login: "github-actions[bot]" });
  expect(on.state.comments[0]?.body).toMatch(/^<!-- deploy-impact:v1 env=production -->\n/);
  expect(run.outputs).toMatchObject({
    verdict: "regression",
    conclusion: "failure",
    "pull-request": "77",
    "check-run-id": "7000",
    "comment-id": "901",
  });
  expect(JSON.parse(run.outputs.result ?? "")).toMatchObject({ schemaVersion: 1, verdict: "regression" });
  expect(run.failed).toBe(true);
  expect(run.summary.join("")).toContain("Regression");
  expect(Object.keys(run.written)).toEqual([run.outputs["result-path"]]);
  expectAllOutputs(run);
});

test("the check is in progress with the plan before the metrics are read", async () => {
  const on = await github();
  let during: string | undefined;
  await deliver(on, {
    document: async () => {
      during = `${onlyCheck(on).status}: ${onlyCheck(on).output.summary}`;
      return DOCUMENTS["no-impact"];
    },
  });
  expect(during).toMatch(/^in_progress: .*Treated: zone: eu-1, eu-2.*error rate/is);
  expect(onlyCheck(on).conclusion).toBe("success");
});

test("two identical deliveries leave one check, one comment and no extra write", async () => {
  const on = await github();
  await deliver(on);
  const writes = on.writes().length;
  const second = await deliver(on, { runId: "43", now: DEPLOYED_AT + 3 * HOUR });
  expect(on.writes()).toHaveLength(writes);
  expect(on.state.checks).toHaveLength(1);
  expect(on.state.comments).toHaveLength(1);
  expect(second.outputs).toMatchObject({ verdict: "regression", "check-run-id": "7000", "comment-id": "901" });
});

test("a success status that a tool repeats is no second deploy", async () => {
  const on = await github();
  await deliver(on);
  const writes = on.writes().length;
  const again = DEPLOYED_AT + 3 * HOUR;
  const statuses = [DEPLOYED_AT, again].map((at) => ({ state: "success", at: new Date(at).toISOString() }));
  on.state.deployments[0] = deployment({ statuses });
  const run = await deliver(on, { payload: deploymentStatus(deployment(), "success", again), now: again + HOUR / 60 });
  expect(on.writes()).toHaveLength(writes);
  expect(run.outputs).toMatchObject({ verdict: "regression", "check-run-id": "7000" });
});

test("a person's re-run after completion makes a fresh check under the same name", async () => {
  const on = await github();
  await deliver(on);
  await deliver(on, { attempt: 2, document: DOCUMENTS["no-impact"] });
  expect(on.state.checks.map(({ fields }) => [fields.name, fields.external_id, fields.conclusion])).toEqual([
    ["Deploy impact / production", "di1:1234567:production", "failure"],
    ["Deploy impact / production", "di1:1234567:production", "success"],
  ]);
});

test.each([
  ["regression", "failure", true],
  ["improvement", "success", false],
  ["no-impact", "success", false],
  ["inconclusive-time", "neutral", false],
  ["invalid-check", "neutral", false],
] as const)("verdict %s concludes %s in enforcing mode", async (name, conclusion, red) => {
  const on = await github();
  const run = await deliver(on, { document: DOCUMENTS[name] });
  expect(onlyCheck(on).conclusion).toBe(conclusion);
  expect(run.outputs.conclusion).toBe(conclusion);
  expect(run.failed).toBe(red);
});

test("advisory mode never fails, and blocking rules fail when asked for", async () => {
  const advisory = await github();
  expect((await deliver(advisory, { inputs: { mode: "advisory" } })).failed).toBe(false);
  expect(onlyCheck(advisory).conclusion).toBe("neutral");
  const strict = await github({ files: { [CONFIG_PATH]: `${CONFIG}on-invalid: block\non-inconclusive: block\n` } });
  expect((await deliver(strict, { document: DOCUMENTS["inconclusive-time"] })).failed).toBe(true);
  expect(onlyCheck(strict).conclusion).toBe("failure");
});

test("comments: silent on no impact, rewritten with history when a regression is corrected", async () => {
  const on = await github();
  await deliver(on, { document: DOCUMENTS["no-impact"] });
  expect(on.state.comments).toEqual([]);
  await deliver(on, { attempt: 2 });
  const [posted] = on.state.comments;
  await deliver(on, { attempt: 3, document: DOCUMENTS["no-impact"], now: DEPLOYED_AT + 5 * HOUR });
  expect(on.state.comments).toHaveLength(1);
  expect(on.state.comments[0]?.id).toBe(posted?.id);
  expect(on.state.comments[0]?.body).toMatch(/was: regression/i);
});

test("a comment that turns to regression is posted again, so that it notifies; a second regression is edited in place", async () => {
  const on = await github();
  await deliver(on, { document: DOCUMENTS.improvement });
  const first = on.state.comments[0]?.id;
  await deliver(on, { attempt: 2 });
  const second = on.state.comments[0]?.id;
  expect(on.state.comments).toHaveLength(1);
  expect(second).not.toBe(first);
  await deliver(on, { attempt: 3, document: worse(DOCUMENTS.regression) });
  expect(on.state.comments.map(({ id }) => id)).toEqual([second]);
});

test("a batch that was told of a regression hears that it was none, and nobody else is told", async () => {
  const previous = deployment({
    id: 5,
    sha: "b".repeat(40),
    createdAt: new Date(DEPLOYED_AT - HOUR).toISOString(),
    statuses: [{ state: "success", at: new Date(DEPLOYED_AT - HOUR).toISOString() }],
  });
  const first = { sha: "d".repeat(40), message: "Cart (#76)", at: "2026-11-20T10:00:00Z" };
  const on = await github({
    deployments: [deployment(), previous],
    pullRequests: [MERGED, { number: 76, mergeSha: first.sha, headSha: "e".repeat(40) }],
    comparisons: {
      [`${previous.sha}...${SHA}`]: {
        status: "ahead",
        commits: [first, { sha: SHA, message: "Faster checkout (#77)", at: "2026-11-20T12:00:00Z" }],
      },
    },
  });
  await deliver(on);
  expect(on.state.comments.map(({ issue }) => issue).sort()).toEqual([76, 77]);
  on.state.comments.splice(1);
  await deliver(on, { attempt: 2, document: DOCUMENTS.improvement });
  expect(on.state.comments).toHaveLength(1);
  expect(on.state.comments[0]?.body).toMatch(/Improvement[\s\S]*was: regression/);
});

/** The same verdict with other numbers. */
function worse(document: ResultDocument): ResultDocument {
  return {
    ...document,
    provenance: { ...document.provenance, dataHash: "f".repeat(64) },
    slis: document.slis.slice(0, 2),
  };
}

test("among 250 comments ours is found, on the third page", async () => {
  const on = await github();
  await deliver(on, { document: DOCUMENTS.improvement });
  const ours = on.state.comments.splice(0);
  const others = Array.from({ length: 250 }, (_, index) => ({
    id: index + 1,
    issue: 77,
    login: "someone",
    body: `comment ${index}`,
  }));
  on.state.comments.push(...others, ...ours);
  await deliver(on, { document: DOCUMENTS["no-impact"], attempt: 2 });
  expect(on.state.comments).toHaveLength(251);
  expect(on.state.comments.at(-1)?.body).toContain("No impact");
});

test("a planted marker is ignored", async () => {
  const planted = { id: 5, issue: 77, login: "mallory", body: "<!-- deploy-impact:v1 env=production -->\nAll is well" };
  const on = await github({ comments: [planted] });
  await deliver(on);
  expect(on.state.comments).toHaveLength(2);
  expect(on.state.comments[0]?.body).toBe("<!-- deploy-impact:v1 env=production -->\nAll is well");
});

test("an overlapping deploy is invalid and posts no comment, an unusable config or data health does", async () => {
  const overlapped: ResultDocument = { ...DOCUMENTS["invalid-check"], reasonCodes: ["OVERLAPPING_DEPLOY"] };
  const quiet = await github();
  await deliver(quiet, { document: overlapped });
  expect(quiet.state.comments).toEqual([]);
  const spoken = await github();
  await deliver(spoken, { document: DOCUMENTS["invalid-check"] });
  expect(spoken.state.comments).toHaveLength(1);
});

test("a custom app's token finds its own check and comment again", async () => {
  const on = await github({ appSlug: "our-deploys" });
  await deliver(on);
  const writes = on.writes().length;
  await deliver(on);
  expect(on.writes()).toHaveLength(writes);
  expect(on.state.comments[0]?.login).toBe("our-deploys[bot]");
});

test("dry-run reports in summary and outputs and writes nothing to GitHub", async () => {
  const on = await github();
  const run = await deliver(on, { inputs: { "dry-run": "true" } });
  expect(on.writes()).toEqual([]);
  expect(run.outputs.verdict).toBe("regression");
  expect(run.summary.join("")).toContain("Regression");
});

test("a rollback is labelled and told to no pull request; a direct push says that none was found", async () => {
  const ahead = deployment({
    id: 5,
    sha: "b".repeat(40),
    createdAt: new Date(DEPLOYED_AT - HOUR).toISOString(),
    statuses: [{ state: "success", at: new Date(DEPLOYED_AT - HOUR).toISOString() }],
  });
  const on = await github({
    deployments: [deployment(), ahead],
    comparisons: { [`${ahead.sha}...${SHA}`]: { status: "behind", commits: [] } },
  });
  const run = await deliver(on);
  expect(onlyCheck(on).output.summary).toContain("This is a rollback");
  expect(run.summary.join("")).toContain("This is a rollback");
  expect(on.state.comments).toEqual([]);
  const pushed = await github({ pullRequests: [] });
  const direct = await deliver(pushed);
  expect(onlyCheck(pushed).output.summary).toContain("No pull request was found");
  expect(direct.outputs["pull-request"]).toBe("");
});

test("the request budget holds in the fullest normal run: batch, earlier deploys, repost", async () => {
  const earlier = [1, 2, 3, 4, 5].map((n) =>
    deployment({
      id: n,
      sha: `${n}`.repeat(40),
      createdAt: new Date(DEPLOYED_AT - n * 2 * HOUR).toISOString(),
      statuses: [{ state: "success", at: new Date(DEPLOYED_AT - n * 2 * HOUR).toISOString() }],
    }),
  );
  const previous = earlier[0]?.sha ?? "";
  const on = await github({
    deployments: [deployment(), ...earlier],
    comparisons: {
      [`${previous}...${SHA}`]: {
        status: "ahead",
        commits: [
          { sha: "d".repeat(40), message: "x", at: "2026-11-20T10:00:00Z" },
          { sha: SHA, message: "Faster checkout (#77)", at: "2026-11-20T12:00:00Z" },
        ],
        files: ["src/a.ts"],
      },
    },
  });
  await deliver(on, { document: DOCUMENTS.improvement });
  on.requests.splice(0);
  const run = await deliver(on, { attempt: 2 });
  expect(on.requests.map(({ path }) => path.split("?")[0])).toContain("/repos/acme/shop/pulls");
  expect(on.requests.length).toBeLessThanOrEqual(15);
  expect(run.info.at(-1)).toBe(`GitHub API requests: ${on.requests.length} of 15`);
  expect(on.state.comments).toHaveLength(1);
});

test("only the configured base URL is used, with a path in front as on Enterprise Server", async () => {
  const on = await startGithub(
    { files: { [CONFIG_PATH]: CONFIG }, deployments: [deployment()], pullRequests: [MERGED] },
    "/api/v3",
  );
  open.push(on);
  await deliver(on);
  expect(onlyCheck(on).conclusion).toBe("failure");
  expect(JSON.stringify(on.state.comments)).not.toContain("github.com");
});

test("credentials that the config names are masked before anything is logged, and no surface shows them", async () => {
  const on = await github();
  const run = await deliver(on, { env: { PROM_TOKEN: "s3cr3t-value" } });
  expect(run.secrets).toContain("s3cr3t-value");
  const everything = JSON.stringify([
    run.outputs,
    run.info,
    run.summary,
    run.written,
    on.state.checks,
    on.state.comments,
  ]);
  expect(everything).not.toContain("s3cr3t-value");
  expect(everything).not.toContain("ghs_token");
});

test("in a public repository no query, address or unit name is in the comment or the check", async () => {
  const on = await github({ private: false });
  const payload = {
    ...(deploymentStatus(deployment()) as object),
    repository: { full_name: "acme/shop", private: false },
  };
  await deliver(on, { payload });
  const said = JSON.stringify([on.state.checks, on.state.comments]);
  expect(said).not.toContain("prometheus.example.com");
  expect(said).not.toContain("sum by (zone)");
});

test("a private repository that reports on a public one hides what that one must not show", async () => {
  const client_payload = {
    sha: SHA,
    environment: "production",
    deployedAt: new Date(DEPLOYED_AT).toISOString(),
    repository: "acme/shop-web",
  };
  const payload = { client_payload, repository: { full_name: "acme/shop", private: true } };
  const dispatch = { event: "repository_dispatch", payload, document: DOCUMENTS.regression };
  const inside = await github({ deployments: [] });
  await runOn(inside, dispatch);
  expect(JSON.stringify(inside.state.checks)).toContain("db-7.internal.example.com");
  const outside = await github({ deployments: [], publicRepositories: new Set(["acme/shop-web"]) });
  const run = await runOn(outside, dispatch);
  const said = JSON.stringify([outside.state.checks, outside.state.comments, run.outputs.result, run.summary]);
  expect(said).not.toContain("db-7.internal.example.com");
});

test("a deployment that is not successful yet, or transient, or to another environment, is not judged", async () => {
  const failed = await github();
  const run = await deliver(failed, { payload: deploymentStatus(deployment(), "in_progress") });
  expect(run.outputs.verdict).toBe("not-applicable");
  expect(failed.requests).toEqual([]);
  expectAllOutputs(run);
  const transient = await github();
  const preview = deployment({ transient: true, environment: "preview-7" });
  expect((await deliver(transient, { payload: deploymentStatus(preview) })).outputs.verdict).toBe("not-applicable");
  expect(onlyCheck(transient).conclusion).toBe("skipped");
  const other = await github();
  expect((await deliver(other, { inputs: { environment: "staging" } })).outputs.verdict).toBe("not-applicable");
  expect(other.writes()).toEqual([]);
});

test("merge_group, forks and Dependabot conclude skipped, green, without an error", async () => {
  const queue = await github();
  const merge = await runOn(queue, { event: "merge_group", payload: { merge_group: { head_sha: SHA } } });
  expect(onlyCheck(queue)).toMatchObject({ conclusion: "skipped", name: "Deploy impact / production", headSha: SHA });
  expect(merge.failed).toBe(false);
  const pullRequest = (repository: string, login: string) => ({
    pull_request: {
      number: 9,
      user: { login },
      head: { sha: SHA, repo: { full_name: repository } },
      base: { repo: { full_name: "acme/shop" } },
    },
  });
  for (const payload of [pullRequest("stranger/shop", "stranger"), pullRequest("acme/shop", "dependabot[bot]")]) {
    const on = await github({ denied: new Set(["checks-write", "comments"]) });
    const run = await runOn(on, { event: "pull_request", payload });
    expect(run.failed).toBe(false);
    expect(run.errors).toEqual([]);
    expect(run.outputs).toMatchObject({ verdict: "not-applicable", conclusion: "skipped" });
    expect(run.summary.join("")).toContain("Not applicable");
    expectAllOutputs(run);
  }
});

test("a pull request of this repository gets a skipped check, and an answer that is there already stays", async () => {
  const payload = {
    pull_request: {
      number: 9,
      user: { login: "someone" },
      head: { sha: SHA, repo: { full_name: "acme/shop" } },
      base: { repo: { full_name: "acme/shop" } },
    },
  };
  const on = await github({ deployments: [] });
  const skipped = await runOn(on, { event: "pull_request", payload });
  expect(onlyCheck(on)).toMatchObject({ conclusion: "skipped", headSha: SHA });
  expect(skipped.outputs).toMatchObject({ verdict: "not-applicable", conclusion: "skipped" });
  const branchDeploy = await github({ deployments: [] });
  const inputs = { "deployed-at": String(DEPLOYED_AT / 1000) };
  const judged = await runOn(branchDeploy, { event: "pull_request", payload, inputs, document: DOCUMENTS.regression });
  expect(judged.info.join("\n")).toContain("2026-11-20T13:00:00.000Z (source: input)");
  await runOn(branchDeploy, { event: "pull_request", payload, attempt: 2 });
  expect(onlyCheck(branchDeploy).conclusion).toBe("failure");
});

test("a read-only token: no red beyond the verdict, the summary says everything, each line that is missing is named", async () => {
  const on = await github({ denied: new Set(["checks-write", "comments"]) });
  const run = await deliver(on, { document: DOCUMENTS.improvement });
  expect(run.failed).toBe(false);
  expect(run.errors).toEqual([]);
  expect(run.warnings.join("\n")).toContain("`checks: write`");
  expect(run.warnings.join("\n")).toContain("`pull-requests: write`");
  expect(run.summary.join("")).toContain("Improvement");
  expectAllOutputs(run);
});

test.each([
  ["deployments", "`deployments: read`"],
  ["checks", "`checks: write`"],
  ["pulls", "`pull-requests: read`"],
  ["comments", "`pull-requests: write`"],
] as const)("without %s the run goes on and names the line", async (permission, line) => {
  const on = await github({ denied: new Set([permission]) });
  const run = await deliver(on, { document: DOCUMENTS.improvement });
  expect(run.outputs.verdict).toBe("improvement");
  expect(run.warnings.join("\n")).toContain(line);
  expect(run.failed).toBe(false);
});

test("without contents there is no config to judge by: neutral, loud, with the line", async () => {
  const on = await github({ denied: new Set(["contents"]) });
  const run = await deliver(on);
  expect(onlyCheck(on).conclusion).toBe("neutral");
  expect(run.errors[0]?.message).toContain("`contents: read`");
  expect(run.outputs).toMatchObject({ verdict: "error", "reason-code": "GITHUB_PERMISSION" });
});

test("a locked conversation is a warning", async () => {
  const on = await github({ lockedIssues: new Set([77]) });
  const run = await deliver(on, { document: DOCUMENTS.improvement });
  expect(run.warnings.join("\n")).toContain("locked");
  expect(run.warnings.join("\n")).not.toContain("pull-requests: write");
  expect(onlyCheck(on).conclusion).toBe("success");
});

test("no config: neutral with an example, green", async () => {
  const on = await github({ files: {} });
  const run = await deliver(on);
  expect(onlyCheck(on)).toMatchObject({ conclusion: "neutral", output: { title: "No config" } });
  expect(onlyCheck(on).output.summary).toContain("version: 1");
  expect(run.failed).toBe(false);
  expect(run.outputs["reason-code"]).toBe("CONFIG_MISSING");
  expectAllOutputs(run);
});

test("an invalid config fails in enforcing mode, with an annotation on its line; never in advisory mode", async () => {
  const broken = { files: { [CONFIG_PATH]: CONFIG.replace("worse: up", "worse: upp") } };
  const on = await github(broken);
  const run = await deliver(on);
  expect(onlyCheck(on).conclusion).toBe("failure");
  expect(run.failed).toBe(true);
  expect(run.errors[0]?.position).toMatchObject({ file: CONFIG_PATH, line: 5 });
  expect(run.errors[0]?.message).toContain("up, down");
  const advisory = await github(broken);
  expect((await deliver(advisory, { inputs: { mode: "advisory" } })).failed).toBe(false);
});

test("a bug has one code in title, text and log, names no data, and says where to report it", async () => {
  const on = await github();
  const run = await deliver(on, {
    document: () => Promise.reject(new TypeError("no value for db-7.internal")),
    action: { repository: "makers/deploy-impact", ref: "v1.4.0" },
  });
  const { title, summary } = onlyCheck(on).output;
  const code = /^Internal error (DI-[0-9a-f]{4})$/.exec(title)?.[1] ?? "no code";
  expect(summary).toContain(`Internal error ${code} (TypeError).`);
  expect(summary).toContain("https://github.example/makers/deploy-impact/issues/new?template=bug.yml");
  expect(run.errors[0]?.message).toContain(code);
  expect(JSON.stringify([on.state.checks, run.errors, run.summary, run.info])).not.toContain("db-7.internal");
});

test.each([
  ["main", 1],
  ["v1.4.0", 0],
  ["v1", 0],
  [SHA, 0],
])("a step that uses the Action at %s is warned %i times that the code may change", async (ref, times) => {
  const on = await github();
  const action = { repository: "makers/deploy-impact", ref };
  const run = await deliver(on, { document: DOCUMENTS["no-impact"], action });
  expect(run.warnings.filter((warning) => warning.includes("full commit SHA"))).toHaveLength(times);
});

test("an error of a metric source is neutral and loud, and fails only on request", async () => {
  const fail = () => Promise.reject(new Error("boom"));
  const on = await github();
  const run = await deliver(on, { document: fail });
  expect(onlyCheck(on)).toMatchObject({ status: "completed", conclusion: "neutral" });
  expect(onlyCheck(on).output.title).toContain("Internal error");
  expect(run.failed).toBe(false);
  expect(run.errors).toHaveLength(1);
  const strict = await github();
  expect((await deliver(strict, { document: fail, inputs: { "fail-on": "error" } })).failed).toBe(true);
});

test.each([
  [{ mode: "enforcng" }, "Allowed: enforcing, advisory."],
  [{ "dry-run": "yes" }, "Allowed: true, false."],
  [{ wait: "20m" }, "at most 10m"],
  [{ "deployed-at": "yesterday" }, "ISO 8601"],
  [{ sha: "main" }, "full commit SHA"],
  [{ "pull-request": "0" }, "1 or more"],
  [{ "github-token": "" }, "job's own token"],
] as const)("the wrong input %j is an error that says what to write, with all outputs set", async (inputs, hint) => {
  const on = await github();
  const run = await deliver(on, { inputs });
  expect(run.errors[0]?.message).toContain(hint);
  expect(run.outputs.verdict).toBe("error");
  expect(on.requests).toEqual([]);
  expectAllOutputs(run);
});

test("a payload that GitHub did not send is an error, not a crash", async () => {
  const on = await github();
  const run = await deliver(on, { payload: { deployment: {} } });
  expect(run.outputs).toMatchObject({ verdict: "error", "reason-code": "USAGE" });
  expectAllOutputs(run);
});

test("repository_dispatch: judged from its own payload; a payload without time zone is refused", async () => {
  const on = await github({ deployments: [] });
  const sent = { sha: SHA, environment: "production", deployedAt: new Date(DEPLOYED_AT).toISOString() };
  const run = await runOn(on, {
    event: "repository_dispatch",
    payload: { client_payload: sent },
    document: DOCUMENTS["no-impact"],
  });
  expect(onlyCheck(on).external_id).toBe("di1:a1b2c3d:production");
  expect(run.outputs.verdict).toBe("no-impact");
  const vague = { ...sent, deployedAt: "2026-11-20 13:00" };
  const refused = await runOn(on, { event: "repository_dispatch", payload: { client_payload: vague } });
  expect(refused.outputs["reason-code"]).toBe("BAD_TIME");
});

test("workflow_run: the deploy time is that of the success status when GitHub has a deployment, else the run's end", async () => {
  const payload = {
    action: "completed",
    workflow_run: {
      head_sha: SHA,
      conclusion: "success",
      updated_at: new Date(DEPLOYED_AT + 600_000).toISOString(),
      head_repository: { full_name: "acme/shop" },
    },
  };
  const known = await github();
  await runOn(known, { event: "workflow_run", payload, document: DOCUMENTS["no-impact"] });
  expect(onlyCheck(known).external_id).toBe("di1:1234567:production");
  const unknown = await github({ deployments: [] });
  const run = await runOn(unknown, { event: "workflow_run", payload, document: DOCUMENTS["no-impact"] });
  expect(run.info.join("\n")).toContain("Deployed at 2026-11-20T13:10:00.000Z (source: workflow-run)");
});

test("the annotation of the deploy tool counts more than GitHub's status, and the input more than both", async () => {
  const annotated = deployment({ payload: { deployedAt: "2026-11-20T12:50:00Z" } });
  const on = await github({ deployments: [annotated] });
  const run = await deliver(on, { payload: deploymentStatus(annotated) });
  expect(run.info.join("\n")).toContain("2026-11-20T12:50:00.000Z (source: payload)");
  const byInput = await github({ deployments: [annotated] });
  const second = await deliver(byInput, {
    payload: deploymentStatus(annotated),
    inputs: { "deployed-at": "2026-11-20T12:55:00Z" },
  });
  expect(second.info.join("\n")).toContain("2026-11-20T12:55:00.000Z (source: input)");
});

test("GitHub fails once: the run retries what may be repeated and looks before it creates again", async () => {
  const flaky = await github();
  flaky.state.failures.push(
    { match: ({ path }) => path.includes("/contents/"), status: 502 },
    { match: ({ method, path }) => method === "POST" && path.endsWith("/check-runs"), status: 502, afterwards: true },
    { match: ({ method, path }) => method === "POST" && path.endsWith("/comments"), status: 502, afterwards: true },
    { match: ({ method }) => method === "PATCH", status: 500 },
  );
  const run = await deliver(flaky);
  expect(onlyCheck(flaky)).toMatchObject({ status: "completed", conclusion: "failure" });
  expect(flaky.state.comments).toHaveLength(1);
  expect(run.outputs.verdict).toBe("regression");
});

test("a check that cannot be concluded is loud and leaves the post step its work", async () => {
  const on = await github();
  for (let n = 0; n < 20; n += 1) on.state.failures.push({ match: ({ method }) => method === "PATCH", status: 503 });
  const run = await deliver(on, { document: DOCUMENTS["no-impact"] });
  expect(run.errors.length).toBeGreaterThan(0);
  expect(run.outputs).toMatchObject({ verdict: "error", "reason-code": "GITHUB_UNAVAILABLE" });
  on.state.failures.splice(0);
  await postOf(on, run);
  expect(onlyCheck(on)).toMatchObject({
    status: "completed",
    conclusion: "neutral",
    output: { title: "Did not finish: CRASHED" },
  });
});

test("a cancelled job closes its checks, also when one of them cannot be closed, and removes its files", async () => {
  const on = await github();
  const state: Record<string, string> = {};
  void deliver(on, { document: () => new Promise<ResultDocument>(() => undefined), state });
  await expect.poll(() => state["open-checks"]).toContain("7000");
  const gone = { id: 1, repository: "acme/shop", registered: false };
  state["open-checks"] = JSON.stringify([gone, ...(JSON.parse(state["open-checks"] ?? "[]") as object[])]);
  const { removed, warnings } = await postAfter(on, {
    ...state,
    ended: "CANCELLED",
    folder: "/runner/temp/deploy-impact",
  });
  expect(onlyCheck(on)).toMatchObject({
    status: "completed",
    conclusion: "cancelled",
    output: { title: "Did not finish: CANCELLED" },
  });
  expect(warnings).toHaveLength(1);
  expect(removed).toEqual(["/runner/temp/deploy-impact"]);
});

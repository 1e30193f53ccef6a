import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { amendmentsOf } from "../../src/bot/store/amendments.ts";
import { findAnalysis, listAnalyses, namesInUse } from "../../src/bot/store/analyses.ts";
import type { OpenDatabase } from "../../src/bot/store/database.ts";
import { addRepository, isSuspended } from "../../src/bot/store/installations.ts";
import { ledgerSummary } from "../../src/bot/store/ledger.ts";
import { listOutcomes } from "../../src/bot/store/outcomes.ts";
import { findVerdict, listVerdicts, verdictDocument } from "../../src/bot/store/verdicts.ts";
import {
  installationHandler,
  installationRepositoriesHandler,
  repositoryHandler,
} from "../../src/bot/webhooks/installation.ts";
import { mergeGroupHandler } from "../../src/bot/webhooks/merge-group.ts";
import { pushHandler } from "../../src/bot/webhooks/push.ts";
import { repositoryDispatchHandler } from "../../src/bot/webhooks/repository-dispatch.ts";
import { rerequestedHandler } from "../../src/bot/webhooks/rerequested.ts";
import { embeddedStore } from "./bot-database.ts";
import { DEPLOYED_AT, deployment, HOUR, MINUTE, makeWorld, READY_AT, SHA, SHA_2, type World } from "./bot-world.ts";

let database: OpenDatabase;
let close: () => Promise<void>;
const open: World[] = [];
beforeAll(async () => {
  ({ database, close } = await embeddedStore("webhooks"));
});
afterAll(() => close?.());
afterEach(async () => {
  for (const world of open.splice(0)) {
    await world.close();
    expect(world.github.violations).toEqual([]);
  }
});

async function judged(): Promise<World> {
  const on = await makeWorld(database);
  open.push(on);
  await on.deploy(deployment());
  await on.work();
  on.setNow(READY_AT);
  await on.work();
  return on;
}

const analyses = (on: World) => listAnalyses(database, on.tenant, {}, 20);

describe("a person asks for the same analysis again", () => {
  const again = (on: World, id: string) =>
    on.deliver(rerequestedHandler, {
      id,
      event: "check_run",
      action: "rerequested",
      payload: { check_run: { id: 7000, external_id: "di1:1234567:production" }, sender: { login: "octocat" } },
    });

  test("the same plan, in a fresh check run; asked once however often GitHub says it", async () => {
    const on = await judged();
    on.setNow(READY_AT + HOUR);
    expect(await again(on, "one")).toMatch(/again$/);
    expect(await again(on, "one")).toBe("asked before");
    await on.work();
    expect(on.github.state.checks.map(({ fields }) => [fields.external_id, fields.status, fields.conclusion])).toEqual([
      ["di1:1234567:production", "completed", "failure"],
      ["di1:1234567:production", "completed", "failure"],
    ]);
    const [analysis] = await analyses(on);
    expect(analysis).toMatchObject({ state: "done", checkRunId: 7001, lateSeconds: 0 });
    expect(await amendmentsOf(database, on.tenant, analysis?.id ?? "")).toMatchObject([
      { kind: "rerun", actor: "octocat" },
    ]);
    expect(await listVerdicts(database, on.tenant, {}, 9)).toHaveLength(1);
    expect(on.github.state.comments).toHaveLength(1);
  });

  test("a check that is not ours is nobody's business", async () => {
    const on = await judged();
    const payload = { check_run: { id: 1, external_id: "lint" }, sender: { login: "octocat" } };
    expect(await on.deliver(rerequestedHandler, { event: "check_run", payload })).toBe("not a check of an analysis");
  });
});

describe("merge queues", () => {
  test("get an answer under every name that may be required, once", async () => {
    const on = await judged();
    const head = "e".repeat(40);
    const webhook = { event: "merge_group", action: "checks_requested", payload: { merge_group: { head_sha: head } } };
    await on.deliver(mergeGroupHandler, webhook);
    await on.deliver(mergeGroupHandler, webhook);
    const checks = on.github.state.checks.filter(({ headSha }) => headSha === head);
    expect(checks.map(({ fields }) => [fields.name, fields.conclusion])).toEqual([
      ["Deploy impact / production", "skipped"],
    ]);
  });
});

describe("installations", () => {
  test("suspended: nothing is asked; lifted: what became due is done", async () => {
    const on = await makeWorld(database);
    open.push(on);
    await on.deploy(deployment());
    await on.work();
    const say = (action: string) =>
      on.deliver(installationHandler, {
        event: "installation",
        action,
        repository: null,
        payload: { installation: { id: on.tenant.installationId, account: { login: "acme" } } },
      });
    expect(await say("suspend")).toBe("paused");
    expect(await isSuspended(database, on.tenant.installationId)).toBe(true);
    on.setNow(READY_AT + HOUR);
    const asked = on.github.requests.length;
    await on.work();
    expect(on.github.requests).toHaveLength(asked);
    expect(await analyses(on)).toMatchObject([{ state: "waiting" }]);
    expect(await say("unsuspend")).toBe("1 analyses go on");
    await on.work();
    expect(await analyses(on)).toMatchObject([{ state: "done", lateSeconds: HOUR }]);
  });

  test("deleted: everything of it is gone, and a job that was left does nothing", async () => {
    const on = await makeWorld(database);
    open.push(on);
    await on.deploy(deployment());
    await on.work();
    await on.deliver(installationHandler, {
      event: "installation",
      action: "deleted",
      repository: null,
      payload: { installation: { id: on.tenant.installationId }, repositories: [] },
    });
    await on.work();
    expect(await analyses(on)).toEqual([]);
    const left = await database.query("select 1 from repositories where installation_id = $1", [
      on.tenant.installationId,
    ]);
    expect(left).toEqual([]);
    on.setNow(READY_AT);
    await on.work();
    expect(on.github.state.checks).toHaveLength(1);
  });

  test("repositories come and go", async () => {
    const on = await judged();
    const payload = {
      installation: { id: on.tenant.installationId, account: { login: "acme" } },
      repositories_added: [{ id: on.tenant.repositoryId + 100_000, full_name: "acme/new", private: false }],
      repositories_removed: [{ id: on.tenant.repositoryId }],
    };
    const done = await on.deliver(installationRepositoriesHandler, {
      event: "installation_repositories",
      repository: null,
      payload,
    });
    expect(done).toBe("1 added, 1 to be forgotten");
    await on.work();
    const rows = await database.query<{ full_name: string }>(
      "select full_name from repositories where installation_id = $1",
      [on.tenant.installationId],
    );
    expect(rows).toEqual([{ full_name: "acme/new" }]);
  });

  test("a renamed repository is asked under its new name, and a public one hides what units are called", async () => {
    const on = await makeWorld(database, { repository: "acme/store" });
    open.push(on);
    await on.deploy(deployment());
    const renamed = { ...on.tenant, repository: "acme/store", isPrivate: false };
    await on.deliver(repositoryHandler, { event: "repository", action: "renamed", repository: renamed });
    await on.work();
    const output = on.github.state.checks[0]?.fields.output as { summary: string };
    expect(output.summary).toContain("as the config says");
    expect(on.github.requests.every(({ path }) => path.startsWith("/repos/acme/store/"))).toBe(true);
    await on.deliver(repositoryHandler, { event: "repository", action: "deleted", repository: renamed });
    await on.work();
    expect(await analyses(on)).toEqual([]);
  });
});

describe("reverts", () => {
  const push = (on: World, message: string, ref = "refs/heads/main") =>
    on.deliver(pushHandler, {
      event: "push",
      payload: { ref, commits: [{ id: "f".repeat(40), message, timestamp: "2026-11-20T15:00:00Z" }] },
    });

  test.each([
    ["a commit", `Revert "Faster checkout (#77)"\n\nThis reverts commit ${SHA}.`],
    ["a shortened commit", `Undo\n\nThis reverts commit ${SHA.slice(0, 10)}.`],
    ["a pull request, by the button", 'Revert "Faster checkout" (#80)\n\nReverts acme/shop#77'],
  ])("of %s that was deployed are remembered, once", async (_what, message) => {
    const on = await judged();
    expect(await push(on, message)).toBe("1 reverts of judged commits");
    expect(await push(on, message)).toBe("0 reverts of judged commits");
    expect(await listOutcomes(database, on.tenant, { sha: SHA })).toMatchObject([
      { kind: "reverted", origin: `commit:${"f".repeat(40)}` },
    ]);
    const summary = await ledgerSummary(database, on.tenant, { since: DEPLOYED_AT, fineBefore: null });
    expect(summary).toMatchObject({ deploys: 1, outcomes: { reverted: 1 }, precision: { count: 1, of: 1 } });
  });

  test("of other commits, of another repository's pull request, and on other branches are not", async () => {
    const on = await judged();
    expect(await push(on, `This reverts commit ${SHA_2}.`)).toMatch(/^0 /);
    expect(await push(on, "Reverts globex/shop#77")).toMatch(/^0 /);
    expect(await push(on, `This reverts commit ${SHA}.`, "refs/heads/topic")).toBe("not the default branch");
    expect(await listOutcomes(database, on.tenant, {})).toEqual([]);
  });
});

describe("deploys that GitHub did not see", () => {
  const tell = (on: World, client_payload: unknown, action = "deployed") =>
    on.deliver(repositoryDispatchHandler, { event: "repository_dispatch", action, payload: { client_payload } });

  test("come by repository_dispatch, with the time that it names", async () => {
    const on = await makeWorld(database);
    open.push(on);
    const sent = { sha: SHA, environment: "eu", deployedAt: new Date(DEPLOYED_AT * 1000).toISOString() };
    expect(await tell(on, sent)).toMatch(/^analysis /);
    expect(await tell(on, sent)).toBe("known");
    await on.work();
    on.setNow(READY_AT);
    await on.work();
    expect(on.github.state.checks[0]?.fields).toMatchObject({ external_id: "di1:a1b2c3d:eu", conclusion: "failure" });
    expect(await analyses(on)).toMatchObject([
      { environment: "eu", deploymentId: null, deployedAtSource: "dispatch", state: "done" },
    ]);
  });

  test.each([
    [{ sha: "a1b2c3d" }, "deployed", /full commit SHA/],
    [{ sha: SHA, deployedAt: "soon" }, "deployed", /not a time/],
    [{ sha: SHA, repository: "globex/shop" }, "deployed", /another repository/],
    [{ sha: SHA }, "build-docs", /not about a deploy/],
    [null, "deployed", /full commit SHA/],
  ])("are refused when they say %j", async (sent, action, reason) => {
    const on = await makeWorld(database);
    open.push(on);
    expect(await tell(on, sent, action)).toMatch(reason);
    expect(await analyses(on)).toEqual([]);
  });
});

describe("tenants", () => {
  test("see nothing of each other, whatever id they name", async () => {
    const [ours, theirs] = [await judged(), await judged()];
    const [analysis] = await analyses(theirs);
    const [verdict] = await listVerdicts(database, theirs.tenant, {}, 1);
    expect(await findAnalysis(database, ours.tenant, analysis?.id ?? "")).toBeNull();
    expect(await findVerdict(database, ours.tenant, verdict?.id ?? "")).toBeNull();
    expect(await verdictDocument(database, ours.tenant, verdict?.id ?? "")).toBeNull();
    expect(await amendmentsOf(database, ours.tenant, analysis?.id ?? "")).toEqual([]);
    expect(await listAnalyses(database, ours.tenant, {}, 9)).toHaveLength(1);
    const half = { installationId: ours.tenant.installationId, repositoryId: theirs.tenant.repositoryId };
    expect(await listVerdicts(database, half, {}, 9)).toEqual([]);
    expect(await findAnalysis(database, ours.tenant, "no uuid at all")).toBeNull();
  });

  test("a repository that moves to another account leaves its history behind", async () => {
    const on = await judged();
    const moved = { ...on.tenant, installationId: on.tenant.installationId + 50_000, repository: "globex/shop" };
    await addRepository(database, moved);
    expect(await analyses(on)).toEqual([]);
    expect(await listAnalyses(database, moved, {}, 9)).toEqual([]);
  });

  test("history by environment, service, commit, pull request and time", async () => {
    const on = await judged();
    const at = DEPLOYED_AT + 5 * HOUR;
    const statuses = [{ state: "success", at: new Date(at * 1000).toISOString() }];
    on.setNow(at + MINUTE);
    await on.deploy(
      deployment({ id: 2, sha: SHA_2, environment: "staging", createdAt: new Date(at * 1000).toISOString(), statuses }),
      at,
    );
    await on.work();
    const shas = async (filter: Parameters<typeof listAnalyses>[2]) =>
      (await listAnalyses(database, on.tenant, filter, 9)).map(({ sha }) => sha);
    expect(await shas({})).toEqual([SHA_2, SHA]);
    expect(await shas({ environment: "production" })).toEqual([SHA]);
    expect(await shas({ state: "open" })).toEqual([SHA_2]);
    expect(await shas({ state: "ended" })).toEqual([SHA]);
    expect(await shas({ pullRequest: 77 })).toEqual([SHA]);
    expect(await shas({ before: at })).toEqual([SHA]);
    expect(await shas({ since: at })).toEqual([SHA_2]);
    expect(await shas({ sha: SHA, service: "web" })).toEqual([]);
    expect((await namesInUse(database, on.tenant)).environments).toEqual(["production", "staging"]);
  });
});

import { createHmac } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Confirmation, confirmRollback } from "../../src/bot/react/confirm.ts";
import type { ReactContext } from "../../src/bot/react/context.ts";
import { reactionNotes } from "../../src/bot/react/notes.ts";
import { createReact } from "../../src/bot/react/react.ts";
import { createSend } from "../../src/bot/react/send.ts";
import { changeAnalysis } from "../../src/bot/store/analysis-changes.ts";
import type { OpenDatabase } from "../../src/bot/store/database.ts";
import { loadReaction, moveReaction, type Reaction, reactionsOf, rollbackOf } from "../../src/bot/store/reactions.ts";
import type { Tenant } from "../../src/bot/tenant.ts";
import { DeployImpactError } from "../../src/core/errors.ts";
import type { ResultDocument } from "../../src/core/result.ts";
import { apiFor } from "../../src/github/api.ts";
import { connect } from "../../src/github/client.ts";
import { DOORS } from "../../src/github/errors.ts";
import { percent, resultDocument } from "../surfaces/documents.ts";
import { recordingLog } from "./bot-log.ts";
import { botSettings } from "./bot-settings.ts";
import { addDeploy, addJudged, NOW, OTHER, openPagesStore, type PagesStore, SHOP } from "./bot-web-store.ts";
import { type GithubStandIn, startGithub } from "./github-stand-in.ts";
import { type Loopback, type Respond, startLoopback } from "./servers/loopback.ts";

const SHA = "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678";
const BEFORE = "0".repeat(39).concat("9");
const SMALLEST = `version: 1
source: { type: prometheus, url: "https://prometheus.example.com" }
units: { label: zone, treated: { match: { zone: [eu-1] } } }
slis:
  - { id: p95-latency, kind: gauge, query: latency, worse: up, margin: 5% }
`;

function judged(verdict: ResultDocument["verdict"], effect: number): ResultDocument {
  return resultDocument(verdict, [
    { id: "p95-latency", verdict, margin: percent(5), level: 200, effect: [effect, effect * 0.8, effect * 1.2] },
  ]);
}
const PAGE = judged("regression", 0.124);
const TICKET = judged("regression", 0.06);
const CLEAR = judged("no-impact", 0.001);

let store: PagesStore;
let github: GithubStandIn;
let now = NOW / 1000;
let secrets: Record<string, string> = {};
const log = recordingLog();
const running: Loopback[] = [];
const jobs: { readonly reactionId: string; readonly notBefore: number }[] = [];

beforeAll(async () => {
  store = await openPagesStore();
});
afterAll(() => store?.close());
beforeEach(async () => {
  now = NOW / 1000;
  secrets = {};
  jobs.length = 0;
  github = await startGithub({ appSlug: "deploy-impact", appId: 12345, deployments: [] });
  await store.database.query("delete from analyses");
});
afterEach(async () => {
  expect(github.violations).toEqual([]);
  await github.close();
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

function context(database: OpenDatabase = store.database): ReactContext {
  const client = connect({ token: "ghs_x", apiUrl: github.url, log, sleep: async () => undefined, secondMs: 1 });
  return {
    database,
    queue: {
      send: async (name, data, options) => {
        if (name !== "reaction" || !("reactionId" in data)) throw new Error(`unexpected job ${name}`);
        jobs.push({ reactionId: data.reactionId, notBefore: options.notBefore ?? 0 });
      },
    },
    connect: async () => ({ api: (repository) => apiFor(client, repository, DOORS.app), requests: client.requests }),
    portsFor: async () => ({
      now: () => now * 1000,
      sleep: async () => undefined,
      env: secrets,
      fetch,
      log,
      random: () => 0.5,
    }),
    settings: botSettings({
      apiUrl: github.url,
      store: { kind: "embedded", folder: "" },
      publicUrl: "https://di.example.com",
    }),
    now: () => now * 1000,
    log,
    metrics: { count: () => undefined, observe: () => undefined },
  };
}

interface Judged {
  readonly analysisId: string;
  readonly verdictId: string;
}

/** A judged deploy whose config ends with `reactions`. */
async function verdict(
  reactions: string,
  document = PAGE,
  more: { at?: number; analysisId?: string } = {},
): Promise<Judged> {
  const deployedAt = more.at ?? NOW / 1000 - 7200;
  const analysisId = more.analysisId ?? (await addDeploy(store.database, SHOP, { sha: SHA, deployedAt }));
  const verdictId = await addJudged(store.database, SHOP, "regression", { analysisId, document, sha: SHA, deployedAt });
  const config = { path: "deploy-impact.yml", text: `${SMALLEST}${reactions}`, reference: "main@9f8e7d6" };
  await changeAnalysis(store.database, { id: analysisId, tenant: SHOP }, { config });
  return { analysisId, verdictId };
}

/** A click of somebody who may. */
async function click({ analysisId }: Judged, actor: string, tenant: Tenant = SHOP): Promise<Confirmation> {
  const { queue } = context();
  return await store.database.transaction((inside) =>
    confirmRollback(
      inside,
      queue,
      { id: analysisId, tenant: { ...SHOP, ...tenant }, environment: "production" },
      { actor, at: now },
    ),
  );
}

const RUN = { attempt: 0, last: false, signal: new AbortController().signal };

async function react({ verdictId }: Judged): Promise<Reaction[]> {
  await createReact(context())({ verdictId }, RUN);
  return await reactionsOf(store.database, SHOP, verdictId);
}

/** Runs the jobs that are due; answers how many. */
async function work(): Promise<number> {
  const due = jobs.splice(0).filter((job) => {
    if (job.notBefore <= now) return true;
    jobs.push(job);
    return false;
  });
  for (const { reactionId } of due) await createSend(context())({ reactionId }, RUN);
  return due.length;
}

async function states(judgedDeploy: Judged): Promise<string[]> {
  return (await reactionsOf(store.database, SHOP, judgedDeploy.verdictId)).map(({ kind, state }) => `${kind} ${state}`);
}

async function receiver(respond: Respond): Promise<Loopback> {
  const server = await startLoopback(respond);
  running.push(server);
  return server;
}
const ok: Respond = (_request, response) => {
  response.writeHead(200).end("ok");
};

function slackBody(reaction: Reaction | undefined): {
  readonly text: string;
  readonly blocks: readonly { type: string }[];
} {
  if (reaction === undefined) throw new Error("nothing was planned");
  return (reaction.detail.request as unknown as { body: ReturnType<typeof slackBody> }).body;
}

describe("a regression", () => {
  it("is sent to nobody in a dry run, which says exactly what would have been sent and needs no secret", async () => {
    const [pagerduty, slack] = await react(
      await verdict("alerts: [{ to: slack, url-env: HOOK }, { to: pagerduty, routing-key-env: KEY, when: page }]\n"),
    );
    expect(jobs).toEqual([]);
    expect(slack).toMatchObject({ state: "dry-run" });
    const body = slackBody(slack);
    expect(body.text).toBe("Regression in production after a1b2c3d: p95 latency +12.4% (9.9 to 14.9), margin 5%");
    expect(body.blocks.map(({ type }) => type)).toEqual(["header", "section", "context"]);
    expect(pagerduty?.detail.request).toMatchObject({
      to: "https://events.pagerduty.com/v2/enqueue",
      routingKey: "(secret KEY)",
      body: { event_action: "trigger", payload: { severity: "critical", source: "acme/shop production" } },
    });
    const [note] = reactionNotes([slack].flatMap((one) => one ?? []));
    expect(note).toMatchObject({ what: "would have told Slack (page)", state: "dry run" });
  });

  it("reaches receivers by their severity, once however often the job runs", async () => {
    const server = await receiver(ok);
    secrets = { HOOK: server.url, OTHER_HOOK: `${server.url}/other` };
    const deploy = await verdict(
      `alerts:
  - { to: webhook, url-env: HOOK, when: page, dry-run: false }
  - { to: webhook, url-env: OTHER_HOOK, when: ticket, dry-run: false }
`,
      TICKET,
    );
    await react(deploy);
    await react(deploy);
    await Promise.all([react(deploy), react(deploy)]);
    expect(jobs).toHaveLength(1);
    await work();
    expect(server.seen.map(({ path }) => path)).toEqual(["/other"]);
    expect(await states(deploy)).toEqual(["webhook sent"]);
    await react(await verdict("alerts: [{ to: webhook, url-env: HOOK, dry-run: false }]\n", TICKET, deploy));
    expect((await reactionsOf(store.database, SHOP, deploy.verdictId)).length).toBe(1);
  });

  it.each(["inconclusive", "invalid", "no-impact", "improvement"] as const)(
    "is no other verdict: %s does nothing",
    async (kind) => {
      const reactions =
        "alerts: [{ to: slack, url-env: H, dry-run: false }]\nrollback: { how: deployment, when: at-once, dry-run: false }\n";
      expect(await react(await verdict(reactions, judged(kind, 0.01)))).toEqual([]);
      expect(jobs).toEqual([]);
    },
  );

  it("starts nothing in advisory mode, though people hear of it", async () => {
    const deploy = await verdict(
      "alerts: [{ to: slack, url-env: H }]\nrollback: { how: deployment, when: at-once, dry-run: false }\n",
    );
    await store.database.query("update verdicts set mode = 'advisory' where id = $1", [deploy.verdictId]);
    expect((await react(deploy)).map(({ kind }) => kind)).toEqual(["slack"]);
  });

  it("is limited by environment and receiver, and says so", async () => {
    const server = await receiver(ok);
    secrets = { HOOK: server.url };
    const line = "alerts: [{ to: webhook, url-env: HOOK, dry-run: false, at-most: 2 per 1h }]\n";
    const deploys: Judged[] = [];
    for (const at of [3, 2, 1]) deploys.push(await verdict(line, PAGE, { at: NOW / 1000 - at * 1000 }));
    for (const deploy of deploys) await react(deploy);
    await work();
    expect(await Promise.all(deploys.map(states))).toEqual([["webhook sent"], ["webhook sent"], ["webhook limited"]]);
    expect(server.seen).toHaveLength(2);
    now += 3601;
    const later = await verdict(line, PAGE, { at: NOW / 1000 - 500 });
    await react(later);
    await work();
    expect(await states(later)).toEqual(["webhook sent"]);
  });
});

describe("while GitHub asks the installation to wait", () => {
  const waits = new DeployImpactError("GITHUB_RATE_LIMITED", "GitHub asked to wait.", { hint: "Wait." });

  /** Names of the jobs that are sent. */
  function limited(): { readonly bot: ReactContext; readonly sent: string[] } {
    const sent: string[] = [];
    const queue: ReactContext["queue"] = {
      send: async (name, data) => {
        sent.push(name);
        if ("reactionId" in data) jobs.push({ reactionId: data.reactionId, notBefore: 0 });
      },
    };
    return { bot: { ...context(), queue, connect: () => Promise.reject(waits) }, sent };
  }

  it("a page goes out; what has to ask GitHub, like a preview or the check, comes when it takes requests again", async () => {
    const server = await receiver(ok);
    secrets = { HOOK: server.url };
    const deploy = await verdict(`alerts: [{ to: webhook, url-env: HOOK, dry-run: false }]
rollback: { how: deployment, when: at-once }
`);
    await changeAnalysis(store.database, { id: deploy.analysisId, tenant: SHOP }, { checkRunId: 5 });
    const { bot, sent } = limited();
    await expect(createReact(bot)(deploy, RUN)).rejects.toThrow("asked to wait");
    for (const { reactionId } of jobs.splice(0)) await createSend(bot)({ reactionId }, RUN);
    expect(server.seen).toHaveLength(1);
    expect(sent).toEqual(["reaction", "react"]);
    expect(await states(deploy)).toEqual(["webhook sent"]);
    now += 60;
    await createReact(context())(deploy, RUN);
    expect(await states(deploy)).toEqual(["webhook sent", "rollback dry-run"]);
    expect(server.seen).toHaveLength(1);
  });

  it.each([
    "alerts: [{ to: github-issue, dry-run: false }]\n",
    "rollback: { how: deployment, when: at-once, dry-run: false }\n",
  ])("what is written on GitHub waits without using up its attempts: %s", async (line) => {
    const deploy = await verdict(line);
    await react(deploy);
    const [job] = jobs.splice(0);
    for (let times = 0; times < 10; times += 1)
      await expect(createSend(limited().bot)({ reactionId: job?.reactionId ?? "" }, RUN)).rejects.toThrow(
        "asked to wait",
      );
    expect(await reactionsOf(store.database, SHOP, deploy.verdictId)).toMatchObject([
      { state: "planned", attempts: 0 },
    ]);
  });
});

describe("an alert to a webhook", () => {
  const line = "alerts: [{ to: webhook, url-env: HOOK, secret-env: SIGN, token-env: TOKEN, dry-run: false }]\n";

  it("is signed, dated, and carries the facts", async () => {
    const server = await receiver(ok);
    const key = Buffer.from("0123456789abcdef0123456789abcdef");
    secrets = { HOOK: `${server.url}/in?a=1`, SIGN: `whsec_${key.toString("base64")}`, TOKEN: "t0ken-t0ken" };
    const deploy = await verdict(line);
    await react(deploy);
    await work();
    const [request] = server.seen;
    if (request === undefined) throw new Error("nothing was sent");
    const { headers, body, path } = request;
    expect(path).toBe("/in?a=1");
    expect(headers.authorization).toBe("Bearer t0ken-t0ken");
    expect(headers["webhook-timestamp"]).toBe(String(now));
    const signed = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`;
    expect(headers["webhook-signature"]).toBe(`v1,${createHmac("sha256", key).update(signed).digest("base64")}`);
    expect(JSON.parse(body)).toMatchObject({
      type: "deploy-impact.regression",
      data: {
        repository: "acme/shop",
        environment: "production",
        sha: SHA,
        severity: "page",
        severityBasis: "margin",
        metrics: [{ id: "p95-latency", change: "+12.4%", margin: "5%" }],
        url: `https://di.example.com/acme/shop/analyses/${deploy.analysisId}`,
      },
    });
  });

  it("is sent again with the same id while nothing came through, and as late as the receiver asks", async () => {
    const server = await receiver((_request, response, count) => {
      if (count === 1) response.writeHead(429, { "retry-after": "120" }).end("slow down");
      else if (count === 2) response.writeHead(503).end();
      else response.writeHead(202).end();
    });
    secrets = { HOOK: server.url, SIGN: "plain secret", TOKEN: "t" };
    const deploy = await verdict(line);
    await react(deploy);
    await work();
    expect(jobs[0]?.notBefore).toBe(now + 120);
    now += 119;
    expect(await work()).toBe(0);
    now += 1;
    await work();
    now = jobs[0]?.notBefore ?? now;
    await work();
    expect(await states(deploy)).toEqual(["webhook sent"]);
    expect(new Set(server.seen.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(new Set(server.seen.map(({ headers }) => headers["webhook-timestamp"])).size).toBe(3);
  });

  it("is given up when the receiver says no, with its words and without secrets", async () => {
    const server = await receiver((request, response) => {
      response.writeHead(403).end(`no entry for ${request.headers.authorization} at ${request.path}`);
    });
    secrets = { HOOK: `${server.url}/path-s3cret`, SIGN: "s", TOKEN: "token-s3cret" };
    const deploy = await verdict(line);
    await react(deploy);
    await work();
    const [reaction] = await reactionsOf(store.database, SHOP, deploy.verdictId);
    expect(reaction).toMatchObject({
      state: "failed",
      error: expect.stringContaining("The webhook answers 403: no entry"),
    });
    expect(jobs).toEqual([]);
    const everything = JSON.stringify([
      reaction,
      log.lines,
      github.requests,
      await store.database.query("select detail, error from reactions"),
    ]);
    expect(everything).not.toContain("token-s3cret");
  });

  it("names the secret that is missing", async () => {
    const deploy = await verdict(line);
    await react(deploy);
    await work();
    const [reaction] = await reactionsOf(store.database, SHOP, deploy.verdictId);
    expect(reaction).toMatchObject({ state: "failed", error: expect.stringContaining("The secret HOOK") });
  });

  it("gives up after a while", async () => {
    secrets = { HOOK: "http://127.0.0.1:9", SIGN: "s", TOKEN: "t" };
    const closed = await startLoopback(ok);
    secrets.HOOK = closed.url;
    await closed.stop();
    const deploy = await verdict(line);
    await react(deploy);
    let attempts = 0;
    while (jobs.length > 0 && attempts < 20) {
      now = Math.max(now, jobs[0]?.notBefore ?? 0);
      attempts += await work();
    }
    expect(attempts).toBe(7);
    const [reaction] = await reactionsOf(store.database, SHOP, deploy.verdictId);
    expect(reaction).toMatchObject({
      state: "failed",
      error: expect.stringContaining("cannot be reached (ECONNREFUSED)"),
    });
    expect(now - NOW / 1000).toBeLessThan(3600);
  });
});

describe("an alert to Slack", () => {
  const line = "alerts: [{ to: slack, url-env: HOOK, dry-run: false }]\n";

  it("is never sent twice when it may have arrived", async () => {
    const server = await receiver((_request, response) => {
      response.destroy();
    });
    secrets = { HOOK: server.url };
    const deploy = await verdict(line);
    await react(deploy);
    await work();
    expect(await states(deploy)).toEqual(["slack unknown"]);
    expect(jobs).toEqual([]);
    expect(server.seen).toHaveLength(1);
  });

  it("is not sent again after the process died while it was being sent", async () => {
    const server = await receiver(ok);
    secrets = { HOOK: server.url };
    const deploy = await verdict(line);
    const [planned] = await react(deploy);
    if (planned === undefined) throw new Error("nothing was planned");
    await moveReaction(store.database, planned, "planned", { to: "sending" });
    await work();
    expect(server.seen).toEqual([]);
    const [reaction] = await reactionsOf(store.database, SHOP, deploy.verdictId);
    expect(reaction).toMatchObject({ state: "unknown", error: expect.stringContaining("the bot stopped") });
    expect(reactionNotes([reaction].flatMap((one) => one ?? []))[0]?.what).toContain("may have told Slack");
  });

  it("carries labels that can mention nobody", async () => {
    const server = await receiver(ok);
    secrets = { HOOK: server.url };
    const spiced = resultDocument("regression", [
      { id: "<!channel>", verdict: "regression", margin: percent(5), level: 200, effect: [0.124, 0.1, 0.15] },
    ]);
    await react(await verdict(line, spiced));
    await work();
    const sections = JSON.parse(server.seen[0]?.body ?? "{}") as { text: string };
    expect(sections.text).not.toContain("<!channel>");
  });
});

describe("PagerDuty", () => {
  it("is told once, and told when a later deploy is clear", async () => {
    const line = "alerts: [{ to: pagerduty, routing-key-env: KEY, when: page, dry-run: false }]\n";
    const page = await verdict(line);
    const [planned] = await react(page);
    if (planned === undefined) throw new Error("nothing was planned");
    // The address of PagerDuty is fixed: here the row says what its answer would have said.
    await moveReaction(store.database, planned, "planned", { to: "sent", sentAt: now });
    jobs.length = 0;
    const earlier = await verdict(line, CLEAR, { at: NOW / 1000 - 90_000 });
    await react(earlier);
    expect(jobs).toEqual([]);
    now += 60;
    const later = await verdict(line, CLEAR, { at: NOW / 1000 - 3600 });
    await react(later);
    await react(later);
    expect(jobs).toHaveLength(1);
    const resolving = await loadReaction(store.database, jobs[0]?.reactionId ?? "");
    expect(resolving?.detail).toMatchObject({ does: "resolve", dedupKey: planned.id });
    expect(await states(page)).toEqual(["pagerduty sent", "resolve planned"]);
  });
});

describe("an issue", () => {
  const line = "alerts: [{ to: github-issue, labels: [incident], dry-run: false }]\n";

  it("is opened once per deployment and brought up to date", async () => {
    github.state.dispatched.issues.push({
      number: 1,
      title: "planted",
      body: "",
      labels: ["deploy-impact"],
      login: "mallory",
      isBot: false,
    });
    const first = await verdict(line);
    github.state.dispatched.issues[0] = {
      ...github.state.dispatched.issues[0],
      body: `<!-- deploy-impact:issue:v1 ${first.analysisId} -->\nplanted`,
    } as never;
    await react(first);
    await work();
    const worse = await verdict(line, judged("regression", 0.3), first);
    await react(worse);
    await work();
    const { issues } = github.state.dispatched;
    expect(issues.map(({ title }) => title)).toEqual([
      "planted",
      "Regression in production after a1b2c3d: p95 latency +30.0% (24.0 to 36.0), margin 5%",
    ]);
    expect(issues[1]?.labels).toEqual(["deploy-impact", "incident"]);
    expect(await states(worse)).toEqual(["github-issue sent"]);
    await react(await verdict(line, CLEAR, first));
    expect(issues[1]?.title).toContain("No impact in production");
    expect(issues).toHaveLength(2);
  });

  it("is looked for after an answer that did not come, not opened again", async () => {
    github.state.failures.push({
      match: ({ method, path }) => method === "POST" && path.endsWith("/issues"),
      status: 502,
      afterwards: true,
    });
    const deploy = await verdict(line);
    await react(deploy);
    await work();
    now = jobs[0]?.notBefore ?? now;
    await work();
    expect(github.state.dispatched.issues).toHaveLength(1);
    expect(await states(deploy)).toEqual(["github-issue sent"]);
  });

  it("names the permission that is missing", async () => {
    github.state.failures.push({
      match: ({ path }) => path.includes("/issues"),
      status: 403,
      body: { message: "Resource not accessible by integration" },
    });
    const deploy = await verdict(line);
    await react(deploy);
    await work();
    const [reaction] = await reactionsOf(store.database, SHOP, deploy.verdictId);
    expect(reaction).toMatchObject({ state: "failed", error: expect.stringContaining("Issues: Read and write") });
  });
});

describe("a rollback", () => {
  const at = (seconds: number): string => new Date(seconds * 1000).toISOString();
  const success = (seconds: number) => [{ state: "success", at: at(seconds) }];
  const current = NOW / 1000 - 7200;

  /** GitHub as it is: what was there, the deploy that hurt, and what came after. */
  async function scene(reactions: string): Promise<Judged> {
    const deploy = await verdict(reactions);
    const [row] = await store.database.query<{ deployment_id: number }>(
      "select deployment_id from analyses where id = $1",
      [deploy.analysisId],
    );
    github.state.deployments = [
      {
        id: row?.deployment_id ?? 0,
        sha: SHA,
        environment: "production",
        createdAt: at(current - 60),
        statuses: success(current),
      },
      {
        id: 900,
        sha: "f".repeat(40),
        environment: "production",
        createdAt: at(current - 3600),
        statuses: [{ state: "failure", at: at(current - 3500) }],
      },
      {
        id: 899,
        sha: BEFORE,
        environment: "production",
        createdAt: at(current - 7200),
        statuses: success(current - 7100),
      },
    ];
    github.state.dispatched.workflows["back.yml"] = ["environment", "version"];
    return deploy;
  }
  const WORKFLOW = `rollback:
  how: workflow-dispatch
  workflow: back.yml
  inputs: { environment: "{{ environment }}", version: "{{ previous-sha }}" }
`;

  it("is a dry run that waits for nobody unless the config says otherwise", async () => {
    const [reaction] = await react(await scene(WORKFLOW));
    expect(reaction).toMatchObject({ kind: "rollback", state: "dry-run" });
    expect(reaction?.detail.request).toEqual({
      how: "workflow-dispatch",
      workflow: "back.yml",
      ref: "main",
      inputs: { environment: "production", version: BEFORE },
    });
    expect(github.writes().filter(({ path }) => path.includes("dispatches"))).toEqual([]);
  });

  it("waits for a click, and starts once for all clicks, with the name of the person", async () => {
    const deploy = await scene(`${WORKFLOW}  dry-run: false\n`);
    await react(deploy);
    expect(jobs).toEqual([]);
    expect((await rollbackOf(store.database, SHOP, deploy.analysisId))?.state).toBe("awaiting-click");
    const clicks = await Promise.all([click(deploy, "ann"), click(deploy, "bob")]);
    expect(clicks.map(({ kind }) => kind).toSorted()).toEqual(["already", "started"]);
    await work();
    expect(github.state.dispatched.started).toEqual([
      { workflow: "back.yml", ref: "main", inputs: { environment: "production", version: BEFORE } },
    ]);
    const done = await rollbackOf(store.database, SHOP, deploy.analysisId);
    expect(reactionNotes([done].flatMap((one) => one ?? []))[0]).toMatchObject({
      what: expect.stringMatching(/^rollback \(workflow `back.yml`\) started by @(ann|bob)$/),
      state: "done",
    });
    expect(await click(deploy, "carl")).toEqual({ kind: "already" });
    expect(jobs).toEqual([]);
  });

  it("is confirmed by its own tenant only", async () => {
    const deploy = await scene(`${WORKFLOW}  dry-run: false\n`);
    await react(deploy);
    expect(await click(deploy, "mallory", OTHER)).toEqual({ kind: "refused", why: "No rollback is prepared." });
    expect(await rollbackOf(store.database, OTHER, deploy.analysisId)).toBeNull();
    expect(await reactionsOf(store.database, OTHER, deploy.verdictId)).toEqual([]);
  });

  it("is not started when a newer deployment came in between", async () => {
    const deploy = await scene(`${WORKFLOW}  dry-run: false\n  when: at-once\n`);
    await react(deploy);
    github.state.deployments.unshift({
      id: 99_999,
      sha: "e".repeat(40),
      environment: "production",
      createdAt: at(current + 60),
      statuses: [{ state: "in_progress", at: at(current + 61) }],
    });
    await work();
    expect(github.state.dispatched.started).toEqual([]);
    const done = await rollbackOf(store.database, SHOP, deploy.analysisId);
    expect(done).toMatchObject({ state: "failed", error: "another deployment (eeeeeee) came after this one" });
  });

  it("is started by a click only while the verdict stands", async () => {
    const deploy = await scene(`${WORKFLOW}  dry-run: false\n`);
    await react(deploy);
    await verdict("", CLEAR, deploy);
    expect(await click(deploy, "ann")).toMatchObject({ why: "The verdict is no regression any more." });
  });

  it("is a deployment of the last commit that succeeded, found again instead of made twice", async () => {
    const deploy = await scene("rollback: { how: deployment, when: at-once, dry-run: false }\n");
    await react(deploy);
    github.state.failures.push({
      match: ({ method, path }) => method === "POST" && path.endsWith("/deployments"),
      status: 502,
      afterwards: true,
    });
    await work();
    now = jobs[0]?.notBefore ?? now;
    await work();
    const made = github.state.deployments.filter(({ sha }) => sha === BEFORE);
    expect(made).toHaveLength(2);
    expect(made[0]?.payload).toMatchObject({
      deployImpactRollback: { sha: SHA, previousSha: BEFORE, environment: "production" },
    });
    const creation = github.requests.find(({ method, path }) => method === "POST" && path.endsWith("/deployments"));
    expect(creation?.body).toMatchObject({ ref: BEFORE, auto_merge: false, required_contexts: [] });
    expect(await states(deploy)).toEqual(["rollback sent"]);
  });

  it("by an event carries what is needed to act", async () => {
    const deploy = await scene(
      "rollback: { how: repository-dispatch, event-type: undo, when: at-once, dry-run: false }\n",
    );
    await react(deploy);
    await work();
    expect(github.state.dispatched.events).toEqual([
      { type: "undo", payload: expect.objectContaining({ environment: "production", sha: SHA, previousSha: BEFORE }) },
    ]);
  });

  it("that cannot be told from one that started is not started again", async () => {
    const deploy = await scene(`${WORKFLOW}  dry-run: false\n  when: at-once\n`);
    await react(deploy);
    github.state.failures.push({ match: ({ path }) => path.endsWith("/dispatches"), status: 502, afterwards: true });
    await work();
    expect(jobs).toEqual([]);
    expect(github.state.dispatched.started).toHaveLength(1);
    expect(await states(deploy)).toEqual(["rollback unknown"]);
  });

  it("says what the config has to change when GitHub refuses it", async () => {
    const deploy = await scene(`${WORKFLOW.replace("version:", "tag:")}  dry-run: false\n  when: at-once\n`);
    await react(deploy);
    await work();
    expect(await rollbackOf(store.database, SHOP, deploy.analysisId)).toMatchObject({
      state: "failed",
      error: expect.stringContaining("Unexpected inputs"),
    });
  });

  it("of a rollback needs a person", async () => {
    const deploy = await scene("rollback: { how: deployment, when: at-once, dry-run: false }\n");
    await store.database.query("update analyses set event = event || $2::jsonb where id = $1", [
      deploy.analysisId,
      JSON.stringify({ payload: { deployImpactRollback: { sha: "x" } } }),
    ]);
    expect((await react(deploy)).map(({ state }) => state)).toEqual(["awaiting-click"]);
  });

  it("stops at its limit, for clicks as well", async () => {
    const reactions = `${WORKFLOW}  dry-run: false\n  at-most: 1 per 24h\n`;
    const first = await scene(reactions);
    await react(first);
    await click(first, "ann");
    await work();
    now += 3600;
    const second = await verdict(reactions, PAGE, { at: NOW / 1000 - 100 });
    await react(second);
    expect(await click(second, "ann")).toMatchObject({
      why: expect.stringContaining("limit of the config (1 in 1440"),
    });
    expect(github.state.dispatched.started).toHaveLength(1);
  });

  it("without anything to go back to says so", async () => {
    const deploy = await scene(`${WORKFLOW}  dry-run: false\n  when: at-once\n`);
    github.state.deployments = github.state.deployments.slice(0, 2);
    await react(deploy);
    await work();
    expect(await rollbackOf(store.database, SHOP, deploy.analysisId)).toMatchObject({
      state: "failed",
      error: "GitHub knows no earlier deployment to this environment that succeeded",
    });
  });
});

describe("on GitHub", () => {
  it("the check and the comment say what was done, every other word stays", async () => {
    const deploy = await verdict(
      "alerts: [{ to: slack, url-env: HOOK }]\nrollback: { how: deployment, dry-run: false }\n",
    );
    const { analysisId } = deploy;
    const summary = "### Regression\n\nthe table\n\n<details><summary>Chart</summary>x</details>\n\n<sub>footer</sub>";
    github.state.checks.push({
      id: 7001,
      headSha: SHA,
      appSlug: "deploy-impact",
      appId: 12345,
      fields: {
        name: "Deploy impact / production",
        status: "completed",
        conclusion: "failure",
        output: { title: "Regression: p95", summary, text: "the analyst's text" },
      },
    });
    const comment = `<!-- deploy-impact:v1 env=production -->\n### after a1b2c3d\n\n<sub>footer</sub>\n`;
    github.state.comments.push({ id: 901, issue: 77, login: "deploy-impact[bot]", body: comment });
    github.state.comments.push({ id: 902, issue: 77, login: "mallory", body: comment });
    await changeAnalysis(store.database, { id: analysisId, tenant: SHOP }, { checkRunId: 7001 });
    await react(deploy);
    const output = github.state.checks[0]?.fields.output as { title: string; summary: string; text: string };
    expect(output).toMatchObject({ title: "Regression: p95", text: "the analyst's text" });
    expect(output.summary).toMatch(
      /the table\n\n<!-- deploy-impact:reactions -->[\s\S]*would have told Slack[\s\S]*waits for a click[\s\S]*<details>/,
    );
    expect(github.state.checks[0]?.fields.conclusion).toBe("failure");
    expect(JSON.stringify(github.state.checks[0]?.fields.actions)).toContain('"roll-back"');
    expect(github.state.comments[0]?.body).toContain("would have told Slack");
    expect(github.state.comments[1]?.body).toBe(comment);
    await createReact(context())({ verdictId: deploy.verdictId }, RUN);
    expect(output.summary.match(/deploy-impact:reactions -->/g)).toHaveLength(2);
  });

  it("a failure to show it costs nothing", async () => {
    github.state.failures.push({ match: ({ path }) => path.includes("/check-runs"), status: 403 });
    const deploy = await verdict("alerts: [{ to: slack, url-env: HOOK }]\n");
    await changeAnalysis(store.database, { id: deploy.analysisId, tenant: SHOP }, { checkRunId: 7001 });
    expect(await react(deploy)).toHaveLength(1);
  });
});

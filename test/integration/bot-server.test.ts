import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { JobHandlers } from "../../src/bot/jobs/contract.ts";
import { createLog } from "../../src/bot/observe/log.ts";
import { secretsOf } from "../../src/bot/read-settings.ts";
import { type BotParts, type RunningBot, startBot } from "../../src/bot/start.ts";
import { addInstallation } from "../../src/bot/store/installations.ts";
import type { Delivery, DeliveryHandlers } from "../../src/bot/webhooks/contract.ts";
import { deliveryJob } from "../../src/bot/webhooks/receive.ts";
import { appKey, botSettings, WEBHOOK_SECRET } from "./bot-settings.ts";
import { sendWebhook } from "./bot-webhooks.ts";
import { type Loopback, replyJson, type SeenRequest, startLoopback } from "./servers/loopback.ts";
import { makeFolder } from "./servers/process.ts";

const REPOSITORY = { id: 7, full_name: "acme/shop", private: true, default_branch: "trunk", owner: { login: "acme" } };
const COMMENT = {
  action: "created",
  issue: { number: 1, url: "https://x.example/1", comments_url: "https://x.example/1/c" },
  comment: {
    id: 5,
    body: "hello \u0000 there",
    user: { login: "ann", id: 1, type: "User", avatar_url: "https://x.example/a" },
  },
  repository: REPOSITORY,
  installation: { id: 77 },
};

let tokens = 0;
/** What GitHub answers to everything but tokens; tests replace it. */
let github: (request: SeenRequest) => { status: number; body: unknown; headers?: Record<string, string> };
let tokenAnswer: { status: number; body: unknown } | null = null;

const handled: Delivery[] = [];
let fail: Error | null = null;
const lines: string[] = [];

const handler = async (delivery: Delivery): Promise<string> => {
  if (fail !== null) throw fail;
  handled.push(delivery);
  return "noted";
};
const handlers: DeliveryHandlers = {
  deployment_status: handler,
  deployment_protection_rule: handler,
  check_run: handler,
  issue_comment: handler,
  merge_group: handler,
  installation: handler,
  installation_repositories: handler,
  repository: handler,
  push: handler,
  repository_dispatch: handler,
};
const nothing = async (): Promise<void> => undefined;
const parts: BotParts = {
  jobs: (context): JobHandlers => ({
    delivery: deliveryJob(context, handlers),
    judge: nothing,
    gate: nothing,
    react: nothing,
    reaction: nothing,
    forget: nothing,
    housekeeping: nothing,
    dead: nothing,
  }),
  pages: () => async (request) =>
    new Response(`page ${new URL(request.url).pathname} ${await request.text()}`, {
      headers: [
        ["content-security-policy", "default-src 'self'"],
        ["set-cookie", "a=1"],
        ["set-cookie", "b=2"],
      ],
    }),
};

describe("the bot's server", () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let hub: Loopback;
  let bot: RunningBot;
  let origin: string;

  beforeAll(async () => {
    folder = await makeFolder("server");
    hub = await startLoopback((request, response) => {
      if (request.path.endsWith("/access_tokens")) {
        tokens += 1;
        const expires = new Date(Date.now() + 3_600_000).toISOString();
        const answer = tokenAnswer ?? { status: 201, body: { token: `ghs_token${tokens}`, expires_at: expires } };
        replyJson(response, answer.status, answer.body);
        return;
      }
      const { status, body, headers } = github(request);
      replyJson(response, status, body, headers ?? {});
    });
    const settings = botSettings({
      apiUrl: hub.url,
      store: { kind: "embedded", folder: join(folder.path, "data") },
      metricsToken: "metrics token 0123456789",
      publicUrl: "https://impact.example.com",
      logLevel: "debug",
    });
    const log = createLog(settings, secretsOf(settings), (line) => void lines.push(line));
    bot = await startBot(settings, parts, { version: "1.2.3", now: Date.now, log, environment: {} });
    origin = `http://127.0.0.1:${bot.port}`;
  });
  beforeEach(() => {
    handled.length = 0;
    fail = null;
    tokenAnswer = null;
    github = () => ({ status: 500, body: { message: "not expected" } });
  });
  afterAll(async () => {
    await bot?.stop(2000);
    await hub?.stop();
    await folder?.remove();
  });

  const post = (body: string, more: Partial<Parameters<typeof sendWebhook>[1]> = {}): Promise<Response> =>
    sendWebhook(origin, { event: "issue_comment", body, ...more });
  const outcome = async (response: Response): Promise<[number, unknown]> => [
    response.status,
    ((await response.json()) as { outcome?: unknown }).outcome,
  ];
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await delay(20);
  };

  test("a signed webhook is stored, answered with 202 and handled once, however often it is sent", async () => {
    const body = JSON.stringify(COMMENT);
    expect(await outcome(await post(body, { id: "delivery-1" }))).toEqual([202, "accepted"]);
    await until(() => handled.length === 1);
    expect(handled[0]).toMatchObject({
      id: "delivery-1",
      event: "issue_comment",
      action: "created",
      installationId: 77,
      repository: {
        installationId: 77,
        repositoryId: 7,
        repository: "acme/shop",
        isPrivate: true,
        defaultBranch: "trunk",
      },
      payload: { comment: { body: "hello  there", user: { login: "ann", id: 1, type: "User" } } },
    });
    expect(JSON.stringify(handled[0]?.payload)).not.toMatch(/avatar_url|comments_url/);
    expect(await outcome(await post(body, { id: "delivery-1" }))).toEqual([202, "repeated"]);
    const row = async () =>
      (await bot.context.database.query("select payload, outcome from deliveries where id = 'delivery-1'"))[0];
    while ((await row()) === undefined || JSON.stringify(await row()).includes("hello")) await delay(20);
    expect(await row()).toEqual({ payload: null, outcome: "noted" });
    expect(handled).toHaveLength(1);
  });

  test("what GitHub did not sign is refused", async () => {
    const body = JSON.stringify(COMMENT);
    expect(await outcome(await post(body, { secret: "another secret, just as long" }))).toEqual([401, "unsigned"]);
    expect(await outcome(await post(body, { headers: { "x-hub-signature-256": "sha256=00" } }))).toEqual([
      401,
      "unsigned",
    ]);
    expect(await outcome(await post(body, { headers: { "x-hub-signature-256": "" } }))).toEqual([401, "unsigned"]);
    const bare = await fetch(`${origin}/api/github/webhooks`, { method: "POST", body });
    expect(await outcome(bare)).toEqual([401, "unsigned"]);
    expect(handled).toEqual([]);
  });

  test("what cannot be read is refused, what we do not handle is ignored", async () => {
    expect(await outcome(await post("{"))).toEqual([400, "malformed"]);
    expect(await outcome(await post("[1]"))).toEqual([400, "malformed"]);
    expect(await outcome(await post("{}", { headers: { "x-github-delivery": "../../etc" } }))).toEqual([
      400,
      "malformed",
    ]);
    expect(await outcome(await post("{}", { event: "ping" }))).toEqual([202, "ignored"]);
    expect(await outcome(await post("{}", { event: "constructor" }))).toEqual([202, "ignored"]);
    expect(await outcome(await post(JSON.stringify({ ...COMMENT, installation: undefined })))).toEqual([
      202,
      "ignored",
    ]);
    expect(handled).toEqual([]);
  });

  test("a payload near GitHub's cap is stored without what nobody reads; a larger one is refused", async () => {
    const large = { ...COMMENT, unread: "x".repeat(24 * 2 ** 20) };
    expect(await outcome(await post(JSON.stringify(large)))).toEqual([202, "accepted"]);
    await until(() => handled.length === 1);
    expect(JSON.stringify(handled[0]?.payload).length).toBeLessThan(2000);
    const answered = await post(JSON.stringify({ ...COMMENT, unread: "x".repeat(26 * 2 ** 20) })).catch(() => null);
    // A client that is still sending may find the connection closed before it reads the answer.
    expect(answered?.status ?? 413).toBe(413);
    const huge = { ...COMMENT, comment: { ...COMMENT.comment, body: "x".repeat(2 * 2 ** 20) } };
    expect(await outcome(await post(JSON.stringify(huge)))).toEqual([202, "too-large"]);
    expect(handled).toHaveLength(1);
  });

  test("a handler that fails is tried again", async () => {
    fail = new Error("not yet");
    await post(JSON.stringify(COMMENT), { id: "delivery-2" });
    await until(() => lines.some((line) => line.includes("A job failed") && line.includes("delivery-2")));
    fail = null;
    await until(() => handled.length === 1);
    expect(handled[0]?.id).toBe("delivery-2");
  });

  test("other addresses are the pages', other methods are refused", async () => {
    const page = await fetch(`${origin}/acme/shop?x=1`, { method: "POST", body: "form" });
    expect(await page.text()).toBe("page /acme/shop form");
    expect(page.headers.get("content-security-policy")).toBe("default-src 'self'");
    expect(page.headers.get("x-content-type-options")).toBe("nosniff");
    expect(page.headers.get("strict-transport-security")).toContain("max-age");
    expect(page.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect((await fetch(`${origin}/x`, { method: "POST", body: "x".repeat(70_000) })).status).toBe(413);
    const wrong = await fetch(`${origin}/api/github/webhooks`);
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "POST"]);
    const head = await fetch(`${origin}/healthz`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  test("an address that names another host, or nonsense, is refused", async () => {
    const raw = (text: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect(bot.port, "127.0.0.1", () => socket.write(text));
        let answer = "";
        socket.on("data", (part) => {
          answer += part.toString();
        });
        socket.on("close", () => resolve(answer));
        socket.on("error", reject);
      });
    expect(await raw("GET //evil.example/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).toMatch(
      /^HTTP\/1.1 400/,
    );
    expect(await raw("GET http://evil.example/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).toMatch(
      /^HTTP\/1.1 400/,
    );
    expect(await raw("nonsense\r\n\r\n")).toMatch(/^HTTP\/1.1 400/);
  });

  test("health, readiness and metrics", async () => {
    expect(await (await fetch(`${origin}/healthz`)).json()).toEqual({ status: "ok", version: "1.2.3" });
    const ready = await fetch(`${origin}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { database: "ok", worker: "ok" }]);
    expect((await fetch(`${origin}/metrics`)).status).toBe(401);
    const metrics = await fetch(`${origin}/metrics`, { headers: { authorization: "Bearer metrics token 0123456789" } });
    expect(metrics.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const text = await metrics.text();
    expect(text).toMatch(/^deploy_impact_webhooks_total\{event="issue_comment",outcome="accepted"\} \d+$/m);
    expect(text).toMatch(/^deploy_impact_webhooks_total\{event="other",outcome="ignored"\} \d+$/m);
    expect(text).toMatch(/^deploy_impact_analyses_pending 0$/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
    expect(text).toMatch(/^deploy_impact_job_seconds_count\{job="delivery"\} \d+$/m);
  });

  const tenant = { installationId: 77, repositoryId: 7, repository: "acme/shop", isPrivate: true };

  test("one token serves many requests; a refused one is replaced once", async () => {
    const used: unknown[] = [];
    let refuse = false;
    github = (request) => {
      used.push(request.headers.authorization);
      const stale = refuse && request.headers.authorization === used[0];
      return stale ? { status: 401, body: { message: "Bad credentials" } } : { status: 200, body: { private: true } };
    };
    const before = tokens;
    const api = (await bot.context.connect(tenant)).api("acme/shop");
    await Promise.all([
      api.isPrivate(),
      api.isPrivate(),
      (await bot.context.connect(tenant)).api("acme/shop").isPrivate(),
    ]);
    expect(tokens - before).toBe(1);
    refuse = true;
    expect(await api.isPrivate()).toBe(true);
    expect(tokens - before).toBe(2);
    expect(new Set(used).size).toBe(2);
    github = () => ({ status: 401, body: { message: "Bad credentials" } });
    await expect(api.isPrivate()).rejects.toMatchObject({ code: "GITHUB_PERMISSION" });
  });

  test("a suspended or removed installation is said as such", async () => {
    const other = { ...tenant, installationId: 78 };
    tokenAnswer = { status: 403, body: { message: "This installation has been suspended" } };
    await expect(bot.context.connect(other)).rejects.toMatchObject({
      code: "GITHUB_UNINSTALLED",
      message: "Installation 78 of the App is suspended.",
    });
    tokenAnswer = { status: 404, body: { message: "Not Found" } };
    await expect(bot.context.connect(other)).rejects.toMatchObject({
      message: "Installation 78 of the App does not exist any more.",
    });
    tokenAnswer = null;
    github = () => ({ status: 200, body: { private: false } });
    expect(await (await bot.context.connect(other)).api("acme/shop").isPrivate()).toBe(false);
  });

  test("a rate limit pauses the installation for everybody, and nobody else", async () => {
    await addInstallation(bot.context.database, { id: 79, account: "busy" });
    const limited = { ...tenant, installationId: 79 };
    github = () => ({
      status: 403,
      body: { message: "You have exceeded a secondary rate limit" },
      headers: { "retry-after": "600" },
    });
    const api = (await bot.context.connect(limited)).api("acme/shop");
    await expect(api.isPrivate()).rejects.toMatchObject({ code: "GITHUB_RATE_LIMITED" });
    await expect(bot.context.connect(limited)).rejects.toMatchObject({ code: "GITHUB_RATE_LIMITED" });
    const stored = async () =>
      (
        await bot.context.database.query<{ paused_until: Date | null }>(
          "select paused_until from installations where id = 79",
        )
      )[0]?.paused_until ?? null;
    while ((await stored()) === null) await delay(20);
    expect((await stored())?.getTime()).toBeGreaterThan(Date.now() + 500_000);
    github = () => ({ status: 200, body: { private: true } });
    expect(await (await bot.context.connect(tenant)).api("acme/shop").isPrivate()).toBe(true);
  });

  test("no secret is in the log", () => {
    const all = lines.join("");
    expect(all.length).toBeGreaterThan(0);
    expect(all).not.toContain(WEBHOOK_SECRET);
    expect(all).not.toContain(appKey().slice(40, 80));
    expect(all).not.toMatch(/ghs_token\d/);
    expect(all).not.toContain("hello");
  });
});

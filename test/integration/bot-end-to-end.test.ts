/** The whole bot over real sockets: a signed webhook, a store, a queue, a real Prometheus, and a GitHub that keeps what is written. */
import { randomUUID } from "node:crypto";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BOT_PARTS } from "../../src/bot/parts.ts";
import { type RunningBot, startBot } from "../../src/bot/start.ts";
import { listAnalyses } from "../../src/bot/store/analyses.ts";
import { listVerdicts } from "../../src/bot/store/verdicts.ts";
import type { Json } from "../contract/github-contract.ts";
import { recordingLog } from "./bot-log.ts";
import { botSettings } from "./bot-settings.ts";
import { sendWebhook } from "./bot-webhooks.ts";
import { deploymentBody, type GithubStandIn, type StandInDeployment, startGithub } from "./github-stand-in.ts";
import { makeFolder, type RunningServer } from "./servers/process.ts";
import { availability } from "./servers/programs.ts";
import { PROMETHEUS_PROGRAMS, startPrometheus } from "./servers/prometheus.ts";

const { missing, note } = availability(...PROMETHEUS_PROGRAMS);

const SHA = "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678";
const STEP = 15;
/** Settle, post and the lag of one step. */
const WINDOW = 60 + 300 + STEP;
/** The plan is announced before its window is over. */
const LEAD_SECONDS = 20;

const TENANT = { installationId: 77, repositoryId: 5, repository: "acme/shop", isPrivate: true };

function config(url: string): string {
  return `version: 1
source: { type: prometheus, url: "${url}" }
units: { label: zone, treated: { match: { zone: [eu-1, eu-2, eu-3] } }, control: { match: { zone: [us-1, us-2, us-3] } } }
windows: { pre: 1h, settle: 1m, post: 5m, step: ${STEP}s }
slis:
  - { id: p95-latency, kind: gauge, query: checkout_latency_seconds, worse: up, margin: 5% }
`;
}

/** Latency with a little noise, a third higher in the treated zones from the deploy on. */
function* history(deployedAt: number): Generator<string> {
  yield "# TYPE checkout_latency_seconds gauge\n";
  for (const [unit, zone] of ["eu-1", "eu-2", "eu-3", "us-1", "us-2", "us-3"].entries()) {
    for (let time = deployedAt - 3600 - STEP; time <= deployedAt + WINDOW - STEP; time += STEP) {
      const noise = Math.sin((unit + 1) * 12.9898 + (time - deployedAt) * 78.233) * 0.01;
      const effect = unit < 3 && time >= deployedAt ? 1.33 : 1;
      yield `checkout_latency_seconds{zone="${zone}"} ${(0.2 + noise) * effect} ${time}\n`;
    }
  }
  yield "# EOF\n";
}

describe.skipIf(missing)(`a signed webhook to the whole bot${note}`, () => {
  let prometheus: RunningServer;
  let github: GithubStandIn;
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let bot: RunningBot;
  const log = recordingLog();
  let deployedAt = 0;

  beforeAll(async () => {
    folder = await makeFolder("end-to-end");
    github = await startGithub({ appSlug: "deploy-impact", appId: 12345 });
    const settings = botSettings({
      apiUrl: github.url,
      store: { kind: "embedded", folder: path.join(folder.path, "data") },
    });
    bot = await startBot(settings, BOT_PARTS, { version: "1.4.0", now: Date.now, log, environment: {} });
    deployedAt = Math.floor(Date.now() / 1000 / STEP) * STEP + LEAD_SECONDS + STEP - WINDOW;
    prometheus = await startPrometheus(history(deployedAt));
    Object.assign(github.state, {
      files: { ".github/deploy-impact.yml": config(prometheus.url) },
      pullRequests: [{ number: 77, mergeSha: SHA, headSha: "c".repeat(40), files: ["src/checkout.ts"] }],
      deployments: [deployment()],
    });
  }, 120_000);
  afterAll(async () => {
    await bot?.stop(2000);
    await prometheus?.stop();
    await github?.close();
    await folder?.remove();
  });

  function deployment(): StandInDeployment {
    const at = new Date(deployedAt * 1000).toISOString();
    return { id: 1234567, sha: SHA, environment: "production", createdAt: at, statuses: [{ state: "success", at }] };
  }

  const webhook = (id: string): Promise<Response> =>
    sendWebhook(`http://127.0.0.1:${bot.port}`, {
      event: "deployment_status",
      id,
      body: JSON.stringify({
        action: "created",
        deployment: deploymentBody(deployment()),
        deployment_status: {
          id: 1,
          state: "success",
          created_at: new Date(deployedAt * 1000).toISOString(),
          log_url: "",
        },
        repository: { id: 5, full_name: "acme/shop", private: true, default_branch: "main" },
        installation: { id: 77 },
        sender: { login: "octocat", type: "User" },
      }),
    });

  test("becomes a plan, a verdict, a check and a comment, once, within 15 requests", async () => {
    const id = randomUUID();
    expect((await webhook(id)).status).toBe(202);
    expect((await webhook(id)).status).toBe(202);
    while (github.state.checks.every(({ fields }) => fields.status !== "completed")) await delay(100);
    expect((await webhook(randomUUID())).status).toBe(202);
    const analyses = () => listAnalyses(bot.context.database, TENANT, {}, 9);
    while ((await analyses()).some(({ state }) => state !== "done")) await delay(100);

    const created = github.requests.find(
      ({ method, path: asked }) => method === "POST" && asked.endsWith("/check-runs"),
    );
    const plan = created?.body as { status: string; output: { title: string; summary: string } } & Json;
    expect(plan.status).toBe("in_progress");
    expect(plan.output.summary).toContain("The plan, written down before the data exist");

    expect(github.state.checks).toHaveLength(1);
    expect(github.state.checks[0]?.fields).toMatchObject({
      external_id: "di1:1234567:production",
      status: "completed",
      conclusion: "failure",
    });
    const verdicts = await listVerdicts(bot.context.database, TENANT, {}, 9);
    expect(verdicts).toMatchObject([{ verdict: "regression", sha: SHA, lateSeconds: expect.any(Number) }]);
    expect(github.state.comments.map(({ issue, login }) => [issue, login])).toEqual([[77, "deploy-impact[bot]"]]);
    expect(github.state.comments[0]?.body).toContain("p95 latency +3");

    // Housekeeping asks GitHub as well, for webhooks that were lost; that belongs to no analysis.
    const asked = github.requests.filter(({ path: one }) => !one.startsWith("/app/hook/"));
    expect(asked.filter(({ path: one }) => one.endsWith("/access_tokens"))).toHaveLength(1);
    expect(asked.length).toBeLessThanOrEqual(15);
    expect(github.violations.filter((one) => !one.includes("/app/hook/"))).toEqual([]);
    expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
  }, 240_000);
});

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, describe, expect, it } from "vitest";
import type { BacktestDocument, OutlookDocument } from "../../../src/core/history/result.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const CLI = path.join(ROOT, "src/entry/cli.ts");
const folder = mkdtempSync(path.join(tmpdir(), "history-"));
afterAll(() => rmSync(folder, { recursive: true }));

const CONFIG = "examples/quiet-week/deploy-impact.yml";
const DEPLOYS = "examples/quiet-week/deploys.csv";
const FEW = ["--times", "12"];

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], extra: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const { GITHUB_TOKEN: _, GITHUB_REPOSITORY: __, GH_TOKEN: ___, ...rest } = process.env;
  const env = { ...rest, NO_COLOR: "1", NODE_COMPILE_CACHE: path.join(folder, "compiled"), ...extra };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args], { cwd: ROOT, env });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}

function validator(name: string) {
  const schema = JSON.parse(readFileSync(path.join(ROOT, "schema", name), "utf8")) as object;
  return new Ajv2020({ strict: false }).compile(schema);
}

describe.concurrent("backtest", () => {
  it("answers with exit code 0 and a document that fits its schema", async () => {
    const { exitCode, stdout } = await run([
      "backtest",
      "--config",
      CONFIG,
      "--exclude",
      DEPLOYS,
      ...FEW,
      "--format",
      "json",
    ]);
    const document = JSON.parse(stdout) as BacktestDocument;
    const isValid = validator("backtest.schema.json");
    expect([exitCode, isValid(document), isValid.errors]).toEqual([0, true, null]);
    expect(document.fakes).toMatchObject({ count: 12, every: null });
    expect(document.history).toMatchObject({ deployments: 1, deploymentSources: ["file"] });
    expect(document.slis.map(({ id, runs }) => [id, runs])).toEqual([
      ["error-rate", 12],
      ["p95-latency", 12],
    ]);
  });

  it("leaves the deployments out that another environment had", async () => {
    const file = path.join(folder, "staging.csv");
    writeFileSync(file, "deployed_at,environment\n2026-05-10T09:00:00Z,staging\n2026-05-10T19:00:00Z,production\n");
    const config = path.join(folder, "environments.yml");
    const source = path.join(ROOT, "examples/quiet-week/metrics.csv");
    const text = readFileSync(path.join(ROOT, CONFIG), "utf8").replace("metrics.csv", source);
    writeFileSync(config, `${text}environments: { production: { mode: advisory } }\n`);
    const args = ["backtest", "--config", config, "--exclude", file, "--environment", "production", ...FEW];
    const { stdout } = await run([...args, "--format", "json"]);
    expect((JSON.parse(stdout) as BacktestDocument).history.deployments).toBe(1);
  });

  it("reads deployments from GitHub where a repository and a token are given", async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(`${request.headers.authorization ?? ""} ${request.url ?? ""}`);
      const isList = /deployments(\?|$)/.test(request.url ?? "");
      const body = isList
        ? [{ id: 1, sha: "a1b2c3d", environment: "production", created_at: "2026-05-10T09:00:00Z", payload: null }]
        : [{ state: "success", created_at: "2026-05-10T09:10:00Z" }];
      response.setHeader("content-type", "application/json").end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const { stdout, stderr } = await run(
      ["backtest", "--config", CONFIG, "--repository", "acme/shop", ...FEW, "--format", "json"],
      {
        GITHUB_TOKEN: "secret",
        GITHUB_API_URL: `http://127.0.0.1:${port}`,
        NO_PROXY: "127.0.0.1",
        no_proxy: "127.0.0.1",
      },
    );
    await new Promise((resolve) => server.close(resolve));
    expect(stderr).not.toContain("error");
    expect((JSON.parse(stdout) as BacktestDocument).history).toMatchObject({
      deployments: 1,
      deploymentSources: ["github"],
    });
    expect(asked[0]).toBe("token secret /repos/acme/shop/deployments?per_page=100&page=1");
  });

  it("judges panels with the windows that flags give", async () => {
    const file = path.join(folder, "latency.csv");
    const rows = Array.from({ length: 600 }, (_, i) =>
      ["a", "b", "c", "d"].map(
        (unit, u) =>
          `${1_767_225_600 + i * 300},${unit},${u === 0 ? "treated" : "control"},${100 + ((i * (u + 3)) % 17)}`,
      ),
    );
    writeFileSync(file, `time,unit,group,value\n${rows.flat().join("\n")}\n`);
    const panel = ["backtest", "--panel", file, "--direction", "up", "--margin", "5%"];
    const { exitCode, stdout } = await run([...panel, "--pre", "12h", "--post", "1h", "--format", "json"]);
    const document = JSON.parse(stdout) as BacktestDocument;
    expect([exitCode, document.config, document.slis[0]?.id]).toEqual([0, null, "latency"]);
    expect(document.fakes.count).toBe(38);
    const { exitCode: usage, stderr } = await run(panel);
    expect([usage, stderr.split("\n")[0]]).toEqual([
      64,
      "error: --pre is missing: a panel does not say how long the windows are.",
    ]);
  });

  it("writes Markdown into a file and text for the person", async () => {
    const out = path.join(folder, "backtest.md");
    const { stdout } = await run(["backtest", "--config", CONFIG, "--exclude", DEPLOYS, ...FEW, "--out", out]);
    expect(readFileSync(out, "utf8")).toMatch(/^## 0 false alarms in 12 answers/);
    expect(readFileSync(out, "utf8")).toContain("| metric | false alarms |");
    expect(stdout).toMatch(/^0 false alarms in 12 answers/);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it.each([
    ["64: two ways to say how many", ["--every", "1h", "--times", "5"], 64],
    ["64: two ways to say from when", ["--from", "2026-05-05T00:00:00Z", "--history", "3d"], 64],
    ["64: a service that is not there", ["--service", "cart"], 64],
    ["64: a repository without a token", ["--repository", "acme/shop"], 64],
    ["64: no number of draws", ["--reassign", "some"], 64],
    ["64: several ways to say nothing", ["--times", "0"], 64],
    ["64: the history ends before it starts", ["--from", "2026-05-09T00:00:00Z", "--to", "2026-05-05T00:00:00Z"], 64],
    ["3: no such file of deployments", ["--exclude", "absent.csv"], 3],
    ["2: too little history", ["--history", "20h"], 2],
  ])("%s", async (_, flags, exitCode) => {
    const ended = await run(["backtest", "--config", CONFIG, ...flags]);
    expect(ended.exitCode).toBe(exitCode);
    if (exitCode === 2)
      expect(ended.stdout.replaceAll("\n", " ")).toMatch(
        /^No answer: The history from .+ is too short for one fake deploy/,
      );
    else expect(ended.stderr).toMatch(/^error: .+\.\n(?: {2}at .+\n)?hint: .+/);
  });
});

describe.concurrent("plan", () => {
  it("says per post window what can be seen, and fits its schema", async () => {
    const args = [
      "plan",
      "--config",
      CONFIG,
      "--exclude",
      DEPLOYS,
      "--posts",
      "4h,1h",
      "--times",
      "8",
      "--format",
      "json",
    ];
    const { exitCode, stdout } = await run(args);
    const document = JSON.parse(stdout) as OutlookDocument;
    const isValid = validator("plan.schema.json");
    expect([exitCode, isValid(document), isValid.errors]).toEqual([0, true, null]);
    const latency = document.slis.find(({ id }) => id === "p95-latency");
    expect(latency?.posts.map(({ post }) => post)).toEqual([3600, 14_400]);
    const [short, long] = (latency?.posts ?? []).map(({ mde }) => mde.relative?.median ?? 0);
    expect(long).toBeLessThan(short ?? 0);
    expect(latency?.fewer.map(({ treated, control }) => [treated, control])).toEqual([
      [2, 2],
      [2, 1],
      [1, 4],
    ]);
    const [half] = latency?.fewer ?? [];
    expect(half?.mde.relative?.median).toBeGreaterThan(0);
  });

  it("says it in one line first", async () => {
    const { stdout } = await run([
      "plan",
      "--config",
      CONFIG,
      "--exclude",
      DEPLOYS,
      "--posts",
      "1h,4h",
      "--times",
      "4",
    ]);
    expect(stdout.replaceAll("\n", " ")).toMatch(
      /^With this config you can see: error-rate \+[\d.]+ pp in 1h or \+[\d.]+ pp in 4h; p95-latency \+[\d.]+% in 1h or \+[\d.]+% in 4h\./,
    );
  });
});

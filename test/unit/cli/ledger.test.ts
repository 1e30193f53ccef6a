import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ResultDocument } from "../../../src/core/result.ts";
import { DEPLOYED_AT, panelCsv, rows, tableCsv } from "../app/fixtures.ts";
import { entryOf, shaOf } from "../core/ledger/made-ledger.ts";

const CLI = path.resolve(import.meta.dirname, "../../../src/entry/cli.ts");
const folder = mkdtempSync(path.join(tmpdir(), "cli-ledger-"));
const inFolder = (name: string): string => path.join(folder, name);

const CONFIG = `version: 1
source: { type: file, path: metrics.csv }
deployed-at: ${DEPLOYED_AT}
units: { label: zone, treated: { match: { zone: [eu-1, eu-2] } } }
windows: { pre: 5h, settle: 2m, post: 1h, step: 1m }
looks: 4
slis: [{ id: latency, kind: gauge, query: latency, worse: up, margin: 5% }]
`;

beforeAll(() => {
  writeFileSync(inFolder("metrics.csv"), tableCsv(rows(300, 62, 15)));
  writeFileSync(inFolder("worse.csv"), panelCsv(rows(300, 62, 15)));
  writeFileSync(inFolder("config.yml"), CONFIG);
  const kept = [
    entryOf(0, "regression"),
    entryOf(1, "no-impact"),
    entryOf(1, "inconclusive", { environment: "staging" }),
  ];
  writeFileSync(inFolder("kept.jsonl"), kept.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
});
afterAll(() => rmSync(folder, { recursive: true }));

const ENVIRONMENT = { ...process.env, NO_COLOR: "1", NODE_COMPILE_CACHE: inFolder("compiled") };

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(...args: string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args], { cwd: folder, env: ENVIRONMENT, stdio: "pipe" });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ exitCode, stdout, stderr }));
    child.stdin.end();
  });
}

const copyOf = (name: string): string => {
  writeFileSync(inFolder(name), readFileSync(inFolder("kept.jsonl")));
  return name;
};

describe.concurrent("check --look", () => {
  it("reads the data up to that look and keeps the exit code of its verdict", async () => {
    const { exitCode, stdout } = await run("check", "--config", "config.yml", "--look", "1/4", "--format", "json");
    const { plans, windows, verdict } = JSON.parse(stdout) as ResultDocument;
    expect(exitCode).toBe(1);
    expect({ verdict, postEnd: windows.postEnd }).toEqual({ verdict: "regression", postEnd: DEPLOYED_AT + 120 + 900 });
    expect(plans[0]?.look).toMatchObject({ number: 1, alpha: 0.05, planned: [{}, {}, {}, {}] });
  });

  it("of a panel divides the post window that is stated", async () => {
    const panel = ["check", "--panel", "worse.csv", "--deployed-at", String(DEPLOYED_AT), "--direction", "up"];
    const [first, without] = await Promise.all([
      run(...panel, "--look", "1/2", "--post", "1h", "--format", "json"),
      run(...panel, "--look", "1/2"),
    ]);
    expect((JSON.parse(first.stdout) as ResultDocument).windows.postEnd).toBe(DEPLOYED_AT + 1800);
    expect(without).toMatchObject({
      exitCode: 64,
      stderr: expect.stringContaining("--look with a panel needs --post"),
    });
  });

  it.each([
    ["5/4", '--look: "5/4" is not one of several looks.'],
    ["2", '--look: "2" is not one of several looks.'],
    ["1/1", "Write which look of how many it is, for example --look 1/4"],
    ["1/5", "The config plans 4 looks, and --look says 5."],
  ])("%s is refused", async (look, message) => {
    const { exitCode, stderr } = await run("check", "--config", "config.yml", "--look", look);
    expect(exitCode).toBe(64);
    expect(stderr).toContain(message);
  });
});

describe.concurrent("a ledger", () => {
  it("is written by check, marked by hand and summed up by report", async () => {
    const check = (look: string): Promise<Ended> =>
      run(
        "check",
        "--config",
        "config.yml",
        "--sha",
        "abcdef1234",
        "--environment",
        "production",
        "--look",
        look,
        "--ledger",
        "new.jsonl",
      );
    await check("1/4").then(() => check("4/4"));
    const lines = readFileSync(inFolder("new.jsonl"), "utf8").trimEnd().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { look: unknown }).look)).toEqual([
      { number: 1, of: 4 },
      { number: 4, of: 4 },
    ]);
    const marked = await run("ledger", "mark", "--ledger", "new.jsonl", "--sha", "abcdef1", "--outcome", "reverted");
    expect(marked).toMatchObject({
      exitCode: 0,
      stdout: "Marked as reverted: abcdef1 to production at 2026-03-10 08:00 UTC.\n",
    });
    const { stdout } = await run("report", "--ledger", "new.jsonl", "--format", "json");
    expect(JSON.parse(stdout)).toMatchObject({
      deploys: 1,
      repeated: 1,
      outcomes: { reverted: 1 },
      precision: { count: 1, of: 1 },
      recall: { count: 1, of: 1 },
      damagedLines: [],
    });
  });

  it("that cannot be written does not swallow the verdict", async () => {
    const { exitCode, stdout, stderr } = await run(
      "check",
      "--config",
      "config.yml",
      "--look",
      "4/4",
      "--ledger",
      "no/such.jsonl",
    );
    expect(exitCode).toBe(3);
    expect(stdout).toContain("REGRESSION");
    expect(stderr).toContain("The ledger no/such.jsonl cannot be written (ENOENT).");
  });

  it("says in text that it knows too little, in Markdown and HTML the same", async () => {
    const [text, markdown] = await Promise.all([
      run("report", "--ledger", "kept.jsonl"),
      run("report", "--ledger", "kept.jsonl", "--format", "markdown"),
      run("report", "--ledger", "kept.jsonl", "--out", "kept.html"),
    ]);
    expect(text.stdout).toContain("3 deploys from 2026-03-01 to 2026-03-02; how 0 of them turned out is known.");
    expect(text.stdout).toContain("Nobody has said yet how these deploys turned out");
    expect(markdown.stdout).toContain("| recall | &#45; | &#45; |");
    expect(readFileSync(inFolder("kept.html"), "utf8")).toMatch(/^<!doctype html>[\s\S]*Nobody has said yet/);
  });

  it("takes outcomes from a CSV of another tool, and a part of the ledger", async () => {
    writeFileSync(
      inFolder("outcomes.csv"),
      `severity,sha,outcome,environment\n2,${shaOf(0)},incident,\n,${shaOf(1).slice(0, 8)},fine,production\n`,
    );
    const { stdout } = await run(
      ...["report", "--ledger", "kept.jsonl", "--outcomes", "outcomes.csv"],
      ...["--environment", "production", "--format", "json"],
    );
    expect(JSON.parse(stdout)).toMatchObject({
      deploys: 2,
      unknown: 0,
      outcomes: { incident: 1, fine: 1 },
      recall: { count: 1, of: 1 },
    });
    writeFileSync(inFolder("bad.csv"), "commit,result\na,b\n");
    const bad = await run("report", "--ledger", "kept.jsonl", "--outcomes", "bad.csv");
    expect(bad).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("It needs outcome, and sha or id") });
  });

  it.each([
    [["--sha", "1234567"], "No verdict of this ledger is about 1234567."],
    [["--sha", shaOf(1)], "was judged in 2 environments."],
    [["--sha", shaOf(0), "--outcome", "revert"], 'Did you mean "reverted"?'],
    [[], "ledger mark: names no deploy."],
  ])("a mark of %j is refused and nothing is written", async (flags, message) => {
    const name = copyOf(`copy-${message.length}.jsonl`);
    const { exitCode, stderr } = await run("ledger", "mark", "--ledger", name, "--outcome", "fine", ...flags);
    expect(exitCode).toBe(64);
    expect(stderr).toContain(message);
    expect(readFileSync(inFolder(name))).toEqual(readFileSync(inFolder("kept.jsonl")));
  });

  it("that does not exist is not made by a mark, and flags of a ledger need one", async () => {
    const [missing, alone, nothing] = await Promise.all([
      run("ledger", "mark", "--ledger", "none.jsonl", "--sha", shaOf(0), "--outcome", "fine"),
      run("report", "config.yml", "--outcomes", "x.csv"),
      run("report"),
    ]);
    expect(missing).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining("none.jsonl cannot be read (ENOENT)"),
    });
    expect(existsSync(inFolder("none.jsonl"))).toBe(false);
    expect(alone).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("--outcomes is about a ledger") });
    expect(nothing).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("or --ledger FILE") });
  });
});

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonValue } from "../../../src/core/outcome.ts";
import { VERSION } from "../../../src/version.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const CLI = path.join(ROOT, "src/entry/cli.ts");
const EXAMPLE = readFileSync(path.join(ROOT, "examples/estimate/rollout.csv"), "utf8");
const folder = mkdtempSync(path.join(tmpdir(), "estimate-"));
afterAll(() => rmSync(folder, { recursive: true }));

const DAY_ONE = Date.UTC(2026, 0, 1) / 1000;
const lines = EXAMPLE.trimEnd().split("\n");

/** The example with another spelling of its header and days. */
function respelled(header: string, day: (text: string) => string): string {
  const rows = lines.slice(1).map((line) => {
    const cells = line.split(",");
    cells[1] = day(cells[1] ?? "");
    cells[4] = cells[4] === "0" ? "never" : day(cells[4] ?? "");
    return cells.join(",");
  });
  return `${[header, ...rows].join("\n")}\n`;
}

beforeAll(() => {
  const write = (name: string, content: string | Uint8Array): void => writeFileSync(path.join(folder, name), content);
  write("rollout.csv", EXAMPLE);
  write("rollout.tsv", EXAMPLE.replaceAll(",", "\t"));
  write("rollout.csv.gz", gzipSync(EXAMPLE));
  const iso = (day: string): string => new Date((DAY_ONE + 86_400 * Number(day)) * 1000).toISOString();
  write("times.csv", respelled("pod,hour,latency,on,since,requests,region", iso));
  write(
    "days.csv",
    respelled("pod,hour,latency,on,since,requests,region", (day) => iso(day).slice(0, 10)),
  );
  write("ended.csv", EXAMPLE.replace("svc-01,20,", "svc-01,20,").replace(/^(svc-01,20,[^,]*),1,/m, "$1,0,"));
  write("infinite.csv", EXAMPLE.replace(/^(svc-03,7),[^,]*/m, "$1,Inf"));
  write("holes.csv", EXAMPLE.replace(/^(svc-03,7),[^,]*/m, "$1,"));
  write("empty.csv", `${lines[0]}\n`);
  write("text.csv", EXAMPLE.replace(/^(svc-03,7),[^,]*/m, "$1,fast"));
});

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const ENVIRONMENT = { ...process.env, NO_COLOR: "1", NODE_COMPILE_CACHE: path.join(folder, "compiled") };

function run(args: readonly string[], stdin: string | Uint8Array = ""): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, "estimate", ...args], { cwd: folder, env: ENVIRONMENT });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ exitCode, stdout, stderr }));
    child.stdin.end(stdin);
  });
}

const of = (file: string, ...more: readonly string[]): string[] => [
  ...["--data", file],
  ...["--estimator", "twfe"],
  ...["--outcome", "latency"],
  ...more,
];

type Json = Readonly<Record<string, JsonValue>>;

async function json(args: readonly string[], stdin?: string | Uint8Array): Promise<Json> {
  const { stdout, stderr } = await run([...args, "--format", "json"], stdin);
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as Json;
}

describe.concurrent("estimate", () => {
  it("prints a table of at most 80 columns and says which columns were taken", async () => {
    const { exitCode, stdout } = await run(of("rollout.csv"));
    expect(exitCode).toBe(0);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(stdout).toMatch(/^term +estimate +std\. error +t +p +95% from +to$/m);
    expect(stdout.replaceAll("\n", " ")).toContain("by their usual names: --unit unit, --time time, --treatment d");
  });

  it("writes what was computed from what as JSON", async () => {
    const document = await json(of("rollout.csv", "--vcov", "cr2", "--alpha", "0.1", "--set", "singletons=drop"));
    expect(document).toMatchObject({
      version: VERSION,
      estimator: "twfe",
      inference: "cr2",
      options: { vcov: "cr2", alpha: 0.1, settings: { singletons: "drop", effects: "unit,time" } },
      data: { file: "rollout.csv", rows: 480, columns: { outcome: "latency", treatment: "d" } },
      nobs: 480,
      clusters: 24,
    });
    expect(document.dataHash).toMatch(/^[0-9a-f]{64}$/);
  });

  it("reads standard input, TSV and gzip to the same numbers and hash", async () => {
    const wanted = await json(of("rollout.csv"));
    const others = await Promise.all([json(of("rollout.tsv")), json(of("rollout.csv.gz")), json(of("-"), EXAMPLE)]);
    for (const other of others) {
      expect([other.coefficients, other.dataHash]).toEqual([wanted.coefficients, wanted.dataHash]);
    }
  });

  it.each(["times.csv", "days.csv"])("reads times and days as periods, under any name: %s", async (file) => {
    const names = ["--unit", "pod", "--time", "hour", "--first-treated", "since"];
    const event = ["--estimator", "event-study", "--outcome", "latency", "--set", "leads=4", "--set", "lags=4"];
    const found = await json(["--data", file, ...event, ...names]);
    const wanted = await json(["--data", "rollout.csv", ...event]);
    expect(found.coefficients).toEqual(wanted.coefficients);
  });

  it("clusters by several columns and takes effects of any column", async () => {
    const document = await json(of("rollout.csv", "--cluster", "unit,time", "--set", "effects=unit,region^time"));
    expect(document).toMatchObject({ clusters: 20, details: { clusteredBy: ["cluster", "time"] } });
  });

  it("takes a reference period below zero", async () => {
    const args = ["--data", "rollout.csv", "--estimator", "event-study", "--outcome", "latency", "--ref", "-2"];
    const document = await json(args);
    expect(document.details).toMatchObject({ reference: -2 });
  });

  it("lists every estimator with its errors and settings", async () => {
    const { exitCode, stdout } = await run(["--list"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("twfe: two-way fixed effects");
    expect(stdout).toMatch(/vcov: cr1, iid, hc0/);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    const listed = await json(["--list"]);
    expect(JSON.stringify(listed)).toContain('"id":"event-study"');
  });
});

describe.concurrent("what the data do not allow ends with 2", () => {
  it.each([
    ["a treatment that ends", of("ended.csv"), "TREATMENT_REVERSED", /unit svc-01, period 20/],
    ["an infinite number", of("infinite.csv"), "NOT_FINITE", /unit svc-03, period 7/],
    ["no row", of("empty.csv"), "NO_DATA", /no row/],
  ])("%s", async (_, args, code, message) => {
    const { exitCode, stdout, stderr } = await run(args);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(stderr).toContain(`(${code})\nhint: `);
    const both = await run([...args, "--format", "json"]);
    expect(both.exitCode).toBe(2);
    expect(both.stderr).toContain(code);
    expect(JSON.parse(both.stdout)).toMatchObject({ estimator: "twfe", refusal: { code } });
  });

  it("but a missing outcome only leaves its row out", async () => {
    const document = await json(of("holes.csv"));
    expect(document).toMatchObject({ nobs: 479, notes: ["1 row with a missing number left out."] });
  });
});

describe.concurrent("wrong flags end with 64 and say what there is", () => {
  it.each([
    [
      "an unknown estimator",
      [...of("rollout.csv"), "--estimator", "twef"],
      /did you mean "twfe"\?\nhint: There are: ols, twfe/,
    ],
    ["an unknown error", of("rollout.csv", "--vcov", "cr9"), /no vcov "cr9".*\nhint: There are: cr1, iid/],
    ["an unknown setting", of("rollout.csv", "--set", "lags=3"), /did you mean "lag"/],
    ["a wrong setting", of("rollout.csv", "--set", "singletons=often"), /is not one of keep, drop/],
    ["half a setting", of("rollout.csv", "--set", "lag"), /"lag" is not name=value/],
    ["a setting given twice", of("rollout.csv", "--set", "lag=1", "--set", "lag=2"), /lag is given twice/],
    [
      "a column that is not there",
      of("rollout.csv", "--unit", "servce"),
      /no column "servce"; it has unit, time, latency/,
    ],
    [
      "the usual outcome that is not there",
      ["--data", "rollout.csv", "--estimator", "twfe"],
      /no column "y"; it has unit/,
    ],
    ["effects of a column that is not there", of("rollout.csv", "--set", "effects=unit,zone"), /no column "zone"/],
    [
      "several clusters for one",
      ["--data", "rollout.csv", "--estimator", "permutation", "--outcome", "latency", "--cluster", "unit,time"],
      /takes one cluster/,
    ],
    ["an input without use", of("rollout.csv", "--control", "notyet"), /does not use --control/],
    ["a word for a period", of("rollout.csv", "--ref", "before"), /--ref: "before" is not a whole number/],
    ["no file", ["--estimator", "twfe"], /--data is missing/],
    ["no estimator", ["--data", "rollout.csv"], /--estimator is missing.*\nhint: There are: ols/],
  ])("%s", async (_, args, message) => {
    const { exitCode, stdout, stderr } = await run(args);
    expect([exitCode, stdout]).toEqual([64, ""]);
    expect(stderr).toMatch(message);
  });

  it("a file that cannot be read ends with 3", async () => {
    expect((await run(of("absent.csv"))).exitCode).toBe(3);
    expect(await run(of("text.csv"))).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('"fast" is not a number'),
    });
  });
});

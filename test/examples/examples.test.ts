import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import * as failedDeployment from "../../examples/failed-deployment/make-data.ts";
import * as nodePool from "../../examples/node-pool-autoscaler/make-data.ts";
import type { ResultDocument, SliResult } from "../../src/core/result.ts";
import { foldersIn, ROOT, textOf } from "../policy/repository.ts";

const CLI = path.join(ROOT, "dist/cli.js");
const scratch = mkdtempSync(path.join(tmpdir(), "examples-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Run {
  readonly exitCode: number | null;
  readonly result: ResultDocument;
}

/** The real command line, as a newcomer runs it. */
function check(example: string): Run {
  const args = [CLI, "check", "--config", `examples/${example}/deploy-impact.yml`, "--format", "json"];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8", maxBuffer: 2 ** 26 });
  return { exitCode: status, result: JSON.parse(stdout) as ResultDocument };
}

function sli(result: ResultDocument, id: string): SliResult {
  const found = result.slis.find((candidate) => candidate.id === id);
  if (found === undefined)
    throw new Error(`no SLI ${id} in ${result.slis.map((candidate) => candidate.id).join(", ")}`);
  return found;
}

/** The truth is known by construction: the estimate must lie within three standard errors of it. */
function distanceInErrors(
  estimate: number,
  truth: number,
  { confLow, confHigh }: { confLow: number; confHigh: number },
): number {
  return Math.abs(estimate - truth) / ((confHigh - confLow) / 2 / 1.96);
}

function relativeOf(result: SliResult): { att: number; confLow: number; confHigh: number } {
  const { att, confLow, confHigh } = result.relative ?? {};
  if (att == null || confLow == null || confHigh == null) throw new Error(`${result.id} has no relative estimate`);
  return { att, confLow, confHigh };
}

const EXAMPLES = { "failed-deployment": failedDeployment, "node-pool-autoscaler": nodePool };

describe("examples", () => {
  it("are all tested here, or in a file of their own", () => {
    expect(foldersIn("examples")).toEqual(
      [...Object.keys(EXAMPLES), "estimate", "quiet-week", "rollout-in-waves"].sort(),
    );
  });

  it.each(Object.entries(EXAMPLES))("%s: the shipped data are what its script makes", (name, script) => {
    expect(script.makeCsv(script.makeRows()) === textOf(`examples/${name}/metrics.csv`)).toBe(true);
  });

  it.each(Object.entries(EXAMPLES))("%s: the page shows what the naive rule really says", (name, script) => {
    const page = textOf(`examples/${name}/README.md`);
    for (const line of script.naiveTable(script.makeRows())) expect(page).toContain(line);
  });

  it.each(Object.keys(EXAMPLES))("%s: the page shows what deploy-impact really says", (name) => {
    const page = textOf(`examples/${name}/README.md`);
    const shown = /```text\n(?:\$ .*\n)?([\s\S]*?)```/.exec(page)?.[1] ?? "";
    const { stdout } = spawnSync(process.execPath, [CLI, "check", "--config", `examples/${name}/deploy-impact.yml`], {
      cwd: ROOT,
      encoding: "utf8",
      env: { NO_COLOR: "1" },
    });
    expect(shown.trimEnd()).toBe(stdout.trimEnd());
  });
});

describe("failed deployment", () => {
  const { exitCode, result } = check("failed-deployment");

  it("is a regression, and the step fails", () => {
    expect(result.verdict).toBe("regression");
    expect(exitCode).toBe(1);
  });

  it("finds the errors and the latency, close to the truth", () => {
    const { errorRatio, p95 } = failedDeployment.TRUTH;
    const errors = sli(result, "error-rate");
    expect(errors.verdict).toBe("regression");
    expect(Math.abs((errors.estimate?.att ?? Number.NaN) - (errorRatio.after - errorRatio.before))).toBeLessThan(0.001);
    const latency = sli(result, "p95-latency");
    expect(latency.verdict).toBe("regression");
    expect(distanceInErrors(relativeOf(latency).att, p95, relativeOf(latency))).toBeLessThan(3);
  });

  it("does not blame the deploy for the CPU that the traffic needed", () => {
    const cpu = sli(result, "cpu");
    expect(cpu.verdict).toBe("no-impact");
    expect(distanceInErrors(relativeOf(cpu).att, failedDeployment.TRUTH.cpu, relativeOf(cpu))).toBeLessThan(3);
  });

  it("names the zones it compared", () => {
    expect(result.units.treated).toEqual(failedDeployment.TREATED);
    expect(result.units.control).toEqual(["eu-3", "us-1", "us-2", "us-3"]);
  });
});

describe("node-pool autoscaler", () => {
  const { exitCode, result } = check("node-pool-autoscaler");

  it("had no impact, and the step passes", () => {
    expect(result.verdict).toBe("no-impact");
    expect(exitCode).toBe(0);
  });

  it.each(["cost", "cost-per-request", "throttling"])("%s did not move beyond its margin", (id) => {
    const outcome = sli(result, id);
    expect(outcome.verdict).toBe("no-impact");
    expect(distanceInErrors(relativeOf(outcome).att, 0, relativeOf(outcome))).toBeLessThan(3);
  });

  it("can be replayed from its result", () => {
    const file = path.join(scratch, "result.json");
    const config = "examples/node-pool-autoscaler/deploy-impact.yml";
    execFileSync(process.execPath, [CLI, "check", "--config", config, "--format", "json", "--out", file], {
      cwd: ROOT,
    });
    expect(spawnSync(process.execPath, [CLI, "replay", file], { cwd: ROOT }).status).toBe(0);
  });
});

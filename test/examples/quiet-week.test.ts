import { spawnSync } from "node:child_process";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { DEPLOYED_AT, makeCsv, makeRows } from "../../examples/quiet-week/make-data.ts";
import type { BacktestDocument } from "../../src/core/history/result.ts";
import { ROOT, textOf } from "../policy/repository.ts";

const CLI = path.join(ROOT, "src/entry/cli.ts");

function run(args: readonly string[]): string {
  const { GITHUB_TOKEN: _, GITHUB_REPOSITORY: __, ...env } = process.env;
  const options = { cwd: ROOT, encoding: "utf8", env: { ...env, NO_COLOR: "1" }, maxBuffer: 2 ** 26 } as const;
  return spawnSync(process.execPath, [CLI, ...args], options).stdout;
}

/** Sessions of the page: the command and what it printed. */
const sessions = [...textOf("docs/backtest.md").matchAll(/```text\n\$ deploy-impact (.+)\n([\s\S]*?)```/g)].map(
  ([, command = "", output = ""]) => ({ command, output }),
);

describe("a quiet week", () => {
  it("the shipped data are what its script makes", () => {
    expect(makeCsv(makeRows()) === textOf("examples/quiet-week/metrics.csv")).toBe(true);
    expect(textOf("examples/quiet-week/deploys.csv")).toContain(
      new Date(DEPLOYED_AT * 1000).toISOString().slice(0, 16),
    );
  });

  it.each(sessions)("the page shows what the command really prints: $command", ({ command, output }) => {
    expect(output.trimEnd()).toBe(run(command.split(" ")).trimEnd());
  });

  it("the page shows both commands", () => {
    expect(sessions.map(({ command }) => command.split(" ")[0])).toEqual(["backtest", "plan"]);
  });

  it("the real deploy is an alarm where nobody named it, and the only one", () => {
    const config = ["--config", "examples/quiet-week/deploy-impact.yml", "--format", "json"];
    const unnamed = JSON.parse(run(["backtest", ...config])) as BacktestDocument;
    const alarms = unnamed.deploys.filter(({ verdict }) => verdict === "regression");
    expect(alarms).toHaveLength(1);
    expect(Math.abs((alarms[0]?.deployedAt ?? 0) - DEPLOYED_AT)).toBeLessThan(3 * 3600);
    const named = JSON.parse(run(["backtest", ...config, "--exclude", "examples/quiet-week/deploys.csv"]));
    expect((named as BacktestDocument).whole?.verdicts.regression).toBe(0);
  });
});

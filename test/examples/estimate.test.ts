import { spawnSync } from "node:child_process";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { EFFECT, makeCsv } from "../../examples/estimate/make-data.ts";
import type { Coefficient } from "../../src/core/inference/coefficients.ts";
import { ROOT, textOf } from "../policy/repository.ts";

const CLI = path.join(ROOT, "dist/cli.js");

function run(args: readonly string[]): { readonly status: number | null; readonly stdout: string } {
  return spawnSync(process.execPath, [CLI, ...args], { cwd: ROOT, encoding: "utf8", env: { NO_COLOR: "1" } });
}

describe("examples/estimate", () => {
  it("ships what its script makes", () => {
    expect(makeCsv() === textOf("examples/estimate/rollout.csv")).toBe(true);
  });

  it("is what the help of estimate runs", () => {
    const help = run(["estimate", "--help"]).stdout;
    const example = /\$ deploy-impact (estimate .*)/.exec(help)?.[1] ?? "";
    expect(example).toContain("examples/estimate/rollout.csv");
    const { status, stdout } = run(example.split(" "));
    expect(status).toBe(0);
    expect(stdout).toMatch(/^treatment +\d/m);
  });

  it("is estimated near its truth by two estimators, within three errors", () => {
    const estimate = (name: string): Coefficient => {
      const args = ["--data", "examples/estimate/rollout.csv", "--outcome", "latency", "--format", "json"];
      const { stdout } = run(["estimate", "--estimator", name, ...args]);
      const { coefficients } = JSON.parse(stdout) as { coefficients: readonly Coefficient[] };
      const found = coefficients.find(({ term }) => /^(treatment|rel::0)$/.test(term));
      if (found === undefined) throw new Error(stdout);
      return found;
    };
    for (const name of ["twfe", "event-study"]) {
      const { estimate: value, stdError } = estimate(name);
      expect(Math.abs(value - EFFECT)).toBeLessThan(3 * stdError);
    }
  });

  it("shows in its page what the command prints", () => {
    const page = textOf("examples/estimate/README.md");
    const blocks = [...page.matchAll(/^```text\n\$ node dist\/cli\.js (.*)\n([\s\S]*?)^```$/gm)];
    expect(blocks.length).toBeGreaterThan(0);
    for (const [, command = "", output = ""] of blocks) {
      expect(run(command.split(" ")).stdout.replace(/^data .*\n(?:.*\n)?/m, "")).toBe(
        output.replace(/^data .*\n(?:.*\n)?/m, ""),
      );
    }
  });
});

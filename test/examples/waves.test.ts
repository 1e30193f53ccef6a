import { spawnSync } from "node:child_process";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { LEAK_PER_MINUTE, makeCsv, makeRows, WAVES } from "../../examples/rollout-in-waves/make-data.ts";
import type { ResultDocument } from "../../src/core/result.ts";
import { ROOT, textOf } from "../policy/repository.ts";

const CONFIG = "examples/rollout-in-waves/deploy-impact.yml";
const CLI = path.join(ROOT, "src/entry/cli.ts");

function check(...more: string[]): string {
  const env = { ...process.env, NO_COLOR: "1" };
  const args = [CLI, "check", "--config", CONFIG, ...more];
  return spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8", env, maxBuffer: 2 ** 26 }).stdout;
}

describe("a roll-out in waves", () => {
  it("the shipped data are what its script makes", () => {
    expect(makeCsv(makeRows()) === textOf("examples/rollout-in-waves/metrics.csv")).toBe(true);
  });

  it("is found close to the truth, where two-way fixed effects see about half of it", () => {
    const result = JSON.parse(check("--format", "json")) as ResultDocument;
    const [sli] = result.slis;
    expect(result.verdict).toBe("regression");
    expect(sli?.design).toBe("staggered");
    expect(result.plans[0]?.waves).toEqual(WAVES);
    // Judged minutes 5 to 125, 95 and 65 after the zones' own deploys, of one, two and two zones.
    const truth = (LEAK_PER_MINUTE * (120 * 65 + 2 * 90 * 50 + 2 * 60 * 35)) / (120 + 180 + 120);
    const { att, confLow, confHigh } = sli?.relative ?? {};
    expect(confLow).toBeLessThan(truth);
    expect(confHigh).toBeGreaterThan(truth);
    const facts = sli?.checks.find((one) => one.id === "staggered-estimators")?.facts;
    expect(Number(facts?.twoWay) / Number(facts?.att)).toBeLessThan(0.65);
    expect(att).toBeCloseTo(truth, 2);
  });

  it("the page shows what deploy-impact really says", () => {
    const page = textOf("examples/rollout-in-waves/README.md");
    const shown = /```text\n(?:\$ .*\n)?([\s\S]*?)```/.exec(page)?.[1] ?? "";
    expect(shown.trimEnd()).toBe(check().trimEnd());
  });
});

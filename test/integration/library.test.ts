import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { filesUnder, ROOT, textOf } from "../policy/repository.ts";

/** The built file, as a program that installed the package imports it. */
const library = (await import(
  pathToFileURL(path.join(ROOT, "dist/index.js")).href
)) as typeof import("../../src/index.ts");

function columns() {
  const rows = Array.from({ length: 60 }, (_, i) => ({ unit: Math.floor(i / 6), time: (i % 6) + 1 }));
  const treatment = rows.map(({ unit, time }) => Number(unit < 5 && time > 3));
  return {
    unit: rows.map(({ unit }) => `web-${unit}`),
    time: rows.map(({ time }) => time),
    treatment,
    outcome: rows.map(({ unit, time }, i) => unit + Math.sin(time) + 2 * (treatment[i] ?? 0) + Math.cos(i * i) / 5),
  };
}

describe("dist/index.js", () => {
  it("runs an estimate", () => {
    const result = library.estimate(library.tidyTable(columns()), "twfe");
    if (!result.ok) throw new Error(result.refusal.message);
    const [row] = result.value.coefficients;
    expect(Math.abs((row?.estimate ?? 0) - 2)).toBeLessThan(3 * (row?.stdError ?? 0));
    expect(result.value.clusters).toBe(10);
  });

  it("estimates files, and refuses with a code", async () => {
    const part = { unit: null, time: null, treatment: null, firstTreated: null, weights: null };
    const document = await library.estimateFile(
      {
        data: path.join(ROOT, "examples/estimate/rollout.csv"),
        estimator: "did-2x2",
        columns: { ...part, outcome: "latency", covariates: [], clusters: [] },
      },
      { version: library.VERSION },
    );
    expect(document.outcome).toMatchObject({ ok: false, refusal: { code: "NOT_ESTIMABLE" } });
  });

  it("throws one kind of error for wrong names", () => {
    const act = () => library.estimate(library.tidyTable(columns()), "tfwe");
    expect(act).toThrow(library.DeployImpactError);
    expect(act).toThrow(/did you mean "twfe"/);
  });

  it("exports everything that its page names, and the page names every value", () => {
    const page = textOf("docs/library.md");
    const named = [...page.matchAll(/`([A-Za-z]\w+)`/g)].map((match) => match[1] ?? "");
    const table = page.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| probability"));
    const listed = table.flatMap((line) => [...line.matchAll(/`(\w+)`/g)].map((match) => match[1] ?? ""));
    const exported = Object.keys(library);
    expect(listed.filter((name) => !exported.includes(name))).toEqual([]);
    const plain = exported.filter(
      (name) =>
        !/(Cdf|Sf|Pmf|Quantile|Interval|TwoSided)$|^(erf|erfc|logGamma|clopperPearson|regularized\w+)$/.test(name),
    );
    expect(plain.filter((name) => !named.includes(name))).toEqual([]);
  });

  it("starts no chunk of the Action", () => {
    expect(filesUnder("dist")).toContain("dist/index.js");
    expect(textOf("dist/index.js")).not.toContain("process.argv");
  });
});

import { describe, expect, it } from "vitest";
import { mapLimited } from "../../../src/app/concurrency.ts";
import { dataHash } from "../../../src/app/data-hash.ts";
import { differences } from "../../../src/app/differences.ts";
import { matchesGlob } from "../../../src/app/glob.ts";
import { asDeployImpactError, internalErrorCode } from "../../../src/app/internal-error.ts";
import { jsonPieces } from "../../../src/app/json.ts";
import { panelId } from "../../../src/app/panels.ts";
import { readResult } from "../../../src/app/read-result.ts";
import { commonSpacing } from "../../../src/app/spacing.ts";
import { DeployImpactError } from "../../../src/core/errors.ts";
import type { Series } from "../../../src/core/panel/series.ts";

function series(times: readonly number[], unit = "a"): Series {
  return {
    unit,
    group: "control",
    component: "value",
    times: Float64Array.from(times),
    values: new Float64Array(times.length),
  };
}

describe("globs", () => {
  it.each([
    ["services/a/**", "services/a/src/x.ts", true],
    ["services/a/**", "services/ab/x.ts", false],
    ["services/a", "services/a/x.ts", true],
    ["services/a/", "services/a/x.ts", true],
    ["./services/a", "services/a/x.ts", true],
    ["services/*/Dockerfile", "services/a/Dockerfile", true],
    ["services/*/Dockerfile", "services/a/b/Dockerfile", false],
    ["**/go.mod", "go.mod", true],
    ["**/go.mod", "a/b/go.mod", true],
    ["a/**/z", "a/z", true],
    ["a/**/z", "a/b/c/z", true],
    ["file?.ts", "file1.ts", true],
    ["file?.ts", "file/.ts", false],
    ["a.b", "aXb", false],
    ["**", "anything/at/all", true],
    ["[a]", "a", false],
  ])("%s, %s: %s", (glob, path, fits) => {
    expect(matchesGlob(glob, path)).toBe(fits);
  });
});

describe("JSON in pieces", () => {
  it("is the JSON it stands for", () => {
    const value = {
      a: [1, null, "x", true],
      b: [],
      c: {},
      d: [{ e: [[1], [2]] }],
      f: undefined,
      "ü\n": -0.5,
      long: Array.from({ length: 25_001 }, (_, i) => i / 7),
    };
    expect(JSON.parse([...jsonPieces(value)].join(""))).toEqual(JSON.parse(JSON.stringify(value)));
  });

  it("never makes one piece of millions of numbers", () => {
    const sizes = [...jsonPieces({ values: new Array(300_000).fill(123.456) })].map((piece) => piece.length);
    expect(Math.max(...sizes)).toBeLessThan(200_000);
  });
});

describe("differences", () => {
  it("are named by path", () => {
    expect(differences({ a: [1, { b: 2 }], c: 1 }, { a: [1, { b: 3 }], d: null })).toEqual([
      { path: "a[1].b", stored: 2, recomputed: 3 },
      { path: "c", stored: 1, recomputed: "absent" },
      { path: "d", stored: "absent", recomputed: null },
    ]);
  });

  it("tell null, zero and absence apart, but not the two zeros that JSON cannot keep", () => {
    expect(differences({ a: null }, { a: 0 })).toHaveLength(1);
    expect(differences({ a: 0 }, { a: -0 })).toEqual([]);
    expect(differences([1], [1, 2])).toEqual([{ path: "", stored: "a list of 1", recomputed: "a list of 2" }]);
  });
});

describe("the data hash", () => {
  const input = (...list: Series[]) => [[{ sli: "x", series: list, warnings: [] }]];

  it("does not depend on the order in which units came back", () => {
    expect(dataHash(input(series([1, 2], "a"), series([1, 2], "b")))).toBe(
      dataHash(input(series([1, 2], "b"), series([1, 2], "a"))),
    );
  });

  it("depends on every stamp, unit and group", () => {
    const hashes = [
      dataHash(input(series([1, 2]))),
      dataHash(input(series([1, 3]))),
      dataHash(input(series([1, 2], "b"))),
      dataHash(input({ ...series([1, 2]), group: "treated" })),
      dataHash(input()),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});

describe("the step of a panel", () => {
  it("is the most common distance, whatever the order of the rows", () => {
    expect(commonSpacing([series([0, 60, 120, 600, 660])])).toBe(60);
    expect(commonSpacing([series([660, 0, 120, 60, 600])])).toBe(60);
    expect(commonSpacing([series([0, 0, 0, 300, 600])])).toBe(300);
  });

  it("is the shorter of two that are equally common", () => {
    expect(commonSpacing([series([0, 300, 360])])).toBe(60);
  });

  it("is unknown without two stamps of one unit", () => {
    expect(commonSpacing([series([0], "a"), series([60], "b")])).toBeNull();
  });
});

describe("panel names", () => {
  it.each([
    ["latency.csv", "latency"],
    ["a/b/p95.latency.parquet", "p95.latency"],
    ["x.csv.gz", "x"],
    ["noext", "noext"],
    [".csv", ".csv"],
    ["-", "stdin"],
  ])("%s is %s", (file, id) => {
    expect(panelId(file)).toBe(id);
  });
});

describe("work side by side", () => {
  it("keeps the order and the limit", async () => {
    let running = 0;
    let most = 0;
    const results = await mapLimited([5, 1, 3, 2], 2, async (n) => {
      running += 1;
      most = Math.max(most, running);
      for (let turn = 0; turn < n; turn += 1) await Promise.resolve();
      running -= 1;
      return n * 10;
    });
    expect(results).toEqual([50, 10, 30, 20]);
    expect(most).toBe(2);
  });

  it("starts nothing more after a failure", async () => {
    const started: number[] = [];
    const work = mapLimited([1, 2, 3, 4], 1, async (n) => {
      started.push(n);
      if (n === 2) throw new Error("two");
    });
    await expect(work).rejects.toThrow("two");
    expect(started).toEqual([1, 2]);
  });
});

describe("internal errors", () => {
  function broken(data: string): unknown {
    try {
      throw new TypeError(`cannot read ${data}`);
    } catch (error) {
      return error;
    }
  }

  it("have a code that does not depend on data", () => {
    expect(internalErrorCode(broken("secret"))).toMatch(/^DI-[0-9a-f]{4}$/);
    expect(internalErrorCode(broken("a"))).toBe(internalErrorCode(broken("b")));
  });

  it("are bugs of ours; known errors pass unchanged", () => {
    expect(asDeployImpactError(broken("x"))).toMatchObject({ code: "INTERNAL", owner: "bug", exitCode: 70 });
    const known = new DeployImpactError("USAGE", "m", { hint: "h" });
    expect(asDeployImpactError(known)).toBe(known);
  });
});

describe("a stored result", () => {
  it.each([
    ["{", "it is not JSON"],
    ["[]", "not a result of deploy-impact"],
    ['{"schemaVersion":2}', "schemaVersion 2"],
    ['{"schemaVersion":1}', "`verdict` is missing"],
    ['{"schemaVersion":1,"verdict":"regression","reasonCodes":{}}', "`reasonCodes` is not what it must be"],
  ])("%s is refused", (text, problem) => {
    expect(() => readResult(text, "result.json")).toThrow(
      expect.objectContaining({ code: "FILE_MALFORMED", exitCode: 3, message: expect.stringContaining(problem) }),
    );
  });
});

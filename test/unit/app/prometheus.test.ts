import { describe, expect, it } from "vitest";
import { runAnalysis } from "../../../src/app/run.ts";
import { validateConfig } from "../../../src/app/validate.ts";
import { loadConfig } from "../../../src/config/load.ts";
import type { ResultDocument } from "../../../src/core/result.ts";
import { configOf, DEPLOYED_AT, noise, portsAt, trigger, UNITS } from "./fixtures.ts";

const CONFIG = `version: 1
source: { type: prometheus, url: "http://prometheus.test" }
units: { label: zone, cluster: region, treated: { version-label: version } }
windows: { pre: 5h, settle: 2m, post: 1h, step: 1m }
version-query: { query: "count by (zone, version) (app)", label: version }
slis: [{ id: latency, kind: gauge, query: "avg by (zone, region) (latency)", worse: up, margin: 50% }]
`;
const CLOSED = DEPLOYED_AT + 3720 + 60;

type Row = { readonly metric: Record<string, string>; readonly value: string };

/** A Prometheus that knows one metric, and which version each zone runs. */
function prometheus(versions: readonly Row[], asked: URL[] = []): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : String(input));
    const form = new URLSearchParams(typeof init?.body === "string" ? init.body : String(init?.body ?? ""));
    for (const [key, value] of form) url.searchParams.set(key, value);
    asked.push(url);
    const data = url.pathname.endsWith("/query_range")
      ? { resultType: "matrix", result: matrix(url) }
      : { resultType: "vector", result: versions.map(({ metric, value }) => ({ metric, value: [CLOSED, value] })) };
    return Response.json({ status: "success", data, warnings: ["one store did not answer"] });
  };
}

function matrix(url: URL): unknown[] {
  const [start, end, step] = ["start", "end", "step"].map((key) => Number(url.searchParams.get(key)));
  const next = noise(5);
  return UNITS.map(({ unit, level }) => ({
    metric: { zone: unit, region: unit },
    values: Array.from({ length: ((end ?? 0) - (start ?? 0)) / (step ?? 1) + 1 }, (_, i) => [
      (start ?? 0) + i * (step ?? 1),
      String(level + 4 * next()),
    ]),
  }));
}

const SHA = trigger().sha ?? "";
const versions = (deployed: readonly string[], version = SHA.slice(0, 7)): Row[] =>
  UNITS.map(({ unit }) => ({
    metric: { zone: unit, version: deployed.includes(unit) ? version : "0ld0ld0" },
    value: "4",
  }));

function run(text: string, fetch: typeof globalThis.fetch, changes = {}): Promise<ResultDocument> {
  return runAnalysis(configOf(text), trigger(changes), portsAt(CLOSED, fetch), { version: "1", baseDir: "." });
}

describe("version labels", () => {
  it("make treated what runs the deployed commit, by its short form too", async () => {
    for (const version of [SHA, SHA.slice(0, 7), `sha-${SHA.slice(0, 12)}`, SHA.toUpperCase()]) {
      const { units } = await run(CONFIG, prometheus(versions(["eu-1"], version)));
      expect(units).toMatchObject({ treated: ["eu-1"], control: ["eu-2", "us-1", "us-2", "us-3"] });
    }
  });

  it("that merely resemble it are other versions", async () => {
    for (const version of [SHA.slice(0, 6), "v1.2.3", `${SHA.slice(0, 7)}0000`, ""]) {
      const document = await run(CONFIG, prometheus(versions(["eu-1"], version)));
      expect(document.reasonCodes).toContain("NO_TREATED_UNITS");
    }
  });

  it("need to know the commit", async () => {
    await expect(run(CONFIG, prometheus([]), { sha: null })).rejects.toMatchObject({
      code: "USAGE",
      hint: expect.stringContaining("--sha"),
    });
  });
});

describe("the version query", () => {
  it("gives each unit's share of the deployed version", async () => {
    const half = [...versions(["eu-1", "eu-2"]), { metric: { zone: "eu-2", version: "0ld0ld0" }, value: "12" }];
    const document = await run(CONFIG, prometheus(half));
    const shares = Object.fromEntries((document.plans[0]?.exposure ?? []).map(({ unit, share }) => [unit, share]));
    expect(shares).toEqual({ "eu-1": 1, "eu-2": 0.25, "us-1": 0, "us-2": 0, "us-3": 0 });
    expect(document.slis[0]?.checks.map(({ id }) => id)).toContain("exposure");
    expect(document.provenance.queries.map(({ sli }) => sli)).toEqual(["latency", "version-query"]);
  });

  it("is asked at the last step of the post window", async () => {
    const asked: URL[] = [];
    await run(CONFIG, prometheus(versions(["eu-1"]), asked));
    const instant = asked.find((url) => url.pathname.endsWith("/query"));
    expect(Number(instant?.searchParams.get("time"))).toBe(DEPLOYED_AT + 3660);
  });

  const SHARES = CONFIG.replace(/version-query: .*/, `version-query: 'share{version="{{ deployment.sha }}"}'`).replace(
    "version-label: version",
    "match: { zone: eu-1 }",
  );

  it("may return the share itself, with the commit in its text", async () => {
    const asked: URL[] = [];
    const document = await run(SHARES, prometheus([{ metric: { zone: "eu-1" }, value: "0.9" }], asked));
    expect(document.plans[0]?.exposure).toEqual([{ unit: "eu-1", share: 0.9 }]);
    expect(asked.find((url) => url.pathname.endsWith("/query"))?.searchParams.get("query")).toBe(
      `share{version="${SHA}"}`,
    );
  });

  it("that returns no share is refused", async () => {
    const counts = prometheus([{ metric: { zone: "eu-1" }, value: "4" }]);
    await expect(run(SHARES, counts)).rejects.toMatchObject({
      code: "SOURCE_REJECTED",
      message: expect.stringContaining("gives 4 for eu-1"),
    });
  });

  it("without the label it compares is refused", async () => {
    const bare = prometheus([{ metric: { zone: "eu-1" }, value: "4" }]);
    await expect(run(CONFIG, bare)).rejects.toMatchObject({ code: "UNKNOWN_LABEL" });
  });

  it("lets nothing but a commit into its text", async () => {
    await expect(run(SHARES, prometheus([]), { sha: '"} or vector(1)' })).rejects.toMatchObject({ code: "USAGE" });
  });
});

describe("series", () => {
  it("carry their clusters and the server's warnings into the document", async () => {
    const document = await run(CONFIG, prometheus(versions(["eu-1"])));
    expect(document.plans[0]?.clusters).toEqual(Object.fromEntries(UNITS.map(({ unit }) => [unit, unit])));
    expect(document.provenance.warnings).toContainEqual({ sli: "latency", message: "one store did not answer" });
  });

  it("without the cluster label are refused with the labels they have", async () => {
    const text = CONFIG.replace("cluster: region", "cluster: regoin");
    await expect(run(text, prometheus(versions(["eu-1"])))).rejects.toMatchObject({
      code: "UNKNOWN_LABEL",
      message: expect.stringContaining("region, zone"),
      hint: expect.stringContaining('Did you mean "region"?'),
    });
  });

  it("are asked for once per SLI, over the whole window and not beyond it", async () => {
    const asked: URL[] = [];
    await run(CONFIG, prometheus(versions(["eu-1"]), asked));
    const ranges = asked.filter((url) => url.pathname.endsWith("/query_range"));
    expect(ranges).toHaveLength(1);
    expect(Number(ranges[0]?.searchParams.get("start"))).toBe(DEPLOYED_AT - 18_000);
    expect(Number(ranges[0]?.searchParams.get("end"))).toBe(DEPLOYED_AT + 3660);
  });
});

describe("validate", () => {
  const text = CONFIG.replace("version-label: version", "match: { zone: [eu-1, eu-2] }, ").replace(
    /version-query: .*\n/,
    "",
  );
  const config = (changed: string) =>
    loadConfig({ text: changed, file: "f.yml", environment: null, requireMargins: false });
  const options = { baseDir: ".", until: null };

  it("describes every SLI and proposes the margin that is missing", async () => {
    const validation = await validateConfig(
      config(text.replace(", margin: 50%", "")),
      trigger(),
      portsAt(CLOSED, prometheus([])),
      options,
    );
    const [sli] = validation.slis;
    expect(sli).toMatchObject({ ok: true, margin: null, id: "latency" });
    if (sli?.ok !== true) throw new Error("not described");
    expect(sli.description).toMatchObject({
      units: { treated: ["eu-1", "eu-2"] },
      missingShare: 0,
      step: 60,
      problems: [],
    });
    expect(sli.description.proposedMargin?.absolute).toBeGreaterThan(0);
  });

  it("reads history only: nothing after now, as much as one analysis needs", async () => {
    const asked: URL[] = [];
    await validateConfig(config(text), trigger(), portsAt(CLOSED, prometheus([], asked)), options);
    const range = asked[0]?.searchParams;
    expect(Number(range?.get("end"))).toBeLessThan(CLOSED);
    expect(Number(range?.get("end")) - Number(range?.get("start"))).toBe(18_000 + 120 + 3600 - 60);
  });

  it("names units that are on neither side", async () => {
    const sided = text.replace("treated:", "control: { match: { zone: us-1 } }, treated:");
    const { slis } = await validateConfig(config(sided), trigger(), portsAt(CLOSED, prometheus([])), options);
    expect(slis[0]?.ok === true && slis[0].unmatchedUnits).toEqual(["us-2", "us-3"]);
  });

  it("reports a query that fails beside those that do not", async () => {
    const two = text.replace("slis: [", "slis: [{ id: dead, kind: gauge, query: broken, worse: up, margin: 1 }, ");
    const fine = prometheus([]);
    const failing: typeof fetch = async (input, init) =>
      String(init?.body ?? input).includes("broken")
        ? Response.json({ status: "error", errorType: "bad_data", error: "parse error" }, { status: 400 })
        : await fine(input, init);
    const { slis } = await validateConfig(config(two), trigger(), portsAt(CLOSED, failing), options);
    expect(slis.map(({ id, ok }) => [id, ok])).toEqual([
      ["dead", false],
      ["latency", true],
    ]);
    expect(slis[0]?.ok === false && slis[0].error.message).toContain("parse error");
  });
});

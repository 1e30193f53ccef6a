import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planServices, readyAt } from "../../../src/app/plan.ts";
import { replay } from "../../../src/app/replay.ts";
import { runAnalysis } from "../../../src/app/run.ts";
import type { ResultDocument } from "../../../src/core/result.ts";
import { configOf, DEPLOYED_AT, portsAt, rows, tableCsv, trigger } from "./fixtures.ts";

const CONFIG = `version: 1
source: { type: file, path: metrics.csv }
units: { label: zone, treated: { match: { zone: { regex: "eu-.*" } } } }
windows: { pre: 5h, settle: 2m, post: 1h, step: 1m }
slis: [{ id: latency, kind: gauge, query: latency, worse: up, margin: 5% }]
`;

const folder = mkdtempSync(path.join(tmpdir(), "run-"));
const CLOSED = DEPLOYED_AT + 3720 + 60;

beforeAll(() => writeFileSync(path.join(folder, "metrics.csv"), tableCsv(rows(300, 62, 15))));
afterAll(() => rmSync(folder, { recursive: true }));

function run(text: string, now = CLOSED, changes = {}): Promise<ResultDocument> {
  return runAnalysis(configOf(text), trigger(changes), portsAt(now), { version: "1.2.3", baseDir: folder });
}

describe("a run", () => {
  it("reads, judges and says where everything came from", async () => {
    const document = await run(CONFIG);
    expect(document.verdict).toBe("regression");
    expect(document.slis[0]?.estimate?.att).toBeCloseTo(15, 0);
    expect(document.units).toMatchObject({ treated: ["eu-1", "eu-2"], control: ["us-1", "us-2", "us-3"] });
    expect(document.deployment).toMatchObject({
      deployedAt: "2026-03-10T08:00:00.000Z",
      deployedAtSource: "status",
      pullRequests: [12],
    });
    expect(document.provenance).toMatchObject({
      version: "1.2.3",
      configHash: configOf(CONFIG).hash,
      seed: 1,
      queries: [{ sli: "latency", source: "file", component: "value", query: "latency" }],
      startedAt: new Date(CLOSED * 1000).toISOString(),
      durationMs: 0,
    });
  });

  it("gives the same digits whenever it runs after the window", async () => {
    const [first, later] = await Promise.all([run(CONFIG), run(CONFIG, CLOSED + 9 * 86_400)]);
    const { provenance: a, ...early } = first;
    const { provenance: b, ...late } = later;
    expect(late).toEqual(early);
    expect(b.dataHash).toBe(a.dataHash);
  });

  it("changes the data hash with a single value", async () => {
    const before = (await run(CONFIG)).provenance.dataHash;
    const made = rows(300, 62, 15);
    writeFileSync(
      path.join(folder, "other.csv"),
      tableCsv(made.map((row, i) => (i === 17 ? { ...row, value: row.value + 0.001 } : row))),
    );
    expect((await run(CONFIG.replace("metrics.csv", "other.csv"))).provenance.dataHash).not.toBe(before);
  });

  it("keeps every service in one document", async () => {
    const text = `${CONFIG}services: { checkout: {}, search: { alpha: 0.1 } }\n`;
    const document = await run(text);
    expect(document.slis.map(({ service, id }) => [service, id])).toEqual([
      ["checkout", "latency"],
      ["search", "latency"],
    ]);
    expect(document.plans.map(({ alpha }) => alpha)).toEqual([0.05, 0.1]);
  });

  it("takes treated units from the deployment's payload", async () => {
    const text = CONFIG.replace('{ regex: "eu-.*" }', '"{{ deployment.payload.treated }}"');
    const document = await run(text, CLOSED, { payload: { treated: ["eu-1"] } });
    expect(document.units.treated).toEqual(["eu-1"]);
    await expect(run(text)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("holds no such value"),
    });
  });

  it("refuses a unit that is on both sides", async () => {
    const text = CONFIG.replace(
      "units: { label: zone,",
      "units: { label: zone, control: { match: { zone: [eu-2, us-1] } },",
    );
    await expect(run(text)).rejects.toMatchObject({ message: expect.stringContaining("eu-2 fits both") });
  });

  it("names a label that no series has", async () => {
    const text = CONFIG.replace('match: { zone: { regex: "eu-.*" } }', "match: { zonne: eu-1 }");
    await expect(run(text)).rejects.toMatchObject({ code: "UNKNOWN_LABEL", exitCode: 64 });
  });

  it("cannot be made without a margin", async () => {
    const { services, ...rest } = configOf(CONFIG);
    const config = {
      ...rest,
      services: services.map((one) => ({ ...one, slis: one.slis.map((sli) => ({ ...sli, margin: null })) })),
    };
    await expect(
      runAnalysis(config, trigger(), portsAt(CLOSED), { version: "1", baseDir: folder }),
    ).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});

describe("too early", () => {
  it("while the window is open nothing is read, and the wait is named", async () => {
    const document = await run(CONFIG.replace("metrics.csv", "does-not-exist.csv"), CLOSED - 600);
    expect(document).toMatchObject({ verdict: "invalid", reasonCodes: ["WINDOW_OPEN"], provenance: { queries: [] } });
    const [reason] = document.slis[0]?.reasons ?? [];
    expect(reason?.message).toBe(
      "The post window is still open: its data are complete at 2026-03-10T09:03:00Z, in 10m.",
    );
    expect(reason?.facts).toMatchObject({ readyAt: CLOSED, wait: 600 });
    expect(document.slis[0]?.estimate).toBeNull();
  });

  it("a deploy in the future is another thing", async () => {
    const document = await run(CONFIG, DEPLOYED_AT - 1);
    expect(document.reasonCodes).toEqual(["DEPLOY_IN_FUTURE"]);
  });

  it("is over when the source's lag has passed", () => {
    const lagging = CONFIG.replace("path: metrics.csv", "path: metrics.csv, lag: 5m");
    expect(readyAt(configOf(CONFIG), trigger())).toBe(CLOSED);
    expect(readyAt(configOf(lagging), trigger())).toBe(DEPLOYED_AT + 3720 + 300);
  });

  it("the longest window of the services counts", () => {
    const text = `${CONFIG}services: { a: { paths: [a/**] }, b: { paths: [b/**], windows: { post: 3h } } }\n`;
    expect(readyAt(configOf(text), trigger())).toBe(DEPLOYED_AT + 120 + 10_800 + 60);
    expect(readyAt(configOf(text), trigger({ changedPaths: ["a/x.ts"] }))).toBe(CLOSED);
  });
});

describe("what this release does not have is refused by name", () => {
  it("a design that these units are too few for", async () => {
    const document = await run(`${CONFIG}design: synthetic\n`);
    expect(document.verdict).toBe("invalid");
    expect(document.slis[0]).toMatchObject({ design: "synthetic", estimate: null });
    expect(document.reasonCodes).toEqual(["TOO_FEW_UNITS"]);
  });
});

describe("plans", () => {
  it("hold the windows, and nothing of the metrics yet", () => {
    const [planned] = planServices(configOf(CONFIG), trigger(), DEPLOYED_AT);
    expect(planned?.plan.window).toEqual({
      deployedAt: DEPLOYED_AT,
      step: 60,
      preStart: DEPLOYED_AT - 18_000,
      settle: 120,
      postEnd: DEPLOYED_AT + 3720,
    });
    expect(planned?.plan).toMatchObject({
      exposure: null,
      otherDeployments: null,
      configChanged: false,
      notes: { deployedAtSource: "status" },
    });
  });

  it.each([
    [["services/a/src/x.ts"], ["a", "c"]],
    [
      ["services/b/Dockerfile", "services/a/y"],
      ["a", "b", "c"],
    ],
    [["unrelated.md"], ["c"]],
    [null, ["a", "b", "c"]],
  ])("changed files %j touch %j", (changedPaths, names) => {
    const text = `${CONFIG}services: { a: { paths: ["services/a/**"] }, b: { paths: ["services/b/Docker*"] }, c: {} }\n`;
    expect(planServices(configOf(text), trigger({ changedPaths }), CLOSED).map(({ service }) => service.name)).toEqual(
      names,
    );
  });

  it("files that belong to no service may belong to every one", () => {
    const text = `${CONFIG}services: { a: { paths: [a] }, b: { paths: [b] } }\n`;
    const planned = planServices(configOf(text), trigger({ changedPaths: ["go.sum"] }), CLOSED);
    expect(planned.map(({ service }) => service.name)).toEqual(["a", "b"]);
  });
});

describe("replay", () => {
  const stored = async (): Promise<ResultDocument> => JSON.parse(JSON.stringify(await run(CONFIG)));

  it("of an untouched result finds nothing", async () => {
    expect(replay(await stored())).toEqual({ type: "same", verdict: "regression", slis: 1 });
  });

  it("does not look at the times of the run", async () => {
    const document = await stored();
    const moved = {
      ...document,
      provenance: { ...document.provenance, startedAt: "1999-01-01T00:00:00.000Z", durationMs: 9 },
    };
    expect(replay(moved).type).toBe("same");
  });

  it("names the number that was changed", async () => {
    const document = await stored();
    const slis = document.slis.map((sli) =>
      sli.estimate === null ? sli : { ...sli, estimate: { ...sli.estimate, att: 0 } },
    );
    expect(replay({ ...document, slis })).toMatchObject({
      type: "different",
      differences: [{ path: "slis[0].estimate.att", stored: 0, recomputed: document.slis[0]?.estimate?.att }],
    });
  });

  it("notices evidence that was changed", async () => {
    const document = await stored();
    const text = JSON.stringify(document).replace(/"values":\[[\d.]+/, '"values":[1');
    const outcome = replay(JSON.parse(text));
    expect(outcome.type === "different" && outcome.differences.map((one) => one.path)).toContain("provenance.dataHash");
  });

  it("cannot be done without the series, and says which file to use", async () => {
    const document = await stored();
    const slis = JSON.parse(
      JSON.stringify(document.slis, (key, value: unknown) => (key === "series" ? undefined : value)),
    );
    expect(() => replay({ ...document, slis })).toThrow(/no `series`/);
  });

  it("of a run that read nothing has nothing to do", async () => {
    expect(replay(await run(CONFIG, DEPLOYED_AT))).toEqual({ type: "nothing-to-replay", reasonCodes: ["WINDOW_OPEN"] });
  });
});

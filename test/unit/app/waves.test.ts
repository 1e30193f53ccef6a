import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PanelRequest, runPanels } from "../../../src/app/panels.ts";
import { planServices, queryRange, readyAt } from "../../../src/app/plan.ts";
import { replay } from "../../../src/app/replay.ts";
import { runAnalysis } from "../../../src/app/run.ts";
import type { Trigger } from "../../../src/app/trigger.ts";
import { validateConfig } from "../../../src/app/validate.ts";
import { withWaves } from "../../../src/app/waves.ts";
import type { ResultDocument } from "../../../src/core/result.ts";
import { deployedAtFlags } from "../../../src/entry/cli/trigger.ts";
import { type MadeWaves, madeWaves } from "../core/made-waves.ts";
import { configOf, portsAt, trigger } from "./fixtures.ts";

const folder = mkdtempSync(path.join(tmpdir(), "waves-"));
const inFolder = (name: string): string => path.join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const SHAPE: MadeWaves = { waves: 3, perWave: 2, never: 3, effect: () => 12 };
const { times, input, plan } = madeWaves(SHAPE);
const FIRST = plan.window.deployedAt;
const LAST = FIRST + 40 * 60;
const CLOSED = LAST + 300 + 3600 + 60;

const iso = (at: number): string => new Date(at * 1000).toISOString();
const map = (of: Readonly<Record<string, number>>): string =>
  `{ ${Object.entries(of)
    .map(([unit, at]) => `${unit}: ${iso(at)}`)
    .join(", ")} }`;

const CONFIG = `version: 1
source: { type: file, path: metrics.csv }
units: { label: zone }
windows: { pre: 6h, settle: 5m, post: 1h, step: 1m }
slis: [{ id: latency, kind: gauge, query: latency, worse: up, margin: 5% }]
deployed-at: ${map(times)}
`;

/** \`time,zone,latency\` as a file source reads it, and the same as a panel. */
beforeAll(() => {
  const lines = input.series.flatMap(({ unit, times: at, values }) =>
    Array.from(at, (time, i) => ({ time, unit, value: (values[i] ?? Number.NaN).toFixed(4) })),
  );
  const table = lines.map(({ time, unit, value }) => `${time},${unit},${value}`).join("\n");
  writeFileSync(inFolder("metrics.csv"), `time,unit,latency\n${table}\n`);
  const panel = lines.map(({ time, unit, value }) => `${time},${unit},${value},${times[unit] ?? ""}`).join("\n");
  writeFileSync(inFolder("panel.csv"), `time,unit,value,deployed_at\n${panel}\n`);
  writeFileSync(inFolder("plain.csv"), `time,unit,value\n${table}\n`);
  writeFileSync(inFolder("moved.csv"), "time,unit,value,deployed_at\n1,a,1,100\n2,a,1,200\n");
  writeFileSync(inFolder("both.csv"), "time,unit,group,value,deployed_at\n1,a,control,1,100\n");
});

const run = (text: string, changes: Partial<Trigger> = {}, now = CLOSED): Promise<ResultDocument> =>
  runAnalysis(configOf(text), trigger({ deployedAt: FIRST, ...changes }), portsAt(now), {
    version: "1.2.3",
    baseDir: folder,
  });

describe("waves from the config", () => {
  it("are planned, read over all their windows, judged, stored and replayed", async () => {
    const document = await run(CONFIG);
    expect(document.verdict).toBe("regression");
    expect(document.slis[0]).toMatchObject({ design: "staggered" });
    expect(document.deployment).toMatchObject({ deployedAt: iso(FIRST), deployedAtSource: "config" });
    expect(document.plans[0]).toMatchObject({
      waves: times,
      window: { deployedAt: FIRST, preStart: FIRST - 6 * 3600, settle: 300, postEnd: LAST + 300 + 3600 },
    });
    expect(document.units).toMatchObject({
      treated: ["eu-1", "eu-2", "eu-3", "eu-4", "eu-5", "eu-6"],
      control: ["us-1", "us-2", "us-3"],
    });
    expect(replay(JSON.parse(JSON.stringify(document)))).toMatchObject({ type: "same" });
  });

  it("are ready after the last one", async () => {
    const config = configOf(CONFIG);
    const given = trigger({ deployedAt: FIRST });
    expect(readyAt(config, given)).toBe(CLOSED);
    const [planned] = planServices(config, given, CLOSED);
    if (planned === undefined) throw new Error("no service");
    expect(queryRange(planned.plan)).toEqual({ from: FIRST - 6 * 3600, to: LAST + 300 + 3600 - 60 });
    const early = await run(CONFIG, {}, CLOSED - 600);
    expect(early).toMatchObject({ reasonCodes: ["WINDOW_OPEN"], provenance: { queries: [] } });
  });

  it("closer together than settle are one deploy that settles after its last unit", async () => {
    const close = Object.fromEntries(Object.keys(times).map((unit, i) => [unit, FIRST + i * 30]));
    const document = await run(CONFIG.replace(/deployed-at: .*/, `deployed-at: ${map(close)}`));
    expect(document.slis[0]).toMatchObject({ design: "did" });
    expect(document.slis[0]?.designReason).toContain("one wave");
    expect(document.plans[0]?.window).toMatchObject({ deployedAt: FIRST, settle: 300 + 150 });
  });

  it.each([
    ["a unit that no series has", CONFIG.replace("eu-6:", "eu-66:"), "UNKNOWN_LABEL", 'Did you mean "eu-6"'],
    [
      "a treated unit without a time",
      CONFIG.replace(
        "units: { label: zone }",
        "units: { label: zone, treated: { match: { zone: { regex: 'eu-.|us-1' } } } }",
      ),
      "CONFIG_INVALID",
      "leave `units.treated` out",
    ],
    [
      "a control with a time",
      CONFIG.replace(
        "units: { label: zone }",
        "units: { label: zone, control: { match: { zone: [us-1, us-2, eu-1] } } }",
      ),
      "CONFIG_INVALID",
      "exclude each other",
    ],
  ])("%s is refused by name", async (_, text, code, hint) => {
    await expect(run(text)).rejects.toMatchObject({ code, hint: expect.stringContaining(hint) });
  });

  it("a map of an earlier roll-out is not used for a later deployment", async () => {
    await expect(run(CONFIG, { deployedAt: LAST + 86_400 })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("one time given for this run outranks the map", () => {
    const config = configOf(CONFIG);
    const given = trigger({ deployedAt: FIRST, deployedAtSource: "flag" });
    expect(withWaves(config, given)).toBe(given);
  });

  it("the deployment's payload outranks the map", () => {
    const sent = { deployedAt: { "eu-1": iso(FIRST + 60), "eu-2": FIRST + 1200 } };
    expect(withWaves(configOf(CONFIG), trigger({ payload: sent }))).toMatchObject({
      waves: { "eu-1": FIRST + 60, "eu-2": FIRST + 1200 },
      deployedAt: FIRST + 60,
      deployedAtSource: "payload",
    });
    const wrong = { deployedAt: { "eu-1": "soon" } };
    expect(() => withWaves(configOf(CONFIG), trigger({ payload: wrong }))).toThrow(/eu-1.*soon/);
  });

  it("without a map `units.treated` stays necessary", () => {
    expect(() => configOf(CONFIG.replace(/deployed-at: .*/, ""))).toThrow(/treated/);
  });

  it("validate describes the roll-out, also when nobody is without the deploy", async () => {
    const everyone = CONFIG.replace("units: { label: zone }", "units: { label: zone, exclude: [us-1, us-2, us-3] }");
    const ports = portsAt(FIRST - 600);
    const found = await validateConfig(configOf(everyone), trigger(), ports, { baseDir: folder, until: null });
    const [sli] = found.slis;
    if (sli?.ok !== true) throw new Error("not read");
    expect(sli.description.problems).toEqual([]);
    expect(sli.description.noise).toBeGreaterThan(0);
  });
});

describe("waves of panels", () => {
  const request = (changes: Partial<PanelRequest>): PanelRequest => ({
    panels: [inFolder("panel.csv")],
    deployed: null,
    direction: "up",
    kind: "gauge",
    margin: { type: "relative", value: 0.05, text: "5%" },
    step: 60,
    pre: null,
    settle: 300,
    post: null,
    treated: [],
    alpha: 0.05,
    inference: "precision-weighted",
    scale: "auto",
    design: "auto",
    seed: 1,
    mode: "enforcing",
    ...changes,
  });
  const panels = (changes: Partial<PanelRequest> = {}): Promise<ResultDocument> =>
    runPanels(request(changes), portsAt(CLOSED), { version: "1" });

  it("come from the column deployed_at, or by flag: the same answer", async () => {
    const column = await panels();
    expect(column.slis[0]).toMatchObject({ design: "staggered", verdict: "regression" });
    expect(column.deployment.deployedAtSource).toBe("panel");
    const flags = deployedAtFlags(Object.entries(times).map(([unit, at]) => `${unit}=${iso(at)}`));
    const flagged = await panels({ panels: [inFolder("plain.csv")], deployed: flags });
    expect(flagged.slis[0]?.estimate).toEqual(column.slis[0]?.estimate);
    expect(flagged.plans[0]?.waves).toEqual(times);
  });

  it("one time by flag means one deploy, and the column is said not to count", async () => {
    const document = await panels({ deployed: { deployedAt: FIRST }, treated: ["eu-1", "eu-2"] });
    expect(document.slis[0]?.design).toBe("did");
    expect(JSON.stringify(document.provenance.warnings)).toContain("column deployed_at");
  });

  it.each([
    ["a unit that changes its time", "moved.csv", /another deployed_at/],
    ["a control with a time", "both.csv", /control and has a deploy time/],
  ])("%s is a mistake in the file", async (_, file, message) => {
    await expect(panels({ panels: [inFolder(file)] })).rejects.toThrow(message);
  });

  it("a unit that no row has is named", async () => {
    const deployed = { deployedAt: FIRST, waves: { ...times, "eu-9": LAST } };
    await expect(panels({ panels: [inFolder("plain.csv")], deployed })).rejects.toThrow(
      /--deployed-at names the unit "eu-9"/,
    );
  });

  it("nothing says when", async () => {
    await expect(panels({ panels: [inFolder("plain.csv")], treated: ["eu-1"] })).rejects.toThrow(
      /--deployed-at is missing/,
    );
  });
});

describe("the flag --deployed-at", () => {
  it("is one time, or one per unit", () => {
    expect(deployedAtFlags(undefined)).toBeNull();
    expect(deployedAtFlags([iso(LAST), iso(FIRST)])).toEqual({ deployedAt: FIRST });
    expect(deployedAtFlags([`b=${FIRST + 60}`, `a=x=${iso(FIRST)}`])).toEqual({
      deployedAt: FIRST,
      waves: { b: FIRST + 60, "a=x": FIRST },
    });
  });

  it.each([
    [[`eu-1=${iso(FIRST)}`, iso(LAST)], /names no unit/],
    [[`eu-1=${iso(FIRST)}`, `eu-1=${iso(LAST)}`], /two times/],
    [[`=${iso(FIRST)}`], /names no unit/],
    [["eu-1=soon"], /soon/],
  ])("%j is a mistake", (flags, message) => {
    expect(() => deployedAtFlags(flags)).toThrow(message);
  });
});

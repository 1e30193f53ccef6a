import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { studyConfig } from "../../../../src/app/backtest/config-study.ts";
import { fakeTimes } from "../../../../src/app/backtest/fake-times.ts";
import { NOTHING_KNOWN } from "../../../../src/app/backtest/known.ts";
import { planAt, runFakes } from "../../../../src/app/backtest/run-fakes.ts";
import type { HistorySpan } from "../../../../src/app/backtest/span.ts";
import { runAnalysis } from "../../../../src/app/run.ts";
import { configOf, DEPLOYED_AT, portsAt, rows, tableCsv, trigger } from "../fixtures.ts";

const folder = mkdtempSync(path.join(tmpdir(), "study-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(path.join(folder, "metrics.csv"), tableCsv(rows(900, 120, 0)));

const NOW = DEPLOYED_AT + 40 * 86_400;
const MINUTE = 60;
const HOUR = 3600;
const base = `version: 1
source: { type: file, path: metrics.csv }
windows: { pre: 5h, settle: 2m, post: 1h, step: 1m }
slis: [{ id: latency, kind: gauge, query: latency, worse: up, margin: 5% }]
`;
const GROUPS = "units: { label: zone, treated: { match: { zone: [eu-1, eu-2] } } }\n";
const WAVES = `units: { label: zone }\ndeployed-at: { eu-1: ${DEPLOYED_AT}, eu-2: ${DEPLOYED_AT + 20 * MINUTE} }\n`;

const open = (text: string, span = { from: null, to: null, history: null } as HistorySpan) =>
  studyConfig(
    {
      config: configOf(text),
      service: null,
      span,
      deployment: { environment: null, sha: null, payload: null, deployed: null },
      baseDir: folder,
      known: async () => NOTHING_KNOWN,
    },
    portsAt(NOW),
  );

describe("the study of a config", () => {
  it("reads all of a file, whatever the year, and knows no deploy when nobody named one", async () => {
    const study = await open(base + GROUPS);
    expect([study.from, study.to, study.grid]).toEqual([DEPLOYED_AT - 900 * MINUTE, DEPLOYED_AT + 120 * MINUTE, 60]);
    expect(study.known.deployments).toBeNull();
  });

  it.each([
    ["one deploy time", base + GROUPS],
    ["waves", base + WAVES],
  ])("judges a fake deploy as check judges that instant: %s", async (_, text) => {
    const study = await open(text);
    const [part] = study.parts;
    const at = DEPLOYED_AT - 4 * HOUR;
    const waves = text === base + WAVES ? { "eu-1": at, "eu-2": at + 20 * MINUTE } : undefined;
    const deployed = { deployedAt: at, deployedAtSource: "flag", ...(waves === undefined ? {} : { waves }) };
    const checked = await runAnalysis(configOf(text), trigger({ ...deployed, configChanged: null }), portsAt(NOW), {
      version: "test",
      baseDir: folder,
    });
    if (part === undefined) throw new Error("the study has no part");
    const plan = planAt(study, part, at);
    expect(plan.window).toEqual(checked.plans[0]?.window);
    expect(plan.waves).toEqual(checked.plans[0]?.waves);
    const [fake] = runFakes(study, [{ at, cluster: 0 }]);
    expect(fake?.verdict).toBe(checked.verdict);
    expect(fake?.slis[0]).toMatchObject({
      att: checked.slis[0]?.estimate?.att,
      confLow: checked.slis[0]?.estimate?.confLow,
      confHigh: checked.slis[0]?.estimate?.confHigh,
      design: text === base + WAVES ? "staggered" : "did",
    });
  });

  it("leaves out the roll-out that the config itself speaks of, from its first to its last unit", async () => {
    const study = await open(base + WAVES);
    expect(study.known).toMatchObject({
      deployments: [{ startedAt: DEPLOYED_AT, deployedAt: DEPLOYED_AT + 20 * MINUTE }],
      sources: ["config"],
    });
    const { times } = fakeTimes(study, { type: "every", every: MINUTE });
    // Roll-out of 20 minutes, settle of 2, post window of an hour.
    expect(times.at(-1)?.at).toBe(DEPLOYED_AT - 82 * MINUTE);
  });

  it("judges services together, each fake deploy on the grid of both", async () => {
    const services = `services:
  fast: {}
  slow: { windows: { step: 90s, pre: 6h } }
`;
    const study = await open(base + GROUPS + services);
    expect(study.grid).toBe(180);
    const { times } = fakeTimes(study, { type: "every", every: 600 });
    expect((times[0]?.at ?? 0) - study.from).toBeGreaterThanOrEqual(6 * HOUR);
    expect(times.every(({ at }) => (at - study.origin) % 180 === 0)).toBe(true);
    const [fake] = runFakes(study, times.slice(0, 1));
    expect(fake?.slis.map(({ service, id }) => [service, id])).toEqual([
      ["fast", "latency"],
      ["slow", "latency"],
    ]);
  });

  it("asks a source for two weeks, and a file for the history that is wanted", async () => {
    const study = await open(base + GROUPS, { from: null, to: null, history: 8 * HOUR });
    expect([study.from, study.to]).toEqual([DEPLOYED_AT + 120 * MINUTE - 8 * HOUR, DEPLOYED_AT + 120 * MINUTE]);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { replay } from "../../../src/app/replay.ts";
import { runAnalysis } from "../../../src/app/run.ts";
import type { ResultDocument } from "../../../src/core/result.ts";
import { configOf, DEPLOYED_AT, noise, portsAt, trigger } from "./fixtures.ts";

const folder = mkdtempSync(path.join(tmpdir(), "split-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Five new pods next to eleven old ones, requests and errors by the minute. */
beforeAll(() => {
  const next = noise(7);
  const lines = Array.from({ length: 16 }, (_, u) => {
    const isNew = u < 5;
    const rate = (isNew ? 0.05 : 0.02) + 0.004 * next();
    return Array.from({ length: isNew ? 64 : 124 }, (_step, i) => {
      const time = DEPLOYED_AT + ((isNew ? 1 : -60) + i) * 60;
      const requests = Math.round(500 + 40 * next());
      return `${time},${isNew ? "new" : "old"}-${u},${Math.round(requests * (rate + 0.01 * next()))},${requests}`;
    });
  }).flat();
  writeFileSync(path.join(folder, "metrics.csv"), `time,pod,errors,requests\n${lines.join("\n")}\n`);
});

const CONFIG = `version: 1
source: { type: file, path: metrics.csv }
units: { label: pod, treated: { match: { pod: { regex: new-.* } } } }
windows: { pre: 1h, settle: 3m, post: 1h, step: 1m }
slis: [{ id: error-rate, kind: ratio, numerator: errors, denominator: requests, worse: up, margin: 0.5pp }]
`;

const run = (text: string): Promise<ResultDocument> =>
  runAnalysis(configOf(text), trigger(), portsAt(DEPLOYED_AT + 2 * 3600), { version: "1", baseDir: folder });

describe("new pods in the config", () => {
  it("are compared side by side, stored with what was planned, and replayed", async () => {
    const document = await run(`${CONFIG}split: { treated-share: 0.3125 }\n`);
    expect(document.verdict).toBe("regression");
    expect(document.slis[0]).toMatchObject({ design: "split", inference: { method: "cr2", clusters: 16 } });
    expect(document.plans[0]?.split).toEqual({ treatedShare: 0.3125, shareOf: "traffic", assignment: "unknown" });
    expect(replay(JSON.parse(JSON.stringify(document)))).toMatchObject({ type: "same" });
  });

  it("are invalid when the traffic was not split as planned", async () => {
    const document = await run(`${CONFIG}design: split\nsplit: { treated-share: 0.1, assignment: random }\n`);
    expect([document.verdict, document.reasonCodes]).toEqual(["invalid", ["SAMPLE_RATIO"]]);
    expect(document.slis[0]?.designReason).toBe("chosen by the configuration");
  });

  it("need a share between 0 and 1", () => {
    expect(() => configOf(`${CONFIG}split: { treated-share: 30 }\n`)).toThrow(
      /split.treated-share must lie between 0 and 1/,
    );
    expect(() => configOf(`${CONFIG}split: { share: 0.3 }\n`)).toThrow(/share/);
  });
});

import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { appendLedger, entriesOf } from "../../../../src/app/ledger/append.ts";
import { markOf, outcomesFromLines } from "../../../../src/app/ledger/outcomes.ts";
import { parseLedger } from "../../../../src/app/ledger/parse.ts";
import { runAnalysis } from "../../../../src/app/run.ts";
import { entryOf, markOn } from "../../core/ledger/made-ledger.ts";
import { configOf, DEPLOYED_AT, portsAt, rows, tableCsv, trigger } from "../fixtures.ts";

const folder = mkdtempSync(path.join(tmpdir(), "ledger-"));
afterAll(() => rmSync(folder, { recursive: true }));
const inFolder = (name: string): string => path.join(folder, name);
const NOW = "2026-05-01T00:00:00.000Z";

describe("writing", () => {
  it("a thousand writers at once leave a thousand whole lines", async () => {
    const file = inFolder("busy.jsonl");
    await Promise.all(Array.from({ length: 1000 }, (_, i) => appendLedger(file, [entryOf(i, "no-impact")])));
    const { entries, damaged } = parseLedger(readFileSync(file, "utf8"), file);
    expect(damaged).toEqual([]);
    expect(new Set(entries.map(({ id }) => id)).size).toBe(1000);
  });

  it("half a line that an interrupted writer left is named, and the next line is whole", async () => {
    const file = inFolder("cut.jsonl");
    await appendLedger(file, [entryOf(0, "regression")]);
    appendFileSync(file, JSON.stringify(entryOf(1, "regression")).slice(0, 200));
    expect(parseLedger(readFileSync(file, "utf8"), file)).toMatchObject({
      entries: [{ verdict: "regression" }],
      damaged: [{ line: 2, problem: "is not whole JSON" }],
    });
    await appendLedger(file, [markOn(0, "fine")]);
    expect(parseLedger(readFileSync(file, "utf8"), file)).toMatchObject({
      entries: [{}],
      marks: [{ outcome: "fine" }],
      damaged: [{ line: 2 }],
    });
  });

  it("a folder that does not exist is an error that names the file", async () => {
    await expect(appendLedger(inFolder("no/such/ledger.jsonl"), [entryOf(0, "invalid")])).rejects.toMatchObject({
      code: "FILE_UNREADABLE",
      message: expect.stringContaining("ledger.jsonl cannot be written (ENOENT)"),
    });
  });

  it("a verdict is one line per service, with its numbers and without queries", async () => {
    writeFileSync(inFolder("metrics.csv"), tableCsv(rows(300, 62, 15)));
    const config = configOf(`version: 1
source: { type: file, path: metrics.csv }
units: { label: zone, treated: { match: { zone: { regex: "eu-.*" } } } }
windows: { pre: 5h, settle: 2m, post: 1h, step: 1m }
looks: 4
slis: [{ id: p95, kind: gauge, query: latency, worse: up, margin: 5% }]
services: { checkout: {}, search: { slis: [{ id: p95, kind: gauge, query: latency, worse: down, margin: 50% }] } }
`);
    const options = { version: "1.2.3", baseDir: folder };
    const document = await runAnalysis(config, trigger(), portsAt(DEPLOYED_AT + 2000), options);
    const entries = entriesOf(document);
    expect(entries.map(({ service, verdict }) => [service, verdict])).toEqual([
      ["checkout", "regression"],
      ["search", "no-impact"],
    ]);
    expect(entries[0]).toMatchObject({
      environment: "production",
      repository: "owner/name",
      deployedAt: "2026-03-10T08:00:00.000Z",
      alpha: 0.05,
      look: { number: 2, of: 4 },
      configHash: config.hash,
      slis: [{ id: "p95", margin: "5%", confLow: document.slis[0]?.estimate?.confLow }],
    });
    expect(entries[0]?.id).toMatch(/^[0-9a-f]{16}$/);
    expect(entries[0]?.id).not.toBe(entries[1]?.id);
    expect(entriesOf(document)).toEqual(entries);
    const text = JSON.stringify(entries);
    expect(text).not.toContain("query");
    expect(text).not.toContain("metrics.csv");
    expect(
      parseLedger(`${text.slice(1, -1).replace('},{"schemaVersion"', '}\n{"schemaVersion"')}\n`, "l").entries,
    ).toEqual(entries);
  });
});

describe("reading", () => {
  it.each([
    ["{}", "has no schemaVersion; this release reads 1"],
    ['{"schemaVersion":2,"type":"verdict"}', "has 2 schemaVersion; this release reads 1"],
    ['{"schemaVersion":1,"type":"note"}', 'has the type "note", not "verdict" or "outcome"'],
    [
      JSON.stringify({ ...entryOf(0, "no-impact"), deployedAt: "then" }),
      "has a `deployedAt` that is not what it must be",
    ],
    [JSON.stringify({ ...entryOf(0, "no-impact"), slis: [{ id: "x" }] }), "has an SLI that has no `role`"],
    ["[1]", "is not a map"],
  ])("%s", (line, problem) => {
    const good = JSON.stringify(entryOf(0, "no-impact"));
    expect(parseLedger(`${good}\n\n${line}\n`, "l").damaged).toEqual([{ line: 3, problem }]);
    expect(() => parseLedger(line, "l")).toThrow(`l is not a ledger: line 1 ${problem}.`);
  });

  it("an empty file is an empty ledger", () => {
    expect(parseLedger("", "l")).toEqual({ entries: [], marks: [], damaged: [] });
  });
});

describe("outcomes", () => {
  it("say which deploy, what became of it and when", () => {
    const mark = markOf(
      { outcome: "reverted", sha: "A1B2C3D", at: "2026-03-01T14:40:00+02:00", note: " errors " },
      NOW,
      "x",
    );
    expect(mark).toMatchObject({ sha: "a1b2c3d", outcome: "reverted", at: "2026-03-01T12:40:00.000Z", note: "errors" });
    expect(mark).toMatchObject({ id: null, environment: null, time: NOW });
  });

  it.each([
    [{ outcome: "fine" }, "x: names no deploy."],
    [{ outcome: "fine", sha: "abc" }, 'x: "abc" is not a commit.'],
    [{ outcome: "revert", sha: "a1b2c3d" }, 'x: "revert" is not an outcome.'],
    [{ outcome: "", sha: "a1b2c3d" }, "x: says no outcome."],
    [{ outcome: "fine", sha: "a1b2c3d", at: "noon" }, 'x: at: "noon" is not a time.'],
  ])("%j", (stated, message) => {
    expect(() => markOf(stated, NOW, "x")).toThrow(message);
  });

  it("JSON Lines: numbers are texts, other keys are nobody's business, marks keep their time", () => {
    const lines = `${JSON.stringify({ sha: 1234567, outcome: "hotfix", severity: 2 })}\n\n${JSON.stringify(markOn(3, "fine"))}\n`;
    const [first, second] = outcomesFromLines(lines, "o.jsonl", "2026-06-01T00:00:00.000Z");
    expect(first).toMatchObject({ sha: "1234567", outcome: "hotfix", time: "2026-06-01T00:00:00.000Z" });
    expect(second).toEqual(markOn(3, "fine"));
    expect(() => outcomesFromLines("\n{", "o.jsonl", NOW)).toThrow("o.jsonl line 2: is not JSON.");
  });
});

import { describe, expect, it } from "vitest";
import { readHappenings } from "../../../src/config/deployments-file.ts";

const AT = Date.parse("2026-03-01T14:05:00Z") / 1000;
const read = (text: string) => readHappenings(text, "deploys");
const deploy = { from: AT, to: AT, environment: null, id: null, reason: null };

describe("a file of deployments", () => {
  it.each([
    ["a JSON list of times", `["2026-03-01T14:05:00Z", ${AT}]`],
    ["one time per line", "2026-03-01T14:05:00Z\n2026-03-01T15:05:00+01:00\n"],
    ["a CSV with a header", "sha,deployed_at\n,2026-03-01T14:05:00Z\n,2026-03-01T14:05:00Z\n"],
    ["objects, one per line", `{"deployedAt":"2026-03-01T14:05:00Z"}\n{"time":${AT}}`],
    ["a list under a key", `{"deployments":[{"at":"2026-03-01T14:05:00Z"},{"created_at":"2026-03-01T14:05:00Z"}]}`],
  ])("may be %s", async (_, text) => {
    expect(await read(text)).toEqual([deploy, deploy]);
  });

  it("is what GitHub's API returns, with environments", async () => {
    const text = JSON.stringify([
      { id: 7, sha: "a1b2c3d", environment: "staging", created_at: "2026-03-01T14:05:00Z" },
    ]);
    expect(await read(text)).toEqual([{ ...deploy, environment: "staging", id: "7" }]);
  });

  it("reads when a stored result's deploy was", async () => {
    const text = JSON.stringify([
      { verdict: "no-impact", deployment: { deployedAt: "2026-03-01T14:05:00Z", sha: "abc" } },
    ]);
    expect(await read(text)).toEqual([{ ...deploy, id: "abc" }]);
  });

  it("knows a roll-out that took its time, and an incident", async () => {
    const text =
      "started_at,finished_at,from,to,reason\n2026-03-01T14:00:00Z,2026-03-01T14:05:00Z,,,\n,,2026-03-01T14:05:00Z,2026-03-01T15:05:00Z,network\n";
    expect(await read(text)).toEqual([
      { ...deploy, from: AT - 300 },
      { ...deploy, to: AT + 3600, reason: "network" },
    ]);
  });

  it("keeps commas in quotes", async () => {
    expect(await read('message,deployed_at\n"fix, and ship",2026-03-01T14:05:00Z\n')).toEqual([deploy]);
  });

  it("may be empty", async () => {
    expect(await read(" \n")).toEqual([]);
    expect(await read("deployed_at\n")).toEqual([]);
  });

  it.each([
    ["no time", '[{"sha":"abc"}]', "deploys, entry 1 says no time: it has sha."],
    ["a time without a zone", '["2026-03-01 14:05"]', 'deploys, entry 1: "2026-03-01 14:05" has no time zone.'],
    ["neither JSON nor CSV", "[1, 2", "deploys is neither JSON nor one JSON object per line."],
    ["a span that ends before it starts", '[{"from":20,"to":10}]', "deploys, entry 1 ends before it starts."],
  ])("refuses %s in one sentence", async (_, text, message) => {
    await expect(read(text)).rejects.toMatchObject({ code: "FILE_MALFORMED", message });
  });
});

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FetchedSeries, SeriesQuery } from "../../src/sources/contract.ts";
import { SOURCES } from "../../src/sources/index.ts";
import { GRAPHITE_PROGRAMS, startGraphite } from "./servers/graphite.ts";
import { realPorts } from "./servers/ports.ts";
import { makeFolder, type RunningServer } from "./servers/process.ts";
import { availability } from "./servers/programs.ts";
import { fleetQuery, pointsOf, withoutNaN } from "./servers/queries.ts";
import { GAP, LATE, latencyCsv, latencySamples, STEP, ZONES } from "./servers/telemetry.ts";

const { missing, note } = availability(...GRAPHITE_PROGRAMS);

const LATENCY = "shop_latency_seconds.*.*";

describe.skipIf(missing)(`a real Graphite${note}`, () => {
  let server: RunningServer;
  let folder: Awaited<ReturnType<typeof makeFolder>>;

  const fetchWith = async (query: SeriesQuery, extra: Record<string, unknown> = {}): Promise<FetchedSeries> => {
    const options = { type: "graphite", url: server.url, nodes: { track: 1, zone: 2 }, retries: 0, ...extra };
    const source = SOURCES.graphite?.open(options, ".");
    if (source === undefined) throw new Error("graphite is not listed");
    return await source.fetchSeries(query, realPorts());
  };

  beforeAll(async () => {
    folder = await makeFolder("graphite-agreement");
    await writeFile(join(folder.path, "latency.csv"), latencyCsv());
    server = await startGraphite(latencySamples());
  });
  afterAll(async () => {
    await Promise.all([server?.stop(), folder?.remove()]);
  });

  test("gives the panel of the file that holds the same data, to the last digit", async () => {
    const { series } = await fetchWith(fleetQuery({ value: LATENCY }));
    const file = SOURCES.file?.open({ type: "file", path: "latency.csv" }, folder.path);
    const fromFile = (await file?.fetchSeries(fleetQuery({ value: "value" }), realPorts()))?.series ?? [];
    expect(series.map((one) => [one.unit, one.group])).toEqual(fromFile.map((one) => [one.unit, one.group]));
    for (const zone of ZONES) expect(pointsOf(series, zone)).toEqual(withoutNaN(pointsOf(fromFile, zone)));
  });

  test("a gap stays a gap and late steps stay empty", async () => {
    const { series } = await fetchWith(fleetQuery({ value: LATENCY }));
    expect(pointsOf(series, GAP.zone).filter(([time]) => time >= GAP.from && time < GAP.to)).toEqual([]);
    expect(pointsOf(series, LATE.zone).at(-1)?.[0]).toBe(LATE.from - STEP);
  });

  test("split into pieces or asked at once, the series are the same", async () => {
    const query = fleetQuery({ value: LATENCY });
    expect(await fetchWith(query, { "max-points": 997 })).toEqual(await fetchWith(query));
  });

  test("the unit is found inside functions and as an alias", async () => {
    const scaled = await fetchWith(fleetQuery({ value: `scale(${LATENCY},1000)` }));
    expect(scaled.series.map((one) => one.unit)).toEqual(ZONES);
    const groupOf = (): "control" => "control";
    const alias = fleetQuery({ value: `aliasByNode(${LATENCY},2)` }, { unitLabel: "name", groupOf });
    expect((await fetchWith(alias, { nodes: {} })).series.map((one) => one.unit)).toEqual(ZONES);
  });

  test("points that are finer than the step are refused, and summarize makes steps of them", async () => {
    await expect(fetchWith(fleetQuery({ value: LATENCY }, { step: 60 }))).rejects.toMatchObject({
      message: expect.stringContaining("every 30 s, not every 60 s"),
      hint: expect.stringContaining('summarize(..., "60s", "avg")'),
    });
    const minutes = fleetQuery({ value: `summarize(${LATENCY},"60s","avg")` }, { step: 60 });
    const [half, whole] = [await fetchWith(fleetQuery({ value: LATENCY })), await fetchWith(minutes)];
    const [first, second] = pointsOf(half.series, "zone-a").map(([, value]) => value);
    expect(pointsOf(whole.series, "zone-a")[0]?.[1]).toBeCloseTo(((first ?? 0) + (second ?? 0)) / 2, 12);
  });

  test("an unknown function is shown in its own words, an unknown path is no data", async () => {
    await expect(fetchWith(fleetQuery({ value: `nofunc(${LATENCY})` }))).rejects.toMatchObject({
      code: "SOURCE_REJECTED",
      message: expect.stringMatching(/nofunc/),
    });
    expect((await fetchWith(fleetQuery({ value: "no.such.path" }))).series).toEqual([]);
  });
});

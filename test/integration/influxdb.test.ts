import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FetchedSeries, SeriesQuery } from "../../src/sources/contract.ts";
import { SOURCES } from "../../src/sources/index.ts";
import { DATABASE, INFLUXDB_PROGRAMS, startInfluxdb } from "./servers/influxdb.ts";
import { realPorts } from "./servers/ports.ts";
import { makeFolder, type RunningServer } from "./servers/process.ts";
import { availability } from "./servers/programs.ts";
import { fleetQuery, pointsOf, withoutNaN } from "./servers/queries.ts";
import { GAP, LATE, latencyCsv, latencySamples, requestSamples, STEP, ZONES } from "./servers/telemetry.ts";

const { missing, note } = availability(...INFLUXDB_PROGRAMS);

const GROUPED = "GROUP BY time({{step}}), zone, track";
const LATENCY = `SELECT mean(value) FROM shop_latency_seconds WHERE {{time}} ${GROUPED}`;
const REQUESTS = `SELECT last(value) FROM shop_requests_total WHERE {{time}} ${GROUPED}`;

describe.skipIf(missing)(`a real InfluxDB 1${note}`, () => {
  let server: RunningServer;
  let folder: Awaited<ReturnType<typeof makeFolder>>;

  const fetchWith = async (query: SeriesQuery, extra: Record<string, unknown> = {}): Promise<FetchedSeries> => {
    const options = { type: "influxdb", url: server.url, database: DATABASE, retries: 0, ...extra };
    const source = SOURCES.influxdb?.open(options, ".");
    if (source === undefined) throw new Error("influxdb is not listed");
    return await source.fetchSeries(query, realPorts());
  };

  beforeAll(async () => {
    folder = await makeFolder("influxdb-agreement");
    await writeFile(join(folder.path, "latency.csv"), latencyCsv());
    server = await startInfluxdb([...latencySamples(), ...requestSamples()]);
  });
  afterAll(async () => {
    await Promise.all([server?.stop(), folder?.remove()]);
  });

  test("gives the panel of the file that holds the same data, to the last digit", async () => {
    const { series, warnings } = await fetchWith(fleetQuery({ value: LATENCY }));
    const file = SOURCES.file?.open({ type: "file", path: "latency.csv" }, folder.path);
    const fromFile = (await file?.fetchSeries(fleetQuery({ value: "value" }), realPorts()))?.series ?? [];
    expect(series.map((one) => [one.unit, one.group])).toEqual(fromFile.map((one) => [one.unit, one.group]));
    for (const zone of ZONES) expect(pointsOf(series, zone)).toEqual(withoutNaN(pointsOf(fromFile, zone)));
    expect(warnings).toEqual([]);
  });

  test("a gap stays a gap and late steps stay empty", async () => {
    const { series } = await fetchWith(fleetQuery({ value: LATENCY }));
    expect(pointsOf(series, GAP.zone).filter(([time]) => time >= GAP.from && time < GAP.to)).toEqual([]);
    expect(pointsOf(series, LATE.zone).at(-1)?.[0]).toBe(LATE.from - STEP);
  });

  test("split into pieces or asked at once, the series are the same, restarts of counters among them", async () => {
    const query = fleetQuery({ value: REQUESTS }, { kind: "counter" });
    const whole = await fetchWith(query);
    expect(await fetchWith(query, { "max-points": 97 })).toEqual(whole);
    const values = pointsOf(whole.series, "zone-a").map(([, value]) => value);
    expect(values.filter((value, index) => value < (values[index - 1] ?? 0))).toEqual([0]);
  });

  test("a query that it does not understand is shown in its own words", async () => {
    await expect(fetchWith(fleetQuery({ value: "SELEC x WHERE {{time}}" }))).rejects.toMatchObject({
      code: "SOURCE_REJECTED",
      message: expect.stringContaining("error parsing query: found SELEC, expected SELECT"),
    });
  });

  test("a database that does not exist, a measurement that does not exist, tags that were not grouped by", async () => {
    await expect(fetchWith(fleetQuery({ value: LATENCY }), { database: "none" })).rejects.toMatchObject({
      code: "SOURCE_REJECTED",
      message: expect.stringContaining("database not found: none"),
    });
    expect((await fetchWith(fleetQuery({ value: LATENCY.replace("shop_latency", "no_such") }))).series).toEqual([]);
    const ungrouped = "SELECT mean(value) FROM shop_latency_seconds WHERE {{time}} GROUP BY time({{step}})";
    await expect(fetchWith(fleetQuery({ value: ungrouped }))).rejects.toMatchObject({
      code: "UNKNOWN_LABEL",
      hint: expect.stringContaining('GROUP BY time({{step}}), "zone"'),
    });
  });

  test("points that are not grouped by the step are refused", async () => {
    const coarse = LATENCY.replace("{{step}}", "5m");
    await expect(fetchWith(fleetQuery({ value: coarse }))).rejects.toMatchObject({
      code: "SOURCE_REJECTED",
      message: expect.stringContaining("300 s, not 30 s"),
    });
  });
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OpenSource } from "../../src/sources/index.ts";
import { SOURCES } from "../../src/sources/index.ts";
import { realPorts } from "./servers/ports.ts";
import type { RunningServer } from "./servers/process.ts";
import { availability } from "./servers/programs.ts";
import { PROMETHEUS_PROGRAMS, startPrometheus } from "./servers/prometheus.ts";
import { EXACT_LATENCY, fleetQuery, pointsOf } from "./servers/queries.ts";
import { END, exposition, GAP, LATE, NAN, START, STEP, ZONES } from "./servers/telemetry.ts";

const { missing, note } = availability(...PROMETHEUS_PROGRAMS);

describe.skipIf(missing)(`a real Prometheus${note}`, () => {
  let server: RunningServer;
  const ports = realPorts();
  const open = (extra: Record<string, unknown> = {}): OpenSource => {
    const source = SOURCES.prometheus?.open({ type: "prometheus", url: server.url, ...extra }, ".");
    if (source === undefined) throw new Error("the source is not listed");
    return source;
  };

  beforeAll(async () => {
    server = await startPrometheus(exposition("seconds"));
  });
  afterAll(async () => {
    await server?.stop();
  });

  test("returns every unit with its group and every step of the window", async () => {
    const { series, warnings, unmatchedUnits } = await open().fetchSeries(fleetQuery({ value: EXACT_LATENCY }), ports);
    expect(series.map((one) => one.unit)).toEqual(ZONES);
    expect(series.filter((one) => one.group === "treated").map((one) => one.unit)).toEqual(ZONES.slice(0, 4));
    expect(warnings).toEqual([]);
    expect(unmatchedUnits).toEqual([]);
    const times = [...(series[0]?.times ?? [])];
    expect(times).toEqual(Array.from({ length: (END - START) / STEP + 1 }, (_, index) => START + index * STEP));
  });

  test("a gap stays a gap, a NaN stays a NaN, late steps stay empty", async () => {
    const { series } = await open().fetchSeries(fleetQuery({ value: EXACT_LATENCY }), ports);
    const inGap = pointsOf(series, GAP.zone).filter(([time]) => time >= GAP.from && time < GAP.to);
    expect(inGap).toEqual([]);
    expect(pointsOf(series, NAN.zone).filter(([, value]) => Number.isNaN(value))).toEqual([[NAN.at, Number.NaN]]);
    expect(pointsOf(series, LATE.zone).at(-1)?.[0]).toBe(LATE.from - STEP);
  });

  test("a window above 11,000 points is split and joined without a missing or repeated step", async () => {
    const query = fleetQuery({ value: 'shop_requests_total{zone="zone-d"}' }, { step: 5, kind: "counter" });
    const { series } = await open().fetchSeries(query, ports);
    const times = [...(series[0]?.times ?? [])];
    expect(times).toEqual(Array.from({ length: 17_281 }, (_, index) => START + index * 5));
    const whole = await Promise.all([
      rawRange(server.url, 'shop_requests_total{zone="zone-d"}', START, START + 40_000, 5),
      rawRange(server.url, 'shop_requests_total{zone="zone-d"}', START + 40_005, END, 5),
    ]);
    expect([...(series[0]?.values ?? [])]).toEqual(whole.flat());
  });

  test("numerator and denominator come together, each per unit", async () => {
    const queries = {
      numerator: 'sum by (zone, track) (rate(shop_duration_seconds_bucket{le="0.5"}[2m]))',
      denominator: "sum by (zone, track) (rate(shop_requests_total[2m]))",
    };
    const { series } = await open().fetchSeries(fleetQuery(queries, { kind: "ratio" }), ports);
    expect(series.filter((one) => one.component === "numerator").map((one) => one.unit)).toEqual(ZONES);
    expect(series.filter((one) => one.component === "denominator").map((one) => one.unit)).toEqual(ZONES);
  });

  test("histogram buckets carry their bounds, the last one infinite", async () => {
    const query = fleetQuery({ bucket: "shop_duration_seconds_bucket" }, { kind: "quantile" });
    const { series } = await open().fetchSeries(query, ports);
    expect(series.slice(0, 4).map((one) => [one.unit, one.le])).toEqual([
      ["zone-a", 0.1],
      ["zone-a", 0.5],
      ["zone-a", 1],
      ["zone-a", Number.POSITIVE_INFINITY],
    ]);
    expect(series).toHaveLength(40);
  });

  test("buckets without le, and a unit label that the query dropped, are named", async () => {
    const noLe = fleetQuery({ bucket: "sum by (zone, track) (shop_duration_seconds_bucket)" }, { kind: "quantile" });
    await expect(open().fetchSeries(noLe, ports)).rejects.toMatchObject({
      code: "UNKNOWN_LABEL",
      hint: expect.stringContaining("sum by (zone, le)"),
    });
    const noZone = fleetQuery({ value: "sum by (track) (shop_latency_seconds)" });
    await expect(open().fetchSeries(noZone, ports)).rejects.toMatchObject({
      code: "UNKNOWN_LABEL",
      message: "The series of the query of SLI latency have no label `zone`; they have: track.",
    });
  });

  test("several series for one unit are refused with the labels that differ", async () => {
    const query = fleetQuery({ value: 'shop_duration_seconds_bucket{le=~"0.1|0.5"}' });
    await expect(open().fetchSeries(query, ports)).rejects.toMatchObject({
      code: "SOURCE_REJECTED",
      message: expect.stringMatching(/several series for zone "zone-[a-j]"; they differ in le \("0\.1", "0\.5"\)/),
      hint: expect.stringContaining("sum by (zone)"),
    });
  });

  test("a query that does not parse, and one that cannot run, show the server's words", async () => {
    await expect(open().fetchSeries(fleetQuery({ value: "shop_latency_seconds{" }), ports)).rejects.toMatchObject({
      code: "SOURCE_REJECTED",
      message: expect.stringMatching(
        /rejects the request \(400\) for the query of SLI latency: bad_data: .*parse error/,
      ),
    });
    const manyToMany = "shop_latency_seconds * on(track) shop_latency_seconds";
    await expect(open().fetchSeries(fleetQuery({ value: manyToMany }), ports)).rejects.toMatchObject({
      code: "SOURCE_REJECTED",
      message: expect.stringMatching(/\(422\) .*execution: .*many-to-many/),
    });
  });

  test("a query that takes too long ends as a timeout", async () => {
    const query = fleetQuery({ value: "sum by (zone) (rate(shop_requests_total[1d:1s]))" });
    const source = open({ timeout: "1100ms", retries: 0 });
    await expect(source.fetchSeries(query, ports)).rejects.toMatchObject({ code: "SOURCE_TIMEOUT" });
  });

  test("an unknown metric is empty, not an error", async () => {
    const { series } = await open().fetchSeries(fleetQuery({ value: "no_such_metric" }), ports);
    expect(series).toEqual([]);
  });

  test("units in neither group are listed", async () => {
    const query = fleetQuery(
      { value: EXACT_LATENCY },
      { groupOf: ({ zone }) => (zone === "zone-a" ? "treated" : null) },
    );
    const { series, unmatchedUnits } = await open().fetchSeries(query, ports);
    expect(series.map((one) => one.unit)).toEqual(["zone-a"]);
    expect(unmatchedUnits).toEqual(ZONES.slice(1));
  });

  test("a query longer than an address goes as a form and gives the same", async () => {
    const terms = Array.from({ length: 400 }, (_, index) => `${index}.125`).join(" + ");
    const short = await open().fetchSeries(fleetQuery({ value: `${EXACT_LATENCY} + 0` }), ports);
    const { series } = await open().fetchSeries(fleetQuery({ value: `${EXACT_LATENCY} + 0 * (${terms})` }), ports);
    expect(pointsOf(series, "zone-e")).toEqual(pointsOf(short.series, "zone-e"));
  });

  test("answers questions about labels, versions and one instant", async () => {
    const probe = open().probe;
    const window = { match: ["shop_latency_seconds"], from: START, to: END };
    expect(await probe?.labelNames(window, ports)).toEqual(["__name__", "track", "zone"]);
    expect(await probe?.labelValues("zone", window, ports)).toEqual(ZONES);
    expect(await probe?.version(ports)).toMatch(/^\d+\.\d+/);
    const request = { query: "count by (track) (shop_latency_seconds)", time: START + 3600, what: "the version query" };
    const answer = await probe?.instantQuery(request, ports);
    expect(answer?.samples).toEqual([
      { labels: { track: "control" }, time: START + 3600, value: 6 },
      { labels: { track: "treated" }, time: START + 3600, value: 4 },
    ]);
  });
});

async function rawRange(url: string, query: string, start: number, end: number, step: number): Promise<number[]> {
  const parameters = new URLSearchParams({ query, start: `${start}`, end: `${end}`, step: `${step}` });
  const response = await fetch(`${url}/api/v1/query_range?${parameters}`);
  const body = (await response.json()) as { data: { result: { values: [number, string][] }[] } };
  return (body.data.result[0]?.values ?? []).map(([, text]) => Number(text));
}

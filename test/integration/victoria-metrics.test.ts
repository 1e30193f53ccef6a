import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OpenSource } from "../../src/sources/index.ts";
import { SOURCES } from "../../src/sources/index.ts";
import { realPorts } from "./servers/ports.ts";
import type { RunningServer } from "./servers/process.ts";
import { availability } from "./servers/programs.ts";
import { EXACT_LATENCY, fleetQuery, pointsOf } from "./servers/queries.ts";
import { END, exposition, GAP, LATE, START, STEP, ZONES } from "./servers/telemetry.ts";
import { startVictoriaMetrics, VICTORIA_METRICS_PROGRAMS } from "./servers/victoria-metrics.ts";

const { missing, note } = availability(...VICTORIA_METRICS_PROGRAMS);

describe.skipIf(missing)(`a real VictoriaMetrics${note}`, () => {
  let server: RunningServer;
  const ports = realPorts();
  const open = (type: string, extra: Record<string, unknown> = {}): OpenSource => {
    const source = SOURCES[type]?.open({ type, url: server.url, ...extra }, ".");
    if (source === undefined) throw new Error("the source is not listed");
    return source;
  };

  beforeAll(async () => {
    server = await startVictoriaMetrics(exposition("milliseconds"));
  });
  afterAll(async () => {
    await server?.stop();
  });

  test("a gap stays a gap and late steps stay empty", async () => {
    const { series } = await open("victoria-metrics").fetchSeries(fleetQuery({ value: EXACT_LATENCY }), ports);
    expect(series.map((one) => one.unit)).toEqual(ZONES);
    expect(pointsOf(series, GAP.zone).filter(([time]) => time >= GAP.from && time < GAP.to)).toEqual([]);
    expect(pointsOf(series, LATE.zone).at(-1)?.[0]).toBe(LATE.from - STEP);
  });

  test("a window that does not start on a multiple of the step gives one stamp per step, with and without its cache", async () => {
    const query = fleetQuery({ value: EXACT_LATENCY }, { from: START + 7, to: START + 7 + 100 * STEP });
    const plain = await open("prometheus").fetchSeries(query, ports);
    const uncached = await open("victoria-metrics").fetchSeries(query, ports);
    const expected = Array.from({ length: 101 }, (_, index) => START + (index + 1) * STEP);
    expect(pointsOf(uncached.series, "zone-a").map(([time]) => time)).toEqual(expected);
    expect(pointsOf(plain.series, "zone-a")).toEqual(pointsOf(uncached.series, "zone-a"));
  });

  test("split into pieces or asked at once, the series are the same", async () => {
    const query = fleetQuery({ value: EXACT_LATENCY });
    const whole = await open("victoria-metrics").fetchSeries(query, ports);
    const pieces = await open("victoria-metrics", { "max-points": 97 }).fetchSeries(query, ports);
    expect(pieces).toEqual(whole);
  });

  test("a window above 11,000 points is split and joined", async () => {
    const query = fleetQuery({ value: 'shop_requests_total{zone="zone-d"}' }, { step: 5, kind: "counter" });
    const { series } = await open("victoria-metrics").fetchSeries(query, ports);
    expect([...(series[0]?.times ?? [])]).toEqual(Array.from({ length: 17_281 }, (_, index) => START + index * 5));
  });

  test("a bad query shows the server's words without its number for a type", async () => {
    const bad = open("victoria-metrics").fetchSeries(fleetQuery({ value: "shop_latency_seconds{" }), ports);
    await expect(bad).rejects.toMatchObject({
      code: "SOURCE_REJECTED",
      message: expect.stringMatching(/^VictoriaMetrics rejects the request \(422\) for the query of SLI latency: [^4]/),
    });
  });

  test("histogram buckets and an unknown metric", async () => {
    const buckets = fleetQuery({ bucket: "shop_duration_seconds_bucket" }, { kind: "quantile" });
    const { series } = await open("victoria-metrics").fetchSeries(buckets, ports);
    expect(new Set(series.map((one) => one.le))).toEqual(new Set([0.1, 0.5, 1, Number.POSITIVE_INFINITY]));
    const none = await open("victoria-metrics").fetchSeries(fleetQuery({ value: "no_such_metric" }), ports);
    expect(none.series).toEqual([]);
  });

  test("answers questions about labels and says nothing false about its version", async () => {
    const probe = open("victoria-metrics").probe;
    const window = { match: ["shop_latency_seconds"], from: START, to: END };
    expect(await probe?.labelNames(window, ports)).toEqual(["__name__", "track", "zone"]);
    const version = await probe?.version(ports);
    expect(version === null || /\d/.test(version ?? "")).toBe(true);
  });
});

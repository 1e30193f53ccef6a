import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { histogramQuantile } from "../../src/core/panel/histogram.ts";
import type { Series } from "../../src/core/panel/series.ts";
import { SOURCES } from "../../src/sources/index.ts";
import { realPorts } from "./servers/ports.ts";
import type { RunningServer } from "./servers/process.ts";
import { availability } from "./servers/programs.ts";
import { startPrometheusReceiver } from "./servers/prometheus.ts";
import { fleetQuery } from "./servers/queries.ts";
import { type NativeSample, type NativeSeries, remoteWrite } from "./servers/remote-write.ts";

const { missing, note } = availability("prometheus");

/** 2026-01-05T00:00:00Z; a scrape every 15 s for half an hour, one step a minute. */
const START = 1_767_571_200;
const END = START + 1800;
const SCRAPE = 15;
const HALF = START + 900;
const METRIC = "shop_duration_seconds";

/** Zones that differ in what can go wrong: one halves its resolution, one counts below zero. */
const ZONES = { "zone-a": "treated", "zone-b": "treated", "zone-c": "control", "zone-d": "control" } as const;
type Zone = keyof typeof ZONES;

function sampleOf(zone: Zone, time: number): NativeSample {
  const scrapes = (time - START) / SCRAPE + 1;
  const isCoarse = zone === "zone-b" && time >= HALF;
  const positive = new Map<number, number>();
  // Schema 3: eight buckets per doubling, around 0.1 s to 4 s, with a hole; the tail grows over time.
  for (let index = -24; index <= 16; index += 1) {
    if (index === -3 || index === -2) continue;
    const rate = 1 + ((index + 40) % 5) + (index > 8 ? Math.floor(scrapes / 40) : 0);
    const place = isCoarse ? Math.ceil(index / 2) : index;
    positive.set(place, (positive.get(place) ?? 0) + rate * scrapes);
  }
  const negative = new Map(
    zone === "zone-c"
      ? [
          [-8, 2 * scrapes],
          [-7, scrapes],
          [3, scrapes],
        ]
      : [],
  );
  return {
    time,
    schema: isCoarse ? 2 : 3,
    zeroThreshold: 1e-3,
    zeroCount: 3 * scrapes,
    sum: scrapes,
    positive,
    negative,
  };
}

function* batches(): Generator<NativeSeries[]> {
  for (let time = START; time <= END; time += SCRAPE) {
    yield (Object.keys(ZONES) as Zone[]).map((zone) => ({
      labels: { __name__: METRIC, zone, track: ZONES[zone] },
      samples: [sampleOf(zone, time)],
    }));
  }
}

const RATE = `sum by (zone, track) (rate(${METRIC}[1m]))`;

describe.skipIf(missing)(`native histograms of a real Prometheus${note}`, () => {
  let server: RunningServer;
  let fetched: readonly Series[];
  const query = fleetQuery({ bucket: RATE }, { kind: "quantile", from: START + 60, to: END, step: 60 });
  const open = (extra: Record<string, unknown> = {}) => {
    const source = SOURCES.prometheus?.open({ type: "prometheus", url: server.url, ...extra }, ".");
    if (source === undefined) throw new Error("the source is not listed");
    return source;
  };
  /** The server's own answer to an expression, by zone and instant. */
  const ask = async (expression: string): Promise<Map<string, number>> => {
    const { series } = await open().fetchSeries(
      { ...query, kind: "gauge", queries: { value: expression } },
      realPorts(),
    );
    return new Map(
      series.flatMap((one) => [...one.times].map((time, at) => [`${one.unit} ${time}`, one.values[at] ?? 0] as const)),
    );
  };

  beforeAll(async () => {
    server = await startPrometheusReceiver();
    for (const batch of batches()) await remoteWrite(server.url, batch);
    fetched = (await open().fetchSeries(query, realPorts())).series;
  });
  afterAll(async () => {
    await server?.stop();
  });

  test("every zone has buckets up to +Inf at every step, in ascending order of their bounds", () => {
    for (const zone of Object.keys(ZONES)) {
      const own = fetched.filter((one) => one.unit === zone);
      const bounds = own.map((one) => one.le ?? Number.NaN);
      expect(bounds).toEqual([...bounds].sort((a, b) => a - b));
      expect(bounds.at(-1)).toBe(Number.POSITIVE_INFINITY);
      for (const one of own) {
        expect(one.component).toBe("bucket");
        expect([...one.times]).toEqual(Array.from({ length: 30 }, (_, index) => START + 60 * (index + 1)));
      }
    }
  });

  test("the share below every bound is what the server says it is", async () => {
    const bounds = [...new Set(fetched.map((one) => one.le ?? 0))].filter(Number.isFinite);
    expect(bounds.length).toBeGreaterThan(40);
    const total = await ask(`histogram_count(${RATE})`);
    for (const bound of bounds) {
      const share = await ask(`histogram_fraction(-Inf, ${bound}, ${RATE})`);
      for (const { unit, times, values } of fetched.filter((one) => one.le === bound)) {
        times.forEach((time, at) => {
          const expected = (share.get(`${unit} ${time}`) ?? Number.NaN) * (total.get(`${unit} ${time}`) ?? Number.NaN);
          expect(values[at]).toBeCloseTo(expected, 9);
        });
      }
    }
  });

  test("the +Inf bucket is the server's count", async () => {
    const total = await ask(`histogram_count(${RATE})`);
    for (const { unit, times, values } of fetched.filter((one) => one.le === Number.POSITIVE_INFINITY)) {
      times.forEach((time, at) => {
        expect(values[at]).toBeCloseTo(total.get(`${unit} ${time}`) ?? Number.NaN, 9);
      });
    }
  });

  test.each([0.05, 0.5, 0.95, 0.99])("quantile %d lies within one bucket of the server's own", async (q) => {
    const own = await ask(`histogram_quantile(${q}, ${RATE})`);
    for (const zone of ["zone-a", "zone-b", "zone-d"]) {
      const buckets = fetched.filter((one) => one.unit === zone);
      buckets[0]?.times.forEach((time, at) => {
        const counts = buckets.map((one) => ({ le: one.le ?? Number.NaN, count: one.values[at] ?? Number.NaN }));
        const factor = histogramQuantile(q, counts) / (own.get(`${zone} ${time}`) ?? Number.NaN);
        // zone-b is read at its coarser resolution throughout.
        const width = zone === "zone-b" ? 2 ** (1 / 4) : 2 ** (1 / 8);
        expect(factor).toBeGreaterThan(1 / width - 1e-9);
        expect(factor).toBeLessThan(width + 1e-9);
      });
    }
  });

  test("a zone that halved its resolution has the coarse bounds, the others keep the fine ones", () => {
    const boundsOf = (zone: string): number[] => fetched.filter((one) => one.unit === zone).map((one) => one.le ?? 0);
    expect(boundsOf("zone-a")).toContain(2 ** (1 / 8));
    expect(boundsOf("zone-b")).not.toContain(2 ** (1 / 8));
    expect(boundsOf("zone-b")).toContain(2 ** (1 / 4));
    expect(boundsOf("zone-c")[0]).toBeLessThan(0);
    expect(boundsOf("zone-a")[0]).toBe(0);
  });

  test("asked in pieces, nothing is lost, repeated or changed", async () => {
    const pieces = await open({ "max-points": 7 }).fetchSeries(query, realPorts());
    expect(pieces.series).toEqual(fetched);
  });

  test("where numbers are needed they are refused, with the way out", async () => {
    const plain = open().fetchSeries({ ...query, kind: "gauge", queries: { value: RATE } }, realPorts());
    await expect(plain).rejects.toMatchObject({
      code: "SOURCE_REJECTED",
      message: "The answer to the query of SLI latency cannot be used: it gives native histograms, not numbers.",
      hint: expect.stringContaining("kind: quantile"),
    });
  });
});

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Series } from "../../src/core/panel/series.ts";
import type { SeriesQuery } from "../../src/sources/contract.ts";
import { SOURCES } from "../../src/sources/index.ts";
import { realPorts } from "./servers/ports.ts";
import { makeFolder, type RunningServer } from "./servers/process.ts";
import { availability } from "./servers/programs.ts";
import { PROMETHEUS_PROGRAMS, startPrometheus } from "./servers/prometheus.ts";
import { EXACT_LATENCY, fleetQuery, pointsOf, withoutNaN } from "./servers/queries.ts";
import { exposition, latencyCsv, NAN, ZONES } from "./servers/telemetry.ts";
import { startVictoriaMetrics, VICTORIA_METRICS_PROGRAMS } from "./servers/victoria-metrics.ts";

const { missing, note } = availability(...PROMETHEUS_PROGRAMS, ...VICTORIA_METRICS_PROGRAMS);

describe.skipIf(missing)(`the same data from Prometheus, VictoriaMetrics and a file${note}`, () => {
  let prometheus: RunningServer;
  let victoria: RunningServer;
  let folder: Awaited<ReturnType<typeof makeFolder>>;

  const fetchFrom = async (options: { type: string }, query: SeriesQuery): Promise<readonly Series[]> => {
    const fetched = await SOURCES[options.type]?.open(options, folder.path).fetchSeries(query, realPorts());
    return fetched?.series ?? [];
  };

  beforeAll(async () => {
    folder = await makeFolder("agreement");
    await writeFile(join(folder.path, "latency.csv"), latencyCsv());
    [prometheus, victoria] = await Promise.all([
      startPrometheus(exposition("seconds")),
      startVictoriaMetrics(exposition("milliseconds")),
    ]);
  });
  afterAll(async () => {
    await Promise.all([prometheus?.stop(), victoria?.stop(), folder?.remove()]);
  });

  test("give the same panel to the last digit", async () => {
    const fromPrometheus = await fetchFrom(source("prometheus", prometheus), fleetQuery({ value: EXACT_LATENCY }));
    const fromVictoria = await fetchFrom(source("victoria-metrics", victoria), fleetQuery({ value: EXACT_LATENCY }));
    const fromFile = await fetchFrom(fileOptions, fleetQuery({ value: "value" }));
    expect(fromFile).toEqual(fromPrometheus);
    expect(fromVictoria.map((one) => [one.unit, one.group])).toEqual(fromFile.map((one) => [one.unit, one.group]));
    for (const zone of ZONES) {
      expect(pointsOf(fromVictoria, zone)).toEqual(withoutNaN(pointsOf(fromFile, zone)));
    }
  });

  test("differ only where VictoriaMetrics leaves a NaN out", async () => {
    const fromVictoria = await fetchFrom(source("victoria-metrics", victoria), fleetQuery({ value: EXACT_LATENCY }));
    const fromFile = await fetchFrom(fileOptions, fleetQuery({ value: "value" }));
    expect(pointsOf(fromFile, NAN.zone)).toHaveLength(pointsOf(fromVictoria, NAN.zone).length + 1);
  });

  test("counters with restarts are the same from both servers", async () => {
    const query = fleetQuery({ value: "last_over_time(shop_requests_total[29s])" }, { kind: "counter" });
    const fromPrometheus = await fetchFrom(source("prometheus", prometheus), query);
    expect(await fetchFrom(source("victoria-metrics", victoria), query)).toEqual(fromPrometheus);
    const values = [...(fromPrometheus[0]?.values ?? [])];
    expect(values.filter((value, index) => value < (values[index - 1] ?? 0))).toEqual([0]);
  });
});

const fileOptions = { type: "file", path: "latency.csv" };

function source(type: string, server: RunningServer): { type: string; url: string } {
  return { type, url: server.url };
}

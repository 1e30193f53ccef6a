/** Measured program: `URL STEPS STEP` fetches the fleet from a Prometheus once and prints what that took as JSON. */
import { setTimeout as delay } from "node:timers/promises";
import type { Ports } from "../../src/ports.ts";
import type { SeriesQuery } from "../../src/sources/contract.ts";
import { SOURCES } from "../../src/sources/index.ts";
import { START } from "../data/fleet.ts";
import { METRIC } from "../data/open-metrics.ts";

export interface FetchFigures {
  readonly milliseconds: number;
  readonly series: number;
  readonly points: number;
}

const [url = "", ...numbers] = process.argv.slice(2);
const [steps = 0, step = 0] = numbers.map(Number);
const silent = (): void => undefined;
const ports: Ports = {
  now: Date.now,
  sleep: async (ms) => {
    await delay(ms);
  },
  env: {},
  fetch,
  log: { debug: silent, info: silent, warning: silent },
  random: Math.random,
};
const query: SeriesQuery = {
  sli: "latency",
  kind: "gauge",
  queries: { value: METRIC },
  unitLabel: "zone",
  groupOf: ({ track }) => (track === "treated" ? "treated" : "control"),
  from: START,
  to: START + (steps - 1) * step,
  step,
};

const source = SOURCES.prometheus?.open({ type: "prometheus", url }, ".");
if (source === undefined) throw new Error("there is no source prometheus");
const started = performance.now();
const { series } = await source.fetchSeries(query, ports);
const milliseconds = performance.now() - started;
const points = series.reduce((sum, one) => sum + one.times.length, 0);
const figures: FetchFigures = { milliseconds, series: series.length, points };
process.stdout.write(JSON.stringify(figures));

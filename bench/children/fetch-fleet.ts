/** Measured program: `URL UNITS STEPS STEP RUNS` fetches the fleet from a Prometheus and prints what that took as JSON. */
import { setTimeout as delay } from "node:timers/promises";
import type { Ports } from "../../src/ports.ts";
import type { SeriesQuery } from "../../src/sources/contract.ts";
import { SOURCES } from "../../src/sources/index.ts";
import { START } from "../data/fleet.ts";
import { METRIC } from "../data/open-metrics.ts";

export interface FetchFigures {
  readonly milliseconds: readonly number[];
  readonly series: number;
  readonly points: number;
}

const [url = "", ...numbers] = process.argv.slice(2);
const [steps = 0, step = 0, runs = 0] = numbers.map(Number);
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
const milliseconds: number[] = [];
let last = { series: 0, points: 0 };
while (milliseconds.length < runs) {
  const started = performance.now();
  const { series } = await source.fetchSeries(query, ports);
  milliseconds.push(performance.now() - started);
  last = { series: series.length, points: series.reduce((sum, one) => sum + one.times.length, 0) };
}
const figures: FetchFigures = { milliseconds, ...last };
process.stdout.write(JSON.stringify(figures));

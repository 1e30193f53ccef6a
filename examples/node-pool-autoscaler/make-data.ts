/**
 * Makes metrics.csv: eight node pools, a day of history and three hours after the autoscaler of one pool was tuned. Run
 * it with `npx node examples/node-pool-autoscaler/make-data.ts`; it prints what naive rules say.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import {
  autoregressive,
  dailyCycle,
  naiveChange,
  percent,
  poisson,
  type Row,
  ramp,
  toCsv,
  uniformFrom,
  type Window,
} from "../simulation.ts";

const SEED = 20260421;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const STEP = 5 * MINUTE;
export const DEPLOYED_AT = Date.UTC(2026, 3, 21, 18, 0) / 1000;
const START = DEPLOYED_AT - 24 * HOUR;
const SETTLE = 15 * MINUTE;
const END = DEPLOYED_AT + SETTLE + 3 * HOUR;

/** Requests per five minutes, in thousands, at the daily mean. */
const POOLS: Readonly<Record<string, number>> = {
  "pool-a": 60,
  "pool-b": 85,
  "pool-c": 40,
  "pool-d": 120,
  "pool-e": 55,
  "pool-f": 70,
  "pool-g": 95,
  "pool-h": 33,
};
export const TREATED: readonly string[] = ["pool-c"];

/** The truth: the tuning changed neither cost nor throttling. */
export const TRUTH = { cost: 0, throttled: 0 } as const;

/** A partner switches a feed off a quarter of an hour after the change: all pools lose a third of their traffic. */
const PARTNER = { start: DEPLOYED_AT + 15 * MINUTE, length: 20 * MINUTE, logSize: Math.log(0.68) };
/** The metrics of one pool were lost for half an hour. */
const GAP = { unit: "pool-f", from: DEPLOYED_AT - 9 * HOUR, to: DEPLOYED_AT - 9 * HOUR + 30 * MINUTE };
/** Share of a pool's cost that does not follow the traffic: the minimum number of nodes. */
const FIXED_SHARE = 0.55;
/** Dollars per step for a thousand requests per step at the daily mean: 0.40 an hour. */
const PRICE = (0.4 * STEP) / HOUR;

export function makeRows(): readonly Row[] {
  const uniform = uniformFrom(SEED);
  const steps = (END - START) / STEP;
  const shocks = autoregressive(uniform, steps, 0.9, 0.03);
  return Object.entries(POOLS).flatMap(([unit, size]) => {
    const traffic = autoregressive(uniform, steps, 0.8, 0.015);
    const price = autoregressive(uniform, steps, 0.7, 0.015);
    const pressure = autoregressive(uniform, steps, 0.7, 0.08);
    return Array.from({ length: steps }, (_, i): Row => {
      const time = START + i * STEP;
      const common = dailyCycle(time, 0.3) + (shocks[i] ?? 0) + loadOfPartner(time);
      const requests = size * Math.exp(common + (traffic[i] ?? 0));
      const nodes = FIXED_SHARE + (1 - FIXED_SHARE) * Math.exp(common);
      // One throttling period is 100 ms: 3,000 per core and five minutes.
      const periods = Math.round(size * 3000);
      return {
        time,
        unit,
        values: {
          krequests: requests,
          dollars: PRICE * size * nodes * Math.exp(price[i] ?? 0),
          periods,
          throttled: poisson(uniform, periods * 0.02 * Math.exp(0.5 * common + (pressure[i] ?? 0))),
        },
      };
    }).filter((row) => row.unit !== GAP.unit || row.time < GAP.from || row.time >= GAP.to);
  });
}

function loadOfPartner(time: number): number {
  return PARTNER.logSize * ramp(time, PARTNER.start, PARTNER.length);
}

export function makeCsv(rows: readonly Row[]): string {
  return toCsv(rows, "pool", { krequests: 3, dollars: 4, periods: 0, throttled: 0 });
}

/** What "compare with the three hours before" says: in the tuned pool and in the others. */
export function naiveTable(rows: readonly Row[]): readonly string[] {
  const before: Window = { from: DEPLOYED_AT - 3 * HOUR, to: DEPLOYED_AT };
  const after: Window = { from: DEPLOYED_AT + SETTLE, to: END };
  const tuned = rows.filter((row) => TREATED.includes(row.unit));
  const others = rows.filter((row) => !TREATED.includes(row.unit));
  const outcomes = [
    { name: "cost", column: "dollars", weight: null },
    { name: "cost per 1,000 requests", column: "dollars", weight: "krequests" },
    { name: "CPU throttling", column: "throttled", weight: "periods" },
  ];
  return outcomes.map(({ name, ...outcome }) => {
    const here = naiveChange(tuned, { before, after }, outcome);
    const there = naiveChange(others, { before, after }, outcome);
    return `| ${name} | ${percent(here)}${reading(here)} | ${percent(there)} |`;
  });
}

function reading(change: number): string {
  if (change > 0.05) return " **alarm**";
  return change < -0.05 ? " **saving claimed**" : "";
}

if (import.meta.main) {
  const rows = makeRows();
  writeFileSync(path.join(import.meta.dirname, "metrics.csv"), makeCsv(rows));
  console.log(naiveTable(rows).join("\n"));
}

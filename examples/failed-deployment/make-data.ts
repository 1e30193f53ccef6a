/**
 * Makes metrics.csv: six zones of one service, a day of history and an hour after a rolling deploy that reached two
 * zones. Run it with `npx node examples/failed-deployment/make-data.ts`; it prints what naive rules say.
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

const SEED = 20260310;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
export const DEPLOYED_AT = Date.UTC(2026, 2, 10, 8, 0) / 1000;
const START = DEPLOYED_AT - 24 * HOUR;
const SETTLE = 5 * MINUTE;
const END = DEPLOYED_AT + SETTLE + HOUR;

/** Requests per minute at the daily mean. */
const ZONES: Readonly<Record<string, number>> = {
  "eu-1": 5200,
  "eu-2": 4100,
  "eu-3": 6300,
  "us-1": 8400,
  "us-2": 7600,
  "us-3": 3000,
};
export const TREATED: readonly string[] = ["eu-1", "eu-2"];

/** The truth. The new version fails more requests and is slower; it needs no more CPU. */
export const TRUTH = { errorRatio: { before: 0.002, after: 0.008 }, p95: 0.18, cpu: 0 } as const;

/** An announcement half an hour before the deploy brings a third more traffic to every zone, within 40 minutes. */
const ANNOUNCEMENT = { start: DEPLOYED_AT - 30 * MINUTE, length: 40 * MINUTE, logSize: Math.log(1.35) };
/** The metrics of one zone were not scraped for 12 minutes in the night. */
const GAP = { unit: "us-2", from: DEPLOYED_AT - 6 * HOUR, to: DEPLOYED_AT - 6 * HOUR + 12 * MINUTE };

export function makeRows(): readonly Row[] {
  const uniform = uniformFrom(SEED);
  const steps = (END - START) / MINUTE;
  const shocks = autoregressive(uniform, steps, 0.95, 0.04);
  return Object.entries(ZONES).flatMap(([unit, size]) => {
    const traffic = autoregressive(uniform, steps, 0.9, 0.03);
    const latency = autoregressive(uniform, steps, 0.8, 0.04);
    const work = autoregressive(uniform, steps, 0.8, 0.025);
    return Array.from({ length: steps }, (_, i): Row => {
      const time = START + i * MINUTE;
      const common = dailyCycle(time, 0.45) + (shocks[i] ?? 0) + loadOfAnnouncement(time);
      const deployed = TREATED.includes(unit) && time >= DEPLOYED_AT;
      const requests = poisson(uniform, size * Math.exp(common + (traffic[i] ?? 0)));
      const errorRatio = deployed ? TRUTH.errorRatio.after : TRUTH.errorRatio.before;
      // Latency grows with the load that all zones share; CPU with the requests a zone really served.
      const slower = deployed ? 1 + TRUTH.p95 : 1;
      return {
        time,
        unit,
        values: {
          requests,
          errors: poisson(uniform, requests * errorRatio),
          p95_ms: 180 * Math.exp(0.35 * common + (latency[i] ?? 0)) * slower,
          cpu_cores: 0.004 * requests * Math.exp(work[i] ?? 0),
        },
      };
    }).filter((row) => row.unit !== GAP.unit || row.time < GAP.from || row.time >= GAP.to);
  });
}

function loadOfAnnouncement(time: number): number {
  return ANNOUNCEMENT.logSize * ramp(time, ANNOUNCEMENT.start, ANNOUNCEMENT.length);
}

export function makeCsv(rows: readonly Row[]): string {
  return toCsv(rows, "zone", { requests: 0, errors: 0, p95_ms: 1, cpu_cores: 2 });
}

/** What "+5 % against the hour before" says of each outcome: in the zones that were deployed and in the others. */
export function naiveTable(rows: readonly Row[]): readonly string[] {
  const before: Window = { from: DEPLOYED_AT - HOUR, to: DEPLOYED_AT };
  const after: Window = { from: DEPLOYED_AT + SETTLE, to: END };
  const deployed = rows.filter((row) => TREATED.includes(row.unit));
  const others = rows.filter((row) => !TREATED.includes(row.unit));
  const outcomes = [
    { name: "error ratio", column: "errors", weight: "requests" },
    { name: "p95 latency", column: "p95_ms", weight: null },
    { name: "CPU", column: "cpu_cores", weight: null },
  ];
  return outcomes.map(({ name, ...outcome }) => {
    const here = naiveChange(deployed, { before, after }, outcome);
    const there = naiveChange(others, { before, after }, outcome);
    return `| ${name} | ${percent(here)}${alarm(here)} | ${percent(there)}${alarm(there)} |`;
  });
}

function alarm(change: number): string {
  return change > 0.05 ? " **alarm**" : "";
}

if (import.meta.main) {
  const rows = makeRows();
  writeFileSync(path.join(import.meta.dirname, "metrics.csv"), makeCsv(rows));
  console.log(naiveTable(rows).join("\n"));
}

/**
 * Makes metrics.csv: eight zones of one service, half a day of history, and a roll-out that reached five of them in three
 * waves. Run it with `npx node examples/rollout-in-waves/make-data.ts`.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { autoregressive, dailyCycle, type Row, toCsv, uniformFrom } from "../simulation.ts";

const SEED = 20260412;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const FIRST = Date.UTC(2026, 3, 12, 9, 0) / 1000;
const START = FIRST - 12 * HOUR;

/** Unit -> its own deploy, epoch seconds: one canary zone, then two and two. */
export const WAVES: Readonly<Record<string, number>> = {
  "eu-1": FIRST,
  "eu-2": FIRST + 30 * MINUTE,
  "eu-3": FIRST + 30 * MINUTE,
  "us-1": FIRST + HOUR,
  "us-2": FIRST + HOUR,
};
const ZONES = [...Object.keys(WAVES), "us-3", "ap-1", "ap-2"];
const END = FIRST + HOUR + 5 * MINUTE + HOUR;

/** The truth: the new version leaks, so that latency rises by 0.1 % of its level each minute since the zone's deploy. */
export const LEAK_PER_MINUTE = 0.001;

export function makeRows(): readonly Row[] {
  const uniform = uniformFrom(SEED);
  const steps = (END - START) / MINUTE;
  const shared = autoregressive(uniform, steps, 0.95, 0.02);
  return ZONES.flatMap((unit, zone) => {
    const own = autoregressive(uniform, steps, 0.7, 0.02);
    return Array.from({ length: steps }, (_, i): Row => {
      const time = START + i * MINUTE;
      const since = Math.max(0, time - (WAVES[unit] ?? Number.POSITIVE_INFINITY)) / MINUTE;
      const log = dailyCycle(time, 0.2) + (shared[i] ?? 0) + (own[i] ?? 0);
      const level = 120 + 8 * zone;
      return { time, unit, values: { p95_ms: level * Math.exp(log) * (1 + LEAK_PER_MINUTE * since) } };
    });
  });
}

export const makeCsv = (rows: readonly Row[]): string => toCsv(rows, "zone", { p95_ms: 2 });

if (import.meta.main) writeFileSync(path.join(import.meta.dirname, "metrics.csv"), makeCsv(makeRows()));

/**
 * Makes metrics.csv: six zones over ten days in which one deploy made eu-1 and eu-2 slower; everything else is a usual
 * week. Run it with `npx node examples/quiet-week/make-data.ts`.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { autoregressive, dailyCycle, poisson, type Row, toCsv, uniformFrom } from "../simulation.ts";

const SEED = 20260504;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEP = 10 * MINUTE;
const START = Date.UTC(2026, 4, 4) / 1000;
const END = START + 10 * DAY;
/** The one real deploy, and what it did to the latency of the treated zones for good. */
export const DEPLOYED_AT = START + 6 * DAY + 9 * HOUR;
const SLOWER = Math.log(1.2);
/** Requests per step at the daily mean. */
const ZONES: Readonly<Record<string, number>> = {
  "eu-1": 2400,
  "eu-2": 1900,
  "eu-3": 2100,
  "us-1": 3000,
  "us-2": 2600,
  "us-3": 1700,
};
const TREATED: readonly string[] = ["eu-1", "eu-2"];

export function makeRows(): readonly Row[] {
  const uniform = uniformFrom(SEED);
  const steps = (END - START) / STEP;
  const shared = autoregressive(uniform, steps, 0.9, 0.04);
  return Object.entries(ZONES).flatMap(([unit, size]) => {
    const traffic = autoregressive(uniform, steps, 0.8, 0.03);
    const latency = autoregressive(uniform, steps, 0.7, 0.04);
    return Array.from({ length: steps }, (_, i): Row => {
      const time = START + i * STEP;
      const load = dailyCycle(time, 0.35) + (shared[i] ?? 0);
      const slower = TREATED.includes(unit) && time >= DEPLOYED_AT ? SLOWER : 0;
      const requests = poisson(uniform, size * Math.exp(load + (traffic[i] ?? 0)));
      return {
        time,
        unit,
        values: {
          requests,
          errors: poisson(uniform, requests * 0.002 * Math.exp(0.5 * load)),
          p95_ms: 180 * Math.exp(0.4 * load + (latency[i] ?? 0) + slower),
        },
      };
    });
  });
}

export function makeCsv(rows: readonly Row[]): string {
  return toCsv(rows, "zone", { requests: 0, errors: 0, p95_ms: 1 });
}

if (import.meta.main) {
  writeFileSync(path.join(import.meta.dirname, "metrics.csv"), makeCsv(makeRows()));
}

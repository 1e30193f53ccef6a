/**
 * Makes rollout.csv: the mean latency of 24 services over 20 days. A new runtime reached 6 of them on day 9 and 6 on day
 * 14; 12 kept the old one. Run it with `npx node examples/estimate/make-data.ts`.
 *
 * The numbers are simulated and dedicated to the public domain (CC0 1.0).
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { autoregressive, uniformFrom } from "../simulation.ts";

const SEED = 42;
const DAYS = 20;
const SERVICES = 24;

/** Milliseconds that the new runtime adds on every day from its first on. */
export const EFFECT = 6;

/** First day with the new runtime; 0: never. */
function firstDay(service: number): number {
  if (service < 6) return 9;
  return service < 12 ? 14 : 0;
}

/** Columns: service, day, latency (ms), d (1 with the new runtime), first_treat, requests (thousands), region. */
export function makeCsv(): string {
  const uniform = uniformFrom(SEED);
  const shared = autoregressive(uniform, DAYS, 0.6, 4);
  const lines = ["unit,time,latency,d,first_treat,requests,region"];
  for (let service = 0; service < SERVICES; service++) {
    const level = 80 + 40 * uniform();
    const requests = Math.round(20 + 180 * uniform());
    const own = autoregressive(uniform, DAYS, 0.5, 3);
    const first = firstDay(service);
    for (let day = 1; day <= DAYS; day++) {
      const isTreated = first > 0 && day >= first;
      const latency = level + (shared[day - 1] ?? 0) + (own[day - 1] ?? 0) + (isTreated ? EFFECT : 0);
      const name = `svc-${String(service + 1).padStart(2, "0")}`;
      lines.push(
        [name, day, latency.toFixed(2), Number(isTreated), first, requests, service % 2 === 0 ? "eu" : "us"].join(","),
      );
    }
  }
  return `${lines.join("\n")}\n`;
}

if (import.meta.main) writeFileSync(path.join(import.meta.dirname, "rollout.csv"), makeCsv());

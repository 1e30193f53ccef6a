/**
 * Size of the errors of `estimate --estimator its` on one series without an effect:
 * `npm run bench -- its-errors [repetitions]`.
 *
 * AR(1) noise, 300 steps, the last 60 treated; share of 95 % intervals of the average effect without 0 (nominal 5 %).
 */
import { estimate } from "../src/app/estimate.ts";
import type { EstimateChoice } from "../src/app/estimate-options.ts";
import { tidyTable } from "../src/core/estimators/tidy-table.ts";
import { randomStream } from "../src/core/inference/random.ts";
import { normalQuantile } from "../src/core/probability/normal.ts";

const repetitions = Number(process.argv[3] ?? 200);
const [STEPS, POST] = [300, 60];

const CHOICES: Readonly<Record<string, EstimateChoice>> = {
  ar: {},
  "newey-west": { vcov: "newey-west" },
  "newey-west, prewhitened": { vcov: "newey-west", settings: { prewhite: "yes" } },
  "newey-west, simulated": { vcov: "newey-west", settings: { critical: "simulated", draws: "199" } },
  "newey-west, prewhitened, simulated": {
    vcov: "newey-west",
    settings: { prewhite: "yes", critical: "simulated", draws: "199" },
  },
  "andrews-qs, prewhitened": { vcov: "andrews-qs", settings: { prewhite: "yes" } },
  cosine: { vcov: "cosine" },
  "cosine, simulated": { vcov: "cosine", settings: { critical: "simulated", draws: "199" } },
};

export async function bench(): Promise<string> {
  const names = Object.keys(CHOICES);
  const header = [`slope | AR | ${names.join(" | ")}`, `---|---${"|---".repeat(names.length)}`];
  const rows = ["no", "yes"].flatMap((slope) => [0, 0.5, 0.7, 0.9].map((phi) => report(slope, phi)));
  return [...header, ...rows].join("\n");
}

function report(slope: string, phi: number): string {
  const shares = Object.values(CHOICES).map((choice) => {
    let alarms = 0;
    for (let seed = 1; seed <= repetitions; seed++) alarms += Number(isAlarm(seed, { slope, phi, choice }));
    return ((100 * alarms) / repetitions).toFixed(1);
  });
  return [slope, phi, ...shares].join(" | ");
}

function isAlarm(seed: number, at: { slope: string; phi: number; choice: EstimateChoice }): boolean {
  const random = randomStream(seed);
  const normal = (): number => normalQuantile(Math.max(1e-12, random.next()));
  let noise = normal();
  const outcome = Float64Array.from({ length: STEPS }, () => {
    noise = at.phi * noise + Math.sqrt(1 - at.phi ** 2) * normal();
    return noise;
  });
  const time = Array.from(outcome, (_, t) => t);
  const table = tidyTable({
    unit: time.map(() => "all"),
    time,
    outcome,
    treatment: time.map((t) => Number(t >= STEPS - POST)),
  });
  const settings = { ...at.choice.settings, slope: at.slope, trend: at.slope };
  const found = estimate(table, "its", { ...at.choice, settings, seed });
  if (!found.ok) throw new Error(found.refusal.message);
  const row = found.value.coefficients.find(({ term }) => term === "att");
  return row !== undefined && (row.confLow > 0 || row.confHigh < 0);
}

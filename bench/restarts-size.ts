/**
 * Size and power of the default when units restart, on made data: `npm run bench -- restarts-size [repetitions]`.
 *
 * Units follow a shared path plus their own AR(1). At the deploy nobody, the treated units, or all units shift their level for
 * good, each by chance (normal, half a standard deviation of its own noise). Alarms: share of intervals without 0 where
 * the deploy does nothing (nominal 5 %). Power: of an effect of one standard deviation of a unit's noise.
 */
import { fitDid } from "../src/core/estimators/did.ts";
import { randomStream } from "../src/core/inference/random.ts";
import type { Panel } from "../src/core/panel/panel.ts";
import { normalQuantile } from "../src/core/probability/normal.ts";
import { studentTQuantile } from "../src/core/probability/student-t.ts";

const [PRE, POST, SETTLE] = [240, 48, 3];
const SHIFT = 0.5;
const RESTARTS = ["nobody", "treated", "all"] as const;
const repetitions = Number(process.argv[3] ?? 400);

interface Scene {
  readonly treated: number;
  readonly control: number;
  readonly rho: number;
  readonly restarts: (typeof RESTARTS)[number];
}

export async function bench(): Promise<string> {
  const lines = [
    "| treated | control | AR | restarted | alarms % | power % (effect 1) | half-width | true sd |",
    `|${"---|".repeat(8)}`,
  ];
  for (const treated of [1, 2, 3, 5, 10]) {
    for (const control of [3, 5, 10, 20]) {
      for (const rho of [0, 0.7]) {
        for (const restarts of RESTARTS) lines.push(report({ treated, control, rho, restarts }));
      }
    }
  }
  return lines.join("\n");
}

function report(scene: Scene): string {
  let [alarms, found, half, squares] = [0, 0, 0, 0];
  for (let seed = 1; seed <= repetitions; seed++) {
    const { panel, noise } = make(scene, seed);
    const fitted = fitDid(panel, { scale: "additive" });
    if (!fitted.ok) throw new Error(fitted.refusal.message);
    const { att, variance, dof } = fitted.value;
    if (variance === null || dof === null) throw new Error("a made panel has no error");
    const width = studentTQuantile(0.975, dof) * Math.sqrt(variance);
    if (Math.abs(att) > width) alarms++;
    if (Math.abs(att + noise) > width) found++;
    half += width;
    squares += att * att;
  }
  const share = (count: number): string => ((100 * count) / repetitions).toFixed(1);
  const { treated, control, rho, restarts } = scene;
  return `| ${treated} | ${control} | ${rho} | ${restarts} | ${share(alarms)} | ${share(found)} | ${(half / repetitions).toFixed(3)} | ${Math.sqrt(squares / repetitions).toFixed(3)} |`;
}

function make(scene: Scene, seed: number): { panel: Panel; noise: number } {
  const random = randomStream(seed * 6007 + scene.treated * 101 + scene.control);
  const normal = (): number => normalQuantile(Math.max(1e-12, random.next()));
  const steps = PRE + SETTLE + POST;
  const count = scene.treated + scene.control;
  const noise = 1 / Math.sqrt(1 - scene.rho ** 2);
  const common = Float64Array.from({ length: steps }, (_, t) => 3 * Math.sin(t / 40) + normal() * 0.3);
  const values = new Float64Array(count * steps);
  for (let u = 0; u < count; u++) {
    const isShifted = scene.restarts === "all" || (scene.restarts === "treated" && u < scene.treated);
    const draw = SHIFT * noise * normal();
    const shift = isShifted ? draw : 0;
    let x = normal() * noise;
    for (let t = 0; t < steps; t++) {
      x = scene.rho * x + normal();
      values[u * steps + t] = 50 + u + (common[t] as number) + x + (t >= PRE ? shift : 0);
    }
  }
  const units = Array.from({ length: count }, (_, u) => `u${String(u).padStart(3, "0")}`);
  const treated = units.map((_, u) => u < scene.treated);
  const window = { start: 0, step: 60, steps, preEnd: PRE, postStart: PRE + SETTLE };
  return { panel: { ...window, units, treated, values, weights: null }, noise };
}

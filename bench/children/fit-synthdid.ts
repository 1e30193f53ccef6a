/**
 * Measured program: `METHOD UNITS STEPS` fits synthetic weights on a made table (one unit in twenty treated, the last tenth
 * of the steps after the treatment) and prints the processor milliseconds, the memory before the fit, and the weights that
 * are not zero as JSON.
 */
import type { Block } from "../../src/core/estimators/synthetic/block.ts";
import { fitSynthetic } from "../../src/core/estimators/synthetic/fit.ts";
import { randomStream } from "../../src/core/inference/random.ts";
import { normalQuantile } from "../../src/core/probability/normal.ts";
import { timed } from "../measure/timed.ts";

export interface SynthdidFigures {
  readonly fit: number;
  readonly bytesBefore: number;
  readonly unitWeights: number;
  readonly periodWeights: number;
}

const [method, units, steps] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];

/** Level, three slow shared paths with a unit's own shares, AR(1) noise. */
function madeBlock(): Block {
  const random = randomStream(5);
  const normal = (): number => normalQuantile(Math.max(1e-12, random.next()));
  const walk = (rho: number): Float64Array => {
    let last = 0;
    return Float64Array.from({ length: steps }, () => {
      last = rho * last + normal();
      return last;
    });
  };
  const shared = [walk(0.98), walk(0.98), walk(0.98)];
  const values = new Float64Array(units * steps);
  for (let u = 0; u < units; u++) {
    const shares = shared.map(normal);
    const level = 10 * normal();
    const own = walk(0.7);
    for (let t = 0; t < steps; t++) {
      const common = shared.reduce((sum, path, k) => sum + (shares[k] ?? 0) * (path[t] ?? 0), 0);
      values[u * steps + t] = level + common + (own[t] ?? 0);
    }
  }
  const controls = units - Math.max(1, Math.floor(units / 20));
  const names = Array.from({ length: units }, (_, u) => `u${u}`);
  const periods = Array.from({ length: steps }, (_, t) => t);
  return { values, units: names, periods, controls, pre: Math.floor(0.9 * steps) };
}

const block = madeBlock();
const bytesBefore = process.memoryUsage().rss;
const { value, milliseconds } = timed(() =>
  fitSynthetic(block, { method: method === "sc" ? "sc" : "synthdid", solver: "exact" }),
);
if (!value.ok) throw new Error(value.refusal.message);
const positive = (weights: Float64Array): number => weights.reduce((count, weight) => count + (weight > 0 ? 1 : 0), 0);
const figures: SynthdidFigures = {
  fit: milliseconds,
  bytesBefore,
  unitWeights: positive(value.value.omega),
  periodWeights: positive(value.value.lambda),
};
process.stdout.write(JSON.stringify(figures));

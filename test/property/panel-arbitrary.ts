import fc from "fast-check";
import { type RandomStream, randomStream } from "../../src/core/inference/random.ts";
import { normalQuantile } from "../../src/core/probability/normal.ts";
import { groupBy } from "../../src/core/regression/effects.ts";
import { type LinearFit, leastSquares } from "../../src/core/regression/ols.ts";
import type { VarianceContext } from "../../src/core/vcov/variance.ts";

/** A long panel: one row per observed cell. */
export interface LongPanel {
  readonly unit: readonly number[];
  readonly time: readonly number[];
  readonly y: Float64Array;
  readonly d: Float64Array;
  readonly x: Float64Array;
  readonly weights: Float64Array;
}

export interface PanelShape {
  readonly treated: number;
  readonly controls: number;
  readonly pre: number;
  readonly post: number;
  readonly seed: number;
  readonly missing: number;
  readonly weighted: boolean;
}

/** Small panels with at least two treated and three control units, some with holes, some weighted. */
export const panelShape: fc.Arbitrary<PanelShape> = fc.record({
  treated: fc.integer({ min: 2, max: 4 }),
  controls: fc.integer({ min: 3, max: 6 }),
  pre: fc.integer({ min: 3, max: 6 }),
  post: fc.integer({ min: 3, max: 5 }),
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  missing: fc.constantFrom(0, 0.08),
  weighted: fc.boolean(),
});

function gaussian(random: RandomStream): number {
  return normalQuantile(random.next() * 0.999999 + 5e-7);
}

export function buildPanel(shape: PanelShape): LongPanel {
  const random = randomStream(shape.seed);
  const rows: { unit: number; time: number; y: number; d: number; x: number; weight: number }[] = [];
  for (let unit = 0; unit < shape.treated + shape.controls; unit++) {
    for (let time = 0; time < shape.pre + shape.post; time++) {
      const weight = shape.weighted ? 0.5 + 2 * random.next() : 1;
      const y = 3 + 0.4 * unit + Math.sin(time) + gaussian(random);
      const x = gaussian(random);
      if (random.next() < shape.missing) continue;
      rows.push({ unit, time, y, d: Number(unit < shape.treated && time >= shape.pre), x, weight });
    }
  }
  return fromRows(rows);
}

function fromRows(
  rows: readonly { unit: number; time: number; y: number; d: number; x: number; weight: number }[],
): LongPanel {
  return {
    unit: rows.map((row) => row.unit),
    time: rows.map((row) => row.time),
    y: Float64Array.from(rows, (row) => row.y),
    d: Float64Array.from(rows, (row) => row.d),
    x: Float64Array.from(rows, (row) => row.x),
    weights: Float64Array.from(rows, (row) => row.weight),
  };
}

/** The same cells in another order. */
export function reorder(panel: LongPanel, seed: number): LongPanel {
  const random = randomStream(seed);
  const order = panel.unit.map((_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  return fromRows(
    order.map((i) => ({
      unit: panel.unit[i] ?? 0,
      time: panel.time[i] ?? 0,
      y: panel.y[i] ?? 0,
      d: panel.d[i] ?? 0,
      x: panel.x[i] ?? 0,
      weight: panel.weights[i] ?? 0,
    })),
  );
}

/** y ~ d + x with unit and time effects. */
export function fitPanel(panel: LongPanel): LinearFit {
  const fit = leastSquares({
    outcome: panel.y,
    columns: [
      { name: "d", values: panel.d },
      { name: "x", values: panel.x },
    ],
    effects: [groupBy("unit", panel.unit), groupBy("time", panel.time)],
    weights: panel.weights,
    singletons: "keep",
  });
  if (!fit.ok) throw new Error(fit.refusal.message);
  return fit.value;
}

export function contextOf(panel: LongPanel): VarianceContext {
  const unit = groupBy("unit", panel.unit);
  return { clusters: [unit], unit, time: Int32Array.from(panel.time), lag: 2 };
}

import { type Panel, unitWeights } from "../../panel/panel.ts";
import { type Arrangement, comparisonUnits, deployedBy, type Wave } from "./arrangement.ts";
import type { Run, Term } from "./contrast.ts";
import type { Gap, Gaps } from "./gaps.ts";

/** Some units over some steps; all cells count alike (or by their weights). */
export interface Judged {
  readonly units: readonly number[];
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/** Every treated cell that has a comparison: each judged wave from its own settled start on. */
export function judgedCells(arrangement: Arrangement, end: number = arrangement.end): Judged[] {
  return arrangement.judged.map((k) => {
    const wave = arrangement.waves[k] as Wave;
    return { units: wave.units, from: wave.postStart, to: end };
  });
}

/** A stretch of steps in which the same units are judged against the same controls. */
export interface Stretch {
  readonly units: readonly number[];
  readonly controls: readonly number[];
  readonly from: number;
  readonly to: number;
  /** Cells, or their weights together. */
  readonly mass: number;
}

/** Cuts judged cells where somebody joins, or leaves the controls. */
export function stretchesOf(panel: Panel, arrangement: Arrangement, judged: readonly Judged[]): Stretch[] {
  const edges = new Set<number>();
  for (const { from, to } of judged) edges.add(from).add(to);
  for (const { start } of arrangement.waves) edges.add(start);
  const cuts = [...edges].sort((a, b) => a - b);
  return cuts.slice(1).flatMap((to, i) => {
    const from = cuts[i] as number;
    const units = judged
      .filter((one) => one.from <= from && to <= one.to)
      .flatMap((one) => [...one.units])
      .sort((a, b) => a - b);
    const controls = comparisonUnits(arrangement, deployedBy(arrangement.waves, from));
    if (units.length === 0 || controls.length === 0) return [];
    return [{ units, controls, from, to, mass: massOf(panel, units, from, to) }];
  });
}

function massOf(panel: Panel, units: readonly number[], from: number, to: number): number {
  if (panel.weights === null) return units.length * (to - from);
  let mass = 0;
  for (const unit of units) {
    const weights = unitWeights(panel, unit) as Float64Array;
    for (let t = from; t < to; t++) {
      const weight = weights[t] as number;
      if (weight > 0) mass += weight;
    }
  }
  return mass;
}

/** One term per comparison, shares in proportion to the mass and summing to 1. */
export function termsOf(stretches: readonly Stretch[], gapOf: (stretch: Stretch) => Gap): Term[] {
  const total = stretches.reduce((sum, stretch) => sum + stretch.mass, 0);
  const runs = new Map<Gap, Run[]>();
  for (const stretch of stretches) {
    const gap = gapOf(stretch);
    const run = { from: stretch.from, to: stretch.to, share: stretch.mass / total };
    runs.set(gap, [...(runs.get(gap) ?? []), run]);
  }
  return [...runs].map(([gap, list]) => ({ gap, runs: list }));
}

export function averageTerms(gaps: Gaps, stretches: readonly Stretch[]): Term[] {
  return termsOf(stretches, ({ units, controls }) => gaps.of(units, controls));
}

/** Stretches in which a unit is one of several controls; alone it is its own path and says nothing. */
export function asControl(stretches: readonly Stretch[], unit: number): Stretch[] {
  return stretches.filter(({ controls }) => controls.length > 1 && controls.includes(unit));
}

/**
 * The change of one control over the stretches in which it is one, weighted as the effect weighs them, against the controls of
 * the last of these stretches: they were controls in all of them, so that one gap tells the whole change.
 */
export function controlTerms(gaps: Gaps, stretches: readonly Stretch[], unit: number): Term[] {
  const own = asControl(stretches, unit);
  const lasting = own.at(-1)?.controls ?? [];
  return termsOf(own, () => gaps.of([unit], lasting));
}

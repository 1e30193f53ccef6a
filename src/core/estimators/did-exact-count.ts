import type { Effect } from "../inference/effect.ts";
import { type Panel, type PanelWindow, unitValues, unitWeights } from "../panel/panel.ts";
import type { SliPlan } from "../plan.ts";
import { poissonInterval } from "../probability/poisson.ts";

/** Events over a known exposure, for which a gap that never moved still has an exact interval. */
export function hasExactCounts({ kind }: Pick<SliPlan, "kind">, panel: Panel): boolean {
  return kind === "count" || (kind === "ratio" && panel.weights !== null);
}

/** Events of one group in one window, and their exposure: unit-steps observed, or the denominators of a ratio. */
interface Cell {
  readonly events: number;
  readonly exposure: number;
  /** +1 or -1: how the cell enters the difference-in-differences. */
  readonly sign: 1 | -1;
}

/**
 * Difference-in-differences of event rates for counts and count ratios so rare that the gap never moved
 * before the deploy.
 *
 * Formula: effect = sum of sign * events / exposure over the four cells; interval by MOVER from the cells' exact Poisson
 * intervals [l, u]: low = effect - sqrt(sum of squared distances towards the side that lowers it), high likewise;
 * p-values by inverting the interval. Finite and never of zero width, also from 0 to 5 events.
 * Assumes: independent Poisson counts. Rates per second instead of counts make the interval wider, never narrower.
 * Units: events per unit and step; events per denominator for a ratio.
 * Source: Garwood (1936) for the cells; Zou and Donner (2008), Zou, Huang and Zhang (2009) for MOVER.
 */
export function exactCountEffect(
  panel: Panel,
  window: PanelWindow,
  treated: readonly number[],
  control: readonly number[],
): Effect {
  const { preEnd, postStart, end } = window;
  return poissonRateEffect(panel, [
    { units: treated, from: postStart, to: end, sign: 1 },
    { units: treated, from: 0, to: preEnd, sign: -1 },
    { units: control, from: postStart, to: end, sign: -1 },
    { units: control, from: 0, to: preEnd, sign: 1 },
  ]);
}

/** Units and steps whose event rate enters a sum with this sign. */
export interface RateCell {
  readonly units: readonly number[];
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly sign: 1 | -1;
}

/** The same for any signed sum of event rates: four cells make a difference-in-differences, two a difference. */
export function poissonRateEffect(panel: Panel, parts: readonly RateCell[]): Effect {
  const cells = parts.map(({ units, from, to, sign }) => cell(panel, units, from, to, sign));
  const att = cells.reduce((sum, one) => sum + (one.sign * one.events) / one.exposure, 0);
  const interval = (alpha: number): { low: number; high: number } => moverInterval(cells, att, alpha);
  const pOutside = (threshold: number, side: "low" | "high"): number => {
    const excludes = (alpha: number): boolean =>
      side === "low" ? interval(alpha).low > threshold : interval(alpha).high < threshold;
    return smallestAlpha(excludes) / 2;
  };
  return {
    att,
    stdError: null,
    statistic: null,
    dof: null,
    method: "exact-poisson",
    clusters: null,
    interval,
    pTwoSided: Math.min(1, 2 * Math.min(pOutside(0, "low"), pOutside(0, "high"))),
    pAbove: (threshold) => pOutside(threshold, "low"),
    pBelow: (threshold) => pOutside(threshold, "high"),
  };
}

function cell(panel: Panel, units: readonly number[], from: number, to: number, sign: 1 | -1): Cell {
  let events = 0;
  let exposure = 0;
  for (const unit of units) {
    const y = unitValues(panel, unit);
    const weights = unitWeights(panel, unit);
    for (let t = from; t < to; t++) {
      if (!Number.isFinite(y[t] as number)) continue;
      const weight = weights === null ? 1 : (weights[t] as number);
      events += weight * (y[t] as number);
      exposure += weight;
    }
  }
  return { events, exposure, sign };
}

function moverInterval(cells: readonly Cell[], att: number, alpha: number): { low: number; high: number } {
  let below = 0;
  let above = 0;
  for (const { events, exposure, sign } of cells) {
    const exact = poissonInterval(events, alpha);
    const down = ((events - exact.low) / exposure) ** 2;
    const up = ((exact.high - events) / exposure) ** 2;
    below += sign === 1 ? down : up;
    above += sign === 1 ? up : down;
  }
  return { low: att - Math.sqrt(below), high: att + Math.sqrt(above) };
}

/** Smallest alpha in (0, 2) at which `excludes` holds, by bisection on the log scale; excluding is monotone in alpha. */
function smallestAlpha(excludes: (alpha: number) => boolean): number {
  let [low, high] = [Math.log(1e-12), Math.log(1 - 1e-9)];
  if (!excludes(Math.exp(high))) return 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (excludes(Math.exp(middle))) high = middle;
    else low = middle;
  }
  return Math.exp(high);
}

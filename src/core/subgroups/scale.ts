import type { DesignBrief } from "../designs/design.ts";
import type { SubgroupReport } from "../result.ts";

export type SubgroupScale = SubgroupReport["scale"];

/**
 * Subgroups differ in level (an endpoint at 20 ms beside one at 2 s), so that relative margins are compared and shrunk as
 * log ratios: log(treatedPost/(treatedPost - x)), whose error is that of x over the counterfactual.
 */
export interface OnScale {
  readonly estimate: number;
  /** null: the method has none. */
  readonly stdError: number | null;
  readonly dof: number | null;
  readonly interval: (alpha: number) => { readonly low: number | null; readonly high: number | null };
}

/** null: the ratio to what would have been is not defined. */
export function onScale({ effect, treatedPost }: DesignBrief, scale: SubgroupScale): OnScale | null {
  const { att, stdError, dof } = effect;
  const interval = (alpha: number, of: (x: number) => number | null) => {
    const raw = effect.interval(alpha);
    return { low: raw === null ? null : of(raw.low), high: raw === null ? null : of(raw.high) };
  };
  if (scale === "absolute") {
    const finite = (x: number): number | null => (Number.isFinite(x) ? x : null);
    return { estimate: att, stdError, dof, interval: (alpha) => interval(alpha, finite) };
  }
  if (treatedPost === null || !(treatedPost > 0)) return null;
  const log = (x: number): number | null =>
    Number.isFinite(x) && treatedPost - x > 0 ? Math.log(treatedPost / (treatedPost - x)) : null;
  const estimate = log(att);
  if (estimate === null) return null;
  return {
    estimate,
    stdError: stdError === null ? null : stdError / (treatedPost - att),
    dof,
    interval: (alpha) => interval(alpha, log),
  };
}

/** From the scale of the computation to that of the report: a log ratio as a fraction. */
export function reported(value: number, scale: SubgroupScale): number {
  return scale === "absolute" ? value : Math.expm1(value);
}

import type { Outcome } from "../../outcome.ts";
import type { NamedColumn } from "../../regression/sample.ts";
import { type PanelComparison, type PanelMethod, panelComparison } from "../doubly-robust/panel.ts";
import type { BalancedPanel } from "../staggered/balanced.ts";

/** A group and its controls, with the position of the period whose covariates count. */
export interface Pair {
  readonly treated: readonly number[];
  readonly controls: readonly number[];
  readonly b: number;
}

/** The units of a comparison with everything that does not depend on the outcome. */
export interface ComparedUnits {
  /** The group's units first. */
  readonly units: Int32Array;
  readonly controls: number;
  readonly covariates: readonly NamedColumn[];
  readonly effectOf: Outcome<PanelComparison>;
}

/**
 * Prepares a comparison, or gives the last one of the group again when its units and covariates are the same, as they are in
 * most periods: then the propensity score is fitted once.
 *
 * Assumes: the sets of controls of one group are nested, so that their size identifies them.
 */
export function comparedUnits(
  panel: BalancedPanel,
  { method, trim }: { readonly method: PanelMethod; readonly trim: number },
  { treated, controls, b }: Pair,
  last: ComparedUnits | null,
): ComparedUnits {
  const isKnown = last !== null && last.controls === controls.length;
  const units = isKnown ? last.units : joined(treated, controls);
  const width = panel.periods.length;
  const covariates = panel.covariates.map(({ name, values }) => ({ name, values: gather(values, units, width, b) }));
  if (isKnown && covariates.every(({ values }, j) => isEqual(values, last.covariates[j]?.values))) return last;
  const sample = {
    treated: new Float64Array(units.length).fill(1, 0, treated.length),
    covariates,
    weights: panel.weights === null ? null : gather(panel.weights, units, 1, 0),
    label: (row: number) => `unit ${panel.names[units[row] ?? 0]}`,
  };
  return { units, controls: controls.length, covariates, effectOf: panelComparison(sample, method, trim) };
}

function joined(treated: readonly number[], controls: readonly number[]): Int32Array {
  const units = new Int32Array(treated.length + controls.length);
  units.set(treated);
  units.set(controls, treated.length);
  return units;
}

function isEqual(a: Float64Array, b: Float64Array | undefined): boolean {
  if (b === undefined) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** values[u * width + position] for every unit. */
export function gather(values: Float64Array, units: Int32Array, width: number, position: number): Float64Array {
  const result = new Float64Array(units.length);
  for (let i = 0; i < units.length; i++) result[i] = values[(units[i] ?? 0) * width + position] ?? Number.NaN;
  return result;
}

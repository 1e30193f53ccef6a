import { weightedMean } from "../../linalg/kernels.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import type { Grouping } from "../../regression/effects.ts";
import { type LinearFit, leastSquares } from "../../regression/ols.ts";
import type { NamedColumn } from "../../regression/sample.ts";

/** One row per unit: what a split test compares. */
export interface SplitUnits {
  readonly names: readonly string[];
  readonly treated: readonly boolean[];
  /** Mean over the unit's rows; for a ratio the unit's numerator over its denominator. */
  readonly values: Float64Array;
  /** Denominators of a ratio; null: every unit counts once. */
  readonly weights: Float64Array | null;
  /** Measured before the split, or not touched by the treatment. */
  readonly covariates: readonly NamedColumn[];
  readonly strata: Grouping | null;
  readonly strataNames: readonly string[];
  /** What the treatment was assigned to, when that is larger than the unit. */
  readonly clusters: Grouping | null;
}

/** none: difference of means; cuped: covariates with one slope for both sides; lin: with a slope for each side. */
export type Adjustment = "none" | "cuped" | "lin";
/** Whose average the effect is where it differs between strata or along covariates. */
export type Average = "all" | "treated";

export interface SplitModel {
  readonly fit: LinearFit;
  readonly adjustment: Adjustment;
  /** Slopes of the covariates, by name; pooled ones for `cuped`. */
  readonly theta: Readonly<Record<string, number>>;
}

export const TERM = "treatment";

/**
 * The effect of a treatment on units that were observed side by side.
 *
 * Formula: weighted least squares of the units' values on the treatment, x and s, with x the covariates and s the strata
 * less their means: treatment + x'theta for `cuped`, + treatment x for `lin`; strata always with their interaction, which
 * makes the coefficient sum_s n_s/n (treated mean_s - control mean_s). Weights are denominators: then the means are
 * ratios of sums, and the errors those of the linearised (delta method) ratio.
 * Assumes: who got the treatment does not depend on what the units would have shown without it.
 * Units: those of the values. Time grows with units times squared columns.
 * Source: Deng, Xu, Kohavi and Walker 2013 (CUPED); Lin 2013; Miratrix, Sekhon and Yu 2013 (post-stratification);
 * Deng, Knoblich and Lu 2018 (ratios).
 */
export function splitModel(
  units: SplitUnits,
  adjustment: Adjustment,
  options: { readonly average: Average; readonly interactStrata: boolean },
): Outcome<SplitModel> {
  const { treated, values, weights } = units;
  const sides = checkSides(treated);
  if (!sides.ok) return sides;
  const d = Float64Array.from(treated, Number);
  const reference = options.average === "treated" ? d : null;
  const covariates = adjustment === "none" ? [] : units.covariates.map((x) => centred(x, weights, reference));
  const strata = strataColumns(units).map((x) => centred(x, weights, reference));
  const crossed = [...(adjustment === "lin" ? covariates : []), ...(options.interactStrata ? strata : [])];
  const columns: NamedColumn[] = [
    { name: TERM, values: d },
    { name: "(Intercept)", values: new Float64Array(treated.length).fill(1) },
    ...covariates,
    ...strata,
    ...crossed.map(({ name, values: x }) => ({ name: `${TERM}:${name}`, values: x.map((v, i) => v * (d[i] ?? 0)) })),
  ];
  if (treated.length <= columns.length) return tooFewUnits(treated.length, columns.length);
  const fitted = leastSquares({
    outcome: values,
    columns,
    effects: [],
    singletons: "keep",
    ...(weights === null ? {} : { weights }),
  });
  if (!fitted.ok) return fitted;
  const fit = fitted.value;
  const [lost] = fit.dropped;
  if (lost !== undefined) return collinear(lost);
  const theta = Object.fromEntries(
    covariates.map(({ name }) => [name, fit.coefficients[fit.terms.indexOf(name)] ?? Number.NaN]),
  );
  return answer({ fit, adjustment, theta });
}

function checkSides(treated: readonly boolean[]): Outcome<null> {
  const count = treated.filter(Boolean).length;
  if (count === 0) return refuse("NO_TREATED_UNITS", "No unit is treated.", "Name the column of the treatment.");
  if (count < treated.length) return answer(null);
  return refuse("NO_CONTROL_UNITS", "Every unit is treated.", "Add units that were not treated at the same time.");
}

function tooFewUnits(units: number, parameters: number): Outcome<never> {
  return refuse(
    "TOO_FEW_UNITS",
    `The comparison has ${parameters} parameters and ${units} units, so nothing is left to estimate an error from.`,
    "Give more units, or leave out covariates or strata.",
    { units, parameters },
  );
}

function collinear(name: string): Outcome<never> {
  return refuse(
    "COLLINEAR",
    `The term ${name} is constant, or a combination of the treatment and the other terms.`,
    "Leave this covariate out.",
    { term: name },
  );
}

/** The column less its weighted mean over all units, or over those where `reference` is 1. */
function centred(column: NamedColumn, weights: Float64Array | null, reference: Float64Array | null): NamedColumn {
  const mass = reference === null ? weights : reference.map((one, i) => one * (weights?.[i] ?? 1));
  const middle = weightedMean(column.values, mass);
  return { name: column.name, values: column.values.map((value) => value - middle) };
}

/** An indicator of every stratum but the first. */
function strataColumns({ strata, strataNames }: SplitUnits): NamedColumn[] {
  if (strata === null) return [];
  return Array.from({ length: strata.count - 1 }, (_, s) => ({
    name: `${strata.name} ${strataNames[s + 1] ?? s + 1}`,
    values: Float64Array.from(strata.levels, (level) => Number(level === s + 1)),
  }));
}

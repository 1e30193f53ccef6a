import { answer, type Outcome, refuse } from "../outcome.ts";
import { logGamma } from "../probability/gamma.ts";
import type { Grouping } from "./effects.ts";
import { type LinearFit, leastSquares } from "./ols.ts";
import type { NamedColumn } from "./sample.ts";

const MAX_ITERATIONS = 200;
const MAX_HALVINGS = 30;
/** Relative change of the deviance at which the iteration has converged. */
const CONVERGED = 1e-11;
/** A zero count whose fitted mean falls below this share of the mean count has no finite maximum. */
const VANISHED = 1e-11;

/** Counts or rates with absorbed effects. Rows with NaN anywhere are left out. */
export interface PoissonModel {
  readonly outcome: Float64Array;
  readonly columns: readonly NamedColumn[];
  readonly effects: readonly Grouping[];
  /** Log of the exposure; null: none. */
  readonly offset: Float64Array | null;
  readonly weights: Float64Array | null;
}

export interface PoissonFit {
  /** The last weighted least squares: its coefficients, scores and bread are those of the Poisson fit. */
  readonly linear: LinearFit;
  /** Fitted means of the rows used (`linear.rows`). */
  readonly means: Float64Array;
  readonly logLikelihood: number;
  readonly deviance: number;
  readonly pearson: number;
  /** Rows left out because all counts of one of their effect levels are zero. */
  readonly zeroRows: number;
  readonly iterations: number;
}

/**
 * Poisson pseudo-maximum likelihood with any number of absorbed effects.
 *
 * Formula: mean = exp(offset + x'b + effects); iterated least squares of x'b + effects + (y - mean)/mean with weights
 * w mean, steps halved while the deviance rises.
 * Assumes: the mean is right; counts need not be Poisson (use a robust or clustered error). Effect levels whose counts
 * are all zero say nothing about b and are left out; a maximum at infinity is refused.
 * Complexity: one least-squares fit per iteration, about ten; memory grows with the rows.
 * Source: Gourieroux, Monfort and Trognon 1984, Econometrica 52; Correia, Guimaraes and Zylkin 2020, Stata Journal 20.
 */
export function poissonRegression(model: PoissonModel): Outcome<PoissonFit> {
  const used = usedRows(model);
  const count = used.kept.reduce((total, one) => total + one, 0);
  if (count === 0) {
    return refuse("NO_VARIATION", "No count is above zero in rows that can be used.", "Check the outcome column.");
  }
  let state = start(model, used.kept);
  for (let iteration = 1; iteration <= MAX_ITERATIONS; iteration++) {
    const fitted = leastSquares(workingModel(model, state));
    if (!fitted.ok) return fitted;
    const next = stepTowards(model, state, fitted.value);
    const vanished = vanishedRow(model, next);
    if (vanished >= 0) return separated(vanished);
    const done = Math.abs(state.deviance - next.deviance) <= CONVERGED * (Math.abs(next.deviance) + 0.1);
    state = next;
    if (done && iteration > 1) return finish(model, state, { iterations: iteration, zeroRows: used.zeroRows });
  }
  return refuse(
    "NOT_ESTIMABLE",
    `The Poisson fit has not converged in ${MAX_ITERATIONS} iterations.`,
    "Leave out covariates, or check for units with very few events.",
    { iterations: MAX_ITERATIONS },
  );
}

/** Where the iteration stands; NaN in rows that are left out. */
interface State {
  readonly predictor: Float64Array;
  readonly means: Float64Array;
  readonly deviance: number;
}

function usedRows(model: PoissonModel): { kept: Uint8Array; zeroRows: number } {
  const { outcome, columns, effects, offset, weights } = model;
  const kept = Uint8Array.from(outcome, (value, i) => {
    const isMissing =
      Number.isNaN(value) ||
      columns.some((column) => Number.isNaN(column.values[i] ?? Number.NaN)) ||
      (offset !== null && !Number.isFinite(offset[i] ?? Number.NaN)) ||
      (weights !== null && !((weights[i] ?? 0) > 0));
    return isMissing ? 0 : 1;
  });
  let zeroRows = 0;
  for (let changed = true; changed; ) {
    changed = false;
    for (const effect of effects) {
      const totals = new Float64Array(effect.count);
      effect.levels.forEach((level, i) => {
        if (kept[i] === 1) totals[level] = (totals[level] ?? 0) + (outcome[i] ?? 0);
      });
      effect.levels.forEach((level, i) => {
        if (kept[i] !== 1 || (totals[level] ?? 0) > 0) return;
        kept[i] = 0;
        zeroRows++;
        changed = true;
      });
    }
  }
  return { kept, zeroRows };
}

function start(model: PoissonModel, kept: Uint8Array): State {
  const { outcome, offset } = model;
  let events = 0;
  let exposure = 0;
  kept.forEach((one, i) => {
    if (one === 0) return;
    events += outcome[i] ?? 0;
    exposure += Math.exp(offset?.[i] ?? 0);
  });
  const rate = events / exposure;
  const predictor = outcome.map((value, i) => {
    if (kept[i] !== 1) return Number.NaN;
    return Math.log((value + rate * Math.exp(offset?.[i] ?? 0)) / 2);
  });
  // these values follow the counts more closely than the model can: their deviance is no yardstick
  return { ...stateAt(model, predictor), deviance: Number.POSITIVE_INFINITY };
}

function stateAt(model: PoissonModel, predictor: Float64Array): State {
  const means = predictor.map(Math.exp);
  return { predictor, means, deviance: devianceOf(model, means) };
}

function devianceOf({ outcome, weights }: PoissonModel, means: Float64Array): number {
  let total = 0;
  means.forEach((mean, i) => {
    if (Number.isNaN(mean)) return;
    const value = outcome[i] ?? 0;
    const part = value > 0 ? value * Math.log(value / mean) - (value - mean) : mean;
    total += 2 * (weights?.[i] ?? 1) * part;
  });
  return total;
}

function workingModel(model: PoissonModel, state: State) {
  const { offset, weights } = model;
  return {
    outcome: state.predictor.map(
      (value, i) =>
        value - (offset?.[i] ?? 0) + ((model.outcome[i] ?? 0) - (state.means[i] ?? 0)) / (state.means[i] ?? 1),
    ),
    columns: model.columns,
    effects: model.effects,
    weights: state.means.map((mean, i) => (Number.isNaN(mean) ? 0 : mean * (weights?.[i] ?? 1))),
    singletons: "keep" as const,
  };
}

/** The predictor that the least-squares fit proposes, or a point on the way where the deviance does not rise. */
function stepTowards(model: PoissonModel, state: State, linear: LinearFit): State {
  const target = new Float64Array(state.predictor.length).fill(Number.NaN);
  linear.rows.forEach((row, i) => {
    target[row] = (linear.outcome[i] ?? 0) - (linear.residuals[i] ?? 0) + (model.offset?.[row] ?? 0);
  });
  let next = stateAt(model, target);
  for (
    let halving = 1;
    halving <= MAX_HALVINGS && !(next.deviance <= state.deviance * (1 + 1e-12) + 1e-12);
    halving++
  ) {
    const share = 0.5 ** halving;
    next = stateAt(
      model,
      target.map((value, i) => (state.predictor[i] ?? 0) + share * (value - (state.predictor[i] ?? 0))),
    );
  }
  return next;
}

/** A row with no event whose fitted mean goes to zero; -1 when there is none. */
function vanishedRow(model: PoissonModel, state: State): number {
  let total = 0;
  let count = 0;
  for (const mean of state.means) {
    if (Number.isNaN(mean)) continue;
    total += mean;
    count++;
  }
  const limit = (VANISHED * total) / count;
  return state.means.findIndex((mean, i) => mean < limit && model.outcome[i] === 0);
}

function separated(row: number): Outcome<never> {
  return refuse(
    "NOT_ESTIMABLE",
    `The terms predict with certainty that row ${row + 1} has no event, so an effect would be infinite.`,
    "Use the exact test for rare counts, or leave out the term that is on only where nothing happened.",
    { row: row + 1 },
  );
}

function finish(
  model: PoissonModel,
  state: State,
  facts: { readonly iterations: number; readonly zeroRows: number },
): Outcome<PoissonFit> {
  // once more at the final means, so that weights, scores and bread belong to them
  const linear = leastSquares(workingModel(model, state));
  if (!linear.ok) return linear;
  const means = Float64Array.from(linear.value.rows, (row) => state.means[row] ?? Number.NaN);
  let logLikelihood = 0;
  let pearson = 0;
  linear.value.rows.forEach((row, i) => {
    const value = model.outcome[row] ?? 0;
    const mean = means[i] ?? 1;
    const weight = model.weights?.[row] ?? 1;
    logLikelihood += weight * (value * Math.log(mean) - mean - logGamma(value + 1));
    pearson += (weight * (value - mean) ** 2) / mean;
  });
  return answer({ linear: linear.value, means, logLikelihood, deviance: state.deviance, pearson, ...facts });
}

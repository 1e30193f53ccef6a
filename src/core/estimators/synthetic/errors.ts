import { drawSubset } from "../../inference/assignments.ts";
import { randomStream } from "../../inference/random.ts";
import { variance } from "../../linalg/kernels.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import { type Block, selectUnits } from "./block.ts";
import { fitSynthetic, type SyntheticFit, type SyntheticOptions } from "./fit.ts";

/** Draws of treated groups or of units before giving up on ones that cannot be used. */
const MAX_TRIES_PER_DRAW = 100;

export interface Resampling {
  readonly draws: number;
  readonly seed: number;
}

/**
 * Jackknife over units with the weights held fixed (renormalised over the controls that are left).
 *
 * Formula: sqrt((n - 1)/n sum (estimate without u - mean)^2).
 * Assumes: more than one treated unit, more than one control with weight; not recommended for `sc`.
 * Complexity: O(N T) in all for the contrasts, no refitting.
 * Source: Arkhangelsky et al. 2021, algorithm 3.
 */
export function jackknifeError(block: Block, fit: SyntheticFit): Outcome<number> {
  const treated = block.units.length - block.controls;
  if (treated < 2) {
    return refuse(
      "TOO_FEW_UNITS",
      `The jackknife leaves out each unit in turn and needs at least two treated units; there is one: ${block.units.at(-1)}.`,
      "Use the placebo error.",
      { treated },
    );
  }
  const carriers = fit.omega.reduce((count, weight) => count + (weight > 0 ? 1 : 0), 0);
  if (carriers < 2) {
    return refuse(
      "TOO_FEW_UNITS",
      `All weight lies on control ${block.units[fit.omega.findIndex((weight) => weight > 0)]}, so it cannot be left out.`,
      "Use the placebo error.",
      { controls: carriers },
    );
  }
  const contrast = unitContrasts(block, fit);
  const treatedTotal = sumFrom(contrast, block.controls, contrast.length);
  const controlTotal = weightedSum(contrast, fit.omega);
  const estimates = contrast.map((value, u) => {
    if (u >= block.controls) return (treatedTotal - value) / (treated - 1) - controlTotal;
    const weight = fit.omega[u] as number;
    return treatedTotal / treated - (controlTotal - weight * value) / (1 - weight);
  });
  const n = estimates.length;
  return answer(Math.sqrt(((n - 1) ** 2 / n) * variance(estimates)));
}

/** Post mean less lambda-weighted pre level of each unit: the estimate is linear in these. */
function unitContrasts(block: Block, fit: SyntheticFit): Float64Array {
  const width = block.periods.length;
  const after = width - block.pre;
  const load = Float64Array.from({ length: width }, (_, t) => (t < block.pre ? -(fit.lambda[t] as number) : 1 / after));
  return Float64Array.from(block.units, (_, u) => {
    let total = 0;
    for (let t = 0; t < width; t++) total += (load[t] as number) * (block.values[u * width + t] as number);
    return total;
  });
}

function sumFrom(values: Float64Array, from: number, to: number): number {
  let total = 0;
  for (let i = from; i < to; i++) total += values[i] as number;
  return total;
}

function weightedSum(values: Float64Array, weights: Float64Array): number {
  return weights.reduce((total, weight, i) => total + weight * (values[i] as number), 0);
}

/**
 * Each control as if it were the treated unit, the other controls as its controls.
 *
 * Complexity: one fit per control.
 * Source: Abadie, Diamond and Hainmueller 2010, JASA 105 (placebo tests in space).
 */
export function singleUnitPlacebos(block: Block, options: SyntheticOptions): Outcome<Float64Array> {
  if (block.controls < 3) {
    return refuse(
      "TOO_FEW_UNITS",
      `A placebo takes one control as treated and needs two others; there are ${block.controls} controls.`,
      "Add control units.",
      { controls: block.controls },
    );
  }
  const controls = Array.from({ length: block.controls }, (_, u) => u);
  const estimates = new Float64Array(block.controls);
  for (const u of controls) {
    const others = controls.filter((other) => other !== u);
    const fit = fitSynthetic(selectUnits(block, [...others, u], others.length), withoutRegularization(options));
    if (!fit.ok) return fit;
    estimates[u] = fit.value.estimate;
  }
  return answer(estimates);
}

function withoutRegularization(options: SyntheticOptions): SyntheticOptions {
  return { method: options.method, solver: options.solver };
}

/** Two-sided rank of an estimate among the placebos, itself counted: (1 + #{|placebo| >= |estimate|}) / (1 + number). */
export function placeboRank(estimate: number, placebos: Float64Array): number {
  const limit = Math.abs(estimate) * (1 - 1e-9);
  const beyond = placebos.reduce((count, value) => count + (Math.abs(value) >= limit ? 1 : 0), 0);
  return (1 + beyond) / (1 + placebos.length);
}

/**
 * Placebo error: as many controls as there are treated units are drawn without replacement and estimated as if treated.
 *
 * Formula: root mean square deviation of the draws' estimates from their mean. With one treated unit all controls are
 * taken once and nothing is drawn.
 * Assumes: controls and treated units have the same noise; more controls than treated units.
 * Source: Arkhangelsky et al. 2021, algorithm 4.
 */
export function placeboError(block: Block, options: SyntheticOptions, resampling: Resampling): Outcome<number> {
  const treated = block.units.length - block.controls;
  if (block.controls < treated + 2) {
    return refuse(
      "TOO_FEW_UNITS",
      `Placebo groups of ${treated} need at least ${treated + 2} controls, there are ${block.controls}.`,
      "Add control units, or use the jackknife.",
      { controls: block.controls, treated },
    );
  }
  if (treated === 1) {
    const placebos = singleUnitPlacebos(block, options);
    return placebos.ok ? answer(spread(placebos.value)) : placebos;
  }
  const random = randomStream(resampling.seed);
  const pool = Int32Array.from({ length: block.controls }, (_, u) => u);
  const estimates = new Float64Array(resampling.draws);
  for (let draw = 0; draw < resampling.draws; draw++) {
    const chosen = Array.from(drawSubset(pool, treated, random));
    const others = Array.from(pool.subarray(treated)).sort((a, b) => a - b);
    const fit = fitSynthetic(selectUnits(block, [...others, ...chosen], others.length), options);
    if (!fit.ok) return fit;
    estimates[draw] = fit.value.estimate;
  }
  return answer(spread(estimates));
}

/** sqrt((n - 1)/n) times the standard deviation. */
function spread(estimates: Float64Array): number {
  return Math.sqrt(((estimates.length - 1) / estimates.length) * variance(estimates));
}

/**
 * Bootstrap over units: units are drawn with replacement and everything is fitted again; draws without treated or with
 * fewer than two distinct controls are drawn again.
 *
 * Formula: root mean square deviation of the draws' estimates from their mean.
 * Assumes: more than one treated unit. Complexity: one fit per draw.
 * Source: Arkhangelsky et al. 2021, algorithm 2.
 */
export function bootstrapError(block: Block, options: SyntheticOptions, resampling: Resampling): Outcome<number> {
  const count = block.units.length;
  if (count - block.controls < 2) {
    return refuse(
      "TOO_FEW_UNITS",
      `The bootstrap draws units and needs at least two treated ones; there is one: ${block.units.at(-1)}.`,
      "Use the placebo error.",
      { treated: 1 },
    );
  }
  const random = randomStream(resampling.seed);
  const estimates = new Float64Array(resampling.draws);
  for (let draw = 0; draw < resampling.draws; draw++) {
    const sample = drawUnits(block, random);
    if (sample === null) return refuse("TOO_FEW_UNITS", "No usable bootstrap sample was found.", "Add units.");
    const fit = fitSynthetic(sample, options);
    if (!fit.ok) return fit;
    estimates[draw] = fit.value.estimate;
  }
  return answer(spread(estimates));
}

function drawUnits(block: Block, random: { below(bound: number): number }): Block | null {
  const count = block.units.length;
  for (let attempt = 0; attempt < MAX_TRIES_PER_DRAW; attempt++) {
    const drawn = Array.from({ length: count }, () => random.below(count)).sort((a, b) => a - b);
    const controls = drawn.filter((u) => u < block.controls).length;
    const distinct = new Set(drawn.filter((u) => u < block.controls)).size;
    if (distinct >= 2 && controls < count) return selectUnits(block, drawn, controls);
  }
  return null;
}

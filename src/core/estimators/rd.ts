import { studentInference } from "../inference/coefficients.ts";
import { answer, type JsonValue, type Outcome, refuse } from "../outcome.ts";
import type { EstimateOptions, EstimateResult, EstimatorSetting, TidyEstimator } from "./contract.ts";
import { type BandwidthOptions, mseBandwidths } from "./discontinuity/bandwidth.ts";
import { type Crowding, crowding } from "./discontinuity/crowding.ts";
import { type DiscontinuityEffect, discontinuityEffect } from "./discontinuity/effect.ts";
import { type Likeness, likeness } from "./discontinuity/likeness.ts";
import { KERNELS, type Kernel, type Side } from "./discontinuity/local-fit.ts";
import { DISCONTINUITY_VCOVS, type DiscontinuityVcov } from "./discontinuity/residuals.ts";
import { type Sides, sidesOf } from "./discontinuity/sides.ts";
import { openTable } from "./panel-ols/table.ts";
import { settingNumber, settingText } from "./setting.ts";

/** A test of counts below this is worth a sentence. */
const SUSPICIOUS = 0.05;
/** Rows next to each other are called alike when chance alone shows as much this rarely. */
const ALIKE = 0.001;
/** Clusters in the window below which normal quantiles flatter. */
const FEW_CLUSTERS = 30;

/** An error this small against the outcome's size is rounding. */
const ROUNDING = 1e-13;

const SETTINGS: readonly EstimatorSetting[] = [
  {
    name: "running",
    description: "column of the number that decided who was treated (load, tenant size, hash)",
    default: "none",
    accepts: { type: "number-columns", also: ["none"] },
  },
  {
    name: "cutoff",
    description: "value of the running variable from which on the treatment changes",
    default: "none",
    accepts: { type: "number", also: ["none"] },
  },
  {
    name: "treated",
    description: "side that was treated: above (the cut-off itself included), or below",
    default: "above",
    accepts: { type: "choice", values: ["above", "below"] },
  },
  {
    name: "kernel",
    description: "weights within the window: triangular, epanechnikov, uniform",
    default: "triangular",
    accepts: { type: "choice", values: KERNELS },
  },
  {
    name: "h",
    description: "half-width of the window; auto: smallest mean squared error",
    default: "auto",
    accepts: { type: "number", min: 0, also: ["auto"] },
  },
  {
    name: "b",
    description: "half-width of the window of the bias; auto: its own smallest error, or h when h is given",
    default: "auto",
    accepts: { type: "number", min: 0, also: ["auto"] },
  },
  {
    name: "neighbours",
    description: "nearest neighbours of the error nn",
    default: "3",
    accepts: { type: "number", min: 1, max: 100, integer: true },
  },
  {
    name: "covariates",
    description: "covariates: adjust (narrower) and test their balance, or balance only",
    default: "adjust",
    accepts: { type: "choice", values: ["adjust", "balance"] },
  },
  {
    name: "clusters",
    description: "clusters with rows on both sides: joint, or separate as rdrobust has it",
    default: "joint",
    accepts: { type: "choice", values: ["joint", "separate"] },
  },
];

/**
 * Sharp regression discontinuity: a roll-out by a cut-off, judged by the jump at it.
 *
 * Formula: local linear jump; bias-corrected with robust error (discontinuityEffect), windows by mseBandwidths; normal
 * quantiles. `robust` is the row to read.
 * Assumes: without the treatment the outcome would run smoothly through the cut-off, and units cannot choose their side.
 * Units: those of the outcome, for units at the cut-off. Time n log n plus n times the neighbours, memory n.
 * Source: Calonico, Cattaneo and Titiunik 2014, Econometrica 82; conventions of rdrobust.
 */
export const rd: TidyEstimator = {
  id: "rd",
  label: "sharp regression discontinuity",
  reference: "Calonico, Cattaneo and Titiunik 2014, Robust nonparametric confidence intervals, Econometrica 82",
  needs: [],
  vcovs: DISCONTINUITY_VCOVS,
  settings: SETTINGS,
  uses: ["weights", "covariates", "cluster"],
  estimate(data, options) {
    const opened = openTable(data, false);
    if (!opened.ok) return opened;
    const cutoff = settingNumber(SETTINGS, options, "cutoff");
    if (cutoff === null) return noCutoff();
    const vcov = vcovOf(options, data.cluster !== null);
    const treatedSide = settingText(SETTINGS, options, "treated") === "below" ? "below" : "above";
    const running = settingText(SETTINGS, options, "running");
    if (vcov === "cr1" && data.cluster === null && data.unit === null) return noCluster();
    const found = sidesOf(data, { running, cutoff, treatedSide, isClustered: vcov === "cr1" });
    if (!found.ok) return found;
    return estimateSides(found.value, { options, vcov, sign: treatedSide === "above" ? 1 : -1 });
  },
};

interface Run {
  readonly options: EstimateOptions;
  readonly vcov: DiscontinuityVcov;
  /** 1: above is treated. */
  readonly sign: 1 | -1;
}

function vcovOf({ vcov }: EstimateOptions, isClustered: boolean): DiscontinuityVcov {
  return DISCONTINUITY_VCOVS.find((name) => name === vcov) ?? (isClustered ? "cr1" : "nn");
}

function noCutoff(): Outcome<never> {
  return refuse(
    "NOT_ESTIMABLE",
    "No cut-off is given.",
    "Use --set cutoff=N with the value that decided who was treated.",
  );
}

function noCluster(): Outcome<never> {
  return refuse("TOO_FEW_CLUSTERS", "A clustered error needs a cluster column.", "Name it, or use --vcov nn.");
}

function estimateSides(sides: Sides, run: Run): Outcome<EstimateResult> {
  const { options } = run;
  const isAdjusted = settingText(SETTINGS, options, "covariates") === "adjust";
  const names = isAdjusted ? sides.covariateNames : [];
  const whole = jumpOf(sides.below, sides.above, names, run);
  if (!whole.ok) return whole;
  const { effect, h, b, isDiscrete } = whole.value;
  const size = largest(sides.below.y) + largest(sides.above.y);
  if (!(Math.min(effect.robustError, effect.conventionalError) > ROUNDING * size)) {
    return refuse(
      "NO_VARIATION",
      "The outcome is smooth without any scatter, so there is no error.",
      "Check the column.",
    );
  }
  const row = (term: string, estimate: number, error: number) =>
    studentInference(term, run.sign * estimate, error, { dof: Number.POSITIVE_INFINITY, alpha: options.alpha });
  const crowd = crowding(sides.below.x, sides.above.x);
  // rows of a cluster may be alike: its error counts that
  const near = run.vcov === "cr1" ? null : likeness(sides.below.y, sides.above.y);
  return answer({
    estimator: rd.id,
    inference: `robust bias-corrected ${run.vcov}`,
    coefficients: [
      row("robust", effect.corrected, effect.robustError),
      row("conventional", effect.conventional, effect.conventionalError),
    ],
    nobs: sides.below.x.length + sides.above.x.length,
    clusters: sides.clusters,
    notes: [
      ...(sides.left > 0 ? [`${sides.left} rows with a missing number or without weight left out.`] : []),
      ...crowdingNotes(crowd),
      ...likenessNotes(near),
      ...(isDiscrete ? ["The running variable repeats many values; read the result as that of a discrete one."] : []),
      ...(sides.clusters !== null && sides.clusters < FEW_CLUSTERS
        ? [`With ${sides.clusters} clusters the interval is somewhat too short.`]
        : []),
    ],
    details: {
      h,
      b,
      rowsInWindow: { below: effect.rows[0], above: effect.rows[1] },
      biasCorrection: run.sign * (effect.corrected - effect.conventional),
      covariateSlopes: Object.fromEntries(names.map((name, j) => [name, effect.slopes[j] ?? null])),
      density: crowd === null ? null : { ...crowd },
      neighbours: near === null ? null : { ...near },
      balance: balanceOf(sides, run),
    },
  });
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

interface Jump {
  readonly effect: DiscontinuityEffect;
  readonly h: number;
  readonly b: number;
  readonly isDiscrete: boolean;
}

function jumpOf(below: Side, above: Side, covariateNames: readonly string[], { options, vcov }: Run): Outcome<Jump> {
  const kernel = KERNELS.find((name) => name === settingText(SETTINGS, options, "kernel")) as Kernel;
  const neighbours = settingNumber(SETTINGS, options, "neighbours") ?? 3;
  const shared: BandwidthOptions = { kernel, vcov, neighbours, covariateNames };
  const given = { h: settingNumber(SETTINGS, options, "h"), b: settingNumber(SETTINGS, options, "b") };
  const chosen =
    given.h === null
      ? mseBandwidths(below, above, shared)
      : answer({ h: given.h, b: given.b ?? given.h, isDiscrete: false });
  if (!chosen.ok) return chosen;
  const h = chosen.value.h;
  const b = given.b ?? chosen.value.b;
  const clusters = settingText(SETTINGS, options, "clusters") === "separate" ? "separate" : "joint";
  const effect = discontinuityEffect(below, above, { ...shared, h, b, clusters });
  return effect.ok ? answer({ effect: effect.value, h, b, isDiscrete: chosen.value.isDiscrete }) : effect;
}

/** Jump of every covariate, each in its own window: a unit's past does not jump at a cut-off that nobody chose. */
function balanceOf(sides: Sides, run: Run): JsonValue {
  return sides.covariateNames.map((covariate, j): JsonValue => {
    const as = (side: Side): Side => ({ ...side, y: side.covariates[j] ?? side.y, covariates: [] });
    const found = jumpOf(as(sides.below), as(sides.above), [], run);
    if (!found.ok) return { covariate, refused: found.refusal.message };
    const { corrected, robustError } = found.value.effect;
    const { alpha } = run.options;
    const { estimate, pValue, confLow, confHigh } = studentInference(covariate, run.sign * corrected, robustError, {
      dof: Number.POSITIVE_INFINITY,
      alpha,
    });
    return { covariate, estimate, pValue, confLow, confHigh, h: found.value.h };
  });
}

function crowdingNotes(crowd: Crowding | null): string[] {
  if (crowd === null || crowd.pValue >= SUSPICIOUS) return [];
  return [
    `Of the ${crowd.below + crowd.above} rows nearest to the cut-off ${crowd.above} lie above and ${crowd.below} below (p = ${crowd.pValue.toPrecision(2)}): units may have been moved across it.`,
  ];
}

function likenessNotes(near: Likeness | null): string[] {
  if (near === null || near.pValue >= ALIKE) return [];
  return [
    `Rows next to each other are alike (correlation ${near.correlation.toPrecision(2)}), and the error takes them for independent: it is too small. Where the running variable is time use its or same-hours.`,
  ];
}

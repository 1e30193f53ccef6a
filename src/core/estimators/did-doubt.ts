import { answer, type Outcome, refuse } from "../outcome.ts";
import type { PanelWindow } from "../panel/panel.ts";
import type { ReasonCode } from "../reasons.ts";
import { isRounding, populationVariance, ROUNDING, type Sample } from "./did-sample.ts";
import type { TimeVariance } from "./did-time-variance.ts";
import type { TreatedSpread } from "./did-treated-spread.ts";

/** How the variance of a fit came about; printed beside every error. */
export type DidMethod = "precision-weighted" | "pooled-unit-changes" | "time-only" | "placebo-rank";

/** Variance of an effect and where it comes from. */
export interface Doubt {
  readonly variance: number | null;
  readonly dof: number | null;
  readonly method: DidMethod;
  readonly codes: readonly ReasonCode[];
  readonly rankP: number | null;
  readonly phi: number | null;
  readonly q: number;
  /** Part of `variance` that the treated units' disagreement added. */
  readonly spread: number;
}

/** Changes of the units and what their own past says about them. */
export interface DoubtEvidence {
  readonly att: number;
  readonly time: TimeVariance | null;
  readonly treatedChanges: readonly number[];
  readonly controlChanges: readonly number[];
  readonly variances: readonly number[];
  readonly spread: TreatedSpread;
}

/** Doubt from time and doubt from units put together: docs/method.md section 3 steps 5 and 6. */
export function combineDoubt(sample: Sample, evidence: DoubtEvidence): Outcome<Doubt> {
  const { time, controlChanges, variances } = evidence;
  const negligible = (value: number): boolean => Math.abs(value) <= ROUNDING * sample.size;
  if (time === null) return tooShort(sample);
  if (time.variance === 0) {
    const still = evidence.treatedChanges.every(negligible) && negligible(evidence.att);
    if (!still) return answer(placeboRank(sample.window));
    return sample.keepStill ? answer({ ...placeboRank(sample.window), rankP: 1 }) : noVariation();
  }
  const ratios = controlChanges
    .map((d, j) => d ** 2 / (variances[j] as number))
    .filter((r, j) => Number.isFinite(r) && (variances[j] as number) > 0);
  const q = ratios.length - 1;
  if (q < 1) return answer(fewControls(sample, evidence, time));
  const phi = ratios.reduce((sum, value) => sum + value, 0) / ratios.length;
  const doubt = withSpread(dispersed(time, phi, q), evidence.spread);
  const codes: ReasonCode[] = doubt.spread > NOTICED * doubt.variance ? ["UNEQUAL_CHANGES"] : [];
  return answer({ ...doubt, method: "precision-weighted", codes, rankP: null, phi, q });
}

/** Share of the variance from which on the disagreement of the treated units is said: a tenth of the interval's width. */
const NOTICED = 0.2;

interface Variance {
  readonly variance: number;
  readonly dof: number;
}

/**
 * The variance from the gap's past, and its excess where the controls moved by phi > 1 times what their own past predicts.
 * Degrees of freedom of a sum of variances by Satterthwaite 1946, so that nothing jumps where phi passes 1.
 */
export function dispersed(time: Variance, phi: number, q: number): Variance {
  const excess = Math.max(0, phi - 1) * time.variance;
  return sumOf({ variance: time.variance, dof: time.dof + q }, { variance: excess, dof: q });
}

function withSpread(doubt: Variance, spread: Variance): Variance & { readonly spread: number } {
  return { ...sumOf(doubt, spread), spread: spread.variance };
}

function sumOf(a: Variance, b: Variance): Variance {
  if (b.variance === 0) return a;
  const variance = a.variance + b.variance;
  return { variance, dof: variance ** 2 / (a.variance ** 2 / a.dof + b.variance ** 2 / b.dof) };
}

function fewControls(sample: Sample, evidence: DoubtEvidence, time: TimeVariance): Doubt {
  const [n1, n0] = [sample.treated.length, sample.control.length];
  const base = { rankP: null, phi: null, q: 0, spread: 0 } as const;
  const pooled = n1 + n0 > 2 ? pooledVariance(evidence.treatedChanges, evidence.controlChanges) : 0;
  if (!isRounding(pooled, sample.size)) {
    const codes: ReasonCode[] = n0 === 1 ? ["ONE_CONTROL", "UNIT_DOUBT_POOLED"] : ["UNIT_DOUBT_POOLED"];
    return { ...base, variance: pooled * (1 / n1 + 1 / n0), dof: n1 + n0 - 2, method: "pooled-unit-changes", codes };
  }
  return { ...base, variance: time.variance, dof: time.dof, method: "time-only", codes: ["ONE_CONTROL"] };
}

function pooledVariance(treated: readonly number[], control: readonly number[]): number {
  const squares = populationVariance(treated) * treated.length + populationVariance(control) * control.length;
  return squares / (treated.length + control.length - 2);
}

/** The gap never moved before the deploy: the change is ranked among the floor(R/P) + 1 windows. */
function placeboRank(window: PanelWindow): Doubt {
  const windows = Math.floor(window.preEnd / (window.end - window.postStart));
  return {
    variance: null,
    dof: null,
    method: "placebo-rank",
    codes: ["EXACT_PLACEBO_RANK"],
    rankP: 1 / (1 + windows),
    phi: null,
    q: 0,
    spread: 0,
  };
}

function noVariation(): Outcome<never> {
  return refuse(
    "NO_VARIATION",
    "The treated-minus-control gap is the same constant before and after the deploy.",
    "Check that the query returns live values (a frozen exporter repeats its last one), or drop this SLI.",
  );
}

function tooShort(sample: Sample): Outcome<never> {
  const { preEnd, postStart, end } = sample.window;
  return refuse(
    "PRE_TOO_SHORT",
    `The ${preEnd} steps before the deploy are too few to judge a post window of ${end - postStart}.`,
    "Lengthen `windows.pre` to at least 12 steps and more than the post window.",
    {
      preSteps: preEnd,
      postSteps: end - postStart,
    },
  );
}

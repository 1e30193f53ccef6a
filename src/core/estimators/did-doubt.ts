import { answer, type Outcome, refuse } from "../outcome.ts";
import type { PanelWindow } from "../panel/panel.ts";
import type { ReasonCode } from "../reasons.ts";
import { isRounding, populationVariance, ROUNDING, type Sample } from "./did-sample.ts";
import type { TimeVariance } from "./did-time-variance.ts";

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
}

/** Changes of the units and what their own past says about them. */
export interface DoubtEvidence {
  readonly att: number;
  readonly time: TimeVariance | null;
  readonly treatedChanges: readonly number[];
  readonly controlChanges: readonly number[];
  readonly variances: readonly number[];
}

/** Doubt from time and doubt from units put together: docs/method.md section 3 step 5. */
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
  const phi = ratios.reduce((sum, value) => sum + value, 0) / q;
  const base = { method: "precision-weighted", codes: [], rankP: null, phi, q } as const;
  return phi > 1
    ? answer({ ...base, variance: time.variance * phi, dof: q })
    : answer({ ...base, variance: time.variance, dof: time.dof + q });
}

function fewControls(sample: Sample, evidence: DoubtEvidence, time: TimeVariance): Doubt {
  const [n1, n0] = [sample.treated.length, sample.control.length];
  const base = { rankP: null, phi: null, q: 0 } as const;
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

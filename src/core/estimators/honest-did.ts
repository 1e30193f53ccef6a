import { Matrix } from "ml-matrix";
import { studentInference } from "../inference/coefficients.ts";
import { type EventStudyEstimates, targetValue, targetVariance } from "../inference/sensitivity/estimates.ts";
import { pretrendPower, slopeForPower } from "../inference/sensitivity/pretrend-power.ts";
import { relativeMagnitudes } from "../inference/sensitivity/relative-magnitudes.ts";
import {
  frontierOf,
  smoothnessBreakdown,
  smoothnessIdentifiedSet,
  smoothnessInterval,
} from "../inference/sensitivity/smoothness.ts";
import { answer, type JsonValue, type Outcome, refuse } from "../outcome.ts";
import type { EstimateOptions, EstimateResult, EstimatorSetting, TidyEstimator } from "./contract.ts";
import { eventStudy } from "./event-study.ts";
import { settingList, settingText } from "./setting.ts";

const SETTINGS: readonly EstimatorSetting[] = [
  {
    name: "restriction",
    description: "relative: moves after the treatment against the largest one before; smoothness: changes of slope",
    default: "relative",
    accepts: { type: "choice", values: ["relative", "smoothness"] },
  },
  {
    name: "bounds",
    description: "values of Mbar or M, separated by commas; auto: 0.5,1,1.5,2 or multiples of the standard error",
    default: "auto",
  },
  {
    name: "target",
    description: "effect of interest: in the first period after the treatment, or the average of all",
    default: "average",
    accepts: { type: "choice", values: ["first", "average"] },
  },
  {
    name: "test",
    description: "test that is inverted under relative magnitudes",
    default: "c-lf",
    accepts: { type: "choice", values: ["c-lf", "conditional"] },
  },
];

/**
 * Event study with sets that stay valid when parallel trends fail by a bounded amount; see `relativeMagnitudes`,
 * `smoothnessInterval` and `pretrendPower`.
 *
 * Assumes: as the event study, with consecutive leads and lags around one reference period; normal coefficients.
 * Source: Rambachan and Roth 2023, Review of Economic Studies 90(5); Roth 2022, AER: Insights 4(3).
 */
export const honestDid: TidyEstimator = {
  ...eventStudy,
  id: "honest-did",
  label: "event study with bounded violations of parallel trends",
  reference: "Rambachan, Roth 2023, Review of Economic Studies 90(5); Roth 2022, AER: Insights 4(3)",
  settings: [...eventStudy.settings, ...SETTINGS],
  uses: [...(eventStudy.uses ?? []), "seed"],
  estimate(data, options) {
    const fitted = eventStudy.estimate(data, options);
    if (!fitted.ok) return fitted;
    const estimates = estimatesOf(fitted.value, settingText(SETTINGS, options, "target"));
    return estimates.ok ? report(fitted.value, estimates.value, options) : estimates;
  },
};

interface Term {
  readonly index: number;
  readonly rel: number;
}

/** Coefficients and covariance of the event terms in order of time, reference left out. */
function estimatesOf(study: EstimateResult, target: string): Outcome<EventStudyEstimates> {
  const { events, terms, covariance, reference } = study.details;
  if (!Array.isArray(events) || !Array.isArray(terms) || !Array.isArray(covariance)) {
    return refuse("NOT_ESTIMABLE", "The event study gave no covariance matrix.", "Choose another error.");
  }
  const ref = Number(reference);
  const found = events
    .map((event): Term => {
      const { term, rel } = event as { term: string; rel: number };
      return { index: terms.indexOf(term), rel };
    })
    .sort((a, b) => a.rel - b.rel);
  const path = [...found.map(({ rel }) => rel), ref].sort((a, b) => a - b);
  const gap = path.findIndex((rel, k) => k > 0 && rel !== (path[k - 1] ?? 0) + 1);
  if (gap >= 0 || found.some(({ index }) => index < 0)) {
    return refuse(
      "TIME_GAPS",
      `Leads and lags must follow each other without a gap; none stands ${gap >= 0 ? `at ${(path[gap] ?? 0) - 1}` : "for a dropped term"}.`,
      "Give all periods between the first lead and the last lag, with the reference among them.",
      { leads: path },
    );
  }
  const indexes = found.map(({ index }) => index);
  const matrix = new Matrix(covariance as number[][]).selection(indexes, indexes);
  const post = found.filter(({ rel }) => rel > ref).length;
  return answer({
    coefficients: indexes.map((index) => study.coefficients[index]?.estimate ?? Number.NaN),
    covariance: matrix,
    pre: found.length - post,
    target: Array.from({ length: post }, (_, k) => (target === "average" ? 1 / post : Number(k === 0))),
  });
}

function report(
  study: EstimateResult,
  estimates: EventStudyEstimates,
  options: EstimateOptions,
): Outcome<EstimateResult> {
  const isRelative = settingText(SETTINGS, options, "restriction") === "relative";
  const stdError = Math.sqrt(targetVariance(estimates));
  const bounds = boundsOf(options, isRelative, stdError);
  if (!bounds.ok) return bounds;
  const found = isRelative
    ? relativeSets(estimates, bounds.value, options)
    : smoothnessSets(estimates, bounds.value, options.alpha);
  if (!found.ok) return found;
  const plain = studentInference("att", targetValue(estimates), stdError, {
    dof: Number.POSITIVE_INFINITY,
    alpha: options.alpha,
  });
  return answer({
    ...study,
    estimator: honestDid.id,
    coefficients: [plain, ...study.coefficients],
    details: { ...study.details, ...found.value, pretrendPower: powerOf(estimates, options.alpha) },
  });
}

function boundsOf(options: EstimateOptions, isRelative: boolean, stdError: number): Outcome<number[]> {
  const texts = settingList(SETTINGS, options, "bounds");
  if (texts[0] === "auto") return answer(isRelative ? [0.5, 1, 1.5, 2] : [0, 0.1, 0.25, 0.5].map((m) => m * stdError));
  const wrong = texts.find((text) => text === "" || !(Number(text) >= 0));
  if (wrong === undefined) return answer(texts.map(Number));
  return refuse(
    "NOT_ESTIMABLE",
    `The bound ${wrong} is not a number of zero or more.`,
    "Give bounds such as 0.5,1,2.",
    {
      bound: wrong,
    },
  );
}

type Found = Readonly<Record<string, JsonValue>>;

function relativeSets(
  estimates: EventStudyEstimates,
  bounds: readonly number[],
  options: EstimateOptions,
): Outcome<Found> {
  const test = settingText(SETTINGS, options, "test") === "conditional" ? "conditional" : "c-lf";
  const sets: JsonValue[] = [];
  let largest: number | null = null;
  for (const bound of bounds) {
    const found = relativeMagnitudes(estimates, bound, { test, alpha: options.alpha, seed: options.seed });
    if (!found.ok) return found;
    const { low, high, identified } = found.value;
    if (low > 0 || high < 0) largest = Math.max(largest ?? 0, bound);
    sets.push({ bound, low: plainNumber(low), high: plainNumber(high), identified: { ...identified } });
  }
  return answer({ restriction: "relative", test, sets, largestBoundWithoutZero: largest });
}

function smoothnessSets(estimates: EventStudyEstimates, bounds: readonly number[], alpha: number): Outcome<Found> {
  const frontier = frontierOf(estimates);
  if (!frontier.ok) return frontier;
  const sets = bounds.map((bound): JsonValue => {
    const { low, high, maxBias, stdError, weights } = smoothnessInterval(frontier.value, bound, alpha);
    const identified = smoothnessIdentifiedSet(estimates, bound);
    const set = identified === null ? null : { ...identified };
    return { bound, low, high, maxBias, stdError, weights: [...weights], identified: set };
  });
  return answer({ restriction: "smoothness", sets, breakdown: smoothnessBreakdown(frontier.value, alpha) });
}

/** Infinite ends have no JSON number. */
function plainNumber(value: number): JsonValue {
  return Number.isFinite(value) ? value : null;
}

function powerOf(estimates: EventStudyEstimates, alpha: number): JsonValue {
  const slope = slopeForPower(estimates, 0.8, alpha);
  if (!slope.ok) return { refused: slope.refusal.message };
  const power = pretrendPower(estimates, slope.value, alpha);
  if (!power.ok) return { refused: power.refusal.message };
  const { trend, meanAfterPretest, bayesFactor, likelihoodRatio } = power.value;
  return {
    slopeFoundWith80Percent: slope.value,
    trend: [...trend],
    meanAfterPretest: [...meanAfterPretest],
    bayesFactor,
    likelihoodRatio,
  };
}

import { studentInference } from "../../inference/coefficients.ts";
import { randomStream } from "../../inference/random.ts";
import { variance } from "../../linalg/kernels.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import type { EstimateResult, EstimatorSetting, TidyEstimator } from "../contract.ts";
import { probabilitiesOf, QUANTILE_SETTINGS } from "../quantile/tidy.ts";
import { settingText } from "../setting.ts";
import { addUp, drawClusters, type HistogramTable, readHistograms } from "./cells.ts";
import { type HistogramEffect, type HistogramMethod, histogramEffect } from "./effect.ts";

const SETTINGS: readonly EstimatorSetting[] = [
  ...QUANTILE_SETTINGS.map((setting) =>
    setting.name === "probs" ? { ...setting, default: "0.5,0.9,0.95,0.99" } : setting,
  ),
  {
    name: "le",
    description: "column of the buckets' upper bounds, +Inf for the last",
    default: "le",
    accepts: { type: "number-columns" },
  },
  {
    name: "method",
    description: "cdf: shares below each bound move in parallel; cic: changes-in-changes on the buckets",
    default: "cdf",
    accepts: { type: "choice", values: ["cdf", "cic"] },
  },
];

/**
 * Effect on latency quantiles from Prometheus buckets; see `histogramEffect`. Errors by drawing units within their group.
 */
export const histogramDid: TidyEstimator = {
  id: "histogram-did",
  label: "difference-in-differences of histogram buckets",
  reference: "Athey, Imbens 2006, Econometrica 74(2); Roth, Sant'Anna 2023, Econometrica 91",
  needs: ["unit", "time", "treatment"],
  vcovs: ["bootstrap"],
  settings: SETTINGS,
  uses: ["cluster", "seed"],
  estimate(data, options) {
    const probs = probabilitiesOf(options);
    if (!probs.ok) return probs;
    const name = settingText(SETTINGS, options, "le");
    const le = data.numbers?.find((column) => column.name === name)?.values;
    if (le === undefined) {
      return refuse("NO_DATA", `The table has no column ${name} with the buckets' bounds.`, "Name it with le.", {
        column: name,
      });
    }
    const read = readHistograms(data, le);
    if (!read.ok) return read;
    const method = settingText(SETTINGS, options, "method") === "cic" ? "cic" : "cdf";
    const draws = Number(settingText(SETTINGS, options, "draws"));
    const result = estimateBuckets(read.value, { probs: probs.value, method, draws, seed: options.seed });
    if (!result.ok) return result;
    const reported = report(read.value, result.value, { rows: data.rows, alpha: options.alpha });
    if (reported.coefficients.length > 0) return answer(reported);
    return refuse(
      "NOT_ESTIMABLE",
      reported.notes.slice(1).join(" "),
      "Ask for lower quantiles, or use finer buckets.",
      {
        probs: probs.value,
      },
    );
  },
};

interface BucketOptions {
  readonly probs: readonly number[];
  readonly method: HistogramMethod;
  readonly draws: number;
  readonly seed: number;
}

interface BucketResult {
  readonly probs: readonly number[];
  readonly effect: HistogramEffect;
  readonly errors: readonly number[];
  readonly method: HistogramMethod;
}

function estimateBuckets(table: HistogramTable, options: BucketOptions): Outcome<BucketResult> {
  for (const treated of [true, false]) {
    const count = table.clusters.filter((cluster) => cluster.treated === treated).length;
    if (count >= 2) continue;
    return refuse(
      treated ? "ONE_TREATED_CLUSTER" : "TOO_FEW_CLUSTERS",
      `The bootstrap draws units within each group, and there is one ${treated ? "treated" : "control"} unit.`,
      "Give more units.",
      { clusters: count },
    );
  }
  const { probs, method } = options;
  const effect = histogramEffect(
    addUp(table, () => 1),
    probs,
    method,
  );
  const undefinedAt = probs.findIndex((_, k) => !Number.isFinite(differenceOf(effect, k)));
  if (undefinedAt >= 0) {
    return refuse("NOT_ESTIMABLE", `The quantile ${probs[undefinedAt]} is not defined.`, "Choose other quantiles.");
  }
  const random = randomStream(options.seed);
  const drawn = probs.map(() => new Float64Array(options.draws));
  for (let draw = 0; draw < options.draws; draw++) {
    const times = drawClusters(table, random);
    const again = histogramEffect(
      addUp(table, (c) => times[c] ?? 0),
      probs,
      method,
    );
    drawn.forEach((column, k) => {
      const value = differenceOf(again, k);
      // a draw of units that saw nothing says nothing: it counts as the estimate
      column[draw] = Number.isFinite(value) ? value : differenceOf(effect, k);
    });
  }
  return answer({ probs, effect, method, errors: drawn.map((column) => Math.sqrt(variance(column))) });
}

function differenceOf(effect: HistogramEffect, k: number): number {
  return (effect.observed[k] ?? Number.NaN) - (effect.counterfactual[k] ?? Number.NaN);
}

/** Quantiles beyond the highest finite bound are unknown, and those that never moved have no error: neither is a zero. */
function report(
  table: HistogramTable,
  result: BucketResult,
  { rows, alpha }: { readonly rows: number; readonly alpha: number },
): EstimateResult {
  const { probs, effect, errors } = result;
  const highest = table.bounds.at(-2) ?? Number.NaN;
  const terms = probs.map((p) => `p${Number((100 * p).toPrecision(12))}`);
  const isBeyond = (k: number): boolean => effect.observed[k] === highest || effect.counterfactual[k] === highest;
  const indexes = [...probs.keys()];
  const beyond = indexes.filter(isBeyond);
  const unmoved = indexes.filter((k) => !isBeyond(k) && !((errors[k] ?? 0) > 0));
  const kept = indexes.filter((k) => !isBeyond(k) && (errors[k] ?? 0) > 0);
  const namesOf = (list: readonly number[]): string => list.map((k) => terms[k]).join(", ");
  return {
    estimator: histogramDid.id,
    inference: "bootstrap",
    coefficients: kept.map((k) =>
      studentInference(terms[k] ?? "", differenceOf(effect, k), errors[k] ?? Number.NaN, {
        dof: Number.POSITIVE_INFINITY,
        alpha,
      }),
    ),
    nobs: rows,
    clusters: table.clusters.length,
    notes: [
      "Quantiles are read off the buckets by straight lines, so they are approximate.",
      ...(beyond.length > 0
        ? [`At or beyond the highest finite bound ${highest}, hence unknown: ${namesOf(beyond)}.`]
        : []),
      ...(unmoved.length > 0 ? [`The same in every draw of units, hence without an error: ${namesOf(unmoved)}.`] : []),
    ],
    details: {
      method: result.method,
      observed: Object.fromEntries(terms.map((term, k) => [term, effect.observed[k] ?? null])),
      counterfactual: Object.fromEntries(terms.map((term, k) => [term, effect.counterfactual[k] ?? null])),
      counterfactualShares: Array.from(effect.shares),
      bounds: table.bounds.map((bound) => (Number.isFinite(bound) ? bound : "+Inf")),
    },
  };
}

import { type Coefficient, studentInference } from "../../inference/coefficients.ts";
import { randomStream } from "../../inference/random.ts";
import { variance } from "../../linalg/kernels.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import { kolmogorovSmirnov, type QuantileType, wassersteinDistance } from "../../probability/sample-quantile.ts";
import type { EstimateOptions, EstimateResult, EstimatorSetting, TidyData, TidyEstimator } from "../contract.ts";
import { settingList, settingNumber, settingText } from "../setting.ts";
import { changesInChanges, type DistributionEffect, quantileDid, shareOutsideSupport } from "./cic.ts";
import { drawSamples, type FourSamples, readSamples, type Sampled } from "./samples.ts";

const MAX_EMPTY_DRAWS = 100;
/** Clusters per group below which drawing clusters says little about the error. */
const FEW_CLUSTERS = 2;

export const QUANTILE_SETTINGS: readonly EstimatorSetting[] = [
  { name: "probs", description: "quantiles, separated by commas", default: "0.5,0.9,0.95,0.99" },
  {
    name: "draws",
    description: "bootstrap draws",
    default: "400",
    accepts: { type: "number", min: 50, max: 100_000, integer: true },
  },
];

const TYPE_SETTING: EstimatorSetting = {
  name: "type",
  description: "sample quantile of Hyndman and Fan, 1 to 9",
  default: "7",
  accepts: { type: "number", min: 1, max: 9, integer: true },
};

/** The probabilities asked for; refuses what is not strictly between 0 and 1. */
export function probabilitiesOf(options: EstimateOptions): Outcome<number[]> {
  const texts = settingList(QUANTILE_SETTINGS, options, "probs");
  const wrong = texts.find((text) => !(Number(text) > 0 && Number(text) < 1));
  if (wrong === undefined && texts.length > 0) return answer(texts.map(Number));
  return refuse(
    "NOT_ESTIMABLE",
    `The quantile ${wrong ?? "list"} is not a number between 0 and 1.`,
    "Give probs such as 0.5,0.9,0.99.",
    { probs: texts },
  );
}

/** See `changesInChanges`; errors by drawing units (or `cluster`, or rows) with replacement within each group. */
export const cic: TidyEstimator = {
  id: "cic",
  label: "changes-in-changes",
  reference: "Athey, Imbens 2006, Econometrica 74(2)",
  needs: ["time", "firstTreated"],
  vcovs: ["bootstrap"],
  settings: QUANTILE_SETTINGS,
  uses: ["cluster", "seed"],
  estimate: (data, options) => estimateQuantiles(cic.id, data, options, changesInChanges),
};

/** See `quantileDid`; errors as for changes-in-changes. */
export const qdid: TidyEstimator = {
  id: "quantile-did",
  label: "quantile difference-in-differences",
  reference: "Athey, Imbens 2006, Econometrica 74(2), section 3.5",
  needs: ["time", "firstTreated"],
  vcovs: ["bootstrap"],
  settings: [...QUANTILE_SETTINGS, TYPE_SETTING],
  uses: ["cluster", "seed"],
  estimate(data, options) {
    const type = (settingNumber([TYPE_SETTING], options, "type") ?? 7) as QuantileType;
    return estimateQuantiles(qdid.id, data, options, (samples, probs) => quantileDid(samples, probs, type));
  },
};

type Method = (samples: FourSamples, probs: readonly number[]) => DistributionEffect;

function estimateQuantiles(
  id: string,
  data: TidyData,
  options: EstimateOptions,
  method: Method,
): Outcome<EstimateResult> {
  const probs = probabilitiesOf(options);
  if (!probs.ok) return probs;
  const read = readSamples(data);
  if (!read.ok) return read;
  const { samples, clusters } = read.value;
  if (isConstant(samples)) {
    return refuse(
      "NO_VARIATION",
      `The outcome is ${samples.treatedPre[0]} in every row.`,
      "Name a column that varies.",
    );
  }
  const effect = method(samples, probs.value);
  const draws = Number(settingText(QUANTILE_SETTINGS, options, "draws"));
  const errors = bootstrapErrors(read.value, (drawn) => valuesOf(method(drawn, probs.value)), {
    draws,
    seed: options.seed,
  });
  if (!errors.ok) return errors;
  const rows = table(probs.value, valuesOf(effect), errors.value, options.alpha);
  const unmoved = rows.filter(({ stdError }) => !(stdError > 0)).map(({ term }) => term);
  if (unmoved.length === rows.length) {
    return refuse(
      "NO_VARIATION",
      "Every draw of clusters gives the same effect, so there is no error.",
      "Give more units.",
    );
  }
  const outside = shareOutsideSupport(samples);
  return answer({
    estimator: id,
    inference: "bootstrap",
    coefficients: rows.filter(({ stdError }) => stdError > 0),
    nobs: data.rows,
    clusters: clusters.treated.length + clusters.control.length,
    notes: [
      ...(outside > 0 && id === cic.id ? [outsideNote(outside)] : []),
      ...(unmoved.length > 0
        ? [`The same in every draw of clusters, hence without an error: ${unmoved.join(", ")}.`]
        : []),
    ],
    details: {
      rows: {
        controlPre: samples.controlPre.length,
        controlPost: samples.controlPost.length,
        treatedPre: samples.treatedPre.length,
        treatedPost: samples.treatedPost.length,
      },
      kolmogorovSmirnov: kolmogorovSmirnov(samples.treatedPost, effect.counterfactual),
      wasserstein: wassersteinDistance(samples.treatedPost, effect.counterfactual),
    },
  });
}

function outsideNote(share: number): string {
  return `${(100 * share).toFixed(1)} % of the treated rows before the treatment lie outside the range of the controls; the nearest end is used for them.`;
}

function isConstant(samples: FourSamples): boolean {
  const first = samples.controlPre[0];
  return Object.values(samples).every((sample: Float64Array) => sample[0] === first && sample.at(-1) === first);
}

function valuesOf(effect: DistributionEffect): number[] {
  return [effect.att, ...effect.quantileEffects];
}

function table(
  probs: readonly number[],
  values: readonly number[],
  errors: readonly number[],
  alpha: number,
): Coefficient[] {
  const terms = ["att", ...probs.map((p) => `p${Number((100 * p).toPrecision(12))}`)];
  const dof = Number.POSITIVE_INFINITY;
  return terms.map((term, k) =>
    studentInference(term, values[k] ?? Number.NaN, errors[k] ?? Number.NaN, { dof, alpha }),
  );
}

/**
 * Standard errors of several numbers by drawing clusters within their group.
 *
 * Complexity: draws times one evaluation, which is linear in the rows.
 */
function bootstrapErrors(
  sampled: Sampled,
  evaluate: (samples: FourSamples) => readonly number[],
  options: { readonly draws: number; readonly seed: number },
): Outcome<number[]> {
  for (const [group, members] of Object.entries(sampled.clusters)) {
    if (members.length < FEW_CLUSTERS) {
      return refuse(
        group === "treated" ? "ONE_TREATED_CLUSTER" : "TOO_FEW_CLUSTERS",
        `The bootstrap draws clusters within each group, and the ${group} group has one.`,
        "Give more units, or leave out the unit column when rows are independent.",
        { clusters: members.length },
      );
    }
  }
  const random = randomStream(options.seed);
  const columns: Float64Array[] = [];
  for (let draw = 0; draw < options.draws; draw++) {
    let drawn: FourSamples | null = null;
    for (let attempt = 0; drawn === null && attempt < MAX_EMPTY_DRAWS; attempt++) drawn = drawSamples(sampled, random);
    if (drawn === null)
      return refuse("TOO_FEW_CLUSTERS", "No bootstrap draw has rows in all four cells.", "Add units.");
    evaluate(drawn).forEach((value, k) => {
      columns[k] ??= new Float64Array(options.draws);
      (columns[k] as Float64Array)[draw] = value;
    });
  }
  return answer(columns.map((column) => Math.sqrt(variance(column))));
}

import { type Coefficient, studentInference } from "../../inference/coefficients.ts";
import type { JsonValue, Outcome } from "../../outcome.ts";
import { answer, refuse } from "../../outcome.ts";
import type { EstimateOptions, EstimateResult, EstimatorSetting, TidyData, TidyEstimator } from "../contract.ts";
import { settingNumber, settingText } from "../setting.ts";
import { augmentFit } from "./augmented.ts";
import { type Block, readBlock } from "./block.ts";
import { bootstrapError, jackknifeError, placeboError, placeboRank, singleUnitPlacebos } from "./errors.ts";
import { fitSynthetic, type SyntheticFit, type SyntheticMethod, type SyntheticOptions } from "./fit.ts";

/** Weights below this are not listed. */
const LISTED = 1e-6;
const VCOVS = ["placebo", "jackknife", "bootstrap"] as const;

const SHARED_SETTINGS: readonly EstimatorSetting[] = [
  {
    name: "solver",
    description: "weights: the exact optimum, or the early-stopped iteration of the R package synthdid",
    default: "exact",
    accepts: { type: "choice", values: ["exact", "frank-wolfe"] },
  },
  {
    name: "draws",
    description: "draws of the placebo error with several treated units, and of the bootstrap",
    default: "200",
    accepts: { type: "number", min: 20, max: 100_000, integer: true },
  },
];

const CONTROL_SETTINGS: readonly EstimatorSetting[] = [
  ...SHARED_SETTINGS,
  {
    name: "augment",
    description: "ridge correction of the weights: never, always, or auto: when the pre-period gap exceeds the noise",
    default: "auto",
    accepts: { type: "choice", values: ["auto", "never", "always"] },
  },
];

/**
 * Synthetic difference-in-differences; see `fitSynthetic`. Normal interval from the chosen error.
 *
 * Source: Arkhangelsky, Athey, Hirshberg, Imbens and Wager 2021, American Economic Review 111(12).
 */
export const syntheticDid: TidyEstimator = {
  id: "synthdid",
  label: "synthetic difference-in-differences",
  reference: "Arkhangelsky, Athey, Hirshberg, Imbens, Wager 2021, American Economic Review 111(12)",
  needs: ["unit", "time", "treatment"],
  vcovs: VCOVS,
  settings: SHARED_SETTINGS,
  uses: ["seed"],
  estimate: (data, options) => estimateSynthetic(data, options, "synthdid"),
};

/**
 * Synthetic control, ridge-augmented when the pre-fit is poor; see `fitSynthetic` and `augmentFit`.
 *
 * Source: Abadie, Diamond and Hainmueller 2010, JASA 105; Ben-Michael, Feller and Rothstein 2021, JASA 116.
 */
export const syntheticControl: TidyEstimator = {
  id: "synthetic-control",
  label: "synthetic control",
  reference: "Abadie, Diamond, Hainmueller 2010, JASA 105; Ben-Michael, Feller, Rothstein 2021, JASA 116",
  needs: ["unit", "time", "treatment"],
  vcovs: VCOVS,
  settings: CONTROL_SETTINGS,
  uses: ["seed"],
  estimate: (data, options) => estimateSynthetic(data, options, "sc"),
};

function estimateSynthetic(
  data: TidyData,
  options: EstimateOptions,
  method: Exclude<SyntheticMethod, "did">,
): Outcome<EstimateResult> {
  const read = readBlock(data);
  if (!read.ok) return read;
  const block = read.value;
  const solver = settingText(SHARED_SETTINGS, options, "solver") === "exact" ? "exact" : "frank-wolfe";
  const fitted = fitSynthetic(block, { method, solver });
  if (!fitted.ok) return fitted;
  const fit = fitted.value;
  const vcov = options.vcov ?? VCOVS[0];
  const error = standardError(block, fit, { method, solver }, { vcov, options });
  if (!error.ok) return error;
  if (!(error.value > 0)) {
    return refuse(
      "NO_VARIATION",
      `The ${vcov} error is zero: all its estimates are the same.`,
      "Choose another error.",
      {
        vcov,
      },
    );
  }
  const augmented =
    method === "sc" ? augmentation(block, fit, settingText(CONTROL_SETTINGS, options, "augment")) : null;
  if (augmented !== null && !augmented.ok) return augmented;
  const dof = Number.POSITIVE_INFINITY;
  const inference = { dof, alpha: options.alpha };
  const coefficients: Coefficient[] = [studentInference("att", fit.estimate, error.value, inference)];
  if (augmented !== null) {
    coefficients.push(studentInference("att_augmented", augmented.value.estimate, error.value, inference));
  }
  const placebos = solver === "exact" ? rank(block, fit, { method, solver }) : {};
  return answer({
    estimator: method === "sc" ? syntheticControl.id : syntheticDid.id,
    inference: vcov,
    coefficients,
    nobs: data.rows,
    clusters: block.units.length,
    notes: augmented === null ? [] : [augmentationNote(fit, augmented.value.preRmspe)],
    details: {
      ...describe(block, fit),
      ...placebos,
      ...(augmented === null ? {} : { penalty: augmented.value.penalty }),
    },
  });
}

function standardError(
  block: Block,
  fit: SyntheticFit,
  fitOptions: SyntheticOptions,
  { vcov, options }: { readonly vcov: string; readonly options: EstimateOptions },
): Outcome<number> {
  const draws = settingNumber(SHARED_SETTINGS, options, "draws") ?? 200;
  const resampling = { draws, seed: options.seed };
  const kept = { ...fitOptions, regularization: fit.regularization };
  switch (vcov) {
    case "jackknife":
      return jackknifeError(block, fit);
    case "bootstrap":
      return bootstrapError(block, kept, resampling);
    case "placebo":
      return placeboError(block, kept, resampling);
    default:
      return refuse("NOT_ESTIMABLE", `There is no error ${vcov} here.`, `Choose ${VCOVS.join(", ")}.`, { vcov });
  }
}

/** Null when no correction is asked for or needed. */
function augmentation(block: Block, fit: SyntheticFit, mode: string): ReturnType<typeof augmentFit> | null {
  const isPoor = fit.preRmspe > fit.regularization.noise;
  return mode === "always" || (mode === "auto" && isPoor) ? augmentFit(block, fit) : null;
}

function augmentationNote(fit: SyntheticFit, after: number): string {
  const numbers = [fit.preRmspe, fit.regularization.noise, after].map((value) => value.toPrecision(3));
  return `The pre-period gap of the synthetic control is ${numbers[0]} beside a noise of ${numbers[1]}; the ridge correction (att_augmented) makes it ${numbers[2]}. Its error is that of the uncorrected estimate.`;
}

/** With one treated unit: its rank among the controls taken as treated. */
function rank(block: Block, fit: SyntheticFit, options: SyntheticOptions): Record<string, JsonValue> {
  if (block.units.length - block.controls > 1) return {};
  const placebos = singleUnitPlacebos(block, options);
  if (!placebos.ok) return {};
  const named = block.units.slice(0, block.controls).map((unit, u) => [unit, placebos.value[u] ?? null] as const);
  return { placebos: Object.fromEntries(named), placebo_rank_p: placeboRank(fit.estimate, placebos.value) };
}

function describe(block: Block, fit: SyntheticFit): Record<string, JsonValue> {
  const listed = (names: readonly (string | number)[], weights: Float64Array): JsonValue =>
    Object.fromEntries(
      Array.from(weights, (weight, k) => [String(names[k]), weight] as const).filter(
        ([, weight]) => Math.abs(weight) > LISTED,
      ),
    );
  const path = Array.from(fit.curve, (value, t) => [String(block.periods[t]), value] as const);
  return {
    omega: listed(block.units, fit.omega),
    lambda: listed(block.periods, fit.lambda),
    pre_gap: Object.fromEntries(path.slice(0, block.pre)),
    period_effects: Object.fromEntries(path.slice(block.pre)),
    pre_rmspe: fit.preRmspe,
    noise_level: fit.regularization.noise,
    zeta_omega: fit.regularization.zetaOmega,
    zeta_lambda: fit.regularization.zetaLambda,
  };
}

import type { SmallSampleCorrection } from "../../vcov/variance.ts";
import type { EstimateOptions, EstimatorSetting } from "../contract.ts";
import { settingNumber, settingText } from "../setting.ts";

const SINGLETONS: EstimatorSetting = {
  name: "singletons",
  description: "levels of a fixed effect with one row: keep them, or drop them as fixest does",
  default: "keep",
  accepts: { type: "choice", values: ["keep", "drop"] },
};

const COLLINEAR: EstimatorSetting = {
  name: "collinear",
  description: "covariates that the effects and earlier terms span: drop them by name, or refuse",
  default: "drop",
  accepts: { type: "choice", values: ["drop", "refuse"] },
};

/** Conventions of the error, the same for every regression. */
const ERROR_SETTINGS: readonly EstimatorSetting[] = [
  {
    name: "parameters",
    description: "K of the factor (n - 1)/(n - K): nonnested (cr1), full (driscoll-kraay), none (slopes), off",
    default: "default",
    accepts: { type: "choice", values: ["default", "nonnested", "full", "none", "off"] },
  },
  {
    name: "cluster-factor",
    description: "G/(G - 1): min (smallest G for all parts of a multi-way error), own, off",
    default: "default",
    accepts: { type: "choice", values: ["default", "min", "own", "off"] },
  },
  {
    name: "dof",
    description: "degrees of freedom of t: auto (the error's own), residual (n - K), normal, or a number",
    default: "auto",
    accepts: { type: "number", min: 1, also: ["auto", "residual", "normal"] },
  },
  {
    name: "lag",
    description: "lags of driscoll-kraay and panel-newey-west; auto: floor(T^(1/4))",
    default: "auto",
    accepts: { type: "number", min: 0, integer: true, also: ["auto"] },
  },
];

/** Of estimators that take unit and time effects out of a treatment. */
export const REVERSALS: EstimatorSetting = {
  name: "reversals",
  description: "a treatment that ends: refuse it, or allow it (carry-over is then assumed away)",
  default: "refuse",
  accepts: { type: "choice", values: ["refuse", "allow"] },
};

const DIAGNOSTICS: EstimatorSetting = {
  name: "diagnostics",
  description: "leverage and leave-one-out by cluster; auto: up to 200 clusters and 20,000 rows",
  default: "auto",
  accepts: { type: "choice", values: ["auto", "yes", "no"] },
};

/** Settings of a regression with fixed effects; `effects` is its default. */
export function regressionSettings(effects: string): readonly EstimatorSetting[] {
  return [
    {
      name: "effects",
      description: "fixed effects: unit, time, cluster or any column, a^b for an interaction; none",
      default: effects,
      accepts: { type: "text-columns", also: ["none"] },
    },
    SINGLETONS,
    COLLINEAR,
    ...ERROR_SETTINGS,
    DIAGNOSTICS,
  ];
}

/** Settings of a regression whose terms are fixed by its design. */
export const DESIGN_SETTINGS: readonly EstimatorSetting[] = [COLLINEAR, ...ERROR_SETTINGS];

/** What the settings say about the error; `smallSample` is null for the error's own convention. */
export interface ErrorConvention {
  readonly smallSample: SmallSampleCorrection | null;
  readonly lag: number | null;
  readonly dof: number | "auto" | "residual" | "normal";
}

/** Serial errors count every effect by default, clustered ones leave out effects nested in a cluster. */
export function errorConvention(
  settings: readonly EstimatorSetting[],
  options: EstimateOptions,
  serial: boolean,
): ErrorConvention {
  const parameters = settingText(settings, options, "parameters");
  const factor = settingText(settings, options, "cluster-factor");
  const isOwn = parameters === "default" && factor === "default";
  const dof = settingText(settings, options, "dof");
  return {
    smallSample: isOwn
      ? null
      : {
          parameters: (parameters === "default"
            ? serial
              ? "full"
              : "nonnested"
            : parameters) as SmallSampleCorrection["parameters"],
          clusterFactor: (factor === "default" ? "min" : factor) as SmallSampleCorrection["clusterFactor"],
        },
    lag: settingNumber(settings, options, "lag"),
    dof: dof === "auto" || dof === "residual" || dof === "normal" ? dof : Number(dof),
  };
}

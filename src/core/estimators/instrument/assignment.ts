import type { RatioMoments } from "../../inference/fieller.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import type { Grouping } from "../../regression/effects.ts";
import type { EstimateOptions, EstimatorSetting } from "../contract.ts";
import { type Regression, regress } from "../panel-ols/regression.ts";
import type { RegressionTable } from "../panel-ols/table.ts";

/** What a regression on the assignment is asked with; only its outcome changes. */
export interface AssignmentModel {
  readonly table: RegressionTable;
  readonly effects: readonly Grouping[];
  readonly assignment: Float64Array;
  /** NaN where the outcome is missing. */
  readonly exposure: Float64Array;
  readonly vcov: string;
  readonly settings: readonly EstimatorSetting[];
  readonly options: EstimateOptions;
  readonly singletons: "keep" | "remove";
}

/** Coefficient of the assignment in a regression of some outcome. */
interface AssignmentEffect {
  readonly estimate: number;
  readonly variance: number;
  readonly dof: number;
  readonly regression: Regression;
}

export interface ExposureEffect {
  readonly intention: AssignmentEffect;
  readonly firstStage: AssignmentEffect;
  readonly ratio: number;
  /** Standard error of the ratio: the two-stage least-squares error of the chosen kind. */
  readonly stdError: number;
  readonly moments: RatioMoments;
}

/**
 * Intention to treat, first stage and their ratio, which is two-stage least squares with one instrument.
 *
 * Formula: regress y, e and y - s e on the assignment z, covariates and effects: itt, pi; b = itt / pi; V(y - r e) is
 * quadratic in r, so three variances give V_y, V_e and V_ye; se(b) = sqrt(V(y - b e)) / |pi|. Because z and the fitted
 * exposure span the same space, this is the sandwich of two-stage least squares for every error of the regressions.
 * Assumes: the variance is a quadratic form in the residuals (all that namedVariance knows). Time: four regressions.
 * Source: Wald 1940; Angrist, Imbens and Rubin 1996; Anderson and Rubin 1949.
 */
export function exposureEffect(model: AssignmentModel): Outcome<ExposureEffect> {
  const { outcome } = model.table.data;
  const on = (values: Float64Array): Outcome<AssignmentEffect> => assignmentEffect(model, values);
  const less = (factor: number): Float64Array => outcome.map((y, i) => y - factor * (model.exposure[i] ?? Number.NaN));
  const intention = on(outcome);
  if (!intention.ok) return intention;
  const firstStage = on(model.exposure);
  if (!firstStage.ok) return firstStage;
  const { estimate: pi, variance: exposureVariance } = firstStage.value;
  if (pi === 0) return noFirstStage();
  const ratio = intention.value.estimate / pi;
  const numeratorVariance = intention.value.variance;
  // the scale at which both parts weigh the same keeps the covariance free of cancellation
  const scale = exposureVariance > 0 ? Math.sqrt(numeratorVariance / exposureVariance) || 1 : 1;
  const mixed = on(less(scale));
  if (!mixed.ok) return mixed;
  const structural = on(less(ratio));
  if (!structural.ok) return structural;
  return answer({
    intention: intention.value,
    firstStage: firstStage.value,
    ratio,
    stdError: Math.sqrt(structural.value.variance) / Math.abs(pi),
    moments: {
      numerator: intention.value.estimate,
      denominator: pi,
      numeratorVariance,
      denominatorVariance: exposureVariance,
      covariance: (numeratorVariance + scale * scale * exposureVariance - mixed.value.variance) / (2 * scale),
    },
  });
}

function assignmentEffect(model: AssignmentModel, outcome: Float64Array): Outcome<AssignmentEffect> {
  const { table, effects, assignment, vcov, settings, options, singletons } = model;
  const found = regress({
    table: { ...table, data: { ...table.data, outcome } },
    terms: [{ name: "treatment", values: assignment }],
    effects,
    singletons,
    treated: assignment,
    vcov,
    settings,
    options,
  });
  if (!found.ok) return found;
  const { fit, variance } = found.value;
  return answer({
    estimate: fit.coefficients[0] ?? Number.NaN,
    variance: variance.matrix.get(0, 0),
    dof: variance.dof[0] ?? Number.NaN,
    regression: found.value,
  });
}

export function noFirstStage(): Outcome<never> {
  return refuse(
    "WEAK_INSTRUMENT",
    "The assignment does not change the exposure at all, so there is no effect per exposed.",
    "Check the column of the exposure, or read the intention-to-treat effect with twfe.",
    { firstStage: 0 },
  );
}

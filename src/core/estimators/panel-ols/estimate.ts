import { answer, type Outcome } from "../../outcome.ts";
import type { Grouping } from "../../regression/effects.ts";
import type { NamedColumn } from "../../regression/sample.ts";
import type { EstimateOptions, EstimateResult, TidyData, TidyEstimator } from "../contract.ts";
import { settingList, settingText } from "../setting.ts";
import { diagnose } from "./diagnostics.ts";
import { regress } from "./regression.ts";
import { groupingOf, type RegressionTable } from "./table.ts";
import { checkIdentified } from "./treatment.ts";

/** The outcome on the treatment (null: none) and the covariates with the effects that the settings name. */
export function estimateRegression(
  estimator: TidyEstimator,
  table: RegressionTable,
  options: EstimateOptions,
  treatment: Float64Array | null,
): Outcome<EstimateResult> {
  const { settings } = estimator;
  const effects: Grouping[] = [];
  for (const name of settingList(settings, options, "effects")) {
    const grouping = groupingOf(table, name);
    if (!grouping.ok) return grouping;
    effects.push(grouping.value);
  }
  if (treatment !== null && ["unit", "time"].every((name) => effects.some((effect) => effect.name === name))) {
    const identified = checkIdentified(table, treatment);
    if (!identified.ok) return identified;
  }
  const terms: NamedColumn[] = treatment === null ? [] : [{ name: "treatment", values: treatment }];
  const vcov = options.vcov ?? (table.data.cluster === null ? estimator.vcovs[0] : "cr1") ?? "cr1";
  const singletons = settingText(settings, options, "singletons") === "drop" ? "remove" : "keep";
  const fitted = regress({ table, terms, effects, singletons, treated: treatment, vcov, settings, options });
  if (!fitted.ok) return fitted;
  const { fit, coefficients, variance, clusters, notes, details } = fitted.value;
  const diagnosed = diagnose(fit, fit.terms[0] ?? "", clusters, {
    wanted: settingText(settings, options, "diagnostics"),
    names: clusterNames(table.data),
  });
  return answer({
    estimator: estimator.id,
    inference: vcov,
    coefficients,
    nobs: fit.n,
    clusters: variance.clusters,
    notes: [...notes, ...(diagnosed?.notes ?? [])],
    details: { ...details, clusterDiagnostics: diagnosed?.details ?? null },
  });
}

function clusterNames({ cluster, unit }: TidyData): readonly string[] {
  return cluster ?? unit ?? [];
}

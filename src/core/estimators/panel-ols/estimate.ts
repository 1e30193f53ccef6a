import { answer, type Outcome } from "../../outcome.ts";
import type { Grouping } from "../../regression/effects.ts";
import type { NamedColumn } from "../../regression/sample.ts";
import type { EstimateOptions, EstimateResult, TidyData, TidyEstimator } from "../contract.ts";
import { settingList, settingText } from "../setting.ts";
import { diagnose } from "./diagnostics.ts";
import { regress } from "./regression.ts";
import { groupingOf, type RegressionTable } from "./table.ts";
import { checkIdentified } from "./treatment.ts";
import { isWild, wildTable } from "./wild.ts";

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
  const spec = { table, terms, effects, singletons, treated: treatment, settings, options } as const;
  const fitted = regress({ ...spec, vcov: isWild(vcov) ? "cr1" : vcov });
  if (!fitted.ok) return fitted;
  const { fit, variance, clusters, notes, details } = fitted.value;
  const wild = isWild(vcov) ? wildTable(fit, { clusters, vcov, settings, options }) : answer(null);
  if (!wild.ok) return wild;
  const diagnosed = diagnose(fit, fit.terms[0] ?? "", clusters, {
    wanted: settingText(settings, options, "diagnostics"),
    names: clusterNames(table.data),
  });
  return answer({
    estimator: estimator.id,
    inference: vcov,
    coefficients: wild.value?.coefficients ?? fitted.value.coefficients,
    nobs: fit.n,
    clusters: variance.clusters,
    notes: [...notes, ...(wild.value?.notes ?? []), ...(diagnosed?.notes ?? [])],
    details: {
      ...details,
      ...(wild.value === null ? {} : { bootstrap: wild.value.details }),
      clusterDiagnostics: diagnosed?.details ?? null,
    },
  });
}

function clusterNames({ cluster, unit }: TidyData): readonly string[] {
  return cluster ?? unit ?? [];
}

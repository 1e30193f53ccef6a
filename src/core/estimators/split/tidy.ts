import type { Coefficient } from "../../inference/coefficients.ts";
import { answer, type JsonValue, type Outcome, refuse } from "../../outcome.ts";
import { rowsByLevel, rowsOf } from "../../regression/effects.ts";
import type { EstimateOptions, EstimatorSetting, TidyEstimator } from "../contract.ts";
import { openTable } from "../panel-ols/table.ts";
import { settingNumber, settingText } from "../setting.ts";
import { type CollapsedUnits, collapseUnits } from "./collapse.ts";
import { FEWEST_DOF, SPLIT_ERRORS, type SplitErrorName, type SplitTest, splitTest } from "./errors.ts";
import { type Adjustment, type SplitModel, type SplitUnits, splitModel } from "./model.ts";
import { type SampleRatio, trafficSampleRatio, unitSampleRatio } from "./sample-ratio.ts";

const SETTINGS: readonly EstimatorSetting[] = [
  {
    name: "adjust",
    description: "covariates: cuped (one slope), lin (a slope for each side), none; auto: cuped where there are any",
    default: "auto",
    accepts: { type: "choice", values: ["auto", "none", "cuped", "lin"] },
  },
  {
    name: "strata",
    description: "column of strata for post-stratification",
    default: "none",
    accepts: { type: "text-columns", also: ["none"] },
  },
  {
    name: "average",
    description: "whose average the effect is where it differs by stratum or covariate: all units or the treated ones",
    default: "all",
    accepts: { type: "choice", values: ["all", "treated"] },
  },
  {
    name: "share",
    description: "planned share of the treated, 0 to 1, for the sample-ratio test",
    default: "none",
    accepts: { type: "number", min: 0, max: 1, also: ["none"] },
  },
  {
    name: "share-of",
    description: "what the share is of: units or traffic (weights); auto: traffic where there are weights",
    default: "auto",
    accepts: { type: "choice", values: ["auto", "units", "traffic"] },
  },
];

/** More units than this are not listed one by one. */
const MOST_LISTED = 200;

/**
 * A concurrent split: units with and without the treatment, seen side by side at the same time.
 *
 * Formula: see splitModel (means or ratios of sums, CUPED, Lin, post-stratification), splitTest (errors) and
 * unitSampleRatio / trafficSampleRatio.
 * Assumes: the units would not differ without the treatment (they were assigned at random, or a load balancer made them
 * alike); a difference that was there before the treatment is taken for its effect unless covariates carry it.
 * Units: those of the outcome. Time and memory grow with the rows, plus units times squared columns; clustered errors
 * other than by unit take clusters times units.
 * Source: Deng, Xu, Kohavi and Walker 2013; Lin 2013; Bell and McCaffrey 2002; Kohavi, Tang and Xu 2020.
 */
export const split: TidyEstimator = {
  id: "split",
  label: "concurrent split",
  reference: "Deng, Xu, Kohavi and Walker 2013 (CUPED); Lin 2013; Bell and McCaffrey 2002; Kohavi, Tang and Xu 2020",
  needs: ["unit", "treatment"],
  vcovs: SPLIT_ERRORS,
  settings: SETTINGS,
  uses: ["weights", "covariates", "cluster", "seed"],
  estimate(data, options) {
    const opened = openTable(data, true);
    if (!opened.ok) return opened;
    const strata = settingText(SETTINGS, options, "strata");
    const adjust = settingText(SETTINGS, options, "adjust");
    const collapsed = collapseUnits(opened.value, {
      strata: strata === "none" ? null : strata,
      useCovariates: adjust !== "none",
    });
    if (!collapsed.ok) return collapsed;
    const units = withHistory(collapsed.value, adjust);
    const crowded = checkStrata(units);
    if (!crowded.ok) return crowded;
    const vcov = (options.vcov ?? "cr2") as SplitErrorName;
    const model = splitModel(units, adjustmentOf(units, adjust), {
      average: settingText(SETTINGS, options, "average") === "treated" ? "treated" : "all",
      interactStrata: vcov !== "permutation",
    });
    if (!model.ok) return model;
    const tested = splitTest(units, model.value, vcov, options);
    if (!tested.ok) return tested;
    const ratio = sampleRatio(units, options);
    if (!ratio.ok) return ratio;
    return answer({
      estimator: split.id,
      inference: vcov,
      coefficients: [tested.value.row],
      nobs: collapsed.value.nobs,
      clusters: tested.value.clusters,
      notes: [...collapsed.value.notes, ...notesOf(units, tested.value.row, ratio.value)],
      details: detailsOf(collapsed.value, units, model.value, { test: tested.value, ratio: ratio.value, options }),
    });
  },
};

/** Means before the split are one more covariate, when every unit has one. */
function withHistory({ units, before }: CollapsedUnits, adjust: string): SplitUnits {
  return adjust === "none" || before === null ? units : { ...units, covariates: [...units.covariates, before] };
}

function adjustmentOf({ covariates }: SplitUnits, adjust: string): Adjustment {
  if (covariates.length === 0) return "none";
  return adjust === "lin" ? "lin" : "cuped";
}

/** Every stratum needs two units of each side: of one unit no spread is known. */
function checkStrata({ strata, strataNames, treated }: SplitUnits): Outcome<null> {
  if (strata === null) return answer(null);
  const index = rowsByLevel(strata);
  for (let s = 0; s < strata.count; s++) {
    const rows = Array.from(rowsOf(index, s));
    const inside = rows.filter((i) => treated[i] === true).length;
    if (inside >= 2 && rows.length - inside >= 2) continue;
    return refuse(
      "TOO_FEW_UNITS",
      `The stratum ${strataNames[s] ?? s} has ${inside} treated and ${rows.length - inside} control units; it needs two of each.`,
      "Merge small strata, or leave them out.",
      { stratum: strataNames[s] ?? String(s), treated: inside, control: rows.length - inside },
    );
  }
  return answer(null);
}

function sampleRatio(units: SplitUnits, options: EstimateOptions): Outcome<SampleRatio | null> {
  const planned = settingNumber(SETTINGS, options, "share");
  if (planned === null) return answer(null);
  if (!(planned > 0 && planned < 1)) {
    return refuse(
      "NOT_ESTIMABLE",
      `A planned share of ${planned} leaves one side empty.`,
      "Give a share between 0 and 1.",
    );
  }
  const of = settingText(SETTINGS, options, "share-of");
  const side = (wanted: boolean): number[] => units.treated.flatMap((one, i) => (one === wanted ? [i] : []));
  const [own, others] = [side(true), side(false)];
  if (of === "units" || (of === "auto" && units.weights === null)) {
    return answer(unitSampleRatio(own.length, others.length, planned));
  }
  const { weights } = units;
  if (weights === null) {
    return refuse("NOT_ESTIMABLE", "The share of traffic needs a column of weights.", "Name it with --weights.");
  }
  const pick = (rows: readonly number[]): Float64Array => Float64Array.from(rows, (i) => weights[i] ?? 0);
  return answer(trafficSampleRatio(pick(own), pick(others), planned));
}

function notesOf({ names }: SplitUnits, row: Coefficient, ratio: SampleRatio | null): string[] {
  const isRounding = row.stdError <= 1e-12 * Math.abs(row.estimate);
  const percent = (share: number): string => `${(100 * share).toPrecision(3)} %`;
  return [
    row.dof < FEWEST_DOF
      ? `${row.dof.toPrecision(2)} degrees of freedom are too few to trust a t interval; --vcov permutation needs none.`
      : "",
    isRounding ? "The standard error is rounding, not a measure of doubt." : "",
    ratio !== null && ratio.pValue < 0.001
      ? `The treated have ${percent(ratio.seen)} instead of the planned ${percent(ratio.planned)} (p ${ratio.pValue.toPrecision(2)}): find out why before trusting the effect.`
      : "",
    names.length > MOST_LISTED ? `The ${names.length} units are not listed.` : "",
  ].filter((note) => note !== "");
}

function detailsOf(
  { from }: CollapsedUnits,
  units: SplitUnits,
  { fit, adjustment, theta }: SplitModel,
  { test, ratio, options }: { test: SplitTest; ratio: SampleRatio | null; options: EstimateOptions },
): Record<string, JsonValue> {
  const { names, treated, values, weights } = units;
  const side = (wanted: boolean): JsonValue => {
    const own = treated.flatMap((one, i) => (one === wanted ? [i] : []));
    const mass = own.reduce((total, i) => total + (weights?.[i] ?? 1), 0);
    const sum = own.reduce((total, i) => total + (weights?.[i] ?? 1) * (values[i] ?? 0), 0);
    return { units: own.length, mean: sum / mass, ...(weights === null ? {} : { weight: mass }) };
  };
  const { randomization } = test;
  return {
    treated: side(true),
    control: side(false),
    from,
    adjustment,
    theta: { ...theta },
    strata: units.strata?.count ?? null,
    varianceReduction: adjustment === "none" ? null : varianceReduction(units, test.row, options),
    parameters: fit.parameters,
    sampleRatio: ratio === null ? null : { ...ratio },
    permutation:
      randomization === null
        ? null
        : {
            assignments: randomization.assignments,
            exact: randomization.exact,
            smallestP: randomization.smallestP,
          },
    ...(names.length > MOST_LISTED
      ? {}
      : {
          units: names.map((unit, i) => ({
            unit,
            treated: treated[i] ?? false,
            value: values[i] ?? null,
            ...(weights === null ? {} : { weight: weights[i] ?? null }),
          })),
        }),
  };
}

/** Share by which the covariates lowered the variance; null where one of the two is not known. */
function varianceReduction(units: SplitUnits, row: Coefficient, options: EstimateOptions): number | null {
  const plain = splitModel(units, "none", { average: "all", interactStrata: true });
  if (!plain.ok || Number.isNaN(row.stdError)) return null;
  const before = splitTest(units, plain.value, (options.vcov ?? "cr2") as SplitErrorName, options);
  if (!before.ok || !(before.value.row.stdError > 0)) return null;
  return 1 - (row.stdError / before.value.row.stdError) ** 2;
}

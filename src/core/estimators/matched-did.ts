import { type Coefficient, studentInference } from "../inference/coefficients.ts";
import { variance } from "../linalg/kernels.ts";
import { answer, type JsonValue, type Outcome, refuse } from "../outcome.ts";
import { logistic, logit, noOverlap } from "../regression/logit.ts";
import type { EstimateOptions, EstimateResult, EstimatorSetting, TidyEstimator } from "./contract.ts";
import { balanceTable } from "./matching/balance.ts";
import {
  abadieImbensVariance,
  type EstimatedScore,
  type MatchedEffect,
  matchedEffect,
  scoreCorrection,
} from "./matching/errors.ts";
import { type Matching, matchControls, usage } from "./matching/match.ts";
import { type MatchSpace, METRICS, type Metric, matchSpace } from "./matching/neighbours.ts";
import { type MatchUnits, matchUnits } from "./matching/units.ts";
import { oneDate } from "./one-date.ts";
import { openTable } from "./panel-ols/table.ts";
import { settingNumber, settingText } from "./setting.ts";

/** A propensity within this of 1 cannot be told from 1. */
const CERTAIN = 1e-6;
/** Standardised difference above which a covariate is called unbalanced. */
const UNBALANCED = 0.1;
/** Units that a note names. */
const NAMED = 5;

const SETTINGS: readonly EstimatorSetting[] = [
  {
    name: "metric",
    description: "nearest by propensity (logit index), mahalanobis, or inverse-variance distance of the covariates",
    default: "propensity",
    accepts: { type: "choice", values: METRICS },
  },
  {
    name: "neighbours",
    description: "controls per treated unit; with replacement, controls as near as the last one also count",
    default: "1",
    accepts: { type: "number", min: 1, max: 1000, integer: true },
  },
  {
    name: "replace",
    description: "may a control stand for several treated units: yes, no",
    default: "yes",
    accepts: { type: "choice", values: ["yes", "no"] },
  },
  {
    name: "caliper",
    description: "largest distance in each coordinate, in standard deviations over all units (0.2 is usual); none",
    default: "none",
    accepts: { type: "number", min: 0, also: ["none"] },
  },
  {
    name: "variance-neighbours",
    description: "abadie-imbens: nearest controls from which a control's noise is judged",
    default: "1",
    accepts: { type: "number", min: 1, max: 100, integer: true },
  },
  {
    name: "score",
    description:
      "abadie-imbens with the propensity: known (2006), or estimated (its error counts, 2016; for many units)",
    default: "known",
    accepts: { type: "choice", values: ["known", "estimated"] },
  },
];

/**
 * Matched difference-in-differences: changes of treated units against those of their nearest controls.
 *
 * Formula: att = mean over treated of (change - mean change of its matches); errors abadieImbensVariance (with replacement) or
 * the standard deviation of the pairs' differences (without). Covariates are means over the periods before.
 * Assumes: units with the same covariates (or propensity) would have changed alike; every treated unit has a counterpart.
 * Units: those of the outcome. Time treated x controls x covariates, memory grows with the rows.
 * Source: Heckman, Ichimura and Todd 1997; Abadie and Imbens 2006, 2016.
 */
export const matchedDid: TidyEstimator = {
  id: "matched-did",
  label: "matched difference-in-differences",
  reference: "Heckman, Ichimura and Todd 1997; Abadie and Imbens 2006, Econometrica 74, and 2016, Econometrica 84",
  needs: ["unit", "time", "treatment"],
  vcovs: ["abadie-imbens", "matched-pairs"],
  settings: SETTINGS,
  uses: ["covariates"],
  estimate(data, options) {
    if (data.covariates.length === 0) return noCovariates();
    const opened = openTable({ ...data, weights: null }, true);
    if (!opened.ok) return opened;
    const design = oneDate(opened.value);
    if (!design.ok) return design;
    const units = matchUnits(opened.value, design.value);
    if (!units.ok) return units;
    return estimateUnits(units.value, options, design.value.notes);
  },
};

function noCovariates(): Outcome<never> {
  return refuse(
    "NOT_ESTIMABLE",
    "There is nothing to match on.",
    "Name the covariates with --covariates a,b; without any use did-2x2.",
  );
}

interface Plan {
  readonly metric: Metric;
  readonly replace: boolean;
  readonly neighbours: number;
  readonly caliper: number | null;
  readonly vcov: "abadie-imbens" | "matched-pairs";
}

function planOf(options: EstimateOptions): Outcome<Plan> {
  const replace = settingText(SETTINGS, options, "replace") === "yes";
  const vcov = replace ? "abadie-imbens" : "matched-pairs";
  if (options.vcov !== null && options.vcov !== vcov) {
    return refuse(
      "NOT_ESTIMABLE",
      `The error ${options.vcov} is for matching ${replace ? "without" : "with"} replacement.`,
      `Use --vcov ${vcov}, or --set replace=${replace ? "no" : "yes"}.`,
      { vcov: options.vcov },
    );
  }
  return answer({
    metric: METRICS.find((name) => name === settingText(SETTINGS, options, "metric")) ?? "propensity",
    replace,
    neighbours: settingNumber(SETTINGS, options, "neighbours") ?? 1,
    caliper: settingNumber(SETTINGS, options, "caliper"),
    vcov,
  });
}

function estimateUnits(units: MatchUnits, options: EstimateOptions, notes: readonly string[]): Outcome<EstimateResult> {
  const plan = planOf(options);
  if (!plan.ok) return plan;
  const score = plan.value.metric === "propensity" ? propensityOf(units) : answer(null);
  if (!score.ok) return score;
  const columns = score.value === null ? units.covariates : [{ name: "propensity index", values: score.value.index }];
  const space = matchSpace(columns, plan.value.metric);
  if (!space.ok) return space;
  const enough = checkSupply(units, plan.value);
  if (!enough.ok) return enough;
  const matching = matchControls(space.value, units.treated, plan.value);
  if (matching.treated.length < 2) return noneWithin(units, matching, plan.value);
  const effect = matchedEffect(units.change, matching);
  const error = errorOf(units, { space: space.value, matching, effect, plan: plan.value, options, score: score.value });
  if (!(error.variance > 0)) {
    return refuse("NO_VARIATION", "All matched pairs differ by the same, so there is no error.", "Give more units.");
  }
  const row = studentInference("att", effect.att, Math.sqrt(error.variance), { dof: error.dof, alpha: options.alpha });
  return answer(
    report(units, row, { plan: plan.value, matching, score: score.value, notes: [...notes, ...error.notes] }),
  );
}

interface Score extends EstimatedScore {
  readonly index: Float64Array;
}

function propensityOf(units: MatchUnits): Outcome<Score> {
  const n = units.treated.length;
  const columns = [{ name: "(Intercept)", values: new Float64Array(n).fill(1) }, ...units.covariates];
  const label = (row: number): string => `unit ${units.names[row]}`;
  const fit = logit({ outcome: units.treated, columns, weights: null, label });
  if (!fit.ok) return fit;
  const { index, bread } = fit.value;
  const propensity = index.map(logistic);
  const certain = propensity.findIndex((p) => p > 1 - CERTAIN);
  if (certain >= 0) return noOverlap(label(certain), propensity[certain] ?? 1);
  return answer({ index, propensity, bread, design: columns.map(({ values }) => values) });
}

function checkSupply({ treated }: MatchUnits, { replace, neighbours, caliper }: Plan): Outcome<null> {
  const count = treated.reduce((total, d) => total + d, 0);
  const controls = treated.length - count;
  const needed = replace ? neighbours : caliper === null ? neighbours * count : neighbours;
  if (controls >= needed) return answer(null);
  return refuse(
    "TOO_FEW_UNITS",
    `There are ${controls} controls; ${neighbours} for ${replace ? "each" : `each of ${count}`} treated units ${replace ? "" : "without replacement "}need ${needed}.`,
    "Use fewer neighbours, --set replace=yes, or a caliper that leaves some treated units out.",
    { controls, needed },
  );
}

function noneWithin(units: MatchUnits, { unmatched }: Matching, { caliper }: Plan): Outcome<never> {
  const named = unmatched.slice(0, NAMED).map((unit) => units.names[unit] ?? "");
  return refuse(
    "NO_OVERLAP",
    `Within the caliper of ${caliper} fewer than two treated units have a counterpart; without one are ${named.join(", ")}.`,
    "Widen the caliper, or use fewer covariates.",
    { units: named },
  );
}

interface ErrorRequest {
  readonly space: MatchSpace;
  readonly matching: Matching;
  readonly effect: MatchedEffect;
  readonly plan: Plan;
  readonly options: EstimateOptions;
  readonly score: Score | null;
}

function errorOf(
  units: MatchUnits,
  { space, matching, effect, plan, options, score }: ErrorRequest,
): { readonly variance: number; readonly dof: number; readonly notes: readonly string[] } {
  const pairs = effect.differences.length;
  const dof = pairs - 1;
  if (plan.vcov === "matched-pairs") return { variance: variance(effect.differences) / pairs, dof, notes: [] };
  const neighbours = settingNumber(SETTINGS, options, "variance-neighbours") ?? 1;
  const plain = abadieImbensVariance(units, space, matching, effect, neighbours);
  if (score === null || settingText(SETTINGS, options, "score") !== "estimated")
    return { variance: plain, dof, notes: [] };
  if (matching.unmatched.length > 0) {
    const note =
      "The propensity counts as known in the error: its correction is not defined with a caliper that leaves units out.";
    return { variance: plain, dof, notes: [note] };
  }
  const corrected = plain + scoreCorrection(units, space, effect.att, score);
  if (corrected > 0) return { variance: corrected, dof, notes: [] };
  const note = "The correction for the estimated propensity would leave no variance; the propensity counts as known.";
  return { variance: plain, dof, notes: [note] };
}

interface Reported {
  readonly plan: Plan;
  readonly matching: Matching;
  readonly score: Score | null;
  readonly notes: readonly string[];
}

function report(units: MatchUnits, row: Coefficient, { plan, matching, score, notes }: Reported): EstimateResult {
  const { sums } = usage(units.change.length, matching);
  const weights = Float64Array.from(sums);
  for (const unit of matching.treated) weights[unit] = 1;
  const columns = [...(score === null ? [] : [{ name: "propensity", values: score.propensity }]), ...units.covariates];
  const balance = balanceTable(columns, units.treated, weights);
  const off = balance.filter(({ differenceAfter }) => Math.abs(differenceAfter ?? 0) > UNBALANCED);
  const used = sums.filter((weight) => weight > 0).length;
  return {
    estimator: matchedDid.id,
    inference: plan.vcov,
    coefficients: [row],
    nobs: units.rows,
    clusters: null,
    notes: [
      ...notes,
      ...(units.left > 0 ? [`${units.left} units without a change or a covariate left out.`] : []),
      ...unmatchedNotes(units, matching),
      ...(off.length === 0
        ? []
        : [
            `Still unbalanced after matching (more than ${UNBALANCED} standard deviations): ${off.map((one) => one.covariate).join(", ")}.`,
          ]),
    ],
    details: {
      metric: plan.metric,
      treatedUnits: matching.treated.length,
      controlUnitsUsed: used,
      mostUsed: Math.max(...sums),
      balance: balance.map((one): JsonValue => ({ ...one })),
      matches: matching.treated.slice(0, 200).map(
        (unit, k): JsonValue => ({
          unit: units.names[unit] ?? "",
          controls: (matching.matches[k] ?? []).map((one) => units.names[one.unit] ?? ""),
        }),
      ),
    },
  };
}

function unmatchedNotes({ names }: MatchUnits, { unmatched }: Matching): string[] {
  if (unmatched.length === 0) return [];
  const named = unmatched.slice(0, NAMED).map((unit) => names[unit] ?? "");
  const rest = unmatched.length - named.length;
  return [
    `Without a counterpart within the caliper, left out (the effect is that of the others): ${named.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}.`,
  ];
}

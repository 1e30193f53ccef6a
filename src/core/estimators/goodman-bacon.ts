import { coefficientTable } from "../inference/coefficients.ts";
import { answer, type JsonValue, type Outcome, refuse } from "../outcome.ts";
import { leastSquares } from "../regression/ols.ts";
import type { EstimateOptions, EstimateResult, EstimatorSetting, TidyData, TidyEstimator } from "./contract.ts";
import { DESIGN_SETTINGS, errorConvention } from "./panel-ols/settings.ts";
import { namedVariance, regressionVcovs } from "./panel-ols/variance.ts";
import { settingText } from "./setting.ts";
import { type BaconComponent, baconDecomposition, summarizeTypes } from "./staggered/bacon.ts";
import { type BalancedPanel, balancedPanel } from "./staggered/balanced.ts";
import { type CellWeights, cellWeights } from "./staggered/cell-weights.ts";
import { openStaggered, rowsOfTable, type StaggeredTable } from "./staggered/table.ts";

const SETTINGS: readonly EstimatorSetting[] = [
  {
    name: "gaps",
    description: "units that miss a period: refuse, or drop them",
    default: "refuse",
    accepts: { type: "choice", values: ["refuse", "drop"] },
  },
  ...DESIGN_SETTINGS.filter((setting) => setting.name !== "collinear"),
];

/**
 * Goodman-Bacon: what plain two-way fixed effects averages when units are treated at different times.
 *
 * Formula and assumptions: see `baconDecomposition` and `cellWeights`. The coefficient is the plain two-way fixed effects one;
 * the decomposition is in the details.
 */
export const goodmanBacon: TidyEstimator = {
  id: "goodman-bacon",
  label: "decomposition of two-way fixed effects (Goodman-Bacon)",
  reference:
    "Goodman-Bacon 2021, Difference-in-differences with variation in treatment timing, Journal of Econometrics 225",
  needs: ["unit", "time", "firstTreated"],
  vcovs: regressionVcovs("cr1"),
  settings: SETTINGS,
  uses: ["cluster"],
  estimate(data, options) {
    const plain = checkPlain(data);
    if (!plain.ok) return plain;
    const opened = openStaggered(data);
    if (!opened.ok) return opened;
    const gaps = settingText(SETTINGS, options, "gaps") === "drop" ? "drop" : "refuse";
    const panel = balancedPanel(opened.value, gaps);
    if (!panel.ok) return panel;
    const components = baconDecomposition(panel.value);
    if (!components.ok) return components;
    const table = completeRows(opened.value, panel.value);
    const weights = cellWeights(table);
    if (!weights.ok) return weights;
    return report(table, { components: components.value, weights: weights.value, notes: panel.value.notes }, options);
  },
};

function checkPlain({ weights, covariates }: TidyData): Outcome<null> {
  if (weights === null && covariates.length === 0) return answer(null);
  return refuse(
    "NOT_ESTIMABLE",
    `The decomposition is exact only without ${weights === null ? "covariates" : "weights"}.`,
    "Leave weights and covariates out.",
  );
}

/** The rows of the units that the panel kept. */
function completeRows(table: StaggeredTable, panel: BalancedPanel): StaggeredTable {
  if (panel.units === table.unit.count) return table;
  const kept = new Set(panel.names);
  const rows: number[] = [];
  table.unit.levels.forEach((u, i) => {
    if (kept.has(table.unitNames[u] ?? "")) rows.push(i);
  });
  return rowsOfTable(table, rows);
}

interface Found {
  readonly components: readonly BaconComponent[];
  readonly weights: CellWeights;
  readonly notes: readonly string[];
}

function report(table: StaggeredTable, found: Found, options: EstimateOptions): Outcome<EstimateResult> {
  const { components, weights, notes } = found;
  const treatment = table.time.map((t, i) => Number(t >= (table.first[table.unit.levels[i] ?? 0] ?? Number.NaN)));
  const fit = leastSquares({
    outcome: table.data.outcome,
    columns: [{ name: "treatment", values: treatment }],
    effects: [table.unit, table.periods.grouping],
    singletons: "keep",
  });
  if (!fit.ok) return fit;
  const name = options.vcov ?? goodmanBacon.vcovs[0] ?? "cr1";
  const serial = name === "driscoll-kraay" || name === "panel-newey-west";
  const convention = errorConvention(SETTINGS, options, serial);
  const regression = { data: table.data, unit: table.unit, periods: table.periods };
  const named = namedVariance(fit.value, regression, treatment, { name, convention });
  if (!named.ok) return named;
  const types = summarizeTypes(components);
  const forbidden = types.find(({ type }) => type === "Later vs Earlier Treated");
  return answer({
    estimator: goodmanBacon.id,
    inference: name,
    coefficients: coefficientTable(fit.value, named.value.variance, options.alpha),
    nobs: fit.value.n,
    clusters: named.value.variance.clusters,
    notes: [
      ...notes,
      ...named.value.notes,
      ...(forbidden === undefined ? [] : [forbiddenNote(forbidden.weight)]),
      ...(weights.negative === 0 ? [] : [negativeNote(weights)]),
    ],
    details: {
      components: components.map((part): JsonValue => ({ ...part, untreated: finite(part.untreated) })),
      byType: types.map((summary): JsonValue => ({ ...summary })),
      sum: components.reduce((sum, part) => sum + part.weight * part.estimate, 0),
      treatedRows: weights.rows.length,
      negativeWeights: weights.negative,
      negativeWeightSum: weights.negativeSum,
      smallestWeight: weights.smallest,
      largestWeight: weights.largest,
    },
  });
}

/** null stands for never treated. */
function finite(period: number): number | null {
  return Number.isFinite(period) ? period : null;
}

function forbiddenNote(weight: number): string {
  return `${(100 * weight).toFixed(1)} % of the estimate compares units with others that are already treated.`;
}

function negativeNote({ negative, rows, negativeSum }: CellWeights): string {
  return `${negative} of ${rows.length} treated rows have a negative weight (sum ${negativeSum.toPrecision(3)}): effects that differ may turn the sign.`;
}

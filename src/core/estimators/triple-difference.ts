import { type Coefficient, studentInference } from "../inference/coefficients.ts";
import { answer, type Outcome, refuse } from "../outcome.ts";
import { groupBy, interact } from "../regression/effects.ts";
import type { EstimateOptions, EstimatorSetting, TidyData, TidyEstimator } from "./contract.ts";
import { againstEarlier } from "./its/against-earlier.ts";
import { type OneDate, oneDate } from "./one-date.ts";
import { regress } from "./panel-ols/regression.ts";
import { DESIGN_SETTINGS } from "./panel-ols/settings.ts";
import { openTable, type RegressionTable } from "./panel-ols/table.ts";
import { regressionVcovs } from "./panel-ols/variance.ts";
import { settingNumber } from "./setting.ts";

/** Each earlier occasion is one draw of the difference without treatment. */
const BY_OCCASIONS = "occasions";
const FEWEST_OCCASIONS = 2;

const SETTINGS: readonly EstimatorSetting[] = [
  {
    name: "shift",
    description:
      "from one occasion to the one before, in the units of the time column (604800: last week's same hours)",
    default: "604800",
    accepts: { type: "number", min: 1e-9 },
  },
  {
    name: "occasions",
    description: "earlier occasions to compare with; all: as many as the table holds",
    default: "all",
    accepts: { type: "number", min: 1, integer: true, also: ["all"] },
  },
  {
    name: "lead",
    description:
      "time before the treatment that is compared, in the units of the time column; auto: as long as after it",
    default: "auto",
    accepts: { type: "number", min: 1e-9, also: ["auto"] },
  },
  ...DESIGN_SETTINGS,
];

/**
 * Triple difference: the difference-in-differences of the treatment minus that of the same hours on earlier occasions.
 *
 * Formula: y_ito = unit-occasion_io + period_to + g treated post + att treated post now + e; occasion o = 0 (now), 1, .. K
 * earlier ones, `shift` apart. Balanced: att = DiD_0 - mean_o DiD_o. Errors by unit, or `occasions`: from the spread of the
 * earlier DiD_o, variance s^2 (1 + 1/K), t with K - 1 degrees of freedom.
 * Assumes: what treated and control units do differently at these hours (cycles that they do not share) is the same on
 * every occasion. Units: those of the outcome. Time and memory grow with the rows.
 * Source: Gruber 1994, American Economic Review 84; Olden and Moen 2022, Econometrics Journal 25.
 */
export const tripleDifference: TidyEstimator = {
  id: "triple-difference",
  label: "difference-in-differences minus that of the same hours before",
  reference: "Gruber 1994; Olden and Moen 2022",
  needs: ["unit", "time", "treatment"],
  vcovs: [...regressionVcovs("cr1"), BY_OCCASIONS],
  settings: SETTINGS,
  uses: ["weights", "cluster"],
  multiwayClusters: true,
  estimate(data, options) {
    const whole = openTable(data, true);
    if (!whole.ok) return whole;
    const date = oneDate(whole.value);
    if (!date.ok) return date;
    const occasions = occasionsOf(data, date.value, options);
    if (!occasions.ok) return occasions;
    const table = openTable(occasions.value.rows, true);
    return table.ok ? estimateTable(table.value, occasions.value, options) : table;
  },
};

interface Occasions {
  /** Rows of all occasions, in the order of the table. */
  readonly rows: TidyData;
  /** Occasion of each row; 0 is the treatment's own. */
  readonly occasion: Int32Array;
  readonly treated: Float64Array;
  readonly post: Float64Array;
  /** Earlier occasions with rows. */
  readonly earlier: readonly number[];
  readonly lead: number;
  readonly firstTreated: number;
  readonly notes: readonly string[];
}

/** Rows within `lead` before and the length of the treated time after the same moment of each occasion. */
function occasionsOf(data: TidyData, date: OneDate, options: EstimateOptions): Outcome<Occasions> {
  const time = data.time ?? new Float64Array(0);
  const { firstTreated } = date;
  const shift = settingNumber(SETTINGS, options, "shift") ?? 604_800;
  const most = settingNumber(SETTINGS, options, "occasions") ?? Number.POSITIVE_INFINITY;
  const last = time.reduce((latest, period) => Math.max(latest, period), firstTreated);
  const earliest = time.reduce((first, period) => Math.min(first, period), firstTreated);
  const lead = settingNumber(SETTINGS, options, "lead") ?? last - firstTreated + stepOf(time);
  const after = last - firstTreated;
  if (lead + after >= shift) return tooLong(lead + after, shift);
  // earlier than that an occasion's time before would be cut off
  const possible = Math.floor((firstTreated - lead - earliest) / shift + 1e-9);
  const count = Math.min(most, possible);
  if (count < 1) return noOccasion(shift, lead, firstTreated - earliest);
  const placeOf = (period: number): number => {
    const occasion = Math.max(0, Math.ceil((firstTreated - period - lead) / shift - 1e-9));
    const since = period - firstTreated + occasion * shift;
    return occasion <= count && since >= -lead - 1e-9 * shift && since <= after + 1e-9 * shift ? occasion : -1;
  };
  const places = time.map(placeOf);
  const kept = Array.from(places, (_, i) => i).filter((i) => (places[i] ?? -1) >= 0);
  const occasion = Int32Array.from(kept, (i) => places[i] ?? 0);
  const since = kept.map((i, row) => (time[i] ?? 0) - firstTreated + (occasion[row] ?? 0) * shift);
  const dropped = time.length - kept.length;
  return answer({
    rows: pickRows(data, kept),
    occasion,
    treated: Float64Array.from(kept, (i) => date.treatedRow[i] ?? 0),
    post: Float64Array.from(since, (distance) => Number(distance >= -1e-9 * shift)),
    earlier: Array.from({ length: count }, (_, k) => k + 1),
    lead,
    firstTreated,
    notes: dropped === 0 ? [] : [`${dropped} rows outside the compared hours left out.`],
  });
}

/** Smallest distance of two periods. */
function stepOf(time: Float64Array): number {
  const sorted = Float64Array.from(new Set(time)).sort();
  return sorted
    .subarray(1)
    .reduce((least, period, i) => Math.min(least, period - (sorted[i] ?? 0)), Number.POSITIVE_INFINITY);
}

function tooLong(length: number, shift: number): Outcome<never> {
  return refuse(
    "NOT_ESTIMABLE",
    `The compared time is ${length} long and the occasions are ${shift} apart, so they would overlap.`,
    "Choose a larger `shift`, a smaller `lead`, or end the table sooner after the treatment.",
    { length, shift },
  );
}

function noOccasion(shift: number, lead: number, before: number): Outcome<never> {
  return refuse(
    "TOO_FEW_PERIODS",
    `The table reaches back ${before} before the treatment; one earlier occasion needs ${shift + lead}.`,
    "Give a longer history, or choose a smaller `shift` or `lead`.",
    { before, needed: shift + lead },
  );
}

function pickRows(data: TidyData, kept: readonly number[]): TidyData {
  const numbers = (values: Float64Array): Float64Array => Float64Array.from(kept, (i) => values[i] ?? Number.NaN);
  const orNull = (values: Float64Array | null): Float64Array | null => (values === null ? null : numbers(values));
  const names = (values: readonly string[]): string[] => kept.map((i) => values[i] ?? "");
  return {
    ...data,
    rows: kept.length,
    unit: data.unit === null ? null : names(data.unit),
    time: orNull(data.time),
    outcome: numbers(data.outcome),
    treatment: orNull(data.treatment),
    firstTreated: orNull(data.firstTreated),
    weights: orNull(data.weights),
    cluster: data.cluster === null ? null : names(data.cluster),
    covariates: [],
    furtherClusters: (data.furtherClusters ?? []).map(({ name, values }) => ({ name, values: names(values) })),
    texts: [],
    numbers: [],
  };
}

function estimateTable(table: RegressionTable, found: Occasions, options: EstimateOptions) {
  const { occasion, treated, post, earlier } = found;
  const { unit, periods } = table;
  if (unit === null || periods === null) {
    return refuse("NOT_ESTIMABLE", "This estimator needs a unit and a time column.", "Name both columns.");
  }
  const vcov = options.vcov ?? "cr1";
  const both = treated.map((value, i) => value * (post[i] ?? 0));
  const fitted = regress({
    table,
    terms: [
      { name: "treated:post:now", values: both.map((value, i) => (occasion[i] === 0 ? value : 0)) },
      { name: "treated:post", values: both },
    ],
    effects: [interact(unit, groupBy("occasion", Array.from(occasion))), periods.grouping],
    singletons: "keep",
    treated,
    vcov: vcov === BY_OCCASIONS ? "iid" : vcov,
    settings: SETTINGS,
    options,
  });
  if (!fitted.ok) return fitted;
  const { fit, variance, coefficients, notes, details } = fitted.value;
  const differences = [0, ...earlier].map((at) => differenceOf(table, found, at));
  const byOccasions = vcov === BY_OCCASIONS ? occasionRow(differences, options.alpha) : null;
  if (byOccasions !== null && !byOccasions.ok) return byOccasions;
  return answer({
    estimator: tripleDifference.id,
    inference: vcov,
    coefficients: byOccasions === null ? coefficients : [byOccasions.value],
    nobs: fit.n,
    clusters: byOccasions === null ? variance.clusters : differences.length,
    notes: [...found.notes, ...notes],
    details: {
      ...details,
      firstTreated: found.firstTreated,
      lead: found.lead,
      differences: differences.map((did, at) => ({ occasion: at, did: Number.isFinite(did) ? did : null })),
    },
  });
}

/** Difference-in-differences of one occasion: group means of the units' changes. */
function differenceOf({ data, unit }: RegressionTable, { occasion, treated, post }: Occasions, at: number): number {
  const count = unit?.count ?? 0;
  const sums = [new Float64Array(count), new Float64Array(count)] as const;
  const masses = [new Float64Array(count), new Float64Array(count)] as const;
  const isTreated = new Uint8Array(count);
  data.outcome.forEach((value, i) => {
    const weight = data.weights === null ? 1 : (data.weights[i] ?? 0);
    if (occasion[i] !== at || Number.isNaN(value) || !(weight > 0)) return;
    const window = post[i] === 1 ? 1 : 0;
    const u = unit?.levels[i] ?? 0;
    isTreated[u] = treated[i] ?? 0;
    sums[window][u] = (sums[window][u] ?? 0) + weight * value;
    masses[window][u] = (masses[window][u] ?? 0) + weight;
  });
  const changes = sums[1].map((sum, u) => sum / (masses[1][u] ?? 0) - (sums[0][u] ?? 0) / (masses[0][u] ?? 0));
  const meanOf = (group: number): number => {
    const own = changes.filter((change, u) => isTreated[u] === group && Number.isFinite(change));
    return own.reduce((sum, change) => sum + change, 0) / own.length;
  };
  return meanOf(1) - meanOf(0);
}

function occasionRow(differences: readonly number[], alpha: number): Outcome<Coefficient> {
  const [now = Number.NaN, ...earlier] = differences;
  const seen = earlier.filter(Number.isFinite);
  if (seen.length < FEWEST_OCCASIONS || !Number.isFinite(now)) {
    return refuse(
      "TOO_FEW_PERIODS",
      `${seen.length} earlier occasions hold both groups before and after; an error from their spread needs ${FEWEST_OCCASIONS}.`,
      "Give a longer history, choose a smaller `shift`, or a clustered error.",
      { occasions: seen.length },
    );
  }
  const { att, variance, dof } = againstEarlier(now, seen);
  if (!(variance > 0)) {
    return refuse("NO_VARIATION", "The earlier occasions all show the same difference.", "Choose a clustered error.");
  }
  return answer(studentInference("treated:post:now", att, Math.sqrt(variance), { dof, alpha }));
}

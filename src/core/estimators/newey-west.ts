import type { Coefficient } from "../inference/coefficients.ts";
import {
  andrews,
  batchMeans,
  cosineTerms,
  equalWeightedCosine,
  type GapRegression,
  gapRegression,
  neweyWestAutomatic,
  neweyWest as neweyWestError,
} from "../inference/gap-series.ts";
import { autocorrelations, durbinWatson } from "../inference/hac.ts";
import { answer, type Outcome, refuse } from "../outcome.ts";
import type { EstimateOptions, EstimatorSetting, TidyEstimator } from "./contract.ts";
import { type OneDate, oneDate } from "./one-date.ts";
import { openTable, type RegressionTable } from "./panel-ols/table.ts";
import { settingNumber, settingText } from "./setting.ts";

/** Shortest series for which a kernel error says anything. */
const FEWEST_STEPS = 8;
/** Distances between periods that differ by more than this share are gaps. */
const EVEN = 1e-6;

const SETTINGS: readonly EstimatorSetting[] = [
  {
    name: "lag",
    description: "lags of newey-west; auto: Newey and West 1994",
    default: "auto",
    accepts: { type: "number", min: 0, integer: true, also: ["auto"] },
  },
  {
    name: "prewhite",
    description: "choose the automatic lag (newey-west), or estimate (andrews-*), from prewhitened scores",
    default: "no",
    accepts: { type: "choice", values: ["no", "yes"] },
  },
  {
    name: "adjust",
    description: "multiply the newey-west variance by n/(n - k)",
    default: "yes",
    accepts: { type: "choice", values: ["yes", "no"] },
  },
  {
    name: "terms",
    description: "cosine terms of cosine; auto: floor(0.4 T^(2/3))",
    default: "auto",
    accepts: { type: "number", min: 1, integer: true, also: ["auto"] },
  },
  {
    name: "blocks",
    description: "blocks before and after of batch-means",
    default: "6",
    accepts: { type: "number", min: 2, integer: true },
  },
  {
    name: "gaps",
    description: "periods at uneven distances: refuse them, or ignore (neighbours count as one step apart)",
    default: "refuse",
    accepts: { type: "choice", values: ["refuse", "ignore"] },
  },
];

/**
 * The series of treated minus control means with errors that allow for serial correlation.
 *
 * Formula: gap_t = mean of treated deviations - mean of control deviations (deviation: from the unit's mean before);
 * gap_t = a + att post_t + e_t with a kernel, cosine or batch-means error.
 * Assumes: what the groups do differently from the first treated period on is the effect; these errors see doubt from
 * time only, not from units.
 * Units: those of the outcome. Time grows with rows plus periods times lags, memory with the rows.
 * Source: Newey and West 1987, 1994; Andrews 1991; Lazarus, Lewis, Stock and Watson 2018; Glynn and Iglehart 1990.
 */
export const neweyWest: TidyEstimator = {
  id: "newey-west",
  label: "treated minus control series",
  reference: "Newey and West 1987, 1994; Andrews 1991; Lazarus, Lewis, Stock and Watson 2018",
  needs: ["unit", "time", "treatment"],
  vcovs: ["newey-west", "andrews-bartlett", "andrews-qs", "cosine", "batch-means"],
  settings: SETTINGS,
  uses: ["weights"],
  estimate(data, options) {
    const opened = openTable(data, true);
    if (!opened.ok) return opened;
    const design = oneDate(opened.value);
    if (!design.ok) return design;
    const series = gapSeries(opened.value, design.value, settingText(SETTINGS, options, "gaps") === "refuse");
    if (!series.ok) return series;
    const { gap, post, periods } = series.value;
    const regression = gapRegression(gap, post, [], options.alpha);
    if (!regression.ok) return regression;
    const vcov = options.vcov ?? "newey-west";
    const short = vcov === "batch-means" ? checkBlocks(series.value, options) : null;
    if (short !== null) return short;
    const { row, facts } = gapError(vcov, regression.value, series.value, options);
    if (!(row.stdError > 0)) return noError(row.stdError);
    const { residuals } = regression.value.fit;
    return answer({
      estimator: neweyWest.id,
      inference: vcov,
      coefficients: [{ ...row, term: "att" }],
      nobs: gap.length,
      clusters: null,
      notes: [...design.value.notes, ...series.value.notes],
      details: {
        ...facts,
        firstTreated: design.value.firstTreated,
        periods: Array.from(periods),
        gap: Array.from(gap),
        autocorrelations: autocorrelations(residuals, Math.min(10, gap.length - 1)),
        durbinWatson: durbinWatson(residuals),
      },
    });
  },
};

function checkBlocks({ post }: Series, options: EstimateOptions): Outcome<never> | null {
  const blocks = settingNumber(SETTINGS, options, "blocks") ?? 6;
  const after = post.reduce((total, value) => total + value, 0);
  const shorter = Math.min(after, post.length - after);
  return shorter >= 2 * blocks ? null : tooShort(shorter, 2 * blocks, "on the shorter side of the treatment");
}

function noError(stdError: number): Outcome<never> {
  return refuse(
    "NO_VARIATION",
    "The difference of the groups leaves no variation from which an error could be estimated.",
    "Check that the outcome moves, or choose another error with --vcov.",
    { stdError: Number.isFinite(stdError) ? stdError : null },
  );
}

interface GapError {
  readonly row: Coefficient;
  readonly facts: Readonly<Record<string, number>>;
}

function gapError(vcov: string, regression: GapRegression, { gap, post }: Series, options: EstimateOptions): GapError {
  const prewhite = settingText(SETTINGS, options, "prewhite") === "yes";
  const adjust = settingText(SETTINGS, options, "adjust") === "yes";
  switch (vcov) {
    case "andrews-bartlett":
    case "andrews-qs": {
      const kernel = vcov === "andrews-qs" ? "quadratic-spectral" : "bartlett";
      const { row, bandwidth } = andrews(regression, kernel, prewhite);
      return { row, facts: { bandwidth } };
    }
    case "cosine": {
      const terms = settingNumber(SETTINGS, options, "terms") ?? cosineTerms(gap.length);
      return { row: equalWeightedCosine(regression, terms), facts: { terms } };
    }
    case "batch-means": {
      const blocks = settingNumber(SETTINGS, options, "blocks") ?? 6;
      const part = (side: number): Float64Array => gap.filter((_, t) => post[t] === side);
      return { row: batchMeans(part(0), part(1), blocks, options.alpha), facts: { blocks } };
    }
    default: {
      const lags = settingNumber(SETTINGS, options, "lag");
      if (lags !== null) {
        const used = Math.min(lags, gap.length - 1);
        return { row: neweyWestError(regression, used, adjust), facts: { lag: used } };
      }
      const { row, bandwidth } = neweyWestAutomatic(regression, { prewhite, adjust });
      return { row, facts: { bandwidth, lag: Math.min(Math.floor(bandwidth), gap.length - 1) } };
    }
  }
}

interface Series {
  readonly gap: Float64Array;
  readonly post: Float64Array;
  readonly periods: Float64Array;
  readonly notes: readonly string[];
}

/** Periods in which both groups have a row, in order. */
function gapSeries(table: RegressionTable, design: OneDate, refuseGaps: boolean): Outcome<Series> {
  const { data, unit } = table;
  const values = table.periods?.values ?? new Float64Array(0);
  const steps = table.periods?.grouping.levels ?? new Int32Array(0);
  const totals = [new Float64Array(values.length), new Float64Array(values.length)] as const;
  const masses = [new Float64Array(values.length), new Float64Array(values.length)] as const;
  data.outcome.forEach((value, i) => {
    const deviation = value - (design.levelOf[unit?.levels[i] ?? 0] ?? Number.NaN);
    const weight = data.weights === null ? 1 : (data.weights[i] ?? 0);
    if (Number.isNaN(deviation) || !(weight > 0)) return;
    const group = design.treatedRow[i] === 1 ? 1 : 0;
    const t = steps[i] ?? 0;
    totals[group][t] = (totals[group][t] ?? 0) + weight * deviation;
    masses[group][t] = (masses[group][t] ?? 0) + weight;
  });
  const kept = Array.from(values, (_, t) => t).filter((t) => (masses[0][t] ?? 0) > 0 && (masses[1][t] ?? 0) > 0);
  const periods = Float64Array.from(kept, (t) => values[t] ?? Number.NaN);
  if (kept.length < FEWEST_STEPS) return tooShort(kept.length, FEWEST_STEPS, "with treated and control rows");
  const uneven = refuseGaps ? unevenStep(periods) : null;
  if (uneven !== null) return uneven;
  const meanOf = (group: 0 | 1, t: number): number => (totals[group][t] ?? 0) / (masses[group][t] ?? 1);
  const gap = Float64Array.from(kept, (t) => meanOf(1, t) - meanOf(0, t));
  const varies = gap.some((value) => value !== gap[0]);
  if (!varies)
    return refuse("NO_VARIATION", "The difference of the groups never changes.", "Check the outcome column.");
  return answer({
    gap,
    post: periods.map((period) => Number(period >= design.firstTreated)),
    periods,
    notes: kept.length < values.length ? [`${values.length - kept.length} periods without both groups left out.`] : [],
  });
}

function tooShort(steps: number, needed: number, where: string): Outcome<never> {
  return refuse(
    "TOO_FEW_PERIODS",
    `There are ${steps} periods ${where}; this error needs at least ${needed}.`,
    "Add periods, or choose another error or estimator.",
    { periods: steps, needed },
  );
}

function unevenStep(periods: Float64Array): Outcome<never> | null {
  const distances = periods.subarray(1).map((period, i) => period - (periods[i] ?? 0));
  const shortest = Math.min(...distances);
  const at = distances.findIndex((distance) => distance > shortest * (1 + EVEN));
  if (at < 0) return null;
  return refuse(
    "TIME_GAPS",
    `Periods are ${shortest} apart, but after period ${periods[at]} the next one is ${periods[at + 1]}.`,
    "Fill the gap, shorten the table, or use --set gaps=ignore.",
    { after: periods[at] ?? null, next: periods[at + 1] ?? null },
  );
}

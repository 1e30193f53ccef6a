import type { Coefficient } from "../inference/coefficients.ts";
import {
  type ConditionalCount,
  centralP,
  conditionalEstimate,
  givenMargins,
  givenSum,
  oddsLimits,
  pointProbabilityP,
  type TailRule,
} from "../inference/conditional-counts.ts";
import { answer, type JsonValue, type Outcome, refuse } from "../outcome.ts";
import { groupBy } from "../regression/effects.ts";
import type { EstimateOptions, EstimatorSetting, TidyData, TidyEstimator } from "./contract.ts";
import { type CountDispersion, countDispersion } from "./count-dispersion.ts";
import { oneDate } from "./one-date.ts";
import { openTable, type RegressionTable } from "./panel-ols/table.ts";
import { treatmentColumn } from "./panel-ols/treatment.ts";
import { settingText } from "./setting.ts";
import { placeOf } from "./tidy-checks.ts";

/** Scatter beyond Poisson is called when chance alone shows as much this rarely. */
const OVERDISPERSED = 0.01;
/** Supports longer than this are left without the p-value of point probabilities, which lists all of it. */
const LONGEST_LIST = 1_000_000;

const SETTINGS: readonly EstimatorSetting[] = [
  {
    name: "design",
    description: "did (counts before and after, treated and control), or two-sample (treated and other rows)",
    default: "did",
    accepts: { type: "choice", values: ["did", "two-sample"] },
  },
  {
    name: "exposure",
    description: "column that the counts are out of, such as requests; rows: every row counts the same",
    default: "rows",
    accepts: { type: "number-columns", also: ["rows"] },
  },
  {
    name: "overdispersion",
    description: "counts that scatter more than independent events: refuse, or label",
    default: "refuse",
    accepts: { type: "choice", values: ["refuse", "label"] },
  },
];

/**
 * Exact conditional comparison of rare counts.
 *
 * Formula: did: ratio of rate ratios, (treated after / before) / (control after / before), from the treated count after given
 * all margins (noncentral hypergeometric); two-sample: rate ratio, from the treated count given the sum (binomial). Limits by
 * inverting the test, `mid-p` counts half of the observed probability.
 * Assumes: events are independent (Poisson); units and periods may differ in their rates; in did treated and control rates
 * would have moved in proportion. The periods before are tested for more scatter than that.
 * Units: ratios; 1 is no effect. Time grows with the rows and the number of events.
 * Source: Przyborowski and Wilenski 1940; Cornfield 1956; Clopper and Pearson 1934; Lancaster 1961.
 */
export const exactCounts: TidyEstimator = {
  id: "exact-counts",
  label: "exact conditional test for rare counts",
  reference: "Przyborowski and Wilenski 1940, Biometrika 31; Cornfield 1956; Clopper and Pearson 1934, Biometrika 26",
  needs: ["treatment"],
  vcovs: ["exact", "mid-p"],
  settings: SETTINGS,
  uses: [],
  estimate(data, options) {
    const opened = openTable(data, data.time !== null);
    if (!opened.ok) return opened;
    const exposure = exposureOf(data, options);
    if (!exposure.ok) return exposure;
    const checked = checkCounts(data);
    if (!checked.ok) return checked;
    const isDid = settingText(SETTINGS, options, "design") === "did";
    const compared = isDid ? beforeAndAfter(opened.value, exposure.value) : sideBySide(opened.value, exposure.value);
    if (!compared.ok) return compared;
    const { dispersion } = compared.value;
    const isScattered = dispersion !== null && dispersion.phi > 1 && dispersion.pValue < OVERDISPERSED;
    if (isScattered && settingText(SETTINGS, options, "overdispersion") === "refuse") return scattered(dispersion);
    return conclude(compared.value, options, isScattered);
  },
};

interface Cell {
  readonly events: number;
  readonly exposure: number;
}

interface Comparison {
  readonly term: string;
  readonly count: ConditionalCount;
  /** Odds per ratio: what the exposures alone make of them. */
  readonly exposureOdds: number;
  readonly cells: Readonly<Record<string, Cell>>;
  readonly dispersion: CountDispersion | null;
  readonly rows: number;
  readonly notes: readonly string[];
}

function exposureOf(data: TidyData, options: EstimateOptions): Outcome<Float64Array> {
  const name = settingText(SETTINGS, options, "exposure");
  if (name === "rows") return answer(new Float64Array(data.rows).fill(1));
  const column = data.numbers?.find((one) => one.name === name)?.values;
  if (column === undefined) {
    return refuse("NO_DATA", `The table has no column ${name} to take as exposure.`, "Name one column of numbers.", {
      column: name,
    });
  }
  const row = column.findIndex(
    (value, i) => value < 0 || value === Number.POSITIVE_INFINITY || (value === 0 && (data.outcome[i] ?? 0) > 0),
  );
  if (row < 0) return answer(column);
  return refuse(
    "NOT_ESTIMABLE",
    `The exposure of ${placeOf(data, row)} is ${column[row]} beside ${data.outcome[row]} events.`,
    "Give a finite exposure above zero where there are events.",
    { column: name, row: row + 1, place: placeOf(data, row) },
  );
}

function checkCounts(data: TidyData): Outcome<null> {
  const row = data.outcome.findIndex((value) => !Number.isNaN(value) && !(Number.isInteger(value) && value >= 0));
  if (row < 0) return answer(null);
  return refuse(
    "NOT_ESTIMABLE",
    `The outcome of ${placeOf(data, row)} is ${data.outcome[row]}; an exact test needs counts of events.`,
    "Give whole numbers of events, with their exposure as a column; use ppml for rates.",
    { row: row + 1, place: placeOf(data, row) },
  );
}

/** Events and exposure of the rows that `isIn`; rows without a count or exposure do not enter. */
function cellOf(data: TidyData, exposure: Float64Array, isIn: (row: number) => boolean): Cell {
  let [events, total] = [0, 0];
  data.outcome.forEach((value, i) => {
    const size = exposure[i] ?? Number.NaN;
    if (Number.isNaN(value) || Number.isNaN(size) || !isIn(i)) return;
    events += value;
    total += size;
  });
  return { events, exposure: total };
}

function beforeAndAfter(table: RegressionTable, exposure: Float64Array): Outcome<Comparison> {
  const { data, unit, periods } = table;
  const design = oneDate({ ...table, data: { ...data, weights: null } });
  if (!design.ok) return design;
  const { treatedRow, postRow } = design.value;
  const cell = (group: 0 | 1, window: 0 | 1): Cell =>
    cellOf(data, exposure, (i) => treatedRow[i] === group && postRow[i] === window);
  const cells = { treatedPost: cell(1, 1), treatedPre: cell(1, 0), controlPost: cell(0, 1), controlPre: cell(0, 0) };
  const empty = Object.entries(cells).find(([, { exposure: size }]) => !(size > 0));
  if (empty !== undefined) return noExposure(empty[0]);
  const before = data.outcome.map((value, i) => (postRow[i] === 0 ? value : Number.NaN));
  const effects = [unit, periods?.grouping ?? null].filter((effect) => effect !== null);
  const dispersion = countDispersion(before, exposure, effects);
  if (!dispersion.ok) return dispersion;
  return answer({
    term: "ratio-of-rate-ratios",
    count: givenMargins({
      treatedPost: cells.treatedPost.events,
      treatedPre: cells.treatedPre.events,
      controlPost: cells.controlPost.events,
      controlPre: cells.controlPre.events,
    }),
    exposureOdds:
      cells.treatedPost.exposure / cells.treatedPre.exposure / (cells.controlPost.exposure / cells.controlPre.exposure),
    cells,
    dispersion: dispersion.value,
    rows: usedRows(data, exposure),
    notes: design.value.notes,
  });
}

function sideBySide({ data, unit, periods }: RegressionTable, exposure: Float64Array): Outcome<Comparison> {
  const treatment = treatmentColumn(data);
  if (!treatment.ok) return treatment;
  const group = treatment.value;
  const cells = {
    treated: cellOf(data, exposure, (i) => group[i] === 1),
    control: cellOf(data, exposure, (i) => group[i] === 0),
  };
  const empty = Object.entries(cells).find(([, { exposure: size }]) => !(size > 0));
  if (empty !== undefined) return noExposure(empty[0]);
  // without units the rows are what may differ: one rate per group; with them every unit may have its own
  const groups = groupBy("group", Array.from(group));
  const effects = unit === null || periods === null ? [groups] : [unit, periods.grouping];
  const dispersion = countDispersion(data.outcome, exposure, effects);
  if (!dispersion.ok) return dispersion;
  return answer({
    term: "rate-ratio",
    count: givenSum(cells.treated.events, cells.control.events),
    exposureOdds: cells.treated.exposure / cells.control.exposure,
    cells,
    dispersion: dispersion.value,
    rows: usedRows(data, exposure),
    notes: [],
  });
}

function usedRows(data: TidyData, exposure: Float64Array): number {
  return data.outcome.reduce((count, value, i) => {
    return count + Number(!Number.isNaN(value) && (exposure[i] ?? Number.NaN) > 0);
  }, 0);
}

function noExposure(cell: string): Outcome<never> {
  return refuse(
    cell.endsWith("Pre") ? "NO_PRE_DATA" : "NO_POST_DATA",
    `There is no exposure in the cell ${cell}, so it has no rate.`,
    "Add rows with an exposure above zero.",
    { cell },
  );
}

function scattered({ phi, pValue }: CountDispersion): Outcome<never> {
  return refuse(
    "OVERDISPERSED",
    `Counts scatter ${phi.toPrecision(3)} times as much as independent events would (p = ${pValue.toPrecision(2)}), so an exact test would be too sure.`,
    "Use ppml with an error clustered by unit, or --set overdispersion=label to see the exact numbers.",
    { phi, pValue },
  );
}

function conclude(
  found: Comparison,
  options: EstimateOptions,
  isScattered: boolean,
): ReturnType<TidyEstimator["estimate"]> {
  const { count, exposureOdds, term, cells, dispersion } = found;
  if (count.low === count.high) {
    return refuse(
      "NO_VARIATION",
      "Given how many events each group and window has, the counts could not have come out otherwise.",
      "Add rows until both groups have events.",
      { cells: factsOf(cells) },
    );
  }
  const rule: TailRule = options.vcov === "mid-p" ? "mid-p" : "exact";
  const limits = oddsLimits(count, options.alpha / 2, rule);
  const estimate = conditionalEstimate(count) / exposureOdds;
  const row: Coefficient = {
    term,
    estimate,
    stdError: Number.NaN,
    statistic: Number.NaN,
    dof: Number.NaN,
    pValue: centralP(count, exposureOdds, rule),
    confLow: limits.low / exposureOdds,
    confHigh: limits.high / exposureOdds,
  };
  const oneSided = oddsLimits(count, options.alpha, rule);
  const listed = count.high - count.low <= LONGEST_LIST;
  return answer({
    estimator: exactCounts.id,
    inference: rule,
    coefficients: [row],
    nobs: found.rows,
    clusters: null,
    notes: [
      ...found.notes,
      ...endNotes(count, row, { low: oneSided.low / exposureOdds, high: oneSided.high / exposureOdds }, options.alpha),
      ...dispersionNotes(dispersion, isScattered),
    ],
    details: {
      nullValue: 1,
      cells: factsOf(cells),
      oneSided: { low: oneSided.low / exposureOdds, high: finite(oneSided.high / exposureOdds) },
      interval: { low: row.confLow, high: finite(row.confHigh) },
      pointProbabilityP: listed ? pointProbabilityP(count, exposureOdds) : null,
      dispersion: dispersion === null ? null : { ...dispersion },
    },
  });
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function factsOf(cells: Comparison["cells"]): JsonValue {
  return Object.fromEntries(
    Object.entries(cells).map(([name, { events, exposure }]) => [name, { events, exposure, rate: events / exposure }]),
  );
}

/** A count at the end of its support bounds the ratio on one side only. */
function endNotes(
  count: ConditionalCount,
  row: Coefficient,
  oneSided: { readonly low: number; readonly high: number },
  alpha: number,
): string[] {
  const level = `${Number((100 * (1 - alpha)).toPrecision(6))} %`;
  if (count.observed === count.low) {
    return [
      `The treated count after is the smallest possible: the ratio is 0, and only an upper limit says something, ${row.confHigh.toPrecision(4)} (one-sided ${level}: ${oneSided.high.toPrecision(4)}).`,
    ];
  }
  if (count.observed !== count.high) return [];
  return [
    `The treated count after is the largest possible: the ratio has no upper limit, its lower one is ${row.confLow.toPrecision(4)} (one-sided ${level}: ${oneSided.low.toPrecision(4)}).`,
  ];
}

function dispersionNotes(dispersion: CountDispersion | null, isScattered: boolean): string[] {
  if (dispersion === null) return ["Too few rows before to tell whether events are independent."];
  if (!isScattered) return [];
  return [
    `Counts scatter ${dispersion.phi.toPrecision(3)} times as much as independent events would: interval and p-value are too sure.`,
  ];
}

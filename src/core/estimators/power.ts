import type { Coefficient } from "../inference/coefficients.ts";
import { twoSidedPower } from "../inference/power.ts";
import { type PowerGoal, powerFrom, unitsForChange } from "../inference/power-plan.ts";
import { answer, type JsonValue, type Outcome, refuse } from "../outcome.ts";
import { chiSquareQuantile, chiSquareUpperQuantile } from "../probability/chi-square.ts";
import { isNever } from "./adoption.ts";
import type { EstimateOptions, EstimatorSetting, TidyData, TidyEstimator } from "./contract.ts";
import { openTable, type RegressionTable } from "./panel-ols/table.ts";
import { settingNumber } from "./setting.ts";

/** Fewer units make the spread between them a guess. */
const FEWEST_UNITS = 4;

const SETTINGS: readonly EstimatorSetting[] = [
  {
    name: "pre",
    description: "periods of the window before; auto: half of those in the table",
    default: "auto",
    accepts: { type: "number", min: 1, integer: true, also: ["auto"] },
  },
  {
    name: "settle",
    description: "periods left out between the windows",
    default: "0",
    accepts: { type: "number", min: 0, integer: true },
  },
  {
    name: "treated",
    description: "units that will be treated; auto: those the table treats, else half",
    default: "auto",
    accepts: { type: "number", min: 1, integer: true, also: ["auto"] },
  },
  {
    name: "power",
    description: "chance with which the effect shall be found",
    default: "0.8",
    accepts: { type: "number", min: 0.05, max: 0.999 },
  },
  {
    name: "effect",
    description: "effect to plan for, in units of the outcome: adds its power and the units it needs; none",
    default: "none",
    accepts: { type: "number", also: ["none"] },
  },
];

/**
 * Power of a difference-in-differences before it is made: the smallest effect that would be found, by length of the window
 * after, from the units' own history.
 *
 * Formula: for windows of m and r periods the variance of (mean of the last r - mean of the m before) over units, pooled over
 * every place in the table where both fit; error = sd sqrt(1/n_1 + 1/n_0), power by the noncentral t with n - 2 degrees of
 * freedom. No model of the serial correlation. Interval of the effect from the chi-square law of that variance, windows that
 * do not overlap counted once.
 * Assumes: the time ahead scatters as the time in the table; units are independent once common paths are out. Rows from the
 * first treatment on are left out. Time units x periods x lengths.
 * Source: Burlig, Preonas and Woerman 2020, Journal of Development Economics 144; Bloom 1995.
 */
export const power: TidyEstimator = {
  id: "power",
  label: "power and minimum detectable effect of a planned difference-in-differences",
  reference:
    "Burlig, Preonas and Woerman 2020, Panel data and experimental design, Journal of Development Economics 144",
  needs: ["unit", "time"],
  vcovs: ["past-windows"],
  settings: SETTINGS,
  uses: [],
  estimate(data, options) {
    const opened = openTable({ ...data, weights: null }, true);
    if (!opened.ok) return opened;
    const history = historyOf(opened.value);
    if (!history.ok) return history;
    const plan = planOf(history.value, options);
    if (!plan.ok) return plan;
    const rows = lengths(plan.value.longest).flatMap(
      (postSteps) => outlook(history.value, plan.value, postSteps) ?? [],
    );
    return conclude(history.value, plan.value, rows, options);
  },
};

/** The outcome by unit and period before any treatment, as running sums and counts. */
interface History {
  readonly units: number;
  readonly steps: number;
  readonly sums: readonly Float64Array[];
  readonly counts: readonly Int32Array[];
  /** Units that the table treats; 0: it does not say. */
  readonly treated: number;
  readonly rows: number;
  readonly cut: number;
}

function historyOf({ data, unit, periods }: RegressionTable): Outcome<History> {
  if (unit === null || periods === null)
    return refuse("NOT_ESTIMABLE", "A plan needs units and periods.", "Name both.");
  const start = firstTreatment(data);
  const steps = periods.values.filter((period) => period < start.period).length;
  const sums = Array.from({ length: unit.count }, () => new Float64Array(steps + 1));
  const counts = Array.from({ length: unit.count }, () => new Int32Array(steps + 1));
  let rows = 0;
  data.outcome.forEach((value, i) => {
    const step = periods.grouping.levels[i] ?? 0;
    if (step >= steps || Number.isNaN(value)) return;
    const u = unit.levels[i] ?? 0;
    (sums[u] as Float64Array)[step + 1] = value;
    (counts[u] as Int32Array)[step + 1] = 1;
    rows++;
  });
  for (let u = 0; u < unit.count; u++) {
    const [sum, count] = [sums[u] as Float64Array, counts[u] as Int32Array];
    for (let t = 1; t <= steps; t++) {
      sum[t] = (sum[t] ?? 0) + (sum[t - 1] ?? 0);
      count[t] = (count[t] ?? 0) + (count[t - 1] ?? 0);
    }
  }
  if (unit.count < FEWEST_UNITS) {
    return refuse(
      "TOO_FEW_UNITS",
      `There are ${unit.count} units; a plan needs at least ${FEWEST_UNITS}.`,
      "Add units.",
      {
        units: unit.count,
      },
    );
  }
  const cut = data.rows - rows;
  return answer({ units: unit.count, steps, sums, counts, treated: treatedUnits(data, unit.levels), rows, cut });
}

function firstTreatment({ time, treatment, firstTreated }: TidyData): { readonly period: number } {
  let period = Number.POSITIVE_INFINITY;
  firstTreated?.forEach((first) => {
    if (!isNever(first)) period = Math.min(period, first);
  });
  treatment?.forEach((value, i) => {
    if (value === 1) period = Math.min(period, time?.[i] ?? period);
  });
  return { period };
}

function treatedUnits({ treatment, firstTreated }: TidyData, levels: Int32Array): number {
  const found = new Set<number>();
  levels.forEach((u, i) => {
    if (treatment?.[i] === 1 || (firstTreated !== null && !isNever(firstTreated[i] ?? Number.NaN))) found.add(u);
  });
  return found.size;
}

interface Plan {
  readonly pre: number;
  readonly settle: number;
  /** Longest window after that fits. */
  readonly longest: number;
  readonly treatedUnits: number;
  readonly controlUnits: number;
  readonly goal: PowerGoal;
}

function planOf(history: History, options: EstimateOptions): Outcome<Plan> {
  const pre = settingNumber(SETTINGS, options, "pre") ?? Math.max(1, Math.floor(history.steps / 2));
  const settle = settingNumber(SETTINGS, options, "settle") ?? 0;
  const longest = history.steps - pre - settle;
  if (longest < 1) {
    return refuse(
      "TOO_FEW_PERIODS",
      `The table has ${history.steps} untreated periods; ${pre} before, ${settle} left out and one after do not fit.`,
      "Give a longer history, or a shorter window with --set pre=N.",
      { periods: history.steps, pre, settle },
    );
  }
  const usual =
    history.treated > 0 && history.treated < history.units ? history.treated : Math.floor(history.units / 2);
  const treated = settingNumber(SETTINGS, options, "treated") ?? usual;
  if (treated >= history.units) {
    return refuse(
      "NO_CONTROL_UNITS",
      `Of ${history.units} units ${treated} would be treated.`,
      "Leave some untreated.",
      {
        units: history.units,
        treated,
      },
    );
  }
  const goal = { alpha: options.alpha, power: settingNumber(SETTINGS, options, "power") ?? 0.8 };
  return answer({ pre, settle, longest, treatedUnits: treated, controlUnits: history.units - treated, goal });
}

/** 1, 2, 4, ... and the longest one. */
function lengths(longest: number): number[] {
  const result: number[] = [];
  for (let length = 1; length < longest; length *= 2) result.push(length);
  return [...result, longest];
}

interface Outlook {
  readonly postSteps: number;
  readonly changeVariance: number;
  /** Independent pieces of information behind the variance. */
  readonly dof: number;
}

function outlook(history: History, { pre, settle }: Plan, postSteps: number): Outlook | null {
  let [squares, dof] = [0, 0];
  const span = pre + settle + postSteps;
  const places = history.steps - span + 1;
  for (let start = 0; start < places; start++) {
    const changes = changesAt(history, start, { pre, settle, postSteps });
    if (changes.length < 2) continue;
    const mean = changes.reduce((total, value) => total + value, 0) / changes.length;
    squares += changes.reduce((total, value) => total + (value - mean) ** 2, 0);
    dof += changes.length - 1;
  }
  if (dof === 0) return null;
  const independent = Math.floor(history.steps / span) / places;
  return { postSteps, changeVariance: squares / dof, dof: Math.max(1, dof * independent) };
}

function changesAt(
  { sums, counts }: History,
  start: number,
  { pre, settle, postSteps }: { readonly pre: number; readonly settle: number; readonly postSteps: number },
): number[] {
  const [preEnd, postStart] = [start + pre, start + pre + settle];
  const between = (values: ArrayLike<number>, from: number, to: number): number =>
    (values[to] ?? 0) - (values[from] ?? 0);
  return sums.flatMap((sum, u) => {
    const count = counts[u] ?? [];
    const [before, after] = [between(count, start, preEnd), between(count, postStart, postStart + postSteps)];
    if (before < pre || after < postSteps) return [];
    return [between(sum, postStart, postStart + postSteps) / after - between(sum, start, preEnd) / before];
  });
}

function conclude(
  history: History,
  plan: Plan,
  rows: readonly Outlook[],
  options: EstimateOptions,
): ReturnType<TidyEstimator["estimate"]> {
  if (rows.length === 0) {
    return refuse("TIME_GAPS", "No two units have all periods of any pair of windows.", "Complete the rows.");
  }
  if (!rows.every(({ changeVariance }) => changeVariance > 0)) {
    return refuse(
      "NO_VARIATION",
      "Units never moved apart in the table, so there is no error to plan for.",
      "Check the column.",
    );
  }
  const effect = settingNumber(SETTINGS, options, "effect");
  const found = rows.map((row) => ({ row, ...powerFrom(row.changeVariance, plan, plan.goal) }));
  const best = Math.min(...found.map(({ minimumDetectableEffect }) => minimumDetectableEffect));
  return answer({
    estimator: power.id,
    inference: "past-windows",
    coefficients: found.map(({ row, minimumDetectableEffect }) =>
      coefficient(row, minimumDetectableEffect, options.alpha),
    ),
    nobs: history.rows,
    clusters: history.units,
    notes: [
      ...(history.cut > 0 ? [`${history.cut} rows without an outcome or from the first treatment on left out.`] : []),
      ...(effect !== null && best > Math.abs(effect)
        ? [`No length in the table finds an effect of ${effect}: the smallest that is found is ${best.toPrecision(3)}.`]
        : []),
    ],
    details: {
      treatedUnits: plan.treatedUnits,
      controlUnits: plan.controlUnits,
      pre: plan.pre,
      settle: plan.settle,
      power: plan.goal.power,
      outlook: found.map(
        ({ row, stdError, dof, minimumDetectableEffect }): JsonValue => ({
          postSteps: row.postSteps,
          changeSd: Math.sqrt(row.changeVariance),
          stdError,
          dof,
          minimumDetectableEffect,
          ...(effect === null ? {} : effectFacts(effect, row, plan, { stdError, dof })),
        }),
      ),
    },
  });
}

function effectFacts(
  effect: number,
  row: Outlook,
  plan: Plan,
  { stdError, dof }: { readonly stdError: number; readonly dof: number },
): Record<string, JsonValue> {
  const treatedShare = plan.treatedUnits / (plan.treatedUnits + plan.controlUnits);
  const units = unitsForChange(effect, row.changeVariance, { treatedShare, goal: plan.goal });
  return {
    powerAtEffect: twoSidedPower(effect, stdError, plan.goal.alpha, dof),
    treatedUnitsNeeded: units.ok ? units.value.treatedUnits : null,
    controlUnitsNeeded: units.ok ? units.value.controlUnits : null,
  };
}

function coefficient({ postSteps, dof }: Outlook, mde: number, alpha: number): Coefficient {
  return {
    term: `mde-after-${postSteps}`,
    estimate: mde,
    stdError: Number.NaN,
    statistic: Number.NaN,
    dof,
    pValue: Number.NaN,
    confLow: mde * Math.sqrt(dof / chiSquareUpperQuantile(alpha / 2, dof)),
    confHigh: mde * Math.sqrt(dof / chiSquareQuantile(alpha / 2, dof)),
  };
}

import { type Coefficient, studentInference } from "../../inference/coefficients.ts";
import { answer, refuse } from "../../outcome.ts";
import type { Scale } from "../../plan.ts";
import type { EstimateOptions, EstimatorSetting, TidyEstimator } from "../contract.ts";
import { isRounding } from "../did-sample.ts";
import { openTable } from "../panel-ols/table.ts";
import { settingNumber, settingText } from "../setting.ts";
import { DAY } from "./clock.ts";
import { sameHours as compareHours, meanSize, type SameHours } from "./same-hours.ts";
import { type TableSeries, tableSeries } from "./table-series.ts";

const SETTINGS: readonly EstimatorSetting[] = [
  {
    name: "day",
    description: "length of a day in the units of the time column (86400 for epoch seconds)",
    default: "86400",
    accepts: { type: "number", min: 1e-9 },
  },
  {
    name: "weekdays",
    description:
      "prefer days of the same kind (working days, weekends, the same weekday); times must be epoch times then",
    default: "auto",
    accepts: { type: "choice", values: ["auto", "yes", "no"] },
  },
  {
    name: "lead",
    description: "steps just before the treatment that are the before of each day; auto: what the past predicts best",
    default: "auto",
    accepts: { type: "number", min: 1, integer: true, also: ["auto"] },
  },
  {
    name: "settle",
    description: "steps after the treatment that are left out, on every day",
    default: "0",
    accepts: { type: "number", min: 0, integer: true },
  },
  {
    name: "scale",
    description: "changes in units of the outcome, or as a share of the level before; auto: the smaller spread",
    default: "auto",
    accepts: { type: "choice", values: ["auto", "additive", "multiplicative"] },
  },
];

/**
 * The change from just before the treatment to after it against the same hours of earlier days.
 *
 * Formula, assumptions, units: see sameHours in this folder. `same-hours`: error from the spread of the earlier days'
 * changes, never below what such a window moves at any hour without the daily cycle; `spread`: the first alone; `rank`:
 * exact rank of the day among all days, without an interval.
 * Source: docs/designs/its.md; Student 1908 and Fisher 1935 for one more draw and its rank.
 */
export const sameHours: TidyEstimator = {
  id: "same-hours",
  label: "the same hours of earlier days",
  reference: "one more draw against earlier ones: Student 1908; its rank: Fisher 1935",
  needs: ["unit", "time", "treatment"],
  vcovs: ["same-hours", "spread", "rank"],
  settings: SETTINGS,
  uses: ["weights"],
  estimate(data, options) {
    const opened = openTable(data, true);
    if (!opened.ok) return opened;
    const series = tableSeries(opened.value);
    if (!series.ok) return series;
    const compared = compareHours(clockOf(series.value, options), windowOf(series.value, options), {
      scale: settingText(SETTINGS, options, "scale") as "auto" | Scale,
      lead: settingNumber(SETTINGS, options, "lead"),
      leadLimit: series.value.preEnd,
      weekdays: usesWeekdays(options),
      movement: options.vcov === null || options.vcov === "same-hours",
      skips: () => false,
    });
    if (!compared.ok) return compared;
    const vcov = options.vcov ?? "same-hours";
    const row = rowOf(compared.value, vcov, options.alpha);
    if (vcov !== "rank" && isRounding(compared.value.variance, meanSize(series.value.values, series.value.preEnd))) {
      return refuse(
        "NO_VARIATION",
        "The earlier days all changed by the same, so there is no spread to judge by.",
        "Use --vcov rank, or check that the outcome moves.",
      );
    }
    return answer({
      estimator: sameHours.id,
      inference: vcov,
      coefficients: [row],
      nobs: series.value.values.filter(Number.isFinite).length,
      clusters: vcov === "rank" ? null : compared.value.days.length + 1,
      notes: series.value.notes,
      details: { ...detailsOf(compared.value), firstTreated: series.value.firstTreated, units: series.value.units },
    });
  },
};

function usesWeekdays(options: EstimateOptions): boolean {
  const asked = settingText(SETTINGS, options, "weekdays");
  return asked === "auto" ? settingNumber(SETTINGS, options, "day") === DAY : asked === "yes";
}

/** The table's clock in seconds. */
function clockOf(series: TableSeries, options: EstimateOptions) {
  const seconds = DAY / (settingNumber(SETTINGS, options, "day") ?? DAY);
  const { values, weights, step, firstTreated } = series;
  return { values, weights, step: step * seconds, deployedAt: firstTreated * seconds };
}

function windowOf({ values, preEnd }: TableSeries, options: EstimateOptions) {
  const settle = settingNumber(SETTINGS, options, "settle") ?? 0;
  return { preEnd, postStart: Math.min(values.length - 1, preEnd + settle), end: values.length };
}

function rowOf({ att, variance, dof, rankP }: SameHours, vcov: string, alpha: number): Coefficient {
  if (vcov !== "rank") return studentInference("att", att, Math.sqrt(variance), { dof, alpha });
  const none = Number.NaN;
  return {
    term: "att",
    estimate: att,
    stdError: none,
    statistic: none,
    dof: none,
    pValue: rankP,
    confLow: none,
    confHigh: none,
  };
}

function detailsOf({ days, changes, scale, lead, stride, rule, usual, spread, movement, today }: SameHours) {
  return {
    scale,
    lead,
    strideDays: stride,
    dayRule: rule,
    today: { before: today.before, after: today.after },
    usualChange: usual,
    spread: Math.sqrt(spread),
    movement: movement === null ? null : Math.sqrt(movement),
    days: days.map(({ back, before, after }, i) => ({ back, before, after, change: changes[i] ?? null })),
  };
}

import {
  type Aggregation,
  type AggregationKind,
  aggregate,
  type DynamicWindow,
  WHOLE_WINDOW,
} from "../../../src/core/estimators/callaway-santanna/aggregate.ts";
import { type GroupTimeEffects, groupTimeEffects } from "../../../src/core/estimators/callaway-santanna/cells.ts";
import { groupTimeCovariance } from "../../../src/core/estimators/callaway-santanna/covariance.ts";
import {
  analyticError,
  cellError,
  effectRow,
  preTest,
} from "../../../src/core/estimators/callaway-santanna/inference.ts";
import { DEFAULT_TRIM, type PanelMethod } from "../../../src/core/estimators/doubly-robust/panel.ts";
import { balancedPanel } from "../../../src/core/estimators/staggered/balanced.ts";
import { openStaggered } from "../../../src/core/estimators/staggered/table.ts";
import type { JsonValue } from "../../../src/core/outcome.ts";
import type { Actual, CaseRunner } from "./compare.ts";
import { type JsonObject, list, number, object, text } from "./json.ts";
import type { Table } from "./table.ts";
import { value } from "./tables.ts";

/** `did` calls the standardized weighting estimator ipw. */
const METHOD: Readonly<Record<string, PanelMethod>> = { dr: "dr", reg: "reg", ipw: "std-ipw" };

/** Case 06a: group-time effects with their averages in twelve variants. */
export const callawaySantannaCase: CaseRunner = {
  cases: ["06a_callaway_santanna"],
  rules: [],
  relative: (expected) => number(expected.tolerance_rel),
  run({ expected, panel }) {
    const table = panel();
    return { runs: list(expected.runs).map((run) => runVariant(table, object(run))) };
  },
};

function runVariant(table: Table, run: JsonObject): Actual {
  const formula = text(run.xformla).replace("~", "");
  const opened = value(
    openStaggered({
      rows: table.rows,
      unit: table.text("unit"),
      time: table.numeric("time"),
      outcome: table.numeric("y"),
      treatment: null,
      firstTreated: table.numeric("first_treat"),
      weights: run.weights === null ? null : table.numeric(text(run.weights)),
      covariates: formula === "1" ? [] : [{ name: formula, values: table.numeric(formula) }],
      cluster: null,
    }),
  );
  const effects = value(
    groupTimeEffects(value(balancedPanel(opened, "refuse")), {
      method: METHOD[text(run.est_method)] ?? "dr",
      control: run.control_group === "notyettreated" ? "notyet" : "never",
      base: run.base_period === "universal" ? "universal" : "varying",
      anticipation: number(run.anticipation),
      trim: DEFAULT_TRIM,
    }),
  );
  // the reference tests the periods of anticipation too
  const test = preTest(effects, true);
  return {
    ...Object.fromEntries(
      ["est_method", "control_group", "xformla", "base_period", "anticipation", "weights"].map((key) => [
        key,
        plain(run[key]),
      ]),
    ),
    n_units: unitsUsed(effects),
    att_gt: effects.cells.map((cell) => ({
      group: cell.group,
      time: cell.time,
      att: cell.estimate,
      se: defined(cellError(effects, cell)),
    })),
    pretrend_wald: test.ok
      ? { W: test.value.chiSquare, df: test.value.dof1, p: test.value.pChiSquare }
      : { W: null, df: null, p: null },
    vcov_att_gt: groupTimeCovariance(effects, effects.cells).to2DArray(),
    aggregates: {
      simple: average(effects, "simple"),
      dynamic: average(effects, "dynamic"),
      group: average(effects, "group"),
      calendar: average(effects, "calendar"),
      dynamic_balance_e1: average(effects, "dynamic", { balance: 1, min: -2, max: 1 }),
    },
  };
}

function plain(value: JsonValue | undefined): Actual {
  return typeof value === "object" || value === undefined ? null : value;
}

/** `did` counts the units it keeps: those of groups without a period before are dropped. */
function unitsUsed(effects: GroupTimeEffects): number {
  const groups = new Set(effects.cells.map((cell) => cell.group));
  return effects.panel.first.filter((first) => Number.isNaN(first) || groups.has(first)).length;
}

/** What is zero by definition has no error. */
function defined(error: number): number | null {
  return Number.isNaN(error) ? null : error;
}

function average(effects: GroupTimeEffects, kind: AggregationKind, window: DynamicWindow = WHOLE_WINDOW): Actual {
  const found: Aggregation = value(aggregate(effects, kind, window));
  const row = effectRow("overall", found.overall, analyticError(effects, found.overall), 0.05);
  return {
    overall_att: row.estimate,
    overall_se: row.stdError,
    overall_ci95: [row.confLow, row.confHigh],
    by:
      kind === "simple"
        ? null
        : found.by.map(({ at, effect }) => ({
            e: at,
            att: effect.estimate,
            se: defined(analyticError(effects, effect)),
          })),
  };
}

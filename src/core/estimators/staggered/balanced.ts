import { answer, type Outcome, refuse } from "../../outcome.ts";
import { type Grouping, groupBy } from "../../regression/effects.ts";
import type { NamedColumn } from "../../regression/sample.ts";
import { type StaggeredTable, withoutUnits } from "./table.ts";

/** A panel without holes: unit u in period k stands at u * periods + k. */
export interface BalancedPanel {
  readonly units: number;
  readonly names: readonly string[];
  readonly periods: Float64Array;
  readonly outcome: Float64Array;
  readonly covariates: readonly NamedColumn[];
  /** By unit, as in its first period, with mean one; null: all equal. */
  readonly weights: Float64Array | null;
  /** First treated period by unit; NaN: never. */
  readonly first: Float64Array;
  readonly cohorts: readonly number[];
  /** Cluster of every unit; the unit itself when no other cluster is named. */
  readonly cluster: Grouping;
  readonly notes: readonly string[];
}

/**
 * Lays the table out as a panel. Units that miss a period are refused by name, or with `gaps` = "drop" left out and counted.
 * Time and memory grow with the rows.
 */
export function balancedPanel(opened: StaggeredTable, gaps: "refuse" | "drop"): Outcome<BalancedPanel> {
  const complete = completeUnits(opened, gaps);
  if (!complete.ok) return complete;
  const table = complete.value;
  const { data, unit, periods } = table;
  const T = periods.values.length;
  const place = new Int32Array(data.rows);
  const firstRow = new Int32Array(unit.count);
  for (let i = 0; i < data.rows; i++) {
    const u = unit.levels[i] ?? 0;
    const k = periods.grouping.levels[i] ?? 0;
    place[i] = u * T + k;
    if (k === 0) firstRow[u] = i;
  }
  const laidOut = (values: Float64Array): Float64Array => {
    const result = new Float64Array(unit.count * T);
    for (let i = 0; i < data.rows; i++) result[place[i] ?? 0] = values[i] ?? Number.NaN;
    return result;
  };
  const cluster = unitClusters(table, firstRow);
  if (!cluster.ok) return cluster;
  return answer({
    units: unit.count,
    names: table.unitNames,
    periods: periods.values,
    outcome: laidOut(data.outcome),
    covariates: data.covariates.map(({ name, values }) => ({ name, values: laidOut(values) })),
    weights: data.weights === null ? null : meanOne(Float64Array.from(firstRow, (row) => data.weights?.[row] ?? 0)),
    first: table.first,
    cohorts: table.cohorts,
    cluster: cluster.value,
    notes: table.notes,
  });
}

function meanOne(values: Float64Array): Float64Array {
  const total = values.reduce((sum, value) => sum + value, 0);
  return values.map((value) => (value * values.length) / total);
}

function completeUnits(table: StaggeredTable, gaps: "refuse" | "drop"): Outcome<StaggeredTable> {
  const { unit, periods } = table;
  const T = periods.values.length;
  if (table.data.rows === unit.count * T) return answer(table);
  const counts = new Int32Array(unit.count);
  for (const u of unit.levels) counts[u] = (counts[u] ?? 0) + 1;
  if (gaps === "refuse") {
    const u = counts.findIndex((count) => count < T);
    const seen = new Set<number>();
    unit.levels.forEach((level, i) => {
      if (level === u) seen.add(periods.grouping.levels[i] ?? 0);
    });
    const missing = periods.values.find((_, k) => !seen.has(k)) ?? Number.NaN;
    const others = counts.filter((count) => count < T).length - 1;
    return refuse(
      "TIME_GAPS",
      `Unit ${table.unitNames[u]} has no usable row in period ${missing}${others > 0 ? `, and ${others} more units miss periods` : ""}.`,
      "Complete the unit's rows, or leave such units out with the setting gaps=drop.",
      { unit: table.unitNames[u] ?? "", period: missing, units: others + 1 },
    );
  }
  const dropped = withoutUnits(table, (u) => (counts[u] ?? 0) < T, "with missing periods were left out");
  if (dropped.cohorts.length > 0) return answer(dropped);
  return refuse("NO_TREATED_UNITS", "No treated unit has a row in every period.", "Complete the units' rows.");
}

function unitClusters(table: StaggeredTable, firstRow: Int32Array): Outcome<Grouping> {
  const { data, unit } = table;
  if (data.cluster === null) {
    return answer({ name: "unit", levels: Int32Array.from({ length: unit.count }, (_, u) => u), count: unit.count });
  }
  for (let i = 0; i < data.rows; i++) {
    const u = unit.levels[i] ?? 0;
    if (data.cluster[i] !== data.cluster[firstRow[u] ?? 0]) {
      return refuse(
        "NOT_ESTIMABLE",
        `Unit ${table.unitNames[u]} belongs to more than one cluster.`,
        "Give every unit one cluster.",
        { unit: table.unitNames[u] ?? "" },
      );
    }
  }
  const names = data.cluster;
  return answer(
    groupBy(
      "cluster",
      Array.from(firstRow, (row) => names[row] ?? ""),
    ),
  );
}

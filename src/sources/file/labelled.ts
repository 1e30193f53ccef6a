import { DeployImpactError } from "../../core/errors.ts";
import type { Group, Series, SeriesComponent } from "../../core/panel/series.ts";
import type { SeriesQuery } from "../contract.ts";
import { byNearness } from "../nearest.ts";
import { bySeries } from "../order.ts";
import type { RowCells, RowSink } from "./cells.ts";
import { missingColumn, quoteCell } from "./errors.ts";
import { GrowingSeries } from "./growing.ts";
import { MOST_UNITS, readWeight, tooManyUnits } from "./panel.ts";
import type { TextPool } from "./text-pool.ts";

/** A column that a file may have in place of the label that the config names. */
const PLAIN_UNIT_COLUMN = "unit";
const GROUP_COLUMN = "group";
const DEFAULT_VALUE_COLUMN = "value";

export interface LabelledColumns {
  readonly time: number;
  readonly unit: number;
  readonly le: number | null;
  /** Names the subgroup; null: none is asked for. */
  readonly by: number | null;
  readonly group: number | null;
  readonly weight: number | null;
  readonly values: readonly { readonly component: SeriesComponent; readonly column: number }[];
  /** Columns that may be labels, with their names. */
  readonly labels: readonly { readonly name: string; readonly column: number }[];
}

/** Finds the columns that a query needs; its texts name columns. */
export function findLabelledColumns(file: string, columns: readonly string[], query: SeriesQuery): LabelledColumns {
  const find = (name: string, needs: string): number => {
    const position = columns.indexOf(name);
    if (position < 0) throw missingColumn(file, name, columns, needs);
    return position;
  };
  const optional = (name: string): number | null => (columns.includes(name) ? columns.indexOf(name) : null);
  const time = find("time", "A file needs a column time with ISO times or epoch seconds.");
  const unit = optional(query.unitLabel) ?? optional(PLAIN_UNIT_COLUMN);
  if (unit === null) throw missingUnitColumn(file, columns, query.unitLabel);
  const wanted = Object.entries(query.queries) as [SeriesComponent, string][];
  const values = (wanted.length === 0 ? ([["value", ""]] as const) : wanted).map(([component, text]) => {
    const name = text.trim() === "" ? DEFAULT_VALUE_COLUMN : text.trim();
    return { component, column: find(name, `For a file, the text of a query names a column (SLI ${query.sli}).`) };
  });
  const hasBuckets = values.some((value) => value.component === "bucket");
  const le = hasBuckets ? find("le", "Buckets need a column le with the upper bounds.") : null;
  const hasPlainValue = values.some((value) => value.component === "value");
  const weight = query.kind === "ratio" && hasPlainValue ? optional("weight") : null;
  const used = new Set([time, le, weight, ...values.map((value) => value.column)]);
  const labels = columns.map((name, column) => ({ name, column })).filter(({ column }) => !used.has(column));
  const { byLabel } = query;
  const by =
    byLabel === undefined
      ? null
      : find(byLabel, `The SLI ${query.sli} names the column with its subgroups in \`by: ${byLabel}\`.`);
  return { time, unit, le, by, group: optional(GROUP_COLUMN), weight, values, labels };
}

function missingUnitColumn(file: string, columns: readonly string[], unitLabel: string): DeployImpactError {
  const there = byNearness(unitLabel, columns).slice(0, 20).map(quoteCell).join(", ");
  return new DeployImpactError(
    "UNKNOWN_LABEL",
    `${file} has no column \`${unitLabel}\` (units.label), nor \`unit\`; it has ${there}.`,
    {
      hint: "Set `units.label` to the column that names the unit.",
      position: { file, line: 1 },
    },
  );
}

interface LabelledUnit {
  readonly name: string;
  /** First text of each label column, by position in `labels`. */
  readonly firstIds: readonly number[];
  /** Positions in `labels` of the columns that have not changed so far. */
  constant: readonly number[];
  /** Why the group column cannot be used; null: it can. */
  groupFault: Error | null;
  readonly points: Map<string, UnitPoints>;
}

interface UnitPoints {
  readonly component: SeriesComponent;
  /** null: the whole unit. */
  readonly subgroup: string | null;
  readonly le: number | null;
  readonly points: GrowingSeries;
}

export interface LabelledSeries {
  readonly series: readonly Series[];
  readonly unmatchedUnits: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Collects series per unit from rows whose other columns act as labels. A column is a label of a unit when it does not
 * change within it, so that measures which belong to other SLIs drop out by themselves.
 */
export class LabelledSink implements RowSink {
  readonly needs: readonly number[];
  readonly #columns: LabelledColumns;
  readonly #query: SeriesQuery;
  readonly #pool: TextPool;
  readonly #units = new Map<number, LabelledUnit>();

  constructor(columns: LabelledColumns, query: SeriesQuery, pool: TextPool) {
    this.#columns = columns;
    this.#query = query;
    this.#pool = pool;
    const { time, unit, le, by, weight } = columns;
    const positions = [time, unit, le, by, weight, ...columns.values.map((v) => v.column)];
    const labels = columns.labels.map((label) => label.column);
    this.needs = [...new Set([...positions, ...labels])].filter((position) => position !== null);
  }

  row(cells: RowCells): void {
    const { from, to, step } = this.#query;
    const time = cells.time(this.#columns.time);
    // The last step lasts until the next one would start.
    if (time < from || time >= to + step) return;
    const unitId = cells.textId(this.#columns.unit);
    const unit = this.#units.get(unitId) ?? this.#addUnit(unitId, cells);
    this.#watchLabels(unit, cells);
    const le = this.#columns.le === null ? null : cells.number(this.#columns.le);
    if (le !== null && Number.isNaN(le)) throw this.#missingBound(cells, this.#columns.le ?? 0);
    const weight = this.#columns.weight === null ? 0 : readWeight(cells, this.#columns.weight);
    const by = this.#columns.by === null ? null : cells.textId(this.#columns.by);
    for (const { component, column } of this.#columns.values) {
      this.#pointsOf(unit, component, component === "bucket" ? le : null, by).append(
        time,
        cells.number(column),
        weight,
      );
    }
  }

  finish(): LabelledSeries {
    const series: Series[] = [];
    const unmatched: LabelledUnit[] = [];
    for (const unit of this.#units.values()) {
      const group = this.#groupOf(unit);
      if (group === null) unmatched.push(unit);
      else for (const points of unit.points.values()) series.push(asSeries(unit.name, group, points));
    }
    return {
      series: series.sort(bySeries),
      unmatchedUnits: unmatched.map((unit) => unit.name).sort(),
      warnings: this.#changingLabels(unmatched),
    };
  }

  #addUnit(unitId: number, cells: RowCells): LabelledUnit {
    const name = this.#pool.text(unitId);
    if (name === "") throw cells.malformed("the unit is empty", "Name a unit in every row.", this.#columns.unit);
    if (this.#units.size >= MOST_UNITS) throw tooManyUnits(cells, this.#columns.unit);
    const firstIds = this.#columns.labels.map((label) => cells.textId(label.column));
    const constant = firstIds.map((_, index) => index);
    const unit: LabelledUnit = { name, firstIds, constant, groupFault: null, points: new Map() };
    this.#units.set(unitId, unit);
    return unit;
  }

  #watchLabels(unit: LabelledUnit, cells: RowCells): void {
    const { labels, group } = this.#columns;
    for (const index of unit.constant) {
      const column = labels[index]?.column ?? 0;
      if (cells.textId(column) === unit.firstIds[index]) continue;
      unit.constant = unit.constant.filter((other) => other !== index);
      if (column === group) unit.groupFault = this.#twoGroups(unit, cells, column);
    }
  }

  #pointsOf(unit: LabelledUnit, component: SeriesComponent, le: number | null, by: number | null): GrowingSeries {
    const key = le === null && by === null ? component : `${component}/${le ?? ""}/${by ?? ""}`;
    const known = unit.points.get(key);
    if (known !== undefined) return known.points;
    const points = new GrowingSeries(this.#columns.weight !== null);
    unit.points.set(key, { component, subgroup: by === null ? null : this.#pool.text(by), le, points });
    return points;
  }

  #groupOf(unit: LabelledUnit): Group | null {
    const labels: Record<string, string> = { [this.#query.unitLabel]: unit.name };
    for (const index of unit.constant) {
      labels[this.#columns.labels[index]?.name ?? ""] = this.#pool.text(unit.firstIds[index] ?? -1);
    }
    const decided = this.#query.groupOf(labels);
    if (decided !== null) return decided;
    if (unit.groupFault !== null) throw unit.groupFault;
    const own = this.#columns.group === null ? undefined : labels[GROUP_COLUMN];
    return own === "treated" || own === "control" ? own : null;
  }

  #changingLabels(unmatched: readonly LabelledUnit[]): string[] {
    const names = new Set<string>();
    for (const unit of unmatched) {
      this.#columns.labels.forEach((label, index) => {
        if (!unit.constant.includes(index)) names.add(label.name);
      });
    }
    if (names.size === 0) return [];
    const list = [...names].sort().map(quoteCell).join(", ");
    return [`Columns that change within a unit cannot decide its group: ${list}.`];
  }

  #twoGroups(unit: LabelledUnit, cells: RowCells, column: number): Error {
    return cells.malformed(
      `the unit ${quoteCell(unit.name)} is ${quoteCell(this.#pool.text(cells.textId(column)))} here and something else before`,
      "Give each unit one group in all its rows.",
      column,
    );
  }

  #missingBound(cells: RowCells, column: number): Error {
    return cells.malformed("the bucket has no upper bound", "Write a number or +Inf into le.", column);
  }
}

function asSeries(unit: string, group: Group, { component, subgroup, le, points }: UnitPoints): Series {
  const sorted = inOrder(points.finish());
  return {
    unit,
    group,
    component,
    ...(subgroup === null ? {} : { subgroup }),
    ...(le === null ? {} : { le }),
    ...sorted,
  };
}

type Points = { times: Float64Array; values: Float64Array; weights?: Float64Array };

/** Sorted by time; rows with the same stamp stay in the order of the file, so that the panel can count them. */
function inOrder(points: Points): Points {
  const { times, values, weights } = points;
  let isSorted = true;
  for (let index = 1; index < times.length; index += 1) {
    if ((times[index] ?? 0) < (times[index - 1] ?? 0)) isSorted = false;
  }
  if (isSorted) return points;
  const order = Uint32Array.from(times, (_, index) => index).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b);
  const pick = (array: Float64Array): Float64Array => Float64Array.from(order, (index) => array[index] ?? Number.NaN);
  const sorted = { times: pick(times), values: pick(values) };
  return weights === undefined ? sorted : { ...sorted, weights: pick(weights) };
}

import type { Group, Series } from "../../core/panel/series.ts";
import type { RowCells, RowSink, SinkFactory } from "./cells.ts";
import { missingColumn, quoteCell } from "./errors.ts";
import { GrowingSeries } from "./growing.ts";
import { inputName, type TableInput } from "./open.ts";
import { readTable } from "./table.ts";
import type { TextPool } from "./text-pool.ts";
import { readTimeText } from "./values.ts";

/** More different units than this mean that another column was taken for the unit. */
export const MOST_UNITS = 100_000;

export interface PanelOptions {
  /** Names of the treated units; all others are control and a `group` column is not looked at. */
  readonly treated?: readonly string[];
}

export interface PanelFile {
  /** One per unit, in the order of their first rows; stamps as they stand in the file. */
  readonly series: readonly Series[];
  readonly rows: number;
  readonly columns: readonly string[];
  /** Column that names subgroups of the units; null: there is none. */
  readonly subgroupColumn: string | null;
  /** unit -> epoch seconds of its own deploy, from the column `deployed_at`; null: there is no such column, or it is not looked at. */
  readonly deployedAt: Readonly<Record<string, number>> | null;
  /** Names in `treated` that no row has. */
  readonly unknownTreated: readonly string[];
}

const NEEDS =
  "A panel needs the columns time, unit, group (treated or control) and value, and may have weight and deployed_at.";
const NEEDS_GROUP = `${NEEDS} Without a group column, name the treated units with --treated, or give deployed_at.`;

/** Columns that name the subgroup of a row's unit; the first that is there counts. */
const SUBGROUP_COLUMNS = ["subgroup", "by"];

/**
 * Reads a panel file: `time,unit,group,value[,weight][,subgroup][,deployed_at]`, or the same without `group` when the
 * treated units are named, or are those that have a time in `deployed_at` (empty or `never`: not deployed).
 */
export async function readPanel(input: TableInput & PanelOptions): Promise<PanelFile> {
  const file = inputName(input);
  const treated = input.treated === undefined || input.treated.length === 0 ? null : new Set(input.treated);
  const state: { sink: PanelSink | null } = { sink: null };
  const makeSink: SinkFactory = (columns, pool) => {
    state.sink = new PanelSink(findColumns(file, columns, treated !== null), treated, pool);
    return state.sink;
  };
  const { rows, columns } = await readTable(input, makeSink);
  const series = state.sink?.finish() ?? [];
  const units = new Set(series.map((one) => one.unit));
  const subgroupColumn = SUBGROUP_COLUMNS.find((name) => columns.includes(name)) ?? null;
  return {
    series,
    rows,
    columns,
    subgroupColumn,
    deployedAt: state.sink?.deployedAt() ?? null,
    unknownTreated: [...(treated ?? [])].filter((unit) => !units.has(unit)),
  };
}

interface PanelColumns {
  readonly time: number;
  readonly unit: number;
  readonly value: number;
  /** null: the caller names the treated units. */
  readonly group: number | null;
  readonly weight: number | null;
  /** null: the units have no subgroups. */
  readonly subgroup: number | null;
  /** null: all units were deployed at once, or the caller says when. */
  readonly deployedAt: number | null;
}

function findColumns(file: string, columns: readonly string[], isNamed: boolean): PanelColumns {
  const find = (name: string, needs: string): number => {
    const position = columns.indexOf(name);
    if (position < 0) throw missingColumn(file, name, columns, needs);
    return position;
  };
  const weight = columns.indexOf("weight");
  const deployed = isNamed ? -1 : columns.indexOf("deployed_at");
  const isGrouped = !isNamed && (columns.includes("group") || deployed < 0);
  const parted = SUBGROUP_COLUMNS.find((one) => columns.includes(one));
  const subgroup = parted === undefined ? -1 : columns.indexOf(parted);
  return {
    time: find("time", NEEDS),
    unit: find("unit", NEEDS),
    value: find("value", NEEDS),
    group: isGrouped ? find("group", NEEDS_GROUP) : null,
    weight: weight < 0 ? null : weight,
    subgroup: subgroup < 0 ? null : subgroup,
    deployedAt: deployed < 0 ? null : deployed,
  };
}

interface PanelUnit {
  readonly name: string;
  readonly group: Group;
  /** Number of the group's text; -1 when the caller names the groups. */
  readonly groupId: number;
  /** Epoch seconds; null: not deployed, or nothing is said about it. */
  readonly deployedAt: number | null;
  /** Number of that text; -1 without the column. */
  readonly deployedId: number;
  /** By number of the subgroup's text; -1: the whole unit. */
  readonly points: Map<number, GrowingSeries>;
}

class PanelSink implements RowSink {
  readonly needs: readonly number[];
  readonly #columns: PanelColumns;
  readonly #treated: ReadonlySet<string> | null;
  readonly #pool: TextPool;
  /** By number of the unit's text. */
  readonly #units: (PanelUnit | undefined)[] = [];
  readonly #order: PanelUnit[] = [];

  constructor(columns: PanelColumns, treated: ReadonlySet<string> | null, pool: TextPool) {
    this.#columns = columns;
    this.#treated = treated;
    this.#pool = pool;
    this.needs = Object.values(columns).filter((column) => column !== null);
  }

  row(cells: RowCells): void {
    const columns = this.#columns;
    const unitId = cells.textId(columns.unit);
    const unit = this.#units[unitId] ?? this.#addUnit(unitId, cells);
    if (columns.group !== null && cells.textId(columns.group) !== unit.groupId) throw this.#otherGroup(unit, cells);
    if (columns.deployedAt !== null && cells.textId(columns.deployedAt) !== unit.deployedId) {
      throw otherDeploy(unit.name, cells, columns.deployedAt);
    }
    const weight = columns.weight === null ? 0 : readWeight(cells, columns.weight);
    const subgroup = columns.subgroup === null ? -1 : cells.textId(columns.subgroup);
    const points = unit.points.get(subgroup) ?? this.#addPoints(unit, subgroup);
    points.append(cells.time(columns.time), cells.number(columns.value), weight);
  }

  finish(): Series[] {
    return this.#order.flatMap(({ name, group, points }) =>
      [...points].map(([id, growing]): Series => {
        const part = id < 0 ? {} : { subgroup: this.#pool.text(id) };
        return { unit: name, group, component: "value", ...part, ...growing.finish() };
      }),
    );
  }

  /** null without the column. */
  deployedAt(): Readonly<Record<string, number>> | null {
    if (this.#columns.deployedAt === null) return null;
    return Object.fromEntries(
      this.#order.flatMap(({ name, deployedAt }) => (deployedAt === null ? [] : [[name, deployedAt]])),
    );
  }

  #addPoints(unit: PanelUnit, subgroup: number): GrowingSeries {
    const points = new GrowingSeries(this.#columns.weight !== null);
    unit.points.set(subgroup, points);
    return points;
  }

  #addUnit(unitId: number, cells: RowCells): PanelUnit {
    const name = this.#pool.text(unitId);
    if (name === "") throw cells.malformed("the unit is empty", "Name a unit in every row.", this.#columns.unit);
    if (this.#order.length >= MOST_UNITS) throw tooManyUnits(cells, this.#columns.unit);
    const deploy = this.#readDeploy(cells);
    const group = this.#readGroup(name, deploy.deployedAt, cells);
    const unit = { name, points: new Map<number, GrowingSeries>(), ...deploy, ...group };
    this.#units[unitId] = unit;
    this.#order.push(unit);
    return unit;
  }

  #readGroup(
    name: string,
    deployedAt: number | null,
    cells: RowCells,
  ): { readonly group: Group; readonly groupId: number } {
    const column = this.#columns.group;
    if (column === null) {
      const isTreated = this.#treated === null ? deployedAt !== null : this.#treated.has(name);
      return { group: isTreated ? "treated" : "control", groupId: -1 };
    }
    const groupId = cells.textId(column);
    const group = asGroup(this.#pool.text(groupId), cells, column);
    if (group === "treated" || deployedAt === null) return { group, groupId };
    throw cells.malformed(
      `the unit ${quoteCell(name)} is a control and has a deploy time`,
      "Leave deployed_at of controls empty, or call the unit treated.",
      this.#columns.deployedAt ?? column,
    );
  }

  #readDeploy(cells: RowCells): { readonly deployedAt: number | null; readonly deployedId: number } {
    const column = this.#columns.deployedAt;
    if (column === null) return { deployedAt: null, deployedId: -1 };
    const deployedId = cells.textId(column);
    const text = this.#pool.text(deployedId).trim();
    if (text === "" || text.toLowerCase() === "never") return { deployedAt: null, deployedId };
    const read = readTimeText(text);
    if (!read.ok) throw cells.malformed(`the deployed_at ${quoteCell(text)} ${read.problem}`, read.hint, column);
    return { deployedAt: read.seconds, deployedId };
  }

  #otherGroup(unit: PanelUnit, cells: RowCells): Error {
    const column = this.#columns.group ?? 0;
    const group = asGroup(this.#pool.text(cells.textId(column)), cells, column);
    return cells.malformed(
      `the unit ${quoteCell(unit.name)} is ${group} here and ${unit.group} before`,
      "Give each unit one group in all its rows.",
      column,
    );
  }
}

function otherDeploy(unit: string, cells: RowCells, column: number): Error {
  return cells.malformed(
    `the unit ${quoteCell(unit)} has another deployed_at here than before`,
    "Give each unit one deploy time in all its rows; a unit that went back to the old version cannot be judged here.",
    column,
  );
}

export function asGroup(text: string, cells: RowCells, column: number): Group {
  if (text === "treated" || text === "control") return text;
  throw cells.malformed(
    `the group ${quoteCell(text)} is neither treated nor control`,
    "Write treated or control.",
    column,
  );
}

/** NaN for an empty cell; a weight counts something, so that it is finite and not negative. */
export function readWeight(cells: RowCells, column: number): number {
  const weight = cells.number(column);
  if (weight < 0) throw cells.malformed(`the weight ${weight} is negative`, "A weight is 0 or more.", column);
  if (weight === Number.POSITIVE_INFINITY) {
    throw cells.malformed("the weight is infinite", "A weight is a finite number.", column);
  }
  return weight;
}

export function tooManyUnits(cells: RowCells, column: number): Error {
  return cells.malformed(
    `there are more than ${MOST_UNITS} different units`,
    "Let the unit column name what was deployed (zone, pod slot, tenant), not something that changes with every row.",
    column,
  );
}

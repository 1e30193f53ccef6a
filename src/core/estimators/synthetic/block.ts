import { answer, type Outcome, refuse } from "../../outcome.ts";
import { type Grouping, groupBy } from "../../regression/effects.ts";
import { adoptionOf, type Periods, periodsOf } from "../adoption.ts";
import type { TidyData } from "../contract.ts";
import { checkNumbers, checkUniqueRows } from "../tidy-checks.ts";

/** A balanced panel whose treated units all start in the same period: controls first, pre periods first. */
export interface Block {
  /** Row-major: unit u, period t at u * periods.length + t. */
  readonly values: Float64Array;
  readonly units: readonly string[];
  readonly periods: readonly number[];
  /** Number of control units. */
  readonly controls: number;
  /** Number of periods before the treatment. */
  readonly pre: number;
}

export function blockRow(block: Block, unit: number): Float64Array {
  const width = block.periods.length;
  return block.values.subarray(unit * width, (unit + 1) * width);
}

/** The chosen units, in the order given; the first `controls` of them are the controls. A unit may occur repeatedly. */
export function selectUnits(block: Block, units: readonly number[], controls: number): Block {
  const width = block.periods.length;
  const values = new Float64Array(units.length * width);
  units.forEach((unit, k) => {
    values.set(blockRow(block, unit), k * width);
  });
  return { ...block, values, units: units.map((unit) => block.units[unit] ?? ""), controls };
}

/**
 * Reads the block from a tidy table.
 *
 * Assumes: every unit has every period, the treatment starts in one period and stays; refuses otherwise and names the
 * unit or period.
 * Complexity: time and memory grow with the rows.
 */
export function readBlock(data: TidyData): Outcome<Block> {
  if (data.unit === null || data.time === null) {
    return refuse("NO_DATA", "Unit and period of every row are needed.", "Name the unit and time columns.");
  }
  if (data.rows === 0) return refuse("NO_DATA", "The table has no rows.", "Check the file.");
  const numbers = checkNumbers(data);
  if (!numbers.ok) return numbers;
  const unit = groupBy("unit", data.unit);
  const periods = periodsOf(data.time);
  const unique = checkUniqueRows(data, unit, periods.grouping);
  if (!unique.ok) return unique;
  const names = [...new Set(data.unit)];
  const gap = missingCell(unit, periods);
  if (gap !== null) {
    return refuse(
      "TIME_GAPS",
      `Unit ${names[gap.unit]} has no row in period ${gap.period}.`,
      "Complete the unit's rows, or leave the unit or the period out.",
      { unit: names[gap.unit] ?? "", period: gap.period },
    );
  }
  const adopted = adoptionOf(data, unit, data.time);
  return adopted.ok ? assemble(data.outcome, { unit, periods, names, first: adopted.value }) : adopted;
}

/** First unit with fewer rows than there are periods, and a period it lacks; rows are known to be distinct. */
function missingCell(unit: Grouping, periods: Periods): { unit: number; period: number } | null {
  const counts = new Int32Array(unit.count);
  for (const u of unit.levels) counts[u] = (counts[u] ?? 0) + 1;
  const lacking = counts.findIndex((count) => count < periods.grouping.count);
  if (lacking < 0) return null;
  const present = new Set<number>();
  unit.levels.forEach((u, i) => {
    if (u === lacking) present.add(periods.grouping.levels[i] ?? 0);
  });
  return { unit: lacking, period: periods.values.find((_, t) => !present.has(t)) ?? Number.NaN };
}

interface Numbered {
  readonly unit: Grouping;
  readonly periods: Periods;
  readonly names: readonly string[];
  readonly first: Float64Array;
}

function assemble(outcome: Float64Array, table: Numbered): Outcome<Block> {
  const { unit, periods, names, first } = table;
  const last = periods.values.at(-1) ?? Number.NaN;
  const isTreated = (u: number): boolean => (first[u] ?? Number.NaN) <= last;
  const order = [...names.keys()].filter((u) => !isTreated(u)).concat([...names.keys()].filter(isTreated));
  const controls = order.findIndex(isTreated);
  const start = first[order[controls] ?? 0] ?? Number.NaN;
  const other = order.find((u) => isTreated(u) && first[u] !== start);
  const pre = periods.values.filter((period) => period < start).length;
  const refusal = checkDesign(controls, other === undefined ? null : `unit ${names[other]} from ${first[other]}`, {
    start,
    pre,
  });
  if (!refusal.ok) return refusal;
  const place = new Int32Array(names.length);
  order.forEach((u, k) => {
    place[u] = k;
  });
  const width = periods.values.length;
  const values = new Float64Array(outcome.length);
  outcome.forEach((value, i) => {
    values[(place[unit.levels[i] ?? 0] ?? 0) * width + (periods.grouping.levels[i] ?? 0)] = value;
  });
  return answer({ values, units: order.map((u) => names[u] ?? ""), periods: [...periods.values], controls, pre });
}

function checkDesign(controls: number, other: string | null, dates: { start: number; pre: number }): Outcome<null> {
  if (controls < 0)
    return refuse("NO_TREATED_UNITS", "No unit is treated in any period.", "Check the treatment column.");
  if (controls < 2) {
    return refuse(
      controls === 0 ? "NO_CONTROL_UNITS" : "TOO_FEW_UNITS",
      `A weighted average of controls needs at least two never-treated units, there ${controls === 1 ? "is 1" : "are 0"}.`,
      "Add units that are never treated, or use plain difference-in-differences.",
      { controls },
    );
  }
  if (other !== null) {
    return refuse(
      "NOT_ESTIMABLE",
      `The treatment starts in different periods: some units from ${dates.start}, ${other}.`,
      "Use a staggered estimator, or give one wave at a time.",
      { period: dates.start, other },
    );
  }
  if (dates.pre < 2) {
    return refuse(
      dates.pre === 0 ? "NO_PRE_DATA" : "TOO_FEW_PERIODS",
      `Weights are fitted on the periods before the treatment; there ${dates.pre === 1 ? "is 1" : "are 0"}.`,
      "Give at least two periods before the first treated one.",
      { periods: dates.pre },
    );
  }
  return answer(null);
}

import type { TidyData } from "../../../src/core/estimators/contract.ts";
import { tidyTable } from "../../../src/core/estimators/tidy-table.ts";
import { randomStream } from "../../../src/core/inference/random.ts";

/** One row of a made table, with everything that any estimator may be given. */
export interface Row {
  readonly unit: number;
  readonly time: number;
  /** First treated period of the unit; 0: never. */
  readonly first: number;
  readonly treated: 0 | 1;
  readonly level: number;
  readonly common: number;
  readonly noise: number;
  /** Varies between units and periods. */
  readonly x: number;
  /** Where the row stands on a scale whose cut-off is 0. */
  readonly running: number;
  /** Upper bound of a histogram bucket; 0 in all other worlds. */
  readonly bound: number;
}

/**
 * short: the same with five periods. one-date: half of twelve units treated in the second half of twelve periods; staggered: three dates and never treated
 * units; two-periods: before and after; lone: one of twelve units treated in the last third of 24 periods; wide: sixty
 * units in six periods; week: six units every two hours for nine days, in seconds; cut-off: rows on
 * both sides of a threshold; buckets: four bounds per unit and period.
 */
export type World =
  | "short"
  | "one-date"
  | "staggered"
  | "two-periods"
  | "lone"
  | "wide"
  | "week"
  | "cut-off"
  | "buckets";

const SHAPES: Readonly<Record<World, { units: number; periods: number; firstOf: (unit: number) => number }>> = {
  short: { units: 12, periods: 5, firstOf: (u) => (u % 2 === 1 ? 4 : 0) },
  "one-date": { units: 12, periods: 12, firstOf: (u) => (u % 2 === 1 ? 7 : 0) },
  staggered: { units: 20, periods: 8, firstOf: (u) => [0, 3, 4, 6][u % 4] ?? 0 },
  "two-periods": { units: 16, periods: 2, firstOf: (u) => (u % 2 === 1 ? 2 : 0) },
  lone: { units: 12, periods: 24, firstOf: (u) => (u === 0 ? 17 : 0) },
  wide: { units: 60, periods: 6, firstOf: (u) => (u % 2 === 1 ? 4 : 0) },
  week: { units: 6, periods: 108, firstOf: (u) => (u % 2 === 1 ? 103 : 0) },
  "cut-off": { units: 160, periods: 1, firstOf: () => 0 },
  buckets: { units: 8, periods: 6, firstOf: (u) => (u % 2 === 1 ? 4 : 0) },
};

export const BOUNDS: readonly number[] = [10, 20, 30, Number.POSITIVE_INFINITY];

/** The same rows for the same seed. */
export function rowsOf(world: World, seed: number): Row[] {
  const { units, periods, firstOf } = SHAPES[world];
  const scale = world === "week" ? 7200 : 1;
  const random = randomStream(seed);
  const rows: Row[] = [];
  for (let unit = 0; unit < units; unit++) {
    const level = 6 * random.next();
    for (let time = 1; time <= periods; time++) {
      const first = scale * firstOf(unit);
      const base = {
        ...{ unit, time: scale * time, first, level },
        treated: first > 0 && scale * time >= first ? (1 as const) : (0 as const),
        common: Math.sin(time),
        noise: random.next() + random.next() - 1,
        x: random.next() - 0.5,
        running: 2 * random.next() - 1,
      };
      for (const bound of world === "buckets" ? BOUNDS : [0]) rows.push({ ...base, bound });
    }
  }
  return rows;
}

/** What an estimator is given of a world. */
export interface Columns {
  readonly world: World;
  /** The column that says who is treated when; `none` where a cut-off decides. */
  readonly treatment: "treatment" | "firstTreated" | "none";
  readonly panel: boolean;
  readonly numbers?: Readonly<Record<string, (row: Row) => number>>;
  readonly covariates?: Readonly<Record<string, (row: Row) => number>>;
  readonly texts?: Readonly<Record<string, (row: Row) => string>>;
}

export interface Dressing {
  readonly outcome: (row: Row) => number;
  readonly name?: (unit: number) => string;
  readonly cluster?: ((row: Row) => string) | null;
  readonly weight?: ((row: Row) => number) | null;
  readonly covariates?: Readonly<Record<string, (row: Row) => number>>;
}

export function tableOf(rows: readonly Row[], columns: Columns, dressing: Dressing): TidyData {
  const { outcome, name = (unit) => `u${unit}`, cluster = null, weight = null } = dressing;
  const record = <T>(makers: Readonly<Record<string, (row: Row) => T>>): Record<string, T[]> =>
    Object.fromEntries(Object.entries(makers).map(([key, maker]) => [key, rows.map(maker)]));
  return tidyTable({
    outcome: rows.map(outcome),
    ...(columns.panel ? { unit: rows.map((row) => name(row.unit)), time: rows.map((row) => row.time) } : {}),
    ...(columns.treatment === "treatment" ? { treatment: rows.map((row) => row.treated) } : {}),
    ...(columns.treatment === "firstTreated" ? { firstTreated: rows.map((row) => row.first) } : {}),
    ...(cluster === null ? {} : { cluster: rows.map(cluster) }),
    ...(weight === null ? {} : { weights: rows.map(weight) }),
    covariates: record(dressing.covariates ?? columns.covariates ?? {}),
    numbers: record(columns.numbers ?? {}),
    texts: record(columns.texts ?? {}),
  });
}

/** Untreated, treated and noise in one number: what a plain estimator is asked about. */
export function plainOutcome(effect: number, noise = 1): (row: Row) => number {
  return (row) => row.level + row.common + effect * row.treated + noise * row.noise;
}

/** A count with unit, period and treatment as factors. */
export function countOutcome(effect: number, noise = 1): (row: Row) => number {
  return (row) =>
    Math.round(
      40 * Math.exp(row.level / 6 + row.common / 4 + Math.log1p(effect) * row.treated + (noise * row.noise) / 4),
    );
}

/** Mixes the rows. */
export function shuffled(rows: readonly Row[], seed: number): Row[] {
  const random = randomStream(seed);
  return rows
    .map((row) => ({ row, key: random.next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ row }) => row);
}

/** Treated units become controls and the other way round; the date stays. */
export function swapped(rows: readonly Row[]): Row[] {
  const date = Math.max(...rows.map((row) => row.first));
  return rows.map((row) => {
    const first = row.first > 0 ? 0 : date;
    return { ...row, first, treated: first > 0 && row.time >= first ? 1 : 0 };
  });
}

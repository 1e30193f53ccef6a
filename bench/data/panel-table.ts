import type { TidyData } from "../../src/core/estimators/contract.ts";

/** Periods of every panel: units grow with the rows, so that the time per row can be compared. */
export const PERIODS = 100;

export interface PanelColumns {
  /** Number of the unit and of the period of every row, unit by unit. */
  readonly unit: Int32Array;
  readonly time: Int32Array;
  readonly treatment: Float64Array;
  readonly outcome: Float64Array;
  readonly units: number;
}

/** A stream of numbers in [0, 1), the same everywhere: 32 bits of Weyl steps, mixed. */
export function uniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 4294967296;
  };
}

/**
 * `cells` cells of units in `PERIODS` periods, of which a share `missing` is left out at random. Every third unit is
 * treated from the middle on; units and periods have levels, errors are correlated within a unit.
 */
export function panelColumns(cells: number, missing: number, periods: number = PERIODS): PanelColumns {
  const units = Math.floor(cells / periods);
  const random = uniforms(7);
  const isKept = uniforms(11);
  const [unit, time] = [new Int32Array(units * periods), new Int32Array(units * periods)];
  const [treatment, outcome] = [new Float64Array(units * periods), new Float64Array(units * periods)];
  let row = 0;
  for (let u = 0; u < units; u++) {
    const level = 10 * random();
    let error = 0;
    for (let t = 0; t < periods; t++) {
      error = 0.5 * error + random() + random() - 1;
      if (missing > 0 && isKept() < missing) continue;
      const treated = u % 3 === 0 && t >= periods / 2 ? 1 : 0;
      unit[row] = u;
      time[row] = t;
      treatment[row] = treated;
      outcome[row] = level + Math.sin(t / 7) + 0.3 * treated + error;
      row += 1;
    }
  }
  const cut = <T extends Int32Array | Float64Array>(column: T): T =>
    (row === column.length ? column : column.slice(0, row)) as T;
  return { unit: cut(unit), time: cut(time), treatment: cut(treatment), outcome: cut(outcome), units };
}

/** The columns as a table with names of units, `u0000012`; `clusters` groups the units into that many clusters. */
export function tableOf(columns: PanelColumns, clusters: number | null = null): TidyData {
  const names = Array.from({ length: columns.units }, (_, u) => `u${String(u).padStart(7, "0")}`);
  const groups = Array.from({ length: clusters ?? 0 }, (_, c) => `cluster ${c}`);
  const unit = new Array<string>(columns.unit.length);
  const cluster = clusters === null ? null : new Array<string>(columns.unit.length);
  for (let i = 0; i < unit.length; i++) {
    const u = columns.unit[i] ?? 0;
    unit[i] = names[u] ?? "";
    if (cluster !== null) cluster[i] = groups[u % groups.length] ?? "";
  }
  return {
    rows: unit.length,
    unit,
    time: Float64Array.from(columns.time),
    outcome: columns.outcome,
    treatment: columns.treatment,
    firstTreated: null,
    weights: null,
    covariates: [],
    cluster,
  };
}

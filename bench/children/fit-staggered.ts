/**
 * Measured program: `ESTIMATOR UNITS PERIODS RUNS` runs an estimator of staggered treatments on units of five cohorts and
 * never treated ones and prints the processor milliseconds of every run as JSON.
 */
import { estimate } from "../../src/app/estimate.ts";
import { type StaggeredShape, staggeredTable } from "../data/staggered-table.ts";
import { timed } from "../measure/timed.ts";

export interface StaggeredFigures {
  readonly milliseconds: readonly number[];
  readonly rows: number;
  readonly dataBytes: number;
  readonly att: number;
  readonly stdError: number;
}

const [name = "", ...sizes] = process.argv.slice(2);
const [units = 0, periods = 0, runs = 1] = sizes.map(Number);
const shape: StaggeredShape = { units, periods };
const table = staggeredTable(shape);
const milliseconds: number[] = [];
let [att, stdError] = [Number.NaN, Number.NaN];
for (let run = 0; run < runs; run++) {
  const { value, milliseconds: used } = timed(() => estimate(table, name, {}));
  if (!value.ok) throw new Error(value.refusal.message);
  milliseconds.push(used);
  const row = value.value.coefficients.find(({ term }) => term === "att");
  att = row?.estimate ?? Number.NaN;
  stdError = row?.stdError ?? Number.NaN;
}
const figures: StaggeredFigures = { milliseconds, rows: table.rows, dataBytes: 32 * table.rows, att, stdError };
process.stdout.write(JSON.stringify(figures));

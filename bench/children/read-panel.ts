/** Measured program: reads the panel file named in its argument once and prints what that took as JSON. */
import { readPanel } from "../../src/sources/file/panel.ts";

export interface ReadFigures {
  readonly milliseconds: number;
  readonly rows: number;
  readonly units: number;
  /** Of the arrays that hold the points. */
  readonly arrayBytes: number;
}

const started = performance.now();
const { series, rows } = await readPanel({ path: process.argv[2] ?? "" });
const milliseconds = performance.now() - started;
const arrayBytes = series.reduce(
  (sum, one) => sum + one.times.byteLength + one.values.byteLength + (one.weights?.byteLength ?? 0),
  0,
);
const figures: ReadFigures = { milliseconds, rows, units: series.length, arrayBytes };
process.stdout.write(JSON.stringify(figures));

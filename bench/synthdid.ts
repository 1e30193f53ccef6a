/**
 * Weights of synthetic difference-in-differences and of the synthetic control on tables of growing size: processor time,
 * and memory that the fit needs beside its table. `growth` is the exponent against the number of cells of the row before.
 */
import path from "node:path";
import type { SynthdidFigures } from "./children/fit-synthdid.ts";
import { printed, runNode } from "./measure/child.ts";
import { markdownTable, megabytes } from "./measure/figures.ts";

const SIZES = [
  [125, 250],
  [250, 500],
  [500, 1000],
  [1000, 2000],
] as const;
const FIT = path.join(import.meta.dirname, "children", "fit-synthdid.ts");

export async function bench(): Promise<string> {
  const rows: string[][] = [];
  for (const method of ["synthdid", "sc"] as const) {
    let before: { cells: number; bytes: number; fit: number } | null = null;
    for (const [units, steps] of SIZES) {
      const run = await runNode({ args: [FIT, method, String(units), String(steps)] });
      const figures = printed<SynthdidFigures>(run);
      const now = { cells: units * steps, bytes: run.peakBytes - figures.bytesBefore, fit: figures.fit };
      const growth = (of: "bytes" | "fit"): string =>
        before === null ? "" : (Math.log(now[of] / before[of]) / Math.log(now.cells / before.cells)).toFixed(2);
      rows.push([
        `${method}, ${units} x ${steps}`,
        megabytes(8 * now.cells),
        now.fit.toFixed(0),
        growth("fit"),
        megabytes(now.bytes),
        growth("bytes"),
        `${figures.unitWeights}, ${figures.periodWeights}`,
      ]);
      before = now;
    }
  }
  const header = ["units x steps", "table, MB", "fit, ms", "growth", "memory beside the table, MB", "growth"];
  return markdownTable([...header, "units and periods with weight"], rows);
}

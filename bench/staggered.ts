/** Callaway-Sant'Anna, Sun-Abraham and imputation on up to a hundred thousand units in twelve periods. */
import path from "node:path";
import type { StaggeredFigures } from "./children/fit-staggered.ts";
import { printed, runNode } from "./measure/child.ts";
import { growthExponent, markdownTable, megabytes, spreadOf } from "./measure/figures.ts";

const FIT_STAGGERED = path.join(import.meta.dirname, "children", "fit-staggered.ts");
const ESTIMATORS = ["callaway-santanna", "sun-abraham", "imputation"] as const;
const UNITS = [1e3, 1e4, 1e5] as const;
const PERIODS = 12;
const RUNS = 3;

export async function bench(): Promise<string> {
  const rows: string[][] = [];
  for (const estimator of ESTIMATORS) {
    const times: [number, number][] = [];
    for (const units of UNITS) {
      const once = await runNode({ args: [FIT_STAGGERED, estimator, String(units), String(PERIODS), "1"] });
      const several = await runNode({ args: [FIT_STAGGERED, estimator, ...[units, PERIODS, RUNS].map(String)] });
      const { milliseconds, dataBytes, rows: size } = printed<StaggeredFigures>(several);
      times.push([size, Math.min(...milliseconds)]);
      rows.push([
        ...[`\`${estimator}\``, `${units} x ${PERIODS}`, spreadOf(milliseconds)],
        ...[megabytes(dataBytes), megabytes(once.peakBytes)],
        units === UNITS[0] ? "-" : growthExponent(times.slice(-2)).toFixed(2),
      ]);
    }
  }
  return markdownTable(["estimator", "units x periods", "ms", "data, MB", "peak memory, MB", "growth exponent"], rows);
}

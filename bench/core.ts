/** The computation alone, in memory: series in, verdict out, on panels of growing size; processor time. */
import path from "node:path";
import type { AnalysisFigures } from "./children/analyze-fleet.ts";
import { printed, runNode } from "./measure/child.ts";
import { markdownTable, megabytes, RUNS, spreadOf } from "./measure/figures.ts";

const SIZES = [
  [10, 300],
  [12, 300],
  [50, 2880],
  [200, 2880],
  [500, 1440],
] as const;
const ANALYZE_FLEET = path.join(import.meta.dirname, "children", "analyze-fleet.ts");

export async function bench(): Promise<string> {
  const rows: string[][] = [];
  for (const [units, steps] of SIZES) {
    const run = await runNode({ args: [ANALYZE_FLEET, String(units), String(steps), String(RUNS)] });
    const { align, fit, checks, whole, first } = printed<AnalysisFigures>(run);
    rows.push([
      `${units} x ${steps}`,
      ...[align, fit, checks, whole].map(spreadOf),
      first.toFixed(0),
      megabytes(run.peakBytes),
    ]);
  }
  return markdownTable(
    [
      "units x steps",
      "grid, ms",
      "fit, ms",
      "checks, ms",
      "`analyze`, ms",
      "first `analyze` of a process, ms",
      "peak memory, MB",
    ],
    rows,
  );
}

/** The restricted wild cluster bootstrap with 9,999 draws and 50 clusters on a million rows, as a multiple of one fit. */
import path from "node:path";
import type { BootstrapFigures } from "./children/bootstrap-panel.ts";
import { printed, runNode } from "./measure/child.ts";
import { markdownTable, median, megabytes, spreadOf } from "./measure/figures.ts";

const BOOTSTRAP_PANEL = path.join(import.meta.dirname, "children", "bootstrap-panel.ts");
const DRAWS = 9999;
const CLUSTERS = 50;
const RUNS = 15;

export async function bench(): Promise<string> {
  const rows: string[][] = [];
  for (const cells of [1e5, 1e6]) {
    const run = await runNode({ args: [BOOTSTRAP_PANEL, ...[cells, CLUSTERS, DRAWS, RUNS].map(String)] });
    const { fit, fitWithBootstrap, rows: size } = printed<BootstrapFigures>(run);
    rows.push([
      ...[String(size), String(CLUSTERS), String(DRAWS), spreadOf(fit), spreadOf(fitWithBootstrap)],
      median(fitWithBootstrap.map((all, i) => all / (fit[i] ?? Number.NaN))).toFixed(2),
      megabytes(run.peakBytes),
    ]);
  }
  return markdownTable(
    ["rows", "clusters", "draws", "fit with CR1, ms", "fit with bootstrap, ms", "bootstrap / fit", "peak memory, MB"],
    rows,
  );
}

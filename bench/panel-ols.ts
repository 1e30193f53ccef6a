/**
 * Two-way fixed effects with errors clustered by unit on up to ten million cells, in pairs with R's compiled demeaning
 * (package collapse) on the same numbers. `BENCH_CELLS=1e5,1e6` measures these sizes only.
 */
import path from "node:path";
import type { PanelFitFigures } from "./children/fit-panel.ts";
import { writePanelFiles } from "./data/panel-files.ts";
import { panelColumns } from "./data/panel-table.ts";
import { printed, runNode } from "./measure/child.ts";
import { growthExponent, markdownTable, median, megabytes } from "./measure/figures.ts";
import { type CollapseFigures, collapseInstalled, fitWithCollapse, WITHOUT_R } from "./measure/program-r.ts";
import { withScratch } from "./measure/scratch.ts";

const FIT_PANEL = path.join(import.meta.dirname, "children", "fit-panel.ts");
const CELLS = (process.env.BENCH_CELLS ?? "1e4,1e5,1e6,1e7").split(",").map(Number);
const PAIRS = 3;

interface Pair {
  readonly ours: PanelFitFigures;
  readonly theirs: CollapseFigures | null;
}

interface Row {
  readonly missing: number;
  readonly rows: number;
  readonly milliseconds: number;
  readonly cells: readonly string[];
}

export async function bench(): Promise<string> {
  return await withScratch(async (scratch) => {
    const hasR = await collapseInstalled();
    const rows: Row[] = [];
    for (const missing of [0, 0.2]) {
      for (const cells of CELLS)
        rows.push(await measure({ cells, missing, file: hasR ? path.join(scratch, "p") : null }));
    }
    return [
      ...(hasR ? [] : [WITHOUT_R, ""]),
      markdownTable(
        [
          "cells",
          "missing",
          "rows",
          "fit and errors, ms",
          "ns per row",
          "from names, ms",
          "collapse, ms",
          "ours / collapse",
          "ns per row, collapse",
          "data, MB",
          "peak, MB",
          "peak / data",
          "peak / data, from names",
        ],
        rows.map((row) => row.cells),
      ),
      "",
      ...(CELLS.length < 2
        ? []
        : [0, 0.2].map((missing) => exponentLine(rows.filter((row) => row.missing === missing)))),
    ].join("\n");
  });
}

function exponentLine(rows: readonly Row[]): string {
  const exponent = growthExponent(rows.map(({ rows: size, milliseconds }) => [size, milliseconds]));
  return `Time grows with rows to the power of ${exponent.toFixed(2)}, ${rows[0]?.missing === 0 ? "balanced" : "20 % missing"}.`;
}

interface Case {
  readonly cells: number;
  readonly missing: number;
  /** Where R reads the columns; null: without R. */
  readonly file: string | null;
}

async function measure({ cells, missing, file }: Case): Promise<Row> {
  if (file !== null) await writePanelFiles(file, panelColumns(cells, missing));
  // the larger, the less a first run that also compiles weighs
  const runs = Math.max(3, Math.min(40, Math.round(2e7 / cells)));
  const pairs: Pair[] = [];
  while (pairs.length < PAIRS) {
    const ours = await fitPanel({ cells, missing, runs, how: "coded" });
    const theirs = file === null ? null : await fitWithCollapse(file, runs);
    if (theirs !== null && Math.abs(theirs.estimate / ours.figures.estimate - 1) > 1e-8) {
      throw new Error(`the estimates differ: ${ours.figures.estimate} and ${theirs.estimate}`);
    }
    pairs.push({ ours: ours.figures, theirs });
  }
  const once = await fitPanel({ cells, missing, runs: 1, how: "coded" });
  const named = await fitPanel({ cells, missing, runs, how: "named" });
  const namedOnce = await fitPanel({ cells, missing, runs: 1, how: "named" });
  const milliseconds = median(pairs.map(({ ours }) => median(ours.milliseconds)));
  const theirs = pairs.map((pair) => median(pair.theirs?.milliseconds ?? []));
  const { rows, dataBytes } = once.figures;
  const perRow = (value: number): string => ((1e6 * value) / rows).toFixed(0);
  return {
    ...{ missing, rows, milliseconds },
    cells: [
      ...[String(cells), `${100 * missing} %`, String(rows)],
      ...[milliseconds.toFixed(1), perRow(milliseconds), median(named.figures.milliseconds).toFixed(1)],
      median(theirs).toFixed(1),
      median(pairs.map(({ ours }, i) => median(ours.milliseconds) / (theirs[i] ?? Number.NaN))).toFixed(2),
      perRow(median(theirs)),
      ...[megabytes(dataBytes), megabytes(once.peakBytes), (once.peakBytes / dataBytes).toFixed(1)],
      (namedOnce.peakBytes / namedOnce.figures.dataBytes).toFixed(1),
    ],
  };
}

async function fitPanel(request: {
  readonly cells: number;
  readonly missing: number;
  readonly runs: number;
  readonly how: "coded" | "named";
}): Promise<{ readonly figures: PanelFitFigures; readonly peakBytes: number }> {
  const { cells, missing, runs, how } = request;
  const run = await runNode({ args: [FIT_PANEL, String(cells), String(missing), String(runs), how] });
  return { figures: printed<PanelFitFigures>(run), peakBytes: run.peakBytes };
}

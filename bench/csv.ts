/** Reading a panel of ten million rows: what a careless export looks like, and far more than an analysis needs. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import type { ReadFigures } from "./children/read-panel.ts";
import type { FleetShape } from "./data/fleet.ts";
import { writePanelCsv } from "./data/panel-csv.ts";
import { type ProcessRun, printed, repeat } from "./measure/child.ts";
import { markdownTable, median, megabytes, RUNS, spreadOf } from "./measure/figures.ts";
import { withScratch } from "./measure/scratch.ts";

/** 100 units every 6 s for a week, nearly. */
const SHAPE: FleetShape = { units: 100, steps: 100_000, step: 6 };
const READ_PANEL = path.join(import.meta.dirname, "children", "read-panel.ts");

export async function bench(): Promise<string> {
  return await withScratch(async (scratch) => {
    const file = path.join(scratch, "latency.csv");
    await writePanelCsv(file, SHAPE);
    const { size } = await stat(file);
    const bytesOnly = await repeatScan(file);
    const runs = await repeat({ args: [READ_PANEL, file] }, RUNS);
    const first = figuresOf(runs[0]);
    return [
      `${first.rows} rows, ${megabytes(size)} MB, ${first.units} units`,
      "",
      markdownTable(
        ["what", "ms", "peak memory of the process, MB", "result, bytes per row"],
        [
          ["reading the bytes alone", spreadOf(bytesOnly), "-", "-"],
          [
            "`readPanel`",
            spreadOf(runs.map((run) => figuresOf(run).milliseconds)),
            megabytes(median(runs.map((run) => run.peakBytes))),
            (first.arrayBytes / first.rows).toFixed(1),
          ],
        ],
      ),
    ].join("\n");
  });
}

function figuresOf(run: ProcessRun | undefined): ReadFigures {
  if (run === undefined) throw new Error("nothing was measured");
  return printed<ReadFigures>(run);
}

/** The floor: the same file through a stream with nobody looking at it. */
async function repeatScan(file: string): Promise<number[]> {
  const times: number[] = [];
  while (times.length < RUNS) {
    const started = performance.now();
    for await (const _ of createReadStream(file, { highWaterMark: 1 << 20 }));
    times.push(performance.now() - started);
  }
  return times;
}

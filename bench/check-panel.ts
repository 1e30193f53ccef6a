/** The main job from outside: `check` on two days of 50 units at one-minute steps, process start to verdict. */
import { stat } from "node:fs/promises";
import path from "node:path";
import { deployedAt, type FleetShape } from "./data/fleet.ts";
import { writePanelCsv } from "./data/panel-csv.ts";
import { bundleFolder } from "./measure/bundles.ts";
import { repeat } from "./measure/child.ts";
import { markdownTable, median, megabytes, RUNS, spreadOf } from "./measure/figures.ts";
import { installedNodes } from "./measure/nodes.ts";
import { withScratch } from "./measure/scratch.ts";

const SHAPE: FleetShape = { units: 50, steps: 2880, step: 60 };

export async function bench(): Promise<string> {
  return await withScratch(async (scratch) => {
    const panel = path.join(scratch, "latency.csv");
    await writePanelCsv(panel, SHAPE);
    const cli = path.join(await bundleFolder(scratch), "cli.js");
    const args = [cli, "check", "--panel", panel, "--deployed-at", String(deployedAt(SHAPE)), "--direction", "up"];
    const rows: string[][] = [];
    for (const { executable, version } of installedNodes()) {
      for (const [what, command] of [
        ["an empty program", ["--eval", ""]],
        ["`cli.js --version`", [cli, "--version"]],
        ["`cli.js check`", [...args, "--margin", "5%"]],
      ] as const) {
        const runs = await repeat({ node: executable, args: command, expected: [0, 1] }, RUNS);
        rows.push([
          what,
          version,
          spreadOf(runs.map((run) => run.milliseconds)),
          median(runs.map((run) => run.cpuMilliseconds)).toFixed(0),
          megabytes(median(runs.map((run) => run.peakBytes))),
        ]);
      }
    }
    const { size } = await stat(panel);
    return [
      `${SHAPE.units * SHAPE.steps} rows (${SHAPE.units} units, ${SHAPE.steps} steps of ${SHAPE.step} s), ${megabytes(size)} MB of CSV`,
      "",
      markdownTable(["process", "Node", "ms from start to end", "processor ms", "peak memory, MB"], rows),
    ].join("\n");
  });
}

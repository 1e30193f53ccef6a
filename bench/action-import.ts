/** What a step of the Action costs before it does anything: a run without an event loads everything and ends at once. */
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { bundleFolder } from "./measure/bundles.ts";
import { repeat } from "./measure/child.ts";
import { markdownTable, median, megabytes, RUNS, spreadOf } from "./measure/figures.ts";
import { withScratch } from "./measure/scratch.ts";
import { staticClosure } from "./measure/static-closure.ts";

export async function bench(): Promise<string> {
  return await withScratch(async (scratch) => {
    const dist = await bundleFolder(scratch);
    const rows: string[][] = [];
    for (const [what, args] of [
      ["an empty program", ["--eval", ""]],
      ["`action.js` without an event", [path.join(dist, "action.js")]],
      ["`post.js` without an event", [path.join(dist, "post.js")]],
    ] as const) {
      const runs = await repeat({ args, expected: [0, 1] }, RUNS);
      rows.push([
        what,
        spreadOf(runs.map((run) => run.milliseconds)),
        median(runs.map((run) => run.cpuMilliseconds)).toFixed(0),
        megabytes(median(runs.map((run) => run.peakBytes))),
      ]);
    }
    return [
      markdownTable(["process", "ms from start to end", "processor ms", "peak memory, MB"], rows),
      "",
      markdownTable(["bundle", "loaded at start, MB", "in files"], await sizes(dist)),
    ].join("\n");
  });
}

/** Per entry: the file and everything it imports statically; what is imported on demand is in the last row only. */
async function sizes(dist: string): Promise<string[][]> {
  const rows: string[][] = [];
  for (const entry of ["action.js", "post.js", "cli.js"]) {
    const files = [...(await staticClosure(path.join(dist, entry)))];
    rows.push([`\`${entry}\``, megabytes(await totalSize(files)), String(files.length)]);
  }
  const all = (await readdir(dist, { recursive: true })).filter((file) => file.endsWith(".js"));
  rows.push([
    "all of `dist/`",
    megabytes(await totalSize(all.map((file) => path.join(dist, file)))),
    String(all.length),
  ]);
  return rows;
}

async function totalSize(files: readonly string[]): Promise<number> {
  const each = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return each.reduce((sum, size) => sum + size, 0);
}

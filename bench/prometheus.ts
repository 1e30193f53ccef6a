/** Fetching one day at one-minute steps from a real Prometheus, beside curl with the same request. */
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { availability } from "../test/integration/servers/programs.ts";
import { PROMETHEUS_PROGRAMS, startPrometheus } from "../test/integration/servers/prometheus.ts";
import type { FetchFigures } from "./children/fetch-fleet.ts";
import { type FleetShape, START } from "./data/fleet.ts";
import { METRIC, openMetrics } from "./data/open-metrics.ts";
import { type ProcessRun, printed, runNode } from "./measure/child.ts";
import { markdownTable, median, megabytes, RUNS, spreadOf } from "./measure/figures.ts";

const FETCH_FLEET = path.join(import.meta.dirname, "children", "fetch-fleet.ts");
const SIZES: readonly FleetShape[] = [
  { units: 50, steps: 1440, step: 60 },
  { units: 1000, steps: 1440, step: 60 },
];

export async function bench(): Promise<string> {
  const { missing, note } = availability(...PROMETHEUS_PROGRAMS, "curl");
  if (missing) throw new Error(`This benchmark cannot run${note}.`);
  const rows: string[][] = [];
  for (const shape of SIZES) rows.push(await measure(shape));
  return markdownTable(
    [
      "units x steps",
      "answer, MB",
      "curl, ms",
      "our fetch, ms",
      "our fetch / curl",
      "our process, processor ms",
      "its peak memory, MB",
    ],
    rows,
  );
}

async function measure(shape: FleetShape): Promise<string[]> {
  const server = await startPrometheus(openMetrics(shape));
  try {
    // Prometheus reads its blocks from disk the first time: that is not what is compared.
    const { bytes } = await curl(server.url, shape);
    const curlTimes: number[] = [];
    const runs: ProcessRun[] = [];
    // In turns, so that whatever else the machine does meets both.
    while (runs.length < RUNS) {
      curlTimes.push((await curl(server.url, shape)).milliseconds);
      runs.push(await fetchFleet(server.url, shape));
    }
    const ours = runs.map((run) => checkedTime(printed<FetchFigures>(run), shape));
    return [
      `${shape.units} x ${shape.steps}`,
      megabytes(bytes),
      spreadOf(curlTimes),
      spreadOf(ours),
      median(ours.map((time, run) => time / (curlTimes[run] ?? Number.NaN))).toFixed(2),
      median(runs.map((run) => run.cpuMilliseconds)).toFixed(0),
      megabytes(median(runs.map((run) => run.peakBytes))),
    ];
  } finally {
    await server.stop();
  }
}

/** The first fetch of a new process: what a step of the Action or a run of the command line pays. */
async function fetchFleet(url: string, { steps, step }: FleetShape): Promise<ProcessRun> {
  return await runNode({ args: [FETCH_FLEET, url, String(steps), String(step)] });
}

/** A fetch that lost points would be a fast one. */
function checkedTime({ milliseconds, series, points }: FetchFigures, { units, steps }: FleetShape): number {
  if (series === units && points === units * steps) return milliseconds;
  throw new Error(`${series} series with ${points} points came back instead of ${units} with ${units * steps}.`);
}

/** Not compressed: from a server on the same machine we ask for plain text as well. */
async function curl(url: string, { steps, step }: FleetShape): Promise<{ milliseconds: number; bytes: number }> {
  const form = { query: METRIC, start: START, end: START + (steps - 1) * step, step };
  const { stdout } = await promisify(execFile)("curl", [
    ...["--silent", "--fail", "--output", process.platform === "win32" ? "NUL" : "/dev/null"],
    ...["--write-out", "%{time_total} %{size_download}"],
    ...Object.entries(form).flatMap(([name, value]) => ["--data-urlencode", `${name}=${value}`]),
    `${url}/api/v1/query_range`,
  ]);
  const [seconds = 0, bytes = 0] = stdout.trim().split(" ").map(Number);
  return { milliseconds: seconds * 1000, bytes };
}

/**
 * `npm run bench -- backtest [fakes]`: 14 days of 20 units and three SLIs at one-minute steps, read once, with fake deploys
 * drawn over it (default 200): seconds of the whole command without reading, and the memory that it takes.
 */
import { backtest } from "../src/app/backtest/backtest.ts";
import { fleetStudy } from "./data/fleet-study.ts";
import { markdownTable, megabytes } from "./measure/figures.ts";

const SHAPE = { units: 20, steps: 14 * 1440, step: 60 };
const SILENT = { debug: () => undefined, info: () => undefined, warning: () => undefined };

export async function bench(): Promise<string> {
  const times = Number(process.argv[3] ?? 200);
  const rows = [1, 3].map((slis) => {
    const study = fleetStudy(SHAPE, slis);
    const before = process.cpuUsage();
    const started = performance.now();
    const request = { version: "bench", config: null, rule: { type: "times", times }, reassign: 0 } as const;
    const { fakes, whole, advice } = backtest(study, request, SILENT);
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(before);
    const rate = whole?.regressions;
    return [
      String(slis),
      String(fakes.count),
      seconds.toFixed(1),
      ((user + system) / 1e6).toFixed(1),
      megabytes(process.memoryUsage().rss),
      `${rate?.count ?? 0} of ${rate?.of ?? 0}`,
      advice.map(({ code }) => code).join(", "),
    ];
  });
  return markdownTable(
    ["SLIs", "fake deploys", "seconds", "processor seconds", "memory, MB", "alarms", "advice"],
    rows,
  );
}

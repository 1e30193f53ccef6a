import { backtest as runBacktest } from "../../app/backtest/backtest.ts";
import type { TimesRule } from "../../app/backtest/fake-times.ts";
import { DeployImpactError } from "../../core/errors.ts";
import { backtestPage } from "../../report/pages/backtest.ts";
import { positiveDurationFlag } from "./flags.ts";
import { countFlag, type HistoryFlags, openStudy } from "./history.ts";
import { destination, formatOf, writePage } from "./output.ts";
import { commandLinePorts } from "./ports.ts";

export interface BacktestFlags extends HistoryFlags {
  readonly every?: string;
  readonly reassign?: string;
}

/** `backtest`: 0 when answered, whatever the answer; 2 when the history does not allow one. */
export async function backtest(flags: BacktestFlags): Promise<number> {
  const to = destination(flags);
  const rule = timesRule(flags);
  const reassign = countFlag("--reassign", flags.reassign, 0) ?? 0;
  const ports = commandLinePorts();
  const { study, head } = await openStudy(flags, ports);
  const document = runBacktest(study, { ...head, rule, reassign }, ports.log);
  const exitCode = document.refused === null ? 0 : 2;
  process.exitCode = exitCode;
  await writePage(document, () => backtestPage(document), { format: formatOf(to), out: to.out });
  return exitCode;
}

function timesRule(flags: BacktestFlags): TimesRule | null {
  const every = positiveDurationFlag("--every", flags.every);
  const times = countFlag("--times", flags.times);
  if (every !== undefined && times !== undefined) {
    throw new DeployImpactError("USAGE", "--every and --times both say how many fake deploys there are.", {
      hint: "Give one of them.",
    });
  }
  if (every !== undefined) return { type: "every", every };
  return times === undefined ? null : { type: "times", times };
}

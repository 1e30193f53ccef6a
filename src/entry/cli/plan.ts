import { outlook } from "../../app/backtest/outlook.ts";
import { outlookPage } from "../../report/pages/outlook.ts";
import { listFlag, positiveDurationFlag } from "./flags.ts";
import { countFlag, type HistoryFlags, openStudy } from "./history.ts";
import { destination, formatOf, writePage } from "./output.ts";
import { commandLinePorts } from "./ports.ts";

export interface PlanFlags extends HistoryFlags {
  readonly posts?: string;
}

/** Fake deploys per setting: enough for the middle and the fourth fifth, few enough for an answer in seconds. */
const USUAL_TIMES = 30;

/** `plan`: 0 when answered, 2 when the history does not allow an answer. */
export async function plan(flags: PlanFlags): Promise<number> {
  const to = destination(flags);
  const times = countFlag("--times", flags.times, 3) ?? USUAL_TIMES;
  const posts = flags.posts === undefined ? null : postFlags(flags.posts);
  const ports = commandLinePorts();
  const { study, head } = await openStudy(flags, ports);
  const document = outlook(study, { ...head, times, posts }, ports.log);
  const exitCode = document.refused === null ? 0 : 2;
  process.exitCode = exitCode;
  await writePage(document, () => outlookPage(document), { format: formatOf(to), out: to.out });
  return exitCode;
}

function postFlags(text: string): number[] {
  return listFlag("--posts", text).flatMap((one) => positiveDurationFlag("--posts", one) ?? []);
}

import { GIVE_UP_SECONDS } from "../../github/limits.ts";
import type { Step } from "./context.ts";

/** When an open check has to be closed, epoch seconds: before GitHub calls it stale. */
export function giveUpAt({ analysis, amendments }: Pick<Step, "analysis" | "amendments">): number {
  // Whoever asked for another look got a new check.
  const asked = amendments.flatMap(({ kind, at }) => (kind === "rerun" || kind === "extend" ? [at] : []));
  return Math.max(analysis.createdAt, ...asked) + GIVE_UP_SECONDS;
}

import type { Settings } from "../../app/judge/settings.ts";
import { addAmendment } from "../store/amendments.ts";
import type { Lateness, Step } from "./context.ts";

/** Steps that a look may be late without a word: jobs wait for each other. */
const TOLERATED_STEPS = 3;
const TOLERATED_SECONDS = 60;

/** Name under which the bot itself changes a plan. */
export const BOT = "deploy-impact";

/**
 * How late this look is. `plannedAt`: when its data were complete, epoch seconds. What a person asked for later was
 * planned when they asked; what failed was planned before it failed.
 */
export function lateness(
  { analysis: { nextAt, failingSince }, now }: Pick<Step, "analysis" | "now">,
  { config }: Pick<Settings, "config">,
  plannedAt: number,
): Lateness {
  const asked = Math.min(nextAt ?? plannedAt, failingSince ?? Number.POSITIVE_INFINITY);
  const seconds = Math.max(0, now - Math.max(plannedAt, asked));
  const step = Math.max(...config.services.map(({ windows }) => windows.step));
  return { seconds, isLate: seconds > Math.max(TOLERATED_SECONDS, TOLERATED_STEPS * step) };
}

/** The report says that the look was late; the windows stay what was announced. */
export async function noteLateness(step: Step, late: Lateness, look: number): Promise<void> {
  if (!late.isLate) return;
  const { context, analysis, now } = step;
  await addAmendment(context.database, analysis.tenant, {
    analysisId: analysis.id,
    amendment: { kind: "late", actor: BOT, at: now, seconds: Math.round(late.seconds) },
    origin: `late:${look}:${analysis.checkRunId ?? 0}`,
  });
}

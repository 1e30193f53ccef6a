import { againstEarlier } from "./against-earlier.ts";
import { dayBlock, FEWEST_DAYS, longestLead, strideOf } from "./blocks.ts";
import type { ItsFit } from "./fit.ts";
import { usualMovement, withoutDailyCycle } from "./movement.ts";

/**
 * Standard error and degrees of freedom that a post window of this many steps would have: the earlier days already show how
 * much such a window changes. Null without earlier days, or where the window no longer fits beside its lead.
 */
export function projectedDoubt(
  fit: ItsFit,
  postSteps: number,
): { readonly stdError: number; readonly dof: number } | null {
  const { series, sameHours, scale, before, lead } = fit;
  if (sameHours === null) return null;
  const window = { ...fit.window, end: fit.window.postStart + postSteps };
  const stride = strideOf(window, series.step);
  if (stride !== sameHours.stride || lead > longestLead(window, series.step, stride)) return null;
  const changes = sameHours.days.flatMap(({ back }) => {
    const day = dayBlock(series, window, lead, back);
    if (day === null) return [];
    return [scale === "additive" ? day.after - day.before : before * (day.after / day.before - 1)];
  });
  if (changes.length < FEWEST_DAYS) return null;
  const { spread, dof } = againstEarlier(0, changes);
  const rest = withoutDailyCycle(series, window.preEnd, { scale, level: before });
  const movement = usualMovement(rest, window, lead, series.weights) ?? 0;
  return { stdError: Math.sqrt(Math.max(spread, movement) * (1 + 1 / changes.length)), dof };
}

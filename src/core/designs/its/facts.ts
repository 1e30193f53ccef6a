import type { DayRule } from "../../estimators/its/blocks.ts";
import { DAY } from "../../estimators/its/clock.ts";
import type { ItsFit } from "../../estimators/its/fit.ts";
import type { JsonValue } from "../../outcome.ts";
import type { History } from "./history.ts";

const RULE_TEXT: Readonly<Record<DayRule, string>> = {
  "all-days": "earlier days",
  "working-days": "earlier working days",
  weekends: "earlier weekend days",
  "same-weekday": "earlier days of the same weekday",
};

/** "5 earlier working days", or what stands in for them. */
export function dayRuleText({ sameHours, recent, series }: ItsFit): string {
  if (sameHours !== null) return `${sameHours.days.length} ${RULE_TEXT[sameHours.rule]}`;
  const seconds = (recent?.lead ?? 0) * series.step;
  return `the ${seconds >= 5400 ? `${round(seconds / 3600)} hours` : `${round(seconds / 60)} minutes`} just before`;
}

function round(x: number): string {
  return String(Number(x.toPrecision(2)));
}

/** What a statistician asks of this design. Spans in seconds, levels in raw units. */
export function itsFacts({ sameHours, recent, series, lead }: ItsFit, history: History): Record<string, JsonValue> {
  const leadSeconds = lead * series.step;
  if (sameHours === null) {
    return {
      comparedWith: "recent-hours",
      leadSeconds,
      usualMovement: Math.sqrt(recent?.movement ?? 0),
      arError: recent?.ar === null || recent === null ? null : Math.sqrt(recent.ar.variance),
    };
  }
  const { days, rule, stride, usual, spread, movement, rankP, changes } = sameHours;
  return {
    comparedWith: "earlier-days",
    dayRule: rule,
    strideDays: stride,
    leadSeconds,
    usualChange: usual,
    spread: Math.sqrt(spread),
    usualMovement: movement === null ? null : Math.sqrt(movement),
    rankP,
    days: days.map((day, i) => ({
      date: new Date((series.deployedAt - day.back * DAY) * 1000).toISOString().slice(0, 10),
      change: changes[i] ?? null,
    })),
    daysSpoiled: spoiledDays(series.deployedAt, days, history, lead),
  };
}

/** Earlier days up to the oldest one used that another deployment took out. */
function spoiledDays(
  deployedAt: number,
  days: readonly { readonly back: number }[],
  history: History,
  lead: number,
): JsonValue[] {
  const oldest = Math.max(...days.map((day) => day.back));
  return Array.from({ length: oldest }, (_, i) => i + 1)
    .filter((back) => history.skips(back, lead))
    .map((back) => new Date((deployedAt - back * DAY) * 1000).toISOString().slice(0, 10));
}

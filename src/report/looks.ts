import type { AnalysisPlan, LookPlan } from "../core/plan.ts";
import type { ResultDocument, SliResult } from "../core/result.ts";
import { numberFact } from "./facts.ts";
import { clock, dateOf, instant, levelShare } from "./format.ts";

/** Several planned looks at one deploy, in words. Empty where there is only one. */

/** The look that the metric in front belongs to; null without planned looks, or when nobody has looked yet. */
export function lookOf({ plans, reasonCodes }: ResultDocument, service: string | null): LookPlan | null {
  if (reasonCodes.includes("WINDOW_OPEN") || reasonCodes.includes("DEPLOY_IN_FUTURE")) return null;
  return plans.find((plan) => plan.service === service)?.look ?? null;
}

/** Epoch seconds; null when the verdict has decided, or when this was the last look. */
function nextAt({ verdict, slis }: ResultDocument): number | null {
  if (verdict !== "inconclusive" && verdict !== "invalid") return null;
  const coming = slis.flatMap(({ reasons }) =>
    reasons.flatMap(({ code, facts }) => (code === "NEXT_LOOK" ? (numberFact(facts, "nextAt") ?? []) : [])),
  );
  return coming.length === 0 ? null : Math.min(...coming);
}

/** `14:20 UTC`, with the date where it is another day than the deploy's. */
export function moment({ deployedAt }: Pick<AnalysisPlan["window"], "deployedAt">, at: number): string {
  return dateOf(deployedAt) === dateOf(at) ? clock(at) : instant(at);
}

/** Behind the answer of a title: `; look 2 of 4, next at 14:20 UTC`. */
export function lookTitle(document: ResultDocument, { service }: SliResult): string {
  const look = lookOf(document, service);
  if (look === null) return "";
  const next = nextAt(document);
  return `; look ${look.number} of ${look.planned.length}${next === null ? "" : `, next at ${moment(document.windows, next)}`}`;
}

/** What the numbers of one look allow for, and what was not looked at. */
export function lookSetting(document: ResultDocument, service: string | null): readonly string[] {
  const look = lookOf(document, service);
  const current = look?.planned[look.number - 1];
  if (look === null || current === undefined) return [];
  const of = look.planned.length;
  const early = look.number < of && nextAt(document) === null;
  const which = look.number === of ? `the last of ${of} looks` : `look ${look.number} of ${of}`;
  return [
    `This is ${which}; its intervals are of level ${levelShare(1 - current.alpha)}, so that all ${of} looks together keep ${levelShare(1 - look.alpha)}.`,
    ...(early
      ? [
          `It decided: no further look is needed, and what comes after ${moment(document.windows, current.postEnd)} is not judged.`,
        ]
      : []),
  ];
}

/** What to do while another look follows. */
export function lookNext(document: ResultDocument, service: string | null): readonly string[] {
  const look = lookOf(document, service);
  const next = nextAt(document);
  if (look === null || next === null) return [];
  const lastAt = look.planned.at(-1)?.readyAt ?? next;
  const last = lastAt <= next ? ", the last one" : `; the last one is at ${moment(document.windows, lastAt)}`;
  return [`The next look is at ${moment(document.windows, next)}${last}.`];
}

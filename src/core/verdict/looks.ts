import { utc } from "../panel/align.ts";
import type { AnalysisPlan, PlannedLook } from "../plan.ts";
import type { ReasonCode } from "../reasons.ts";
import type { InferenceDescription, ResultDocument, SliResult, Verdict } from "../result.ts";

/** Several looks at the data of one deploy: what one of them says about itself, and whether another one follows. */
export function describeLook({ look }: AnalysisPlan): Pick<InferenceDescription, "look"> {
  const current = look?.planned[look.number - 1];
  if (look === undefined || current === undefined) return {};
  const { alpha, alphaSpent } = current;
  return { look: { number: look.number, of: look.planned.length, alpha, alphaSpent, alphaOfAll: look.alpha } };
}

/** The look after this one; null: this is the last one, or the only one. */
export function nextLook({ look }: Pick<AnalysisPlan, "look">): PlannedLook | null {
  return look?.planned[look.number] ?? null;
}

/** A verdict that more data of the same plan may still change. */
function isOpen(verdict: Verdict): boolean {
  return verdict === "inconclusive" || verdict === "invalid";
}

/** Refusals of a run that has not looked at all yet. */
const NOT_LOOKED: ReadonlySet<ReasonCode> = new Set(["WINDOW_OPEN", "DEPLOY_IN_FUTURE"]);

/**
 * When the next planned look of a result is due, epoch seconds; null when the verdict has decided, or when this was the
 * last look. With several services the earliest of theirs.
 */
export function awaitedLook({
  verdict,
  plans,
  reasonCodes,
}: Pick<ResultDocument, "verdict" | "plans" | "reasonCodes">): number | null {
  if (!isOpen(verdict)) return null;
  const coming = plans.flatMap((plan) => {
    const current = plan.look?.planned[plan.look.number - 1];
    const next = reasonCodes.some((code) => NOT_LOOKED.has(code)) ? current : nextLook(plan);
    return next == null ? [] : [next.readyAt];
  });
  return coming.length === 0 ? null : Math.min(...coming);
}

/** A metric that is still open before the last look says so, and when to come back. */
export function withNextLook(plan: AnalysisPlan, sli: SliResult): SliResult {
  const next = nextLook(plan);
  const { look } = plan;
  if (next === null || look === undefined || !isOpen(sli.verdict)) return sli;
  if (sli.reasonCodes.some((code) => NOT_LOOKED.has(code))) return sli;
  const of = look.planned.length;
  const lastAt = look.planned.at(-1)?.readyAt ?? next.readyAt;
  const last = next.readyAt === lastAt ? ", the last one" : `, the last one at ${utc(lastAt)}`;
  const reason = {
    code: "NEXT_LOOK" as const,
    message: `This is look ${look.number} of ${of}; the next is at ${utc(next.readyAt)}${last}.`,
    hint: `Run again at ${utc(next.readyAt)} or later.`,
    facts: { look: look.number, looks: of, nextAt: next.readyAt, lastAt },
  };
  const codes: ReasonCode[] =
    sli.verdict === "invalid" ? [...sli.reasonCodes, reason.code] : [reason.code, ...sli.reasonCodes];
  return { ...sli, reasonCodes: codes, reasons: [...sli.reasons, reason] };
}

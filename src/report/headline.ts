import type { ResultDocument, SliResult } from "../core/result.ts";
import type { ReportContext } from "./context.ts";
import { displayOf, marginPhrase, signedIntervalText } from "./display.ts";
import { allMetrics, capitalise, moreTime } from "./format.ts";
import { lookTitle } from "./looks.ts";
import type { MetricModel } from "./model.ts";
import { REASON_WORDING } from "./wording/reasons.ts";

export interface Lead {
  readonly sli: SliResult;
  readonly metric: MetricModel;
}

/** The answer without its verdict word: `p95 latency +12.4% (7.9 to 17.0), margin 5%`. */
export function answerOf(
  document: ResultDocument,
  lead: Lead | null,
  metrics: readonly MetricModel[],
  context: ReportContext,
): string {
  if (lead === null) return withoutMetrics(document);
  return `${answerAlone(document, lead, metrics, context)}${lookTitle(document, lead.sli)}${weakness(document, lead)}`;
}

/** A design that is weaker than a comparison with controls says so wherever its answer stands. */
function weakness(document: ResultDocument, { sli }: Lead): string {
  if (document.verdict === "invalid" || !sli.reasonCodes.includes("WEAKER_DESIGN")) return "";
  return sli.reasonCodes.includes("NO_EARLIER_DAYS")
    ? "; weaker answer: no controls, no earlier days"
    : "; weaker answer: no controls";
}

function answerAlone(
  document: ResultDocument,
  lead: Lead,
  metrics: readonly MetricModel[],
  context: ReportContext,
): string {
  const deciding = metrics.filter((metric) => metric.decides && metric.verdict === document.verdict);
  switch (document.verdict) {
    case "regression":
    case "improvement":
      return `${lead.metric.sentence}${also(deciding.length - 1)}`;
    case "no-impact":
      return `${lead.metric.sentence}${deciding.length > 1 ? `; ${allMetrics(deciding.length)} within margin` : ""}`;
    case "inconclusive":
      return `${inconclusiveAnswer(document, lead, context)}${also(deciding.length - 1)}`;
    case "invalid":
      return invalidAnswer(lead, deciding);
  }
}

function also(others: number): string {
  return others <= 0 ? "" : `; also ${others} other metric${others === 1 ? "" : "s"}`;
}

function withoutMetrics(document: ResultDocument): string {
  const code = document.reasonCodes[0];
  return code === undefined ? "no metric was analysed" : REASON_WORDING[code].short;
}

function inconclusiveAnswer(document: ResultDocument, { sli, metric }: Lead, context: ReportContext): string {
  const interval = signedIntervalText(displayOf(document, sli, context.values));
  const range = interval === null ? metric.sentence : `${metric.label} ${interval}, ${marginPhrase(metric.margin)}`;
  // The title ends with when the next look is; what the last one may lack does not matter yet.
  if (sli.reasonCodes.includes("NEXT_LOOK")) return `${range}; still open`;
  return `${range}; ${openQuestion(sli, metric)}`;
}

/** What stands between these data and an answer, most useful first. */
function openQuestion(sli: SliResult, metric: MetricModel): string {
  const time = sli.timeToDecide;
  if (sli.reasonCodes.includes("MULTIPLICITY")) return REASON_WORDING.MULTIPLICITY.short;
  if (time?.decidable === true && time.additional !== null && time.additional > 0) {
    return `needs about ${moreTime(time.additional)}`;
  }
  if (sli.reasonCodes.includes("NO_MARGIN")) return "without a margin harm cannot be ruled out";
  if (sli.reasonCodes.includes("WORSE_BUT_WITHIN_MARGIN")) return REASON_WORDING.WORSE_BUT_WITHIN_MARGIN.short;
  if (time?.decidable === false) return REASON_WORDING.MORE_TIME_WILL_NOT_DECIDE.short;
  return metric.detectable === null ? "could not tell" : `would have seen ${metric.detectable} or more`;
}

function invalidAnswer({ metric }: Lead, deciding: readonly MetricModel[]): string {
  const code = metric.reasons[0]?.code;
  const why = code === undefined ? "the comparison cannot answer" : REASON_WORDING[code].short;
  const same = deciding.filter((other) => other.reasons[0]?.code === code);
  if (same.length > 1 && same.length === deciding.length) {
    return `${why} (${allMetrics(same.length)})`;
  }
  return `${why} (${metric.label})${also(deciding.length - 1)}`;
}

/** Check title: the check's name already holds the environment. */
export function titleOf(word: string, answer: string): string {
  return `${word}: ${answer}`;
}

/** `1 regression, 2 no impact`. */
export function tallyOf(metrics: readonly MetricModel[]): string {
  const words = [...new Set(metrics.map((metric) => metric.word))];
  return words
    .map((word) => `${metrics.filter((metric) => metric.word === word).length} ${word.toLowerCase()}`)
    .join(", ");
}

export function historyOf(context: ReportContext): string | null {
  if (context.previous === null) return null;
  const at = Date.parse(context.previous.at);
  if (Number.isNaN(at)) return `was: ${context.previous.verdict}`;
  const iso = new Date(at).toISOString();
  return `was: ${context.previous.verdict.replace("-", " ")} at ${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

export function batchSentence(context: ReportContext): string | null {
  const pulls = context.batchPullRequests;
  if (pulls.length < 2) return null;
  return capitalise(
    `this deploy contained ${pulls.length} pull requests; the effect is not attributed to any one of them.`,
  );
}

import type { AnalysisPlan, LookPlan } from "../../core/plan.ts";
import { amendmentSentences } from "../amendments.ts";
import { escapeMarkdown, plain } from "../escape.ts";
import { clock, count, dateOf, duration, instant, levelShare } from "../format.ts";
import { moment } from "../looks.ts";
import { humanName } from "../metric.ts";
import { withoutAddresses } from "../redact.ts";
import { amendmentList, paragraphs } from "./blocks.ts";
import type { CheckTitle, PendingPlan } from "./contract.ts";
import { CHECK_FIELD_LIMIT, firstThatFits } from "./fit.ts";

const FINISHERS: Readonly<Record<PendingPlan["finishedBy"], string>> = {
  "this-run": "This run waits and then finishes the check.",
  "scheduled-run": "The next scheduled or manual run of this workflow after that time finishes the check.",
  "same-event": "The same event, sent again after that time, finishes the check.",
  bot: "The bot comes back by itself.",
};

/** The open check: what will be compared, written down before anybody has seen the data. */
export function renderPendingCheck(plan: PendingPlan): CheckTitle {
  const ready = isSameDay(plan) ? clock(plan.readyAt) : instant(plan.readyAt);
  return {
    title: `${doneText(plan)} until ${ready}`,
    summary: firstThatFits(
      [() => summary(plan, Number.POSITIVE_INFINITY), () => summary(plan, 50), () => summary(plan, 0)],
      CHECK_FIELD_LIMIT,
    ),
  };
}

/** A look that is over did not decide: otherwise nothing would be waited for. */
function doneText({ plans, readyAt }: PendingPlan): string {
  const look = plans.find((plan) => plan.look !== undefined)?.look;
  const current = look?.planned[look.number - 1];
  return look === undefined || current === undefined || current.readyAt >= readyAt
    ? "Waiting for data"
    : `Look ${look.number} of ${look.planned.length} did not decide; waiting for data`;
}

function isSameDay(plan: PendingPlan): boolean {
  const deployedAt = plan.plans[0]?.window.deployedAt;
  return deployedAt !== undefined && dateOf(deployedAt) === dateOf(plan.readyAt);
}

function summary(plan: PendingPlan, mostMetrics: number): string {
  const first = plan.plans[0];
  const metrics = plan.plans.flatMap((service) => service.slis.map((sli) => metricRow(service, sli, plan)));
  const rest = metrics.length - Math.min(metrics.length, mostMetrics);
  return paragraphs([
    `${whenText(plan)} ${FINISHERS[plan.finishedBy]}`,
    amendmentList(amendmentSentences(plan.amendments ?? [], shownIn(plan))),
    "**The plan, written down before the data exist**",
    [...unitLines(plan), ...(first === undefined ? [] : windowLines(first))].map((line) => `- ${line}`).join("\n"),
    mostMetrics === 0
      ? null
      : ["| Metric | Worse | Margin | Role |", "|---|---|---|---|", ...metrics.slice(0, mostMetrics)].join("\n"),
    rest > 0 ? `and ${count(rest, "more metric")}` : null,
  ]);
}

/** With planned looks `readyAt` is the first one that is still to come. */
function whenText({ plans, readyAt }: PendingPlan): string {
  const most = Math.max(...plans.map(({ look }) => look?.planned.length ?? 1));
  return most === 1
    ? `The deploy is judged when its post window is over, at ${instant(readyAt)}.`
    : `The deploy is looked at up to ${most} times, next at ${instant(readyAt)}; the first look that decides ends the waiting.`;
}

function shownIn({ publicRepository }: PendingPlan): (text: string) => string {
  return (text) => plain(publicRepository ? withoutAddresses(text) : text).replaceAll("`", "'");
}

function metricRow(service: AnalysisPlan, sli: AnalysisPlan["slis"][number], plan: PendingPlan): string {
  const prefix = plan.plans.length > 1 && service.service !== null ? `${service.service} / ` : "";
  const cells = [
    `${prefix}${humanName(sli.id)}`,
    sli.direction,
    sli.margin.value === 0 ? "none" : sli.margin.text.replace(/(?<=\d)pp$/, " pp"),
    sli.role,
  ];
  return `| ${cells.map((cell) => escapeMarkdown(plan.publicRepository ? withoutAddresses(cell) : cell)).join(" | ")} |`;
}

function unitLines(plan: PendingPlan): readonly string[] {
  const describe = (rule: string | null): string =>
    plan.publicRepository ? "as the config says" : rule === null ? "decided by the data" : escapeMarkdown(rule);
  return [`Treated: ${describe(plan.treated)}`, `Control: ${describe(plan.control)}`];
}

function windowLines({ window, alpha, look, inference, design, scale, seed }: AnalysisPlan): readonly string[] {
  const { deployedAt, preStart, settle, step } = window;
  const postEnd = look?.planned.at(-1)?.postEnd ?? window.postEnd;
  return [
    `Deployed at ${instant(deployedAt)}`,
    ...(preStart === null ? [] : [`Before: ${instant(preStart)} until the deploy`]),
    ...(settle === 0 ? [] : [`Ignored: the first ${duration(settle)} after the deploy`]),
    ...(postEnd === null ? [] : [`After: ${instant(deployedAt + settle)} until ${instant(postEnd)}`]),
    ...(look === undefined ? [] : [lookLine(look, deployedAt)]),
    `Step ${duration(step)}, ${levelShare(1 - (look?.alpha ?? alpha))} intervals${look === undefined ? "" : " over all looks together"}`,
    escapeMarkdown(`Inference ${inference}, design ${design}, scale ${scale}, seed ${seed}`),
  ];
}

/** `Looks: 14:20 UTC (99.7% intervals), ...`. */
function lookLine({ planned }: LookPlan, deployedAt: number): string {
  const looks = planned.map(({ readyAt, alpha }) => `${moment({ deployedAt }, readyAt)} (${levelShare(1 - alpha)})`);
  return `Looks and the level of their intervals: ${looks.join(", ")}`;
}

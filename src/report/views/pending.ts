import type { AnalysisPlan } from "../../core/plan.ts";
import { escapeMarkdown } from "../escape.ts";
import { clock, count, dateOf, duration, instant, share } from "../format.ts";
import { humanName } from "../metric.ts";
import { withoutAddresses } from "../redact.ts";
import { paragraphs } from "./blocks.ts";
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
    title: `Waiting for data until ${ready}`,
    summary: firstThatFits(
      [() => summary(plan, Number.POSITIVE_INFINITY), () => summary(plan, 50), () => summary(plan, 0)],
      CHECK_FIELD_LIMIT,
    ),
  };
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
    `The deploy is judged when its post window is over, at ${instant(plan.readyAt)}. ${FINISHERS[plan.finishedBy]}`,
    "**The plan, written down before the data exist**",
    [...unitLines(plan), ...(first === undefined ? [] : windowLines(first))].map((line) => `- ${line}`).join("\n"),
    mostMetrics === 0
      ? null
      : ["| Metric | Worse | Margin | Role |", "|---|---|---|---|", ...metrics.slice(0, mostMetrics)].join("\n"),
    rest > 0 ? `and ${count(rest, "more metric")}` : null,
  ]);
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

function windowLines({ window, alpha, inference, design, scale, seed }: AnalysisPlan): readonly string[] {
  const { deployedAt, preStart, settle, postEnd, step } = window;
  return [
    `Deployed at ${instant(deployedAt)}`,
    ...(preStart === null ? [] : [`Before: ${instant(preStart)} until the deploy`]),
    ...(settle === 0 ? [] : [`Ignored: the first ${duration(settle)} after the deploy`]),
    ...(postEnd === null ? [] : [`After: ${instant(deployedAt + settle)} until ${instant(postEnd)}`]),
    `Step ${duration(step)}, ${share(1 - alpha)} intervals`,
    escapeMarkdown(`Inference ${inference}, design ${design}, scale ${scale}, seed ${seed}`),
  ];
}

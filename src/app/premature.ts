import { formatDuration } from "../config/duration.ts";
import type { Refusal } from "../core/outcome.ts";
import type { AnalysisPlan, SliPlan } from "../core/plan.ts";
import type { Analysis, SliResult } from "../core/result.ts";
import { emptyResult } from "../core/verdict/empty-result.ts";
import type { ServicePlan } from "./plan.ts";

/** Why this run cannot be answered whatever the metrics say, or null. No metric is read for it. */
export function refusalBeforeReading(planned: readonly ServicePlan[], now: number): Refusal | null {
  const deployedAt = planned[0]?.plan.window.deployedAt ?? now;
  if (now < deployedAt) {
    return {
      code: "DEPLOY_IN_FUTURE",
      message: `The deploy at ${iso(deployedAt)} is in the future; it is ${iso(now)}.`,
      hint: "Check the time and its zone.",
      facts: { deployedAt, now, ahead: round(deployedAt - now) },
    };
  }
  const last = planned.reduce<ServicePlan | null>((a, b) => (a === null || b.readyAt > a.readyAt ? b : a), null);
  if (last === null || now >= last.readyAt) return null;
  return openWindow(last, now);
}

function openWindow({ plan, readyAt }: ServicePlan, now: number): Refusal {
  const { look } = plan;
  const what =
    look === undefined
      ? "The post window is still open: its data are"
      : `It is too early for look ${look.number} of ${look.planned.length}: its data are`;
  return {
    code: "WINDOW_OPEN",
    message: `${what} complete at ${iso(readyAt)}, in ${waitText(readyAt - now)}.`,
    hint: `Run again at ${iso(readyAt)} or later, or shorten \`windows.post\`.`,
    facts: {
      readyAt,
      now,
      wait: round(readyAt - now),
      ...(look === undefined ? {} : { look: look.number, looks: look.planned.length }),
    },
  };
}

function round(seconds: number): number {
  return Math.ceil(seconds);
}

function waitText(seconds: number): string {
  return formatDuration(seconds > 120 ? Math.ceil(seconds / 60) * 60 : Math.ceil(seconds));
}

export function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.000Z$/, "Z");
}

/** The result of a run that was refused as a whole. */
export function refusedAnalysis(plans: readonly AnalysisPlan[], refusal: Refusal): Analysis {
  const first = plans[0];
  return {
    verdict: "invalid",
    reasonCodes: [refusal.code],
    slis: plans.flatMap((plan) => plan.slis.map((sli) => refusedSli(plan, sli, refusal))),
    units: { treated: [], control: [], excluded: [] },
    windows: {
      deployedAt: first?.window.deployedAt ?? 0,
      preStart: null,
      preEnd: null,
      postStart: null,
      postEnd: null,
      step: first?.window.step ?? 0,
      settle: first?.window.settle ?? 0,
    },
  };
}

function refusedSli(plan: AnalysisPlan, sli: SliPlan, refusal: Refusal): SliResult {
  return { ...emptyResult(plan, sli), reasonCodes: [refusal.code], reasons: [refusal] };
}

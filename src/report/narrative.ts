import type { ResultDocument, SliResult } from "../core/result.ts";
import type { ReportContext } from "./context.ts";
import { recordsFact, textFact } from "./facts.ts";
import {
  allMetrics,
  capitalise,
  count,
  dateOf,
  duration,
  durationSetting,
  levelShare,
  listing,
  sentence,
  significant,
  span,
} from "./format.ts";
import type { Lead } from "./headline.ts";
import { lookNext } from "./looks.ts";
import type { MetricModel, ReasonModel } from "./model.ts";
import type { Disclosure } from "./redact.ts";
import { waveSetting } from "./waves.ts";
import { coverageFindings } from "./wording/checks.ts";
import { DESIGN_WORDING } from "./wording/designs.ts";
import { REASON_WORDING } from "./wording/reasons.ts";
import { VERDICT_WORDING } from "./wording/verdicts.ts";

/** `6 treated and 14 control units, 13:15 to 14:00 UTC compared with 11:00 to 13:00 UTC; ...`. */
export function settingOf(document: ResultDocument, shown: Disclosure): readonly string[] {
  const { units, windows } = document;
  const amounts = `${units.treated.length} treated and ${count(units.control.length, "control unit")}`;
  const settle = windows.settle > 0 ? `; the first ${duration(windows.settle)} after the deploy are ignored` : "";
  const { preStart, preEnd, postStart, postEnd } = windows;
  // Refused before any unit was looked at: a count of none would contradict the reason.
  if (units.treated.length + units.control.length === 0) return [];
  if (preStart === null || preEnd === null || postStart === null || postEnd === null) return [`${amounts}.`];
  const after = span(postStart, postEnd);
  const waves = waveSetting(document, shown);
  const alone = withoutControls(document, after);
  const before = span(preStart, preEnd, dateOf(postStart));
  const left = document.units.excluded.map((entry) => `${shown.unit(entry.unit)} (${shown.message(entry.reason)})`);
  const leftOut = left.length === 0 ? [] : [`Left out: ${listing(left, 3)}.`];
  if (waves !== null) return [...waves, ...leftOut];
  return [
    alone !== null
      ? `${alone}${settle}.`
      : isSideBySide(document)
        ? `${amounts}, side by side from ${after} UTC${settle}.`
        : `${amounts}, ${after} UTC compared with ${before} UTC${settle}.`,
    ...leftOut,
  ];
}

const DAY_NOUN: Readonly<Record<string, string>> = {
  "working-days": "earlier working day",
  weekends: "earlier weekend day",
  "same-weekday": "earlier week",
};

/** What is compared when everybody got the deploy; null with controls. */
function withoutControls({ slis, units }: ResultDocument, after: string): string | null {
  const answered = slis.filter((sli) => sli.design !== null);
  const facts = answered[0]?.designFacts;
  if (facts === undefined || answered.some((sli) => sli.design !== "its")) return null;
  const days = recordsFact(facts, "days").length;
  const before = `${count(units.treated.length, "treated unit")} and no controls, ${after} UTC compared with the time just before the deploy`;
  return days === 0
    ? before
    : `${before}, and that change with the same hours of ${count(days, DAY_NOUN[textFact(facts, "dayRule") ?? ""] ?? "earlier day")}`;
}

/** True when no metric is compared with the time before the deploy. */
function isSideBySide({ slis }: ResultDocument): boolean {
  const designs = new Set(slis.flatMap(({ design }) => design ?? []));
  return designs.size > 0 && [...designs].every((design) => DESIGN_WORDING[design].isSideBySide === true);
}

export function meaningOf(document: ResultDocument, lead: Lead | null): readonly string[] {
  return lead === null ? [VERDICT_WORDING[document.verdict].meaning] : lead.metric.meaning;
}

/** Reason codes whose advice belongs to the next step, by verdict. */
const ADVISING: ReadonlySet<string> = new Set([
  "MULTIPLICITY",
  "NO_MARGIN",
  "MORE_TIME_WILL_NOT_DECIDE",
  "WARM_UP",
  "FEW_UNITS",
  "NO_EARLIER_DAYS",
]);

const CREDIT =
  "Before you credit the deploy with it, look whether anything else happened at that time: without controls it would look the same.";

export function nextOf(document: ResultDocument, lead: Lead | null, context: ReportContext): readonly string[] {
  const own = VERDICT_WORDING[document.verdict].todo;
  const reasons = lead?.metric.reasons ?? [];
  const commands = context.commands === true;
  const aside = asideOf(reasons.map((reason) => reason.code));
  const isAlone = reasons.some(({ code }) => code === "WEAKER_DESIGN");
  switch (document.verdict) {
    case "regression":
      return [
        own,
        ...(isAlone
          ? ["First look whether anything else happened at that time: without controls it would look the same."]
          : []),
        ...(commands ? ["If it is intended, answer with `/deploy-impact ack` and the reason."] : []),
        ...aside,
      ];
    case "improvement":
      return reasons.some(({ code }) => code === "SUBGROUP_WORSE")
        ? aside
        : [own, ...(isAlone ? [CREDIT] : []), ...aside];
    case "no-impact":
      return reasons.some(({ code }) => code === "SUBGROUP_WORSE") ? aside : [own, ...aside];
    case "inconclusive":
      return [
        lead === null ? own : `Keep watching ${lead.metric.label}: this is not a pass.`,
        ...lookNext(document, lead?.sli.service ?? null),
        ...aside,
        ...moreTime(lead?.sli ?? null, commands, document.provenance.configHash === null),
        ...openAdvice(reasons),
      ];
    case "invalid": {
      const failing = reasons.filter(({ code }) => code !== "NO_HISTORY" && code !== "NEXT_LOOK");
      const todos = [...new Set(failing.slice(0, 2).map((reason) => reason.todo))];
      return [...(todos.length === 0 ? [own] : todos), ...lookNext(document, lead?.sli.service ?? null)];
    }
  }
}

/** Without a way to decide by waiting, say how the next deploy gets a sharper answer. */
function openAdvice(reasons: readonly ReasonModel[]): readonly string[] {
  const canWait = reasons.some(({ code }) => code === "MORE_TIME" || code === "NEXT_LOOK");
  return reasons
    .filter((reason) => ADVISING.has(reason.code) || (reason.code === "NOT_POWERED" && !canWait))
    .map((reason) => reason.todo);
}

/** Told whatever the verdict is, because it may change how far the reader trusts it. */
function asideOf(codes: readonly string[]): readonly string[] {
  return [
    ...(codes.includes("SUBGROUP_WORSE") ? [REASON_WORDING.SUBGROUP_WORSE.todo] : []),
    ...(codes.includes("CONFIG_CHANGED")
      ? ["Read the change of the config too: it was made together with this deploy."]
      : []),
  ];
}

function moreTime(sli: SliResult | null, commands: boolean, ofPanel: boolean): readonly string[] {
  const time = sli?.timeToDecide;
  if (time === undefined || time === null || !time.decidable || time.postWindow === null) return [];
  const window = durationSetting(time.postWindow);
  // A panel has no setting to change: every row counts.
  if (ofPanel)
    return [`Or run again on a panel that reaches ${duration(Math.ceil(time.postWindow / 60) * 60)} past the deploy.`];
  if (commands && time.additional !== null)
    return [`Answer with \`/deploy-impact extend ${durationSetting(time.additional)}\`.`];
  return [`Or run again with \`windows.post: ${window}\` when that time has passed.`];
}

/** What the data looked like, findings first. */
export function qualityOf(
  document: ResultDocument,
  metrics: readonly MetricModel[],
  context: ReportContext,
  shown: Disclosure,
): readonly string[] {
  const lines = coverageLines(document, metrics, shown);
  const warnings = document.provenance.warnings;
  const said = context.publicRepository
    ? warnings.length === 0
      ? []
      : [`The source gave ${count(warnings.length, "warning")}; the log of the run has the text.`]
    : warnings.map(
        (warning) => `${shown.label(warning.sli)}: the source says: ${sentence(shown.message(warning.message))}`,
      );
  const all = [...lines, ...shortHistory(document), ...said];
  if (all.length > 0) return all;
  const looked = document.slis.some((sli) => sli.checks.some((check) => check.id === "coverage"));
  return [
    looked ? "No gaps, resets, dead or frozen units worth naming." : "Not checked: the comparison was refused before.",
  ];
}

/** Share of the planned history that may be missing at its start before it is worth a line. */
const SHORT_HISTORY = 0.05;

/** A source that keeps less than the plan asks for; where another deploy shortened the window, that is told instead. */
function shortHistory(document: ResultDocument): readonly string[] {
  if (isSideBySide(document)) return [];
  const { preStart, preEnd, step } = document.windows;
  const planned = document.plans[0]?.window.preStart ?? null;
  if (planned === null || preStart === null || preEnd === null) return [];
  if (document.slis.some((sli) => sli.reasonCodes.includes("PRE_SHORTENED"))) return [];
  const late = preStart - planned;
  if (late <= Math.max(2 * step, SHORT_HISTORY * (preEnd - planned))) return [];
  return [`The data before the deploy reach back ${duration(preEnd - preStart)}, not ${duration(preEnd - planned)}.`];
}

/** Metrics with the same findings share a line: usually all have the same gaps. */
function coverageLines(
  document: ResultDocument,
  metrics: readonly MetricModel[],
  shown: Disclosure,
): readonly string[] {
  const tongue = { unit: shown.unit, effect: () => null, size: () => null };
  const byFinding = new Map<string, string[]>();
  for (const [index, sli] of document.slis.entries()) {
    const coverage = sli.checks.find((check) => check.id === "coverage");
    const finding = coverage === undefined ? "" : coverageFindings(coverage.facts, tongue).join("; ");
    if (finding === "") continue;
    byFinding.set(finding, [...(byFinding.get(finding) ?? []), metrics[index]?.label ?? shown.label(sli.id)]);
  }
  return [...byFinding].map(([finding, labels]) =>
    labels.length > 1 && labels.length === document.slis.length
      ? `${capitalise(allMetrics(labels.length))}: ${finding}.`
      : `${listing(labels, 3)}: ${finding}.`,
  );
}

export function methodOf(document: ResultDocument, shown: Disclosure): readonly string[] {
  const first = document.slis.find((sli) => sli.estimate !== null) ?? document.slis[0];
  const alpha = document.plans[0]?.alpha ?? 0.05;
  const family = document.slis.filter((sli) => sli.role === "primary" || sli.role === "guardrail").length;
  return [
    DESIGN_WORDING[first?.design ?? "did"].method,
    ...(first?.designReason == null
      ? []
      : [`${sentence(`Design ${first.design ?? "none"}: ${shown.message(first.designReason)}`)}`]),
    `A regression is a harm whose whole ${levelShare(1 - alpha)} interval lies beyond the margin, with a one-sided p of at most ${significant(alpha / 2, 2)}${
      family > 1 ? ` after Holm's correction over ${count(family, "metric")}` : ""
    }; no impact means that the interval rules out a harm beyond the margin.`,
    `The deploy time comes from: ${shown.message(document.deployment.deployedAtSource)}.`,
  ];
}

export function reproduceOf(document: ResultDocument): readonly string[] {
  const { provenance } = document;
  return [
    "deploy-impact replay result.json",
    `deploy-impact ${provenance.version}, seed ${provenance.seed}`,
    `evidence sha256 ${provenance.dataHash}`,
    ...(provenance.configHash === null ? [] : [`config sha256 ${provenance.configHash}`]),
  ];
}

export function footerOf(document: ResultDocument, shown: Disclosure): readonly string[] {
  const { provenance, deployment } = document;
  const at = deployment.deployedAt
    .replace("T", " ")
    .replace(/:00(?:\.0+)?Z$/, " UTC")
    .replace(/(?:\.\d+)?Z$/, " UTC");
  return [`deploy-impact ${shown.label(provenance.version)}`, `deployed ${shown.label(at)}`, `seed ${provenance.seed}`];
}

import type { Direction } from "../core/plan.ts";
import type { CheckResult, ResultDocument, SliResult } from "../core/result.ts";
import { chartsOf } from "./chart-data.ts";
import type { ReportContext } from "./context.ts";
import {
  changeText,
  type Display,
  displayOf,
  intervalText,
  marginPhrase,
  marginText,
  otherDisplay,
  sizeText,
} from "./display.ts";
import { textFact } from "./facts.ts";
import { capitaliseWord, count, fixed, levelShare, pValue, sentence, signed, significant } from "./format.ts";
import { metricMeaning } from "./meaning.ts";
import type { CheckModel, EventStudyRow, MetricModel, ReasonModel } from "./model.ts";
import { checkNumbers, factRows, numberRows } from "./numbers.ts";
import type { Disclosure } from "./redact.ts";
import { subgroupsModel } from "./subgroups.ts";
import { sinceSentence, unitRows, unitsChart } from "./units.ts";
import type { CheckTongue } from "./wording/check-wording.ts";
import { CHECK_WORDING } from "./wording/checks.ts";
import { DESIGN_WORDING } from "./wording/designs.ts";
import { REASON_WORDING } from "./wording/reasons.ts";
import { VERDICT_WORDING } from "./wording/verdicts.ts";

export interface MetricScope {
  readonly document: ResultDocument;
  readonly context: ReportContext;
  readonly shown: Disclosure;
  /** True when labels need the service in front. */
  readonly manyServices: boolean;
}

export function metricModel(sli: SliResult, scope: MetricScope): MetricModel {
  const display = displayOf(scope.document, sli, scope.context.values);
  const label = metricLabel(sli, scope);
  const wording = VERDICT_WORDING[sli.verdict];
  const reasons = reasonModels(sli, scope);
  const margin = marginText(display, sli.margin.text);
  const detectable = display.detectable === null ? null : sizeText(display.detectable, display);
  const other = otherDisplay(display, sli, scope.context.values);
  const tongue = tongueOf(display, scope);
  const isOpen = scope.context.values === "full" && !scope.context.publicRepository;
  const unitScope = { sli, display, shown: scope.shown };
  return {
    id: sli.id,
    service: sli.service,
    label,
    role: sli.role,
    decides: sli.role === "primary" || sli.role === "guardrail",
    verdict: sli.verdict,
    symbol: wording.symbol,
    word: wording.word,
    sentence: metricSentence(label, display, margin),
    change: changeText(display),
    against: againstOf(sli),
    interval: intervalText(display),
    level: levelText(sli, scope.document),
    otherScale: other === null ? null : otherText(other),
    margin,
    detectable,
    verdictCell: verdictCell(sli, detectable, reasons),
    tags: tagsOf(sli),
    reasons,
    checks: sli.checks.map((check) => ({
      ...checkModel(check, tongue, scope.shown),
      numbers: checkNumbers(check),
      facts: factRows(check.facts, isOpen, scope.shown),
    })),
    meaning: metricMeaning({ sli, display, label, margin, detectable, reasons }),
    levels: levelLines(sli, label, scope.context.values),
    method: methodLines(sli, scope),
    eventStudy: eventStudyRows(sli, display),
    subgroups: subgroupsModel({ sli, label, margin, showsRaw: scope.context.values === "full", shown: scope.shown }),
    since: sinceSentence(unitScope, scope.document.windows.deployedAt),
    units: unitRows(unitScope),
    numbers: numberRows(sli, display, scope.context.values),
    charts: {
      ...chartsOf({ sli, label, windows: scope.document.windows, display, values: scope.context.values }),
      units: unitsChart(unitScope),
    },
  };
}

/** `p95-latency` reads as `p95 latency`. */
export function humanName(id: string): string {
  return id.replace(/(?<=[\p{L}\p{N}])[-_](?=[\p{L}\p{N}])/gu, " ");
}

function metricLabel(sli: SliResult, scope: MetricScope): string {
  const twins = scope.document.slis.filter(
    (other) => other.service === sli.service && humanName(other.id) === humanName(sli.id),
  );
  const name = scope.shown.label(twins.length > 1 ? sli.id : humanName(sli.id));
  return scope.manyServices && sli.service !== null ? `${scope.shown.label(sli.service)} / ${name}` : name;
}

function metricSentence(label: string, display: Display, margin: string): string {
  if (display.att === null) return label;
  const interval = intervalText(display);
  return `${label} ${changeText(display)}${interval === null ? "" : ` (${interval})`}, ${marginPhrase(margin)}`;
}

function otherText(display: Display): string {
  const interval = intervalText(display);
  return `${changeText(display)}${interval === null ? "" : ` (${interval})`}`;
}

function levelText(sli: SliResult, document: ResultDocument): string {
  const level = sli.estimate?.level ?? 1 - (document.plans[0]?.alpha ?? 0.05);
  return levelShare(level);
}

function verdictCell(sli: SliResult, detectable: string | null, reasons: readonly ReasonModel[]): string {
  const { inSentence } = VERDICT_WORDING[sli.verdict];
  const first = reasons[0];
  if (sli.verdict === "invalid" && first !== undefined) return `${inSentence} (${REASON_WORDING[first.code].short})`;
  if (sli.verdict !== "inconclusive") return inSentence;
  if (sli.reasonCodes.includes("WORSE_BUT_WITHIN_MARGIN")) return `${inSentence} (worse, maybe within margin)`;
  if (sli.reasonCodes.includes("MULTIPLICITY")) return `${inSentence} (too many metrics for certainty)`;
  return detectable === null ? inSentence : `${inSentence} (would need ${detectable} or more)`;
}

function tagsOf(sli: SliResult): readonly string[] {
  return [
    ...(sli.kind === "quantile" ? ["approximate"] : []),
    ...(sli.role === "informational" ? ["informational"] : []),
    ...(sli.role === "placebo" ? ["cannot react"] : []),
    ...(sli.design === null ? [] : [DESIGN_WORDING[sli.design].tag ?? []].flat()),
  ];
}

/** Codes that say why there is no verdict come before those that qualify one; otherwise the order of core. */
function reasonModels(sli: SliResult, scope: MetricScope): readonly ReasonModel[] {
  const codes = [...new Set([...sli.reasonCodes, ...sli.reasons.map((reason) => reason.code)])];
  return codes.map((code) => {
    const wording = {
      ...REASON_WORDING[code],
      ...(sli.design === null ? {} : DESIGN_WORDING[sli.design].reasons?.[code]),
    };
    const told = sli.reasons.find((reason) => reason.code === code);
    return {
      code,
      sentence: sentence(capitaliseWord(told === undefined ? wording.sentence : scope.shown.message(told.message))),
      todo: sentence(
        capitaliseWord(told === undefined || told.hint === "" ? wording.todo : scope.shown.message(told.hint)),
      ),
    };
  });
}

function tongueOf(display: Display, scope: MetricScope): CheckTongue {
  const { factor } = display;
  const decimals = display.low === null ? null : display.decimals;
  return {
    unit: scope.shown.unit,
    effect: (raw) => {
      if (factor === null) return null;
      const value = raw * factor;
      return decimals === null
        ? `${value > 0 ? "+" : ""}${significant(value, 3)}${display.suffix}`
        : `${signed(value, decimals)}${display.suffix}`;
    },
    size: (raw) => (factor === null ? null : sizeText(raw * factor, display)),
  };
}

function checkModel(check: CheckResult, tongue: CheckTongue, shown: Disclosure): Omit<CheckModel, "numbers" | "facts"> {
  const wording = CHECK_WORDING[check.id];
  const reason = textFact(check.facts, "reason");
  const base = { id: check.id, question: wording.question, required: check.required };
  if (check.passed === true) return { ...base, state: "passed", sentence: sentence(wording.passed(check, tongue)) };
  if (check.passed === false) return { ...base, state: "failed", sentence: sentence(wording.failed(check, tongue)) };
  if (reason === null) return { ...base, state: "noted", sentence: sentence(wording.noted(check, tongue)) };
  return { ...base, state: "not run", sentence: sentence(shown.message(reason)) };
}

function levelLines(sli: SliResult, label: string, values: ReportContext["values"]): readonly string[] {
  const { treatedPre, treatedPost, controlPre, controlPost, counterfactualPost } = sli.baseline;
  const isKnown = [treatedPre, treatedPost, controlPre, controlPost].some((value) => value !== null);
  if (values !== "full" || !isKnown) return [];
  const show = (value: number | null): string =>
    value === null ? "unknown" : sli.kind === "ratio" ? `${significant(value * 100, 4)}%` : significant(value, 4);
  return [
    `${label} on treated units: ${treatedPre === null && sli.design === "split" ? "" : `${show(treatedPre)} before, `}${show(treatedPost)} after, ${show(counterfactualPost)} expected without the deploy.`,
    ...(controlPre === null && controlPost === null
      ? []
      : [`${comparedUnits(sli)}: ${show(controlPre)} before, ${show(controlPost)} after.`]),
  ];
}

function againstOf({ design, reasonCodes }: SliResult): string {
  if (reasonCodes.includes("NO_EARLIER_DAYS")) return "just before";
  return (design === null ? undefined : DESIGN_WORDING[design].against) ?? "control";
}

function comparedUnits({ design }: SliResult): string {
  const against = design === null ? undefined : DESIGN_WORDING[design].against;
  return against === undefined ? "On control units" : `Over the same hours of ${against}`;
}

const WORSE: Readonly<Record<Direction, string>> = { up: "higher is worse", down: "lower is worse" };

function methodLines(sli: SliResult, scope: MetricScope): readonly string[] {
  const kind = sli.quantile === undefined ? sli.kind : `${sli.kind} ${sli.quantile}`;
  const design =
    sli.design === null
      ? []
      : [`design ${sli.design}${sli.designReason === null ? "" : ` (${scope.shown.message(sli.designReason)})`}`];
  const inference = sli.inference;
  const error =
    inference === null
      ? []
      : [
          `errors ${inference.method}${inference.clusters === null ? "" : `, ${count(inference.clusters, "cluster")}`}${
            inference.dof === null ? "" : `, ${significant(inference.dof, 3)} degrees of freedom`
          }`,
        ];
  return [
    `${sli.role}, ${kind}, ${WORSE[sli.direction]}`,
    ...design,
    ...(sli.estimator === null ? [] : [`estimator ${sli.estimator}`]),
    ...(sli.scale === null ? [] : [`${sli.scale} scale`]),
    ...error,
    ...lookLine(sli),
    ...numbersLine(sli),
  ];
}

/** What this look's p-values are to be compared with. */
function lookLine({ inference }: SliResult): readonly string[] {
  const look = inference?.look;
  if (look === undefined) return [];
  return [
    `look ${look.number} of ${look.of}: alpha ${significant(look.alpha, 3)} now, ${significant(look.alphaSpent, 3)} of ${significant(look.alphaOfAll, 3)} spent`,
  ];
}

function numbersLine(sli: SliResult): readonly string[] {
  const estimate = sli.estimate;
  if (estimate === null) return [];
  return [
    ...(estimate.pValue === null ? [] : [`${pValue(estimate.pValue)} for no effect at all`]),
    ...(estimate.pMargin === null ? [] : [`one-sided ${pValue(estimate.pMargin)} for harm within the margin`]),
    ...(estimate.pMarginAdjusted === null ? [] : [`${pValue(estimate.pMarginAdjusted)} after Holm`]),
  ];
}

function eventStudyRows(sli: SliResult, display: Display): readonly EventStudyRow[] {
  const { factor } = display;
  if (factor === null) return [];
  const decimals = display.low === null ? 2 : display.decimals;
  const minutes = (seconds: number): string => significant(seconds / 60, 4);
  return sli.eventStudy.map((point) => ({
    time: `${minutes(point.relTime)} to ${minutes(point.relTime + point.span)}`,
    effect: `${signed(point.estimate * factor, decimals)}${display.suffix}`,
    interval:
      point.confLow === null || point.confHigh === null
        ? "-"
        : `${fixed(point.confLow * factor, decimals)} to ${fixed(point.confHigh * factor, decimals)}`,
  }));
}

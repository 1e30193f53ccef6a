import type { SliResult, SubgroupReport, SubgroupResult } from "../core/result.ts";
import { decimalsOf, fixed, intervalDecimals, listing, pValue, sentence, share, signed } from "./format.ts";
import type { SubgroupRow, SubgroupsModel } from "./model.ts";
import type { Disclosure } from "./redact.ts";
import { REASON_WORDING } from "./wording/reasons.ts";

/** Parts named one by one in a sentence; the rest is counted. */
const NAMED = 3;

export interface SubgroupScope {
  readonly sli: SliResult;
  /** Name of the metric, as everywhere in the report. */
  readonly label: string;
  readonly margin: string;
  /** False: raw effects may not be printed here. */
  readonly showsRaw: boolean;
  readonly shown: Disclosure;
}

/** The parts of a metric in words and formatted numbers; null without `by`, and where the whole is invalid. */
export function subgroupsModel(scope: SubgroupScope): SubgroupsModel | null {
  const { sli, shown } = scope;
  const report = sli.subgroups;
  if (report === undefined || sli.verdict === "invalid") return null;
  const by = shown.label(report.by);
  if (report.refused !== null) {
    const { message, hint } = report.refused;
    return {
      by,
      alert: null,
      short: null,
      lines: [sentence(`By ${by} nothing was estimated: ${shown.message(message)}`), sentence(shown.message(hint))],
      rows: [],
    };
  }
  const print = printer(report, scope);
  const isAlert = sli.reasonCodes.includes("SUBGROUP_WORSE");
  const worse = report.estimates.filter(({ finding }) => finding === "worse");
  return {
    by,
    alert: isAlert ? worseSentence(worse, report, scope, print) : null,
    short: isAlert ? shortAlert(worse, scope, print) : null,
    lines: [
      ...(isAlert ? [] : claimLines(worse, report, scope, print)),
      ...betterLine(report, print),
      ...restLine(report, print),
      ...failedLine(report, print),
      ...differenceLine(report),
      ...omittedLine(report, print),
    ],
    rows: report.estimates.map((one) => rowOf(one, print)),
  };
}

interface Printer {
  readonly name: (name: string) => string;
  /** Null where the number may not be shown. */
  readonly change: (one: SubgroupResult) => string | null;
  readonly drawn: (one: SubgroupResult) => string | null;
  readonly interval: (low: number | null, high: number | null) => string | null;
  readonly size: (value: number) => string | null;
  /** With two digits, for titles. */
  readonly rough: (value: number) => string;
}

function printer(report: SubgroupReport, { sli, showsRaw, shown }: SubgroupScope): Printer {
  const isRelative = report.scale === "relative";
  const isHidden = !isRelative && sli.kind !== "ratio" && !showsRaw;
  const factor = isRelative || sli.kind === "ratio" ? 100 : 1;
  const suffix = isRelative ? "%" : sli.kind === "ratio" ? " pp" : "";
  const decimals = usualDecimals(report, factor);
  const text = (value: number): string => `${signed(value * factor, decimals)}${suffix}`;
  return {
    name: (name) => (name === "" ? `no ${shown.label(report.by)}` : shown.subgroup(report.by, name)),
    change: ({ estimate }) => (isHidden ? null : text(estimate)),
    drawn: ({ shrunk }) => (isHidden || shrunk === null ? null : text(shrunk.estimate)),
    interval: (low, high) =>
      isHidden || low === null || high === null
        ? null
        : `${fixed(low * factor, decimals)} to ${fixed(high * factor, decimals)}`,
    rough: (value) => `${signed(value * factor, decimalsOf(value * factor, 2))}${suffix}`,
    size: (value) => (isHidden ? null : `${fixed(Math.abs(value) * factor, decimals)}${suffix}`),
  };
}

/** One number of decimals for all rows: what the interval of the middle one deserves. */
function usualDecimals({ estimates }: SubgroupReport, factor: number): number {
  const own = estimates
    .map(({ simultaneousLow: low, simultaneousHigh: high, estimate }) =>
      low === null || high === null
        ? decimalsOf(estimate * factor, 2)
        : intervalDecimals(low * factor, high * factor, []),
    )
    .sort((a, b) => a - b);
  return own[Math.floor(own.length / 2)] ?? 0;
}

function named(one: SubgroupResult, print: Printer): string {
  const change = print.change(one);
  const interval = print.interval(one.simultaneousLow, one.simultaneousHigh);
  return `${print.name(one.name)}${change === null ? "" : ` ${change}`}${interval === null ? "" : ` (${interval})`}`;
}

function worseSentence(
  worse: readonly SubgroupResult[],
  report: SubgroupReport,
  { label, margin, shown }: SubgroupScope,
  print: Printer,
): string {
  const parts = worse.map((one) => named(one, print));
  const beyond = margin === "none" || margin === "-" ? "" : `, beyond the margin of ${margin}`;
  const total = report.estimates.length;
  return `${label} got worse for ${shown.label(report.by)} ${listing(parts, NAMED)}${beyond}; this holds with all ${total} values looked at. The verdict speaks about the whole.`;
}

/** `worse for endpoint /checkout (+12%)`, for titles. */
function shortAlert(worse: readonly SubgroupResult[], { sli, shown }: SubgroupScope, print: Printer): string {
  const [first] = worse;
  if (first === undefined) return "worse in part";
  const change = print.size(first.estimate) === null ? null : print.rough(first.estimate);
  const by = shown.label(sli.subgroups?.by ?? "");
  return `worse for ${by} ${print.name(first.name)}${change === null ? "" : ` (${change})`}${worse.length > 1 ? ` and ${worse.length - 1} more` : ""}`;
}

/** The whole says it already, or there is nothing to say. */
function claimLines(
  worse: readonly SubgroupResult[],
  report: SubgroupReport,
  { shown, sli }: SubgroupScope,
  print: Printer,
): string[] {
  const total = report.estimates.length;
  const by = shown.label(report.by);
  if (worse.length === 0) {
    const beyond = sli.margin.absolute === 0 ? "" : " beyond the margin";
    return [`By ${by}: none of ${total} values is shown to be worse${beyond}.`];
  }
  const parts = worse.map((one) => named(one, print));
  return [`By ${by}: ${worse.length} of ${total} values got worse beyond the margin, most ${listing(parts, NAMED)}.`];
}

function betterLine(report: SubgroupReport, print: Printer): string[] {
  const better = report.estimates.filter(({ finding }) => finding === "better").toReversed();
  if (better.length === 0) return [];
  const parts = better.map((one) => named(one, print));
  return [`Better: ${listing(parts, NAMED)}.`];
}

/** How far the others are estimated to have moved at most, drawn together where that is possible. */
function restLine(report: SubgroupReport, print: Printer): string[] {
  const rest = report.estimates.filter(({ finding }) => finding === null);
  if (rest.length === 0 || rest.length === report.estimates.length) return [];
  const size = print.size(Math.max(...rest.map((one) => Math.abs(one.shrunk?.estimate ?? one.estimate))));
  if (size === null) return [];
  const which = rest.length === 1 ? "The other value" : `The other ${rest.length}`;
  return [`${which} moved by an estimated ${size} at most; that is not beyond chance or not beyond the margin.`];
}

function failedLine(report: SubgroupReport, print: Printer): string[] {
  const failed = report.estimates.filter(({ failedChecks }) => failedChecks.length > 0);
  if (failed.length === 0) return [];
  const parts = failed.map((one) => `${print.name(one.name)} (${one.failedChecks.join(", ")})`);
  return [`Moved, but nothing is claimed because a check fails there: ${listing(parts, NAMED)}.`];
}

function differenceLine({ heterogeneity }: SubgroupReport): string[] {
  if (heterogeneity === null) return [];
  const { pValue: p, iSquared } = heterogeneity;
  return p < 0.05
    ? [`The values differ from each other (${pValue(p)}; ${share(iSquared)} of their spread is not error).`]
    : [`Nothing shows that the values differ from each other (${pValue(p)}).`];
}

function omittedLine({ omitted }: SubgroupReport, print: Printer): string[] {
  if (omitted.length === 0) return [];
  const parts = omitted.map(({ name, code }) => `${print.name(name)} (${REASON_WORDING[code].short})`);
  return [`Not estimated: ${listing(parts, NAMED)}.`];
}

function rowOf(one: SubgroupResult, print: Printer): SubgroupRow {
  const { finding, failedChecks } = one;
  return {
    name: print.name(one.name),
    change: print.change(one) ?? "-",
    interval: print.interval(one.simultaneousLow, one.simultaneousHigh) ?? "-",
    drawn: print.drawn(one) ?? "-",
    adjusted: one.pValueAdjusted === null ? "-" : pValue(one.pValueAdjusted).replace(/^p = /, "").replace(/^p /, ""),
    units: `${one.treatedUnits} / ${one.controlUnits}`,
    finding: finding !== null ? finding : failedChecks.length > 0 ? `fails ${failedChecks.join(", ")}` : "-",
  };
}

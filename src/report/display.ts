import type { AnalysisPlan, Margin } from "../core/plan.ts";
import type { ResultDocument, SliResult } from "../core/result.ts";
import type { Values } from "./context.ts";
import { decimalsOf, fixed, intervalDecimals, signed, significant } from "./format.ts";

/** In which unit effects of one metric are printed. */
export type EffectUnit = "percent" | "points" | "raw";

/** Numbers of one metric in its display unit; null where there is none. */
export interface Display {
  readonly unit: EffectUnit;
  readonly suffix: "%" | " pp" | "";
  readonly att: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** >= 0 */
  readonly margin: number | null;
  readonly detectable: number | null;
  readonly decimals: number;
  /** Multiplies an effect in raw units; null when raw effects may not or cannot be converted. */
  readonly factor: number | null;
}

const SUFFIX: Readonly<Record<EffectUnit, Display["suffix"]>> = { percent: "%", points: " pp", raw: "" };

function marginOf(document: ResultDocument, sli: SliResult): Margin | null {
  const plan = document.plans.find((candidate: AnalysisPlan) => candidate.service === sli.service);
  return plan?.slis.find((candidate) => candidate.id === sli.id)?.margin ?? null;
}

/** The unit that the margin is tested in; with no margin, the one that says most. */
function preferredUnit(document: ResultDocument, sli: SliResult): EffectUnit {
  const margin = marginOf(document, sli);
  const absolute: EffectUnit = sli.kind === "ratio" ? "points" : "raw";
  const isZero = margin === null ? sli.margin.absolute === 0 || sli.margin.relative === 0 : margin.value === 0;
  if (isZero) return sli.kind === "ratio" || sli.relative?.confLow == null ? absolute : "percent";
  const isRelative = margin === null ? sli.margin.text.trim().endsWith("%") : margin.type === "relative";
  return isRelative ? "percent" : absolute;
}

function scaled(value: number | null | undefined, factor: number): number | null {
  return value === null || value === undefined ? null : value * factor;
}

/**
 * With `values: relative` raw units are not printed, because a raw effect beside a relative one gives the level away;
 * percentage points stay, they are a change and not a level.
 */
function chosenUnit(document: ResultDocument, sli: SliResult, values: Values): EffectUnit {
  const preferred = preferredUnit(document, sli);
  const absolute: EffectUnit = sli.kind === "ratio" ? "points" : "raw";
  if (preferred === "percent" && losesNumbers(sli)) {
    return absolute === "raw" && values === "relative" ? "percent" : absolute;
  }
  return preferred === "raw" && values === "relative" ? "percent" : preferred;
}

/** True when the effect, or an end of its interval, cannot be said as a share of a level that may be zero. */
function losesNumbers({ estimate, relative }: SliResult): boolean {
  if (estimate === null) return false;
  if (relative?.att == null) return true;
  return (
    (estimate.confLow !== null && relative.confLow === null) ||
    (estimate.confHigh !== null && relative.confHigh === null)
  );
}

export function displayOf(document: ResultDocument, sli: SliResult, values: Values): Display {
  return displayIn(chosenUnit(document, sli, values), sli);
}

/** The same effect on the other scale; null when it is hidden, undefined or the same. */
export function otherDisplay(display: Display, sli: SliResult, values: Values): Display | null {
  const absolute: EffectUnit = sli.kind === "ratio" ? "points" : "raw";
  const unit = display.unit === "percent" ? absolute : "percent";
  if (values === "relative") return null;
  const other = displayIn(unit, sli);
  return other.att === null ? null : other;
}

function displayIn(unit: EffectUnit, sli: SliResult): Display {
  const isRelative = unit === "percent";
  const times = unit === "raw" ? 1 : 100;
  const from = isRelative
    ? sli.relative
    : sli.estimate && { att: sli.estimate.att, confLow: sli.estimate.confLow, confHigh: sli.estimate.confHigh };
  const low = scaled(from?.confLow, times);
  const high = scaled(from?.confHigh, times);
  const att = scaled(from?.att, times);
  const margin = scaled(isRelative ? sli.margin.relative : sli.margin.absolute, times);
  const level = sli.baseline.counterfactualPost;
  return {
    unit,
    suffix: SUFFIX[unit],
    att,
    low,
    high,
    margin,
    detectable: scaled(isRelative ? sli.mde?.relative : sli.mde?.absolute, times),
    decimals:
      low !== null && high !== null
        ? intervalDecimals(low, high, margin === null ? [0] : [0, margin, -margin])
        : decimalsOf(att ?? 0, 3),
    factor: isRelative ? (level !== null && level > 0 ? 100 / level : null) : times,
  };
}

/** `+12.4%`; `-` stands for "no estimate". */
export function changeText(display: Display): string {
  return display.att === null ? "-" : `${signed(display.att, display.decimals)}${display.suffix}`;
}

/** `7.9 to 17.0`, in the unit of the change. */
export function intervalText(display: Display): string | null {
  if (display.low === null || display.high === null) return null;
  return `${fixed(display.low, display.decimals)} to ${fixed(display.high, display.decimals)}`;
}

/** `-0.1 to +0.9 pp`, where the interval stands alone. */
export function signedIntervalText(display: Display): string | null {
  if (display.low === null || display.high === null) return null;
  return `${signed(display.low, display.decimals)} to ${signed(display.high, display.decimals)}${display.suffix}`;
}

/** As the team wrote it; converted to another unit only with as many digits as that deserves. */
export function marginText(display: Display, text: string): string {
  if (display.margin === null) return display.unit === "raw" ? text : "-";
  if (display.margin === 0) return "none";
  const isAsWritten = Math.abs(Number.parseFloat(text) - display.margin) < 1e-9 * display.margin;
  return `${significant(display.margin, isAsWritten ? 9 : 3)}${display.suffix}`;
}

export function marginPhrase(margin: string): string {
  return margin === "none" || margin === "-" ? "no margin" : `margin ${margin}`;
}

/** A size in display units: `9.5%`. */
export function sizeText(value: number, display: Display, digits = 2): string {
  return `${significant(Math.abs(value), digits)}${display.suffix}`;
}

import type { SliResult } from "../core/result.ts";
import { changeText, type Display, intervalText, signedIntervalText } from "./display.ts";
import { fixed, moreTime, pValue, signed } from "./format.ts";
import type { ReasonModel } from "./model.ts";
import { DESIGN_WORDING } from "./wording/designs.ts";
import { VERDICT_WORDING } from "./wording/verdicts.ts";

export interface Meaning {
  readonly sli: SliResult;
  readonly display: Display;
  readonly label: string;
  readonly margin: string;
  readonly detectable: string | null;
  readonly reasons: readonly ReasonModel[];
}

/** Verdict-specific sentences with their numbers. */
export function metricMeaning(meaning: Meaning): readonly string[] {
  const { sli, display, label, margin, reasons } = meaning;
  const { low, high } = display;
  if (low === null || high === null)
    return sli.verdict === "invalid" ? invalidMeaning(meaning) : withoutInterval(meaning);
  const size = (value: number): string => `${fixed(Math.abs(value), display.decimals)}${display.suffix}`;
  const seen =
    meaning.detectable === null ? [] : [`A harm of ${meaning.detectable} or more would most likely have been seen.`];
  const tolerated = display.margin === null || display.margin === 0 ? "" : `; up to ${margin} is tolerated`;
  const [least, most] = Math.abs(low) <= Math.abs(high) ? [low, high] : [high, low];
  const between = `between ${size(least)} and ${size(most)} ${low > 0 ? "higher" : "lower"}`;
  switch (sli.verdict) {
    case "regression":
      return [`${label} is ${between} than it would be without the deploy${tolerated}.`, ...qualifiers(reasons)];
    case "improvement":
      return [
        `${label} is ${between} than it would be without the deploy, which is better.`,
        ...seen,
        ...qualifiers(reasons),
      ];
    case "no-impact": {
      const harm = sli.direction === "up" ? high : -low;
      return [`${label} got worse by at most ${size(Math.max(harm, 0))}${tolerated}.`, ...seen, ...qualifiers(reasons)];
    }
    case "invalid":
      return invalidMeaning(meaning);
    case "inconclusive":
      return [inconclusiveSentence(meaning, low, high), ...seen, ...timeSentence(sli), ...qualifiers(reasons)];
  }
}

function inconclusiveSentence({ sli, display, label, margin }: Meaning, low: number, high: number): string {
  const interval = signedIntervalText(display) ?? "";
  const worse = sli.direction === "up" ? low > 0 : high < 0;
  const lead = `The change of ${label} lies between ${interval.replace(" to ", " and ")}`;
  if (sli.reasonCodes.includes("MULTIPLICITY"))
    return `${lead}, beyond the margin of ${margin}, but one of this many metrics may do so by chance.`;
  if (display.margin === null || display.margin === 0) return `${lead}; without a margin harm cannot be ruled out.`;
  if (worse) return `${lead}: it got worse, but a harm beyond the margin of ${margin} is neither shown nor ruled out.`;
  return `${lead}: neither "no harm" nor a harm beyond the margin of ${margin} can be ruled out.`;
}

function timeSentence(sli: SliResult): readonly string[] {
  const time = sli.timeToDecide;
  if (time === null) return [];
  if (!time.decidable || time.additional === null) {
    const lasting = sli.design === null ? undefined : DESIGN_WORDING[sli.design].lastingDoubt;
    return [
      `More time after the deploy will not decide, because ${
        lasting === undefined ? "the doubt comes from the time before it" : `the doubt is that ${lasting}`
      }.`,
    ];
  }
  return time.additional <= 0 ? [] : [`About ${moreTime(time.additional)} after the deploy would decide.`];
}

/** Said with its own words above, or a matter of the data section. */
const SAID_ELSEWHERE = new Set<string>([
  "MORE_TIME",
  "MORE_TIME_WILL_NOT_DECIDE",
  "NEXT_LOOK",
  "NOT_POWERED",
  "WORSE_BUT_WITHIN_MARGIN",
  "MULTIPLICITY",
  "UNITS_DROPPED",
  "PARTIAL_DATA",
  "PRE_SHORTENED",
  "SUBGROUP_WORSE",
]);

function qualifiers(reasons: readonly ReasonModel[]): readonly string[] {
  return reasons.filter((reason) => !SAID_ELSEWHERE.has(reason.code)).map((reason) => reason.sentence);
}

function invalidMeaning({ sli, display, label, reasons }: Meaning): readonly string[] {
  const why =
    reasons.length === 0 ? [VERDICT_WORDING.invalid.meaning] : mainReasons(reasons).map((reason) => reason.sentence);
  if (sli.estimate === null || display.att === null) return why;
  const interval = intervalText(display);
  return [
    ...why,
    `The number for the record, not to be trusted: ${label} ${changeText(display)}${interval === null ? "" : ` (${interval})`}.`,
  ];
}

/** Without what the data section says anyway, unless there is nothing else. */
function mainReasons(reasons: readonly ReasonModel[]): readonly ReasonModel[] {
  const main = reasons.filter((reason) => !SAID_ELSEWHERE.has(reason.code) && reason.code !== "NO_HISTORY");
  return main.length === 0 ? reasons : main;
}

function withoutInterval({ sli, display, label, reasons }: Meaning): readonly string[] {
  if (display.att === null)
    return reasons.length === 0 ? [VERDICT_WORDING[sli.verdict].meaning] : reasons.map((reason) => reason.sentence);
  const p = sli.estimate?.pValue ?? null;
  const isRank = sli.reasonCodes.includes("EXACT_PLACEBO_RANK");
  const sure = p === null ? "" : ` (${pValue(p)}${isRank ? " by rank among earlier windows" : ""})`;
  return [`${label} changed by ${changeText(display)}${sure}${oneEnd(display)}.`, ...qualifiers(reasons)];
}

/** What an interval without one or both of its ends still says. */
function oneEnd({ low, high, decimals, suffix }: Display): string {
  if (low !== null) return `, at least ${signed(low, decimals)}${suffix}`;
  if (high !== null) return `, at most ${signed(high, decimals)}${suffix}`;
  return "; there is no interval";
}

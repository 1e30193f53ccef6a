import type {
  HistoryDocument,
  HistoryUsed,
  MeasuredRate,
  Spread,
  SpreadOnBothScales,
} from "../../core/history/result.ts";
import type { Direction, Kind, Margin } from "../../core/plan.ts";
import { count, fixed, instant, listing, share, significant } from "../format.ts";

/** Words and numbers that the pages about history share. */

/** `1.4%`; `-` where nothing was measured. */
export function percent(rate: number | null): string {
  return rate === null ? "-" : share(Number(rate.toPrecision(2)));
}

/** `4 of 287 (1.4%, 95% interval 0.38 to 3.5%)` */
export function rateText({ count: hits, of, rate, confLow, confHigh }: MeasuredRate): string {
  if (rate === null || confLow === null || confHigh === null) return "none could be judged";
  return `${fixed(hits, 0)} of ${fixed(of, 0)} (${percent(rate)}, 95% interval ${bare(confLow)} to ${percent(confHigh)})`;
}

function bare(rate: number): string {
  return significant(Number(rate.toPrecision(2)) * 100, 3);
}

/** `30m`, `4h`, `7d`: the shortest exact form. */
export function spanText(seconds: number): string {
  for (const [unit, size] of [
    ["d", 86_400],
    ["h", 3600],
    ["m", 60],
  ] as const) {
    if (seconds >= size && seconds % size === 0) return `${seconds / size}${unit}`;
  }
  return `${significant(seconds, 6)}s`;
}

/** How numbers of one SLI are written. */
export interface SliScale {
  readonly kind: Kind;
  readonly direction: Direction;
  readonly margin: Margin;
}

/** The side on which the margin is stated; percent where none is. */
export function spreadOn({ margin }: Pick<SliScale, "margin">, spread: SpreadOnBothScales): Spread | null {
  return isRelative(margin, spread) ? spread.relative : spread.absolute;
}

function isRelative(margin: Margin, spread: SpreadOnBothScales): boolean {
  return margin.type === "relative" || (margin.value === 0 && spread.relative !== null);
}

/** `+8.1%`, `-0.14 pp`, `+12`: a harm, in the direction that is worse. */
export function harmText(scale: SliScale, spread: SpreadOnBothScales, pick: (spread: Spread) => number): string {
  const found = spreadOn(scale, spread);
  if (found === null) return "-";
  return `${scale.direction === "up" ? "+" : "-"}${sizeText(scale, isRelative(scale.margin, spread), pick(found))}`;
}

/** `8.1%`, `0.14 pp`, `12`: a size without a sign. */
export function marginText(scale: SliScale, spread: SpreadOnBothScales, pick: (spread: Spread) => number): string {
  const found = spreadOn(scale, spread);
  return found === null ? "-" : sizeText(scale, isRelative(scale.margin, spread), pick(found));
}

function sizeText({ kind, margin }: SliScale, relative: boolean, value: number): string {
  if (relative) return `${significant(value * 100, 2)}%`;
  return kind === "ratio" || margin.text.toLowerCase().endsWith("pp")
    ? `${significant(value * 100, 2)} pp`
    : significant(value, 2);
}

/** The margin as it is stated, with the space that numbers have elsewhere. */
export function marginOf({ margin }: Pick<SliScale, "margin">): string {
  return margin.text.replace(/(?<=\d)pp$/, " pp");
}

export function nameOf({ service, id }: { readonly service: string | null; readonly id: string }): string {
  return service === null ? id : `${service} / ${id}`;
}

/** Where the data are from and what is known of that time. */
export function historySentences({ history }: HistoryDocument): string[] {
  const { from, to, services } = history;
  const windows = [
    ...new Set(
      services.map(
        ({ pre, settle, post }) => `${spanText(pre)} before, ${spanText(settle)} to settle, ${spanText(post)} after`,
      ),
    ),
  ];
  return [
    `History from ${instant(from)} to ${instant(to)}; windows: ${listing(windows, 3)}.`,
    knownSentence(history),
    leftOutSentence(history),
  ].filter((sentence) => sentence !== "");
}

function knownSentence({ deployments, deploymentSources, exclusions }: HistoryUsed): string {
  const incidents = exclusions === 0 ? "" : ` ${count(exclusions, "excluded time")} known.`;
  if (deployments === null) {
    return `Nobody said when real deploys happened (--exclude FILE, --repository), so their effects count as false alarms here.${incidents}`;
  }
  const only = deploymentSources.every((source) => source === "config" || source === "flag" || source === "panel");
  const sources = only
    ? ` (from the ${listing(deploymentSources)} alone: name others with --exclude FILE or --repository)`
    : "";
  return `${count(deployments, "real deploy")} known in this time${sources}.${incidents}`;
}

function leftOutSentence({ leftOut }: HistoryUsed): string {
  const parts = [
    leftOut.deployments > 0 ? `${percent(leftOut.deployments)} were left out because of real deploys` : "",
    leftOut.exclusions > 0 ? `${percent(leftOut.exclusions)} were left out because of excluded times` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? "" : `Of the possible times ${listing(parts)}.`;
}

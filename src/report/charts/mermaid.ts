import { escapeMermaid } from "../escape.ts";
import { decimalsOf, duration } from "../format.ts";
import type { PathChart } from "../model.ts";

/**
 * One small chart in the part of Mermaid's xychart that parses in every version from 10.9 to 12: the keyword
 * `xychart-beta`, a numeric axis, plain decimals, no gaps. The bound on bins keeps it far below GitHub's 50,000
 * characters.
 */
export interface MermaidChart {
  readonly source: string;
  /** What the drawing cannot say itself. */
  readonly caption: readonly string[];
}

const COLOURS = { treated: "#e5534b", counterfactual: "#4184e4", deploy: "#8c959f" } as const;

/** `toFixed` writes exponents from 1e21 on; long before that a number is no use on an axis. */
const LARGEST_PLAIN = 1e15;

interface Bin {
  readonly offset: number;
  readonly treated: number;
  readonly counterfactual: number;
}

export function mermaidChart(path: PathChart): MermaidChart | null {
  const bins = completeBins(path);
  const first = bins[0];
  const last = bins.at(-1);
  if (first === undefined || last === undefined || bins.length < 4) return null;
  const missing = path.offsets.length - bins.length;
  const values = bins.flatMap((bin) => [bin.treated, bin.counterfactual]);
  if (values.some((value) => Math.abs(value) >= LARGEST_PLAIN)) return null;
  const axis = valueAxis(Math.min(...values), Math.max(...values));
  const marked = new Set([0, ...path.laterDeploys].map((at) => bins.findIndex((bin) => bin.offset >= at)));
  const number = (value: number): string => plainDecimal(value, axis.decimals);
  const series = (pick: (bin: Bin, index: number) => number): string =>
    `[${bins.map((bin, index) => number(pick(bin, index))).join(", ")}]`;
  const unit = path.unit === "" ? "" : ` in ${path.unit}`;
  return {
    source: [
      `%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "${COLOURS.deploy}, ${COLOURS.treated}, ${COLOURS.counterfactual}"}}}}%%`,
      "xychart-beta",
      `  title "${escapeMermaid(`${path.metric}, deploy at ${path.deployedAt}`)}"`,
      timeAxis(bins, missing, path),
      `  y-axis "${escapeMermaid(`${path.metric}${unit}`)}" ${number(axis.low)} --> ${number(axis.high)}`,
      `  line ${series((_, index) => (marked.has(index) ? axis.high : axis.low))}`,
      `  line ${series((bin) => bin.treated)}`,
      `  line ${series((bin) => bin.counterfactual)}`,
    ].join("\n"),
    caption: captionOf(path, missing),
  };
}

/** Bins that both lines have: a gap does not parse, and filling one in would invent data. */
function completeBins(path: PathChart): readonly Bin[] {
  return path.offsets.flatMap((offset, index) => {
    const treated = path.treated[index] ?? null;
    const counterfactual = path.counterfactual[index] ?? null;
    return treated === null || counterfactual === null ? [] : [{ offset, treated, counterfactual }];
  });
}

/** Minutes are to scale only while no bin is left out. */
function timeAxis(bins: readonly Bin[], missing: number, path: PathChart): string {
  const minutes = (seconds: number): string => plainDecimal(seconds / 60, 1);
  if (missing > 0) return `  x-axis "bins of ${duration(path.binSeconds)} that have data" 1 --> ${bins.length}`;
  const from = path.laterDeploys.length > 0 ? "the first deploy" : "the deploy";
  return `  x-axis "minutes from ${from}" ${minutes(bins[0]?.offset ?? 0)} --> ${minutes(bins.at(-1)?.offset ?? 0)}`;
}

function captionOf(path: PathChart, missing: number): readonly string[] {
  const bins = path.offsets.length;
  return [
    `Red: treated units. Blue: what ${path.expectedBy ?? "the controls"} say they would have been without the deploy. ${path.laterDeploys.length > 0 ? "Grey spikes: the waves" : "Grey spike: the deploy"}.`,
    `Each point is the mean of ${duration(path.binSeconds)}.`,
    ...(path.cropped ? ["Earlier data was used but is not drawn."] : []),
    ...(missing > 0
      ? [`${missing} of ${bins} points are missing and left out, so the time axis is not to scale there.`]
      : []),
  ];
}

interface ValueAxis {
  readonly low: number;
  readonly high: number;
  readonly decimals: number;
}

/** A tenth of the range as air above and below; a flat line gets a range of its own. */
function valueAxis(least: number, most: number): ValueAxis {
  const range = most - least || Math.abs(most) || 1;
  const decimals = Math.min(decimalsOf(range, 4), 12);
  return { low: least - range / 10, high: most + range / 10, decimals };
}

/** No exponent, no grouping, no `-0`. */
export function plainDecimal(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  const trimmed = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  return trimmed === "-0" || trimmed === "" ? "0" : trimmed;
}

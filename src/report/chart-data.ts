import type { CheckResult, SliEvidence, SliResult, WindowsUsed } from "../core/result.ts";
import type { Values } from "./context.ts";
import type { Display } from "./display.ts";
import { type Facts, numberFact, numbersFact } from "./facts.ts";
import { instant } from "./format.ts";
import type { ChartsModel, EffectMark, EventStudyChart, PathChart, PlaceboChart } from "./model.ts";
import { wavesShown } from "./waves.ts";
import { DESIGN_WORDING } from "./wording/designs.ts";

/** Enough for a drawing 480 units wide, few enough that a page with many metrics stays small. */
const MOST_BINS = 200;
/** The time before the deploy is drawn this many times as long as the time after it. */
const PRE_PER_POST = 3;

export interface ChartSource {
  readonly sli: SliResult;
  readonly label: string;
  readonly windows: WindowsUsed;
  readonly display: Display;
  readonly values: Values;
}

export function chartsOf(source: ChartSource): Omit<ChartsModel, "units"> {
  return {
    path: pathChart(source, MOST_BINS),
    effect: effectMark(source),
    eventStudy: eventStudyChart(source),
    placebos: placeboChart(source),
    placebosInSpace: placebosInSpace(source),
  };
}

interface Level {
  readonly unit: string;
  readonly factor: number;
}

/** Levels of production metrics are printed only with `values: full`; otherwise the level before the deploy is 100. */
function levelOf({ sli, values }: ChartSource): Level | null {
  if (values === "full") return sli.kind === "ratio" ? { unit: "%", factor: 100 } : { unit: "", factor: 1 };
  const before = sli.baseline.treatedPre;
  return before !== null && before > 0 ? { unit: "% of the level before the deploy", factor: 100 / before } : null;
}

/** Treated and counterfactual as means over bins; null without evidence or when levels may not be shown. */
export function pathChart(source: ChartSource, mostBins: number): PathChart | null {
  const { sli, windows } = source;
  const level = levelOf(source);
  const evidence = sli.series;
  if (evidence === undefined || level === null || evidence.treated.length === 0 || evidence.step <= 0) return null;
  const grid = gridOf(evidence, windows, mostBins);
  const mean = (values: readonly (number | null)[], bin: number): number | null => {
    const value = meanOfBin(values, grid, bin);
    return value === null ? null : value * level.factor;
  };
  const bins = Array.from({ length: grid.lastBin - grid.firstBin + 1 }, (_, index) => grid.firstBin + index);
  const treated = bins.map((bin) => mean(evidence.treated, bin));
  if (treated.every((value) => value === null)) return null;
  return {
    metric: source.label,
    unit: level.unit,
    offsets: bins.map((bin) => bin * grid.stepsPerBin * evidence.step + grid.shift),
    binSeconds: grid.stepsPerBin * evidence.step,
    cropped: grid.isCropped,
    treated,
    counterfactual: bins.map((bin) => mean(evidence.counterfactual, bin)),
    ...(evidence.control.some((value) => value !== null)
      ? { control: bins.map((bin) => mean(evidence.control, bin)) }
      : {}),
    postStart: windows.postStart === null ? null : windows.postStart - windows.deployedAt,
    postEnd: windows.postEnd === null ? null : windows.postEnd - windows.deployedAt,
    deployedAt: instant(windows.deployedAt),
    ...expectedBy(sli),
    laterDeploys: wavesShown(sli)
      .slice(1)
      .map((wave) => wave.deployedAt - windows.deployedAt),
  };
}

function expectedBy({ design, reasonCodes }: SliResult): Pick<PathChart, "expectedBy"> {
  const against = design === null ? undefined : DESIGN_WORDING[design].against;
  if (against === undefined) return {};
  return { expectedBy: reasonCodes.includes("NO_EARLIER_DAYS") ? "the hours just before" : against };
}

interface Grid {
  /** Index of the first drawn step. */
  readonly from: number;
  /** Steps before it were used. */
  readonly isCropped: boolean;
  /** Index of the first step at or after the deploy. */
  readonly origin: number;
  /** Seconds from the deploy to that step. */
  readonly shift: number;
  readonly stepsPerBin: number;
  /** Bin 0 starts at the deploy, so no bin mixes before and after. */
  readonly firstBin: number;
  readonly lastBin: number;
}

function gridOf(evidence: SliEvidence, windows: WindowsUsed, mostBins: number): Grid {
  const length = evidence.treated.length;
  const origin = Math.ceil((windows.deployedAt - evidence.start) / evidence.step);
  const after = Math.max(length - origin, 1);
  const first = evidence.treated.findIndex((value) => value !== null);
  // treated units without a past: the chart begins with them
  const hasPast = first < origin;
  const from = hasPast ? Math.max(0, origin - PRE_PER_POST * after) : first;
  const stepsPerBin = Math.max(1, Math.ceil((length - from) / Math.max(mostBins - 1, 1)));
  return {
    from,
    isCropped: hasPast && from > 0,
    origin,
    shift: evidence.start + origin * evidence.step - windows.deployedAt,
    stepsPerBin,
    firstBin: Math.floor((from - origin) / stepsPerBin),
    lastBin: Math.floor((length - 1 - origin) / stepsPerBin),
  };
}

function meanOfBin(values: readonly (number | null)[], grid: Grid, bin: number): number | null {
  const start = Math.max(grid.origin + bin * grid.stepsPerBin, 0);
  const present = values
    .slice(start, Math.max(grid.origin + (bin + 1) * grid.stepsPerBin, 0))
    .filter((value): value is number => value !== null && Number.isFinite(value));
  return present.length === 0 ? null : present.reduce((sum, value) => sum + value, 0) / present.length;
}

function effectMark({ sli, display }: ChartSource): EffectMark | null {
  if (display.att === null) return null;
  const sign = sli.direction === "up" ? 1 : -1;
  return {
    unit: display.suffix.trim(),
    att: display.att,
    low: display.low,
    high: display.high,
    margin: display.margin === null ? null : sign * display.margin,
    worse: sli.direction,
  };
}

function eventStudyChart({ sli, display }: ChartSource): EventStudyChart | null {
  const { factor } = display;
  if (factor === null || sli.eventStudy.length < 2) return null;
  const scale = (value: number | null): number | null => (value === null ? null : value * factor);
  return {
    unit: display.suffix.trim(),
    ownDeploy: sli.design === "staggered",
    points: sli.eventStudy.map((point) => ({
      minutes: (point.relTime + point.span / 2) / 60,
      estimate: point.estimate * factor,
      low: scale(point.confLow),
      high: scale(point.confHigh),
    })),
  };
}

function placeboChart({ sli, display }: ChartSource): PlaceboChart | null {
  const check = sli.checks.find((candidate: CheckResult) => candidate.id === "placebo-in-time");
  const { factor } = display;
  if (check === undefined || factor === null || display.att === null) return null;
  const values = numbersFact(check.facts, "values");
  if (values.length < 2) return null;
  return { unit: display.suffix.trim(), placebos: values.map((value) => value * factor), effect: display.att };
}

function placebosInSpace({ sli, display }: ChartSource): PlaceboChart | null {
  const check = sli.checks.find((candidate: CheckResult) => candidate.id === "placebo-in-space");
  const { factor } = display;
  const effects = check?.facts.effects;
  if (factor === null || display.att === null || typeof effects !== "object" || effects === null) return null;
  const values = Object.keys(effects).flatMap((unit) => numberFact(effects as Facts, unit) ?? []);
  if (values.length < 2) return null;
  return { unit: display.suffix.trim(), placebos: values.map((value) => value * factor), effect: display.att };
}

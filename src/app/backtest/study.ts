import type { SliSeries } from "../../core/panel/series.ts";
import type { AnalysisPlan, Exclusion } from "../../core/plan.ts";
import type { KnownHistory } from "./known.ts";

/** One service of a study: its plan for a deploy at the study's origin, and all of its history, read once. */
export interface StudyPart {
  readonly plan: AnalysisPlan;
  /** Seconds; of the config, the flags or the panels. */
  readonly windows: { readonly pre: number; readonly settle: number; readonly post: number; readonly step: number };
  /** From the first to the last unit of a roll-out in waves, seconds; else 0. */
  readonly rollOut: number;
  /** Series in the order of time. */
  readonly inputs: readonly SliSeries[];
}

/** Everything that fake deploys are made of. Instants are epoch seconds. */
export interface Study {
  /** Deploy time that the plans of the parts speak of. */
  readonly origin: number;
  /** Seconds; fake deploys lie a whole number of these from the origin, so that every step is cut as it was read. */
  readonly grid: number;
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly parts: readonly StudyPart[];
  readonly known: KnownHistory;
  readonly alpha: number;
  readonly seed: number;
  readonly notes: readonly string[];
}

/** Windows that differ from the config's; left out: as there. Spans are seconds. */
export interface WindowChange {
  readonly pre?: number;
  readonly post?: number;
}

/** How far one fake deploy reaches: before it, after it until the last unit is deployed and settled, and to its end. */
export interface Reach {
  readonly before: number;
  readonly settled: number;
  readonly after: number;
  /** What must remain of a pre window that starts after another deployment, as in `check`. */
  readonly shortestPre: number;
}

/** The widest windows of all parts. */
export function reachOf({ parts }: Pick<Study, "parts">, change: WindowChange = {}): Reach {
  const widest = (of: (part: StudyPart) => number): number => Math.max(...parts.map(of));
  return {
    before: widest(({ windows }) => change.pre ?? windows.pre),
    settled: widest(({ windows, rollOut }) => rollOut + windows.settle),
    after: widest(({ windows, rollOut }) => rollOut + windows.settle + (change.post ?? windows.post)),
    shortestPre: widest(({ windows }) => Math.max(60 * windows.step, 2 * (change.post ?? windows.post))),
  };
}

/** Incidents and maintenance of all parts, and those that the file of deployments names. */
export function exclusionsOf({ parts, known }: Pick<Study, "parts" | "known">): Exclusion[] {
  return [...known.exclusions, ...parts.flatMap(({ plan }) => plan.exclusions)];
}

/** Smallest span that holds a whole number of each step; in milliseconds inside, because steps may be fractions of a second. */
export function commonStep(steps: readonly number[]): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  const milliseconds = steps.map((step) => Math.max(1, Math.round(step * 1000)));
  return milliseconds.reduce((all, step) => (all / divisor(all, step)) * step, 1) / 1000;
}

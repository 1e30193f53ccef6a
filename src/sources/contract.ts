import type { z } from "zod";
import type { Ports } from "../ports.ts";
import type { Series } from "../core/panel/series.ts";
import type { Kind } from "../core/plan.ts";

/** One query of one SLI over one window. */
export interface SeriesQuery {
  readonly sli: string;
  readonly kind: Kind;
  /** Query text per component: gauge, counter, count: `value`; ratio: `numerator` and `denominator`; quantile: `bucket`. */
  readonly queries: Readonly<Partial<Record<Series["component"], string>>>;
  /** Label whose value names the unit. */
  readonly unitLabel: string;
  /** Decides the group from all labels of a series; null leaves the series out (neither treated nor control). */
  readonly groupOf: (labels: Readonly<Record<string, string>>) => "treated" | "control" | null;
  /** Epoch seconds; the first and the last instant asked for, both on the step grid, both included. */
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

export interface FetchedSeries {
  readonly series: readonly Series[];
  /** What the server said beside the data. */
  readonly warnings: readonly string[];
  /** Units (label values) that matched neither group; shown by `validate`. */
  readonly unmatchedUnits: readonly string[];
}

/** What a source can do, for `validate` and the docs. */
export interface SourceCapabilities {
  readonly kinds: readonly Kind[];
  /** Most points one request may return; longer windows are split. null: no limit known. */
  readonly maxPointsPerRequest: number | null;
}

/** A place where teams keep their SLIs. One file per source, listed in `sources/index.ts`. */
export interface MetricSource<Options> {
  /** `type:` in the config. */
  readonly id: string;
  readonly label: string;
  /** zod schema of the source block in the config (without secrets: those are named by environment variable). */
  readonly options: z.ZodType<Options>;
  readonly capabilities: SourceCapabilities;
  /** Names of the environment variables that the options refer to. */
  readonly credentials: (options: Options) => readonly string[];
  readonly fetchSeries: (
    options: Options,
    query: SeriesQuery,
    ports: Ports,
    signal?: AbortSignal,
  ) => Promise<FetchedSeries>;
}

import type { z } from "zod";
import type { Series } from "../core/panel/series.ts";
import type { Kind } from "../core/plan.ts";
import type { Ports } from "../ports.ts";

/** One query of one SLI over one window. */
export interface SeriesQuery {
  readonly sli: string;
  readonly kind: Kind;
  /** Query text per component: gauge, counter, count: `value`; ratio: `numerator` and `denominator`; quantile: `bucket`. */
  readonly queries: Readonly<Partial<Record<Series["component"], string>>>;
  /** Label whose value names the unit. */
  readonly unitLabel: string;
  /** Label whose value names the subgroup of a unit: one series per unit and subgroup; left out: one per unit. */
  readonly byLabel?: string;
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

/** One series at one instant. */
export interface InstantSample {
  readonly labels: Readonly<Record<string, string>>;
  /** Epoch seconds. */
  readonly time: number;
  readonly value: number;
}

export interface InstantAnswer {
  readonly samples: readonly InstantSample[];
  readonly warnings: readonly string[];
}

export interface InstantRequest {
  readonly query: string;
  /** Epoch seconds. */
  readonly time: number;
  /** Object of the sentence in errors: "the version query". */
  readonly what: string;
}

/** Which series a question about labels is about. */
export interface LabelWindow {
  /** Series selectors, for instance `http_requests_total`; empty: all series. */
  readonly match: readonly string[];
  /** Epoch seconds. */
  readonly from: number;
  readonly to: number;
}

/** Questions beside the series, for version queries, `init` and `validate`; not every source can answer them. */
export interface SourceProbe<Options> {
  readonly instantQuery: (
    options: Options,
    request: InstantRequest,
    ports: Ports,
    signal?: AbortSignal,
  ) => Promise<InstantAnswer>;
  readonly labelNames: (
    options: Options,
    window: LabelWindow,
    ports: Ports,
    signal?: AbortSignal,
  ) => Promise<readonly string[]>;
  readonly labelValues: (
    options: Options,
    label: string,
    window: LabelWindow,
    ports: Ports,
    signal?: AbortSignal,
  ) => Promise<readonly string[]>;
  /** null: the server does not say. */
  readonly version: (options: Options, ports: Ports, signal?: AbortSignal) => Promise<string | null>;
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
  /** Further names for `type:` that mean the same source. */
  readonly aliases?: readonly string[];
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
  /** Absent: the source holds series only. */
  readonly probe?: SourceProbe<Options>;
  /** Absent: the options hold no paths. Makes relative paths absolute; `folder` is that of the config file. */
  readonly resolvePaths?: (options: Options, folder: string) => Options;
}

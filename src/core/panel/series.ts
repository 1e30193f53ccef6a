/** What a series holds for its unit. `value` for gauge, counter, count and ready-made ratios. */
export type SeriesComponent = "value" | "numerator" | "denominator" | "bucket";

export type Group = "treated" | "control";

/**
 * The points of one unit as a source returned them: raw, before any alignment.
 *
 * `times` are epoch seconds (UTC), ascending and unique when they come from a metric source; files may hold
 * unsorted or repeated stamps, which `panel/align` repairs and counts. A gap is a missing point; NaN is a value that
 * the source itself called not-a-number. Nothing is ever filled in.
 */
export interface Series {
  readonly unit: string;
  /** null when a later step decides the group (a version label, `--treated`). */
  readonly group: Group | null;
  readonly component: SeriesComponent;
  /** Part of the unit that this series is about (endpoint, region, tenant); left out: all of it. */
  readonly subgroup?: string;
  /** Upper bound of a histogram bucket (may be +Infinity); only with component `bucket`. */
  readonly le?: number;
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** Denominator of a ratio that arrives ready-made (CSV column `weight`); same length as `values`. */
  readonly weights?: Float64Array;
}

/** All series of one SLI, plus what the source said beside the numbers (warnings of the server). */
export interface SliSeries {
  readonly sli: string;
  readonly series: readonly Series[];
  readonly warnings: readonly string[];
}

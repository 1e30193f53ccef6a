import type { Ports } from "../../ports.ts";
import type { FetchedSeries, SeriesQuery } from "../contract.ts";
import { isoDuration } from "../durations.ts";
import { fetchUnits, type LabelledAsk } from "../fetch-units.ts";
import type { StepGrid } from "../grid.ts";
import { createHttpClient } from "../http/client.ts";
import type { HttpPorts } from "../http/contract.ts";
import { explainAnyError } from "../http/explain.ts";
import { requireNoBuckets } from "../no-buckets.ts";
import { readQueryLines } from "../query-lines.ts";
import { toLabelledSeries } from "../rows.ts";
import { mayBeFinerWhenShorter, otherSpacing, spacingError } from "../spacing.ts";
import { unaskable, unusable } from "../unusable.ts";
import { AGGREGATIONS, type Aggregation, intervalOf, problemOf, readMetrics, rowsOf } from "./answer.ts";
import { type AzureMonitorOptions, connectOptions, POINTS_PER_REQUEST } from "./options.ts";

/** Time grains of the platform's metrics, in seconds. */
const GRAINS = [60, 300, 900, 1800, 3600, 21_600, 43_200, 86_400];

/** Without a number Azure gives ten series. */
const MOST_SERIES = 10_000;

const EXAMPLE = "metric: Requests\naggregation: total\nfilter: StatusCode eq '500'";

const HINTS = {
  SOURCE_FORBIDDEN: "Give the application of `auth` the role Monitoring Reader on the resource.",
  SOURCE_NOT_FOUND: "Check `resource` of the source.",
} as const;

type UnitRule = Pick<SeriesQuery, "unitLabel" | "byLabel">;

export async function fetchSeries(
  options: AzureMonitorOptions,
  query: SeriesQuery,
  ports: Ports,
  signal?: AbortSignal,
): Promise<FetchedSeries> {
  requireNoBuckets(query, "Azure Monitor", "aggregation: maximum (metrics of the platform have no percentiles)");
  return await fetchUnits(
    query,
    {
      maxPoints: options["max-points"] ?? POINTS_PER_REQUEST,
      isTooMuch: mayBeFinerWhenShorter,
      open: (stop) => openAzureMonitor(options, query, ports, stop),
      grouped: (labels) => `filter: ${labels.map((name) => `${name} eq '*'`).join(" and ")}`,
    },
    signal,
  );
}

function openAzureMonitor(
  options: AzureMonitorOptions,
  rule: UnitRule,
  ports: HttpPorts,
  signal: AbortSignal,
): LabelledAsk {
  const client = createHttpClient("Azure Monitor", connectOptions(options, ports.env), ports, signal);
  const dimensions = [rule.unitLabel, ...(rule.byLabel === undefined ? [] : [rule.byLabel])];
  return async (text, piece, { what }) => {
    const { aggregation, parameters } = questionOf(text, piece, dimensions, what);
    const answer = await client.send({
      path: `${options.resource.replace(/\/+$/, "")}/providers/Microsoft.Insights/metrics`,
      parameters,
      what,
      read: readMetrics,
      explain: explainAnyError,
      hints: HINTS,
    });
    const problem = problemOf(answer);
    if (problem !== null) throw unusable(what, client.showable(problem), `Check the metric: \`${EXAMPLE}\`.`);
    const verdict = toLabelledSeries(rowsOf(answer, aggregation, dimensions));
    if (!verdict.ok) throw unusable(what, verdict.detail, "Ask for one metric, and name its dimensions in the filter.");
    const spacing = intervalOf(answer) ?? otherSpacing(verdict.series, piece.step) ?? piece.step;
    if (spacing !== piece.step) throw spacingError(what, spacing, piece.step, "The metric has no such time grain");
    const isFull = verdict.series.length >= MOST_SERIES;
    return { value: verdict.series, warnings: isFull ? [`Azure Monitor gives at most ${MOST_SERIES} series.`] : [] };
  };
}

interface Question {
  readonly aggregation: Aggregation;
  readonly parameters: readonly (readonly [string, string])[];
}

function questionOf(text: string, piece: StepGrid, dimensions: readonly string[], what: string): Question {
  const { start, end, step } = piece;
  const rules = { required: ["metric"], optional: ["aggregation", "namespace", "filter"], alone: "metric" } as const;
  const lines = readQueryLines<"metric" | "aggregation" | "namespace" | "filter">(text, rules);
  if (typeof lines === "string") throw unaskable(what, lines, `Write for example:\n${EXAMPLE}`);
  const named = lines.aggregation ?? "average";
  const aggregation = AGGREGATIONS.find((one) => one === named.toLowerCase());
  if (aggregation === undefined) {
    throw unaskable(what, `"${named}" is no aggregation`, `There are ${AGGREGATIONS.join(", ")}.`);
  }
  if (!GRAINS.includes(step)) {
    const known = GRAINS.map((seconds) => `${seconds / 60}m`).join(", ");
    throw unaskable(what, `Azure Monitor has no time grain of ${step} s`, `Set \`windows.step\` to one of ${known}.`);
  }
  // A dimension that equals * tells series apart.
  const apart = dimensions.filter((name) => !mentions(lines.filter ?? "", name)).map((name) => `${name} eq '*'`);
  const own = lines.filter ?? "";
  const bracketed = apart.length > 0 && /\sor\s/i.test(own) ? `(${own})` : own;
  const filter = [...apart, ...(own === "" ? [] : [bracketed])].join(" and ");
  const timespan = [start, end + step].map((seconds) => new Date(seconds * 1000).toISOString()).join("/");
  const parameters: (readonly [string, string])[] = [
    ["api-version", "2023-10-01"],
    ["metricnames", lines.metric ?? ""],
    ["aggregation", aggregation],
    ["interval", isoDuration(step)],
    ["timespan", timespan],
    ["$filter", filter],
    ["top", String(MOST_SERIES)],
    ...(lines.namespace === undefined ? [] : [["metricnamespace", lines.namespace] as const]),
  ];
  return { aggregation, parameters };
}

function mentions(filter: string, dimension: string): boolean {
  const words = filter.toLowerCase().split(/[\s()]+/);
  return words.includes(dimension.toLowerCase());
}

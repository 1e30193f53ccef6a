import type { Ports } from "../../ports.ts";
import type { FetchedSeries, SeriesQuery } from "../contract.ts";
import { fetchUnits, type LabelledAsk } from "../fetch-units.ts";
import type { StepGrid } from "../grid.ts";
import { createHttpClient } from "../http/client.ts";
import type { HttpPorts } from "../http/contract.ts";
import { explainAnyError } from "../http/explain.ts";
import { readQueryLines } from "../query-lines.ts";
import { type Row, toLabelledSeries } from "../rows.ts";
import { mayBeFinerWhenShorter, otherSpacing, spacingError } from "../spacing.ts";
import { unaskable, unusable } from "../unusable.ts";
import { readTimeSeries, rowsOf, type TimeSeriesPage } from "./answer.ts";
import { connectOptions, type GoogleMonitoringOptions, POINTS_PER_REQUEST } from "./options.ts";

const HINTS = {
  SOURCE_UNAUTHORIZED: "Check `auth` of the source, or the application default credentials of this machine.",
  SOURCE_FORBIDDEN: "Grant the account of `auth` the role roles/monitoring.viewer in `project`.",
  SOURCE_NOT_FOUND: "Check `project`, and the metric type in the filter: one that was never written does not exist.",
} as const;

const EXAMPLE =
  'filter: metric.type = "loadbalancing.googleapis.com/https/request_count"\nalign: delta\nreduce: sum\nby: resource.labels.zone';

/** Points of one page, which is the most that Google gives. */
const PAGE_SIZE = "100000";

export async function fetchSeries(
  options: GoogleMonitoringOptions,
  query: SeriesQuery,
  ports: Ports,
  signal?: AbortSignal,
): Promise<FetchedSeries> {
  return await fetchUnits(
    query,
    {
      maxPoints: options["max-points"] ?? POINTS_PER_REQUEST,
      isTooMuch: mayBeFinerWhenShorter,
      open: (stop) => openMonitoring(options, ports, stop),
      grouped: (labels) => `reduce: sum\nby: ${labels.map((name) => `metric.labels.${name}`).join(", ")}`,
    },
    signal,
  );
}

function openMonitoring(options: GoogleMonitoringOptions, ports: HttpPorts, signal: AbortSignal): LabelledAsk {
  const client = createHttpClient("Google Cloud Monitoring", connectOptions(options), ports, signal);
  return async (text, piece, { name, what }) => {
    const parameters = parametersOf(text, piece, what);
    const rows: Row[] = [];
    const warnings = new Set<string>();
    let token = "";
    do {
      const page: TimeSeriesPage = await client.send({
        path: `/v3/projects/${encodeURIComponent(options.project)}/timeSeries`,
        parameters: token === "" ? parameters : [...parameters, ["pageToken", token]],
        what,
        read: readTimeSeries,
        explain: explainAnyError,
        hints: HINTS,
      });
      const found = rowsOf(page, piece.step, name === "bucket");
      if (found.hasOtherValues) throw otherValues(name === "bucket", what);
      for (const row of found.rows) rows.push(row);
      for (const { message = "" } of page.executionErrors ?? []) warnings.add(client.showable(message));
      token = page.nextPageToken ?? "";
    } while (token !== "");
    const verdict = toLabelledSeries(rows);
    if (!verdict.ok) throw unusable(what, verdict.detail, "Name what tells series apart in `by: ...`.");
    const spacing = otherSpacing(verdict.series, piece.step);
    if (spacing !== null) throw spacingError(what, spacing, piece.step, "Align by the step");
    return { value: verdict.series, warnings: [...warnings] };
  };
}

function otherValues(wantsBuckets: boolean, what: string): Error {
  return wantsBuckets
    ? unusable(what, "it gives numbers where distributions are needed", "Align a distribution by `align: delta`.")
    : unusable(
        what,
        "it gives distributions or texts where numbers are needed",
        "Write `align: percentile-95`, or read the distribution with `kind: quantile` and `buckets`.",
      );
}

function parametersOf(text: string, { start, end, step }: StepGrid, what: string): [string, string][] {
  const rules = { required: ["filter", "align"], optional: ["reduce", "by"], alone: "filter" } as const;
  const lines = readQueryLines<"filter" | "align" | "reduce" | "by">(text, rules);
  if (typeof lines === "string") throw unaskable(what, lines, `Write for example:\n${EXAMPLE}`);
  if (step % 60 !== 0)
    throw unaskable(
      what,
      `Google aligns to whole minutes, not to ${step} s`,
      "Set `windows.step` to 1m or a multiple.",
    );
  const by = (lines.by ?? "").split(",").map((field) => field.trim());
  if (lines.reduce !== undefined && by[0] === "") {
    throw unaskable(what, "it reduces all series to one", `Name what stays apart:\n${EXAMPLE}`);
  }
  return [
    ["filter", lines.filter ?? ""],
    ["interval.startTime", new Date(start * 1000).toISOString()],
    ["interval.endTime", new Date((end + step) * 1000).toISOString()],
    ["aggregation.alignmentPeriod", `${step}s`],
    ["aggregation.perSeriesAligner", constant("ALIGN", lines.align)],
    ...(lines.reduce === undefined
      ? []
      : ([["aggregation.crossSeriesReducer", constant("REDUCE", lines.reduce)]] as [string, string][])),
    ...by.filter((field) => field !== "").map((field): [string, string] => ["aggregation.groupByFields", field]),
    ["view", "FULL"],
    ["pageSize", PAGE_SIZE],
  ];
}

/** `percentile-95` is ALIGN_PERCENTILE_95. */
function constant(prefix: string, name = ""): string {
  const upper = name.toUpperCase().replaceAll("-", "_");
  return upper.startsWith(`${prefix}_`) ? upper : `${prefix}_${upper}`;
}

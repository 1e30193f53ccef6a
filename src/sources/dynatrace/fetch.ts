import type { Ports } from "../../ports.ts";
import type { FetchedSeries, SeriesQuery } from "../contract.ts";
import { fetchUnits, type LabelledAsk } from "../fetch-units.ts";
import type { StepGrid } from "../grid.ts";
import { createHttpClient } from "../http/client.ts";
import type { HttpPorts } from "../http/contract.ts";
import { explainAnyError } from "../http/explain.ts";
import { requireNoBuckets } from "../no-buckets.ts";
import { type Row, toLabelledSeries } from "../rows.ts";
import { mayBeFinerWhenShorter, otherSpacing, spacingError } from "../spacing.ts";
import { unaskable, unusable } from "../unusable.ts";
import { type MetricsPage, readMetrics, resolutionOf, rowsOf, warningsOf } from "./answer.ts";
import { connectOptions, type DynatraceOptions, POINTS_PER_REQUEST } from "./options.ts";

const HINTS = {
  SOURCE_UNAUTHORIZED: "Check that `token-env` holds an access token of this environment (it begins with dt0c01).",
  SOURCE_FORBIDDEN: "Give the access token the scope metrics.read.",
  SOURCE_NOT_FOUND: "Check the metric key, and `url`: it is the address in front of /api/v2, with /e/ID for Managed.",
} as const;

export async function fetchSeries(
  options: DynatraceOptions,
  query: SeriesQuery,
  ports: Ports,
  signal?: AbortSignal,
): Promise<FetchedSeries> {
  requireNoBuckets(query, "Dynatrace", 'builtin:service.response.time:splitBy("dt.entity.service"):percentile(95)');
  return await fetchUnits(
    query,
    {
      maxPoints: options["max-points"] ?? POINTS_PER_REQUEST,
      isTooMuch: mayBeFinerWhenShorter,
      open: (stop) => openDynatrace(options, ports, stop),
      grouped: (labels) => `...:splitBy(${labels.map((name) => `"${name}"`).join(",")}):sum`,
    },
    signal,
  );
}

function openDynatrace(options: DynatraceOptions, ports: HttpPorts, signal: AbortSignal): LabelledAsk {
  const client = createHttpClient("Dynatrace", connectOptions(options, ports.env), ports, signal);
  return async (text, piece, { what }) => {
    const first = parametersOf(text, piece, what);
    const rows: Row[] = [];
    const warnings = new Set<string>();
    let key = "";
    do {
      const page: MetricsPage = await client.send({
        path: "/api/v2/metrics/query",
        // The key of a page stands for everything that was asked for.
        parameters: key === "" ? first : [["nextPageKey", key]],
        what,
        read: readMetrics,
        explain: explainAnyError,
        hints: HINTS,
      });
      const resolution = resolutionOf(page);
      if (resolution !== null && resolution !== piece.step) throw widened(what, resolution, piece.step);
      for (const row of rowsOf(page, piece.step)) rows.push(row);
      for (const warning of warningsOf(page)) warnings.add(client.showable(warning));
      key = page.nextPageKey ?? "";
    } while (key !== "");
    const verdict = toLabelledSeries(rows);
    if (!verdict.ok) throw unusable(what, verdict.detail, "Split by what tells the series apart: `:splitBy(...)`.");
    const spacing = otherSpacing(verdict.series, piece.step);
    if (spacing !== null) throw widened(what, spacing, piece.step);
    return { value: verdict.series, warnings: [...warnings] };
  };
}

function widened(what: string, spacing: number, step: number): Error {
  return spacingError(
    what,
    spacing,
    step,
    "Dynatrace keeps points of 1 minute for 14 days, of 5 minutes for 28: ask for a younger window",
  );
}

function parametersOf(text: string, { start, end, step }: StepGrid, what: string): [string, string][] {
  if (step % 60 !== 0) {
    throw unaskable(what, `Dynatrace counts whole minutes, not ${step} s`, "Set `windows.step` to 1m or a multiple.");
  }
  return [
    ["metricSelector", text.trim()],
    ["resolution", `${step / 60}m`],
    ["from", String(start * 1000)],
    ["to", String((end + step) * 1000)],
  ];
}

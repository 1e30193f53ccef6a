import type { Ports } from "../../ports.ts";
import type { FetchedSeries, SeriesQuery } from "../contract.ts";
import { fetchUnits, type LabelledAsk } from "../fetch-units.ts";
import type { StepGrid } from "../grid.ts";
import { createHttpClient } from "../http/client.ts";
import type { HttpPorts } from "../http/contract.ts";
import { explainAnyError } from "../http/explain.ts";
import { toLabelledSeries } from "../rows.ts";
import { mayBeFinerWhenShorter, otherSpacing, spacingError } from "../spacing.ts";
import { fillIn, templateProblem } from "../template.ts";
import { unaskable, unusable } from "../unusable.ts";
import { EXAMPLE, readQuery } from "./answer.ts";
import { connectOptions, type LogAnalyticsOptions, POINTS_PER_REQUEST } from "./options.ts";

const HINTS = {
  SOURCE_FORBIDDEN: "Give the application of `auth` the role Log Analytics Reader on the workspace.",
  SOURCE_NOT_FOUND: "Check `workspace` of the source: it is the id on the page of the workspace.",
} as const;

export async function fetchSeries(
  options: LogAnalyticsOptions,
  query: SeriesQuery,
  ports: Ports,
  signal?: AbortSignal,
): Promise<FetchedSeries> {
  return await fetchUnits(
    query,
    {
      maxPoints: options["max-points"] ?? POINTS_PER_REQUEST,
      isTooMuch: mayBeFinerWhenShorter,
      open: (stop) => openLogAnalytics(options, ports, stop),
      grouped: (labels) => `summarize ... by bin(TimeGenerated, {{step}}), ${labels.join(", ")}`,
    },
    signal,
  );
}

function openLogAnalytics(options: LogAnalyticsOptions, ports: HttpPorts, signal: AbortSignal): LabelledAsk {
  const client = createHttpClient("Log Analytics", connectOptions(options, ports.env), ports, signal);
  return async (text, piece, { what }) => {
    const rows = await client.send({
      path: `/v1/workspaces/${options.workspace}/query`,
      parameters: [],
      post: { type: "application/json", text: JSON.stringify(questionOf(text, piece, what)) },
      what,
      read: readQuery(what),
      explain: explainAnyError,
      hints: HINTS,
    });
    const verdict = toLabelledSeries(rows);
    if (!verdict.ok) throw unusable(what, verdict.detail, `Group by all of the columns: \`${EXAMPLE}\`.`);
    const spacing = otherSpacing(verdict.series, piece.step);
    if (spacing !== null) throw spacingError(what, spacing, piece.step, "Group by bin(..., {{step}})");
    return { value: verdict.series, warnings: [] };
  };
}

function questionOf(text: string, { start, end, step }: StepGrid, what: string): unknown {
  const problem = templateProblem(text, ["start", "end", "step"], []);
  if (problem !== null) throw unaskable(what, problem, `Write for example \`${EXAMPLE}\`.`);
  const [from, to] = [start, end + step].map((seconds) => new Date(seconds * 1000).toISOString());
  const query = fillIn(text.trim(), { start: `datetime(${from})`, end: `datetime(${to})`, step: `${step}s` });
  // The service applies the time span to every table of the query.
  return { query, timespan: `${from}/${to}` };
}

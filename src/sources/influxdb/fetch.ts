import type { Ports } from "../../ports.ts";
import type { FetchedSeries, SeriesQuery } from "../contract.ts";
import { fetchUnits, type LabelledAsk } from "../fetch-units.ts";
import { createHttpClient } from "../http/client.ts";
import type { HttpPorts } from "../http/contract.ts";
import { explainAnyError } from "../http/explain.ts";
import { toLabelledSeries } from "../rows.ts";
import { mayBeFinerWhenShorter, otherSpacing, spacingError } from "../spacing.ts";
import { unusable } from "../unusable.ts";
import { fluxQuestion } from "./flux.ts";
import { influxqlQuestion } from "./influxql.ts";
import { connectOptions, type InfluxdbOptions, POINTS_PER_REQUEST } from "./options.ts";
import { sqlQuestion } from "./sql.ts";

const QUESTIONS = { influxql: influxqlQuestion, flux: fluxQuestion, sql: sqlQuestion } as const;

/** How each language groups by labels and by step, for hints. */
const GROUPED = {
  influxql: (labels: readonly string[]) => `GROUP BY time({{step}}), ${labels.map((name) => `"${name}"`).join(", ")}`,
  flux: (labels: readonly string[]) => `group(columns: [${labels.map((name) => `"${name}"`).join(", ")}])`,
  sql: (labels: readonly string[]) => `GROUP BY 1, ${labels.join(", ")}`,
} as const;

const HINTS = {
  SOURCE_NOT_FOUND:
    "Check `url`, `database` or `org`, and `language`: InfluxDB 1 speaks influxql, 2 also flux, 3 also sql.",
} as const;

export async function fetchSeries(
  options: InfluxdbOptions,
  query: SeriesQuery,
  ports: Ports,
  signal?: AbortSignal,
): Promise<FetchedSeries> {
  return await fetchUnits(
    query,
    {
      maxPoints: options["max-points"] ?? POINTS_PER_REQUEST,
      isTooMuch: mayBeFinerWhenShorter,
      open: (stop) => openInfluxdb(options, ports, stop),
      grouped: GROUPED[options.language ?? "influxql"],
    },
    signal,
  );
}

function openInfluxdb(options: InfluxdbOptions, ports: HttpPorts, signal: AbortSignal): LabelledAsk {
  const client = createHttpClient("InfluxDB", connectOptions(options, ports.env), ports, signal);
  const language = options.language ?? "influxql";
  return async (text, piece, { what }) => {
    const question = QUESTIONS[language](text, piece, options, what);
    const { rows, warnings } = await client.send({ ...question, what, explain: explainAnyError, hints: HINTS });
    const verdict = toLabelledSeries(rows);
    if (!verdict.ok) throw unusable(what, verdict.detail, `Write ${GROUPED[language](["zone"])}.`);
    const spacing = otherSpacing(verdict.series, piece.step);
    if (spacing !== null)
      throw spacingError(what, spacing, piece.step, "Group by the step: {{step}}, in Flux v.windowPeriod");
    return { value: verdict.series, warnings: warnings.map(client.showable) };
  };
}

import { DeployImpactError } from "../../core/errors.ts";
import type { Ports } from "../../ports.ts";
import type { FetchedSeries, SeriesQuery } from "../contract.ts";
import { fetchUnits, type LabelledAsk } from "../fetch-units.ts";
import { createHttpClient } from "../http/client.ts";
import type { HttpPorts } from "../http/contract.ts";
import { explainAnyError } from "../http/explain.ts";
import { withCompleteAuth } from "../http/hosted.ts";
import { otherSpacing, spacingError } from "../spacing.ts";
import { readRender } from "./answer.ts";
import type { GraphiteOptions } from "./options.ts";

const POINTS_PER_REQUEST = 10_000;

const HINTS = {
  SOURCE_NOT_FOUND: "Check `url` of the source: it is the address in front of /render.",
} as const;

export async function fetchSeries(
  options: GraphiteOptions,
  query: SeriesQuery,
  ports: Ports,
  signal?: AbortSignal,
): Promise<FetchedSeries> {
  return await fetchUnits(
    query,
    {
      maxPoints: options["max-points"] ?? POINTS_PER_REQUEST,
      // Whisper widens by age, not by length.
      isTooMuch: (error) => error instanceof DeployImpactError && error.code === "SOURCE_TOO_LARGE",
      open: (stop) => openGraphite(options, ports, stop),
      grouped: (labels) => `groupByTags(seriesByTag(...), "sum", ${labels.map((name) => `"${name}"`).join(", ")})`,
    },
    signal,
  );
}

function openGraphite(options: GraphiteOptions, ports: HttpPorts, signal: AbortSignal): LabelledAsk {
  const client = createHttpClient("Graphite", withCompleteAuth(options, ports.env), ports, signal);
  return async (text, piece, { what }) => {
    const series = await client.send({
      path: "/render",
      parameters: [
        ["target", text.trim()],
        // Graphite leaves the first instant out.
        ["from", String(piece.start - 1)],
        ["until", String(piece.end)],
        ["format", "json"],
        ["noCache", "1"],
      ],
      what,
      read: readRender(options.nodes ?? {}),
      explain: explainAnyError,
      hints: HINTS,
    });
    const spacing = otherSpacing(series, piece.step);
    if (spacing !== null) throw spacingError(what, spacing, piece.step, remedy(piece.step, spacing));
    return { value: series, warnings: [] };
  };
}

function remedy(step: number, spacing: number): string {
  return spacing < step
    ? `Wrap the query in summarize(..., "${step}s", "avg"), a count in summarize(..., "${step}s", "sum")`
    : "Graphite keeps older points wider apart (storage-schemas.conf): ask for a younger window";
}

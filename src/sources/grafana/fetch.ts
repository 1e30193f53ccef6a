import type { Ports } from "../../ports.ts";
import type { FetchedSeries, SeriesQuery } from "../contract.ts";
import { fetchUnits, type LabelledAsk } from "../fetch-units.ts";
import { createHttpClient } from "../http/client.ts";
import type { HttpPorts } from "../http/contract.ts";
import { withCompleteAuth } from "../http/hosted.ts";
import { toLabelledSeries } from "../rows.ts";
import { mayBeFinerWhenShorter, otherSpacing, spacingError } from "../spacing.ts";
import { unusable } from "../unusable.ts";
import { explainError, readFrames } from "./frames.ts";
import { requestBody } from "./model.ts";
import type { GrafanaOptions } from "./options.ts";

/** Prometheus behind Grafana gives no more; others may. */
const POINTS_PER_REQUEST = 10_000;

const HINTS = {
  SOURCE_UNAUTHORIZED: "Check that `token-env` holds the token of a service account of this Grafana.",
  SOURCE_FORBIDDEN: "Give the service account the right to query the data source (datasources:query), and check `org`.",
  SOURCE_NOT_FOUND:
    "Check `url` (the address of Grafana itself) and `datasource` (the uid in the address of its page).",
} as const;

export async function fetchSeries(
  options: GrafanaOptions,
  query: SeriesQuery,
  ports: Ports,
  signal?: AbortSignal,
): Promise<FetchedSeries> {
  return await fetchUnits(
    query,
    {
      maxPoints: options["max-points"] ?? POINTS_PER_REQUEST,
      isTooMuch: mayBeFinerWhenShorter,
      open: (stop) => openGrafana(options, ports, stop),
      ...(options.language !== "prometheus" && { grouped: (labels) => `one series per ${labels.join(" and ")}` }),
    },
    signal,
  );
}

function openGrafana(options: GrafanaOptions, ports: HttpPorts, signal: AbortSignal): LabelledAsk {
  const client = createHttpClient("Grafana", withCompleteAuth(options, ports.env), ports, signal);
  return async (text, piece, { what }) => {
    const { rows, notices } = await client.send({
      path: "/api/ds/query",
      parameters: [],
      post: { type: "application/json", text: JSON.stringify(requestBody(text, piece, options, what)) },
      ...(options.org !== undefined && { headers: { "x-grafana-org-id": String(options.org) } }),
      what,
      read: readFrames,
      explain: explainError,
      hints: HINTS,
    });
    const verdict = toLabelledSeries(rows);
    if (!verdict.ok) throw unusable(what, verdict.detail, "Let labels or text columns tell the series apart.");
    const spacing = otherSpacing(verdict.series, piece.step);
    if (spacing !== null) throw spacingError(what, spacing, piece.step, "Let the query use $__interval for its step");
    return { value: verdict.series, warnings: notices.map(client.showable) };
  };
}

import type { Ports } from "../../ports.ts";
import type { FetchedSeries, SeriesQuery } from "../contract.ts";
import { fetchUnits, type LabelledAsk } from "../fetch-units.ts";
import { createHttpClient } from "../http/client.ts";
import type { HttpPorts } from "../http/contract.ts";
import { explainAnyError } from "../http/explain.ts";
import { requireNoBuckets } from "../no-buckets.ts";
import { toLabelledSeries } from "../rows.ts";
import { mayBeFinerWhenShorter, otherSpacing, spacingError } from "../spacing.ts";
import { unaskable, unusable } from "../unusable.ts";
import { connectOptions, POINTS_PER_REQUEST, type SplunkOptions } from "./options.ts";
import { readStream } from "./stream.ts";

const EXAMPLE = "data('service.request.count', filter=filter('sf_service', 'shop')).sum(by=['zone']).publish()";

const HINTS = {
  SOURCE_UNAUTHORIZED: "Check that the access token is one of this `realm` and has the scope API.",
  SOURCE_NOT_FOUND: "Check `realm` of the source.",
} as const;

export async function fetchSeries(
  options: SplunkOptions,
  query: SeriesQuery,
  ports: Ports,
  signal?: AbortSignal,
): Promise<FetchedSeries> {
  requireNoBuckets(query, "Splunk Observability", "data('latency').percentile(pct=95, by=['zone']).publish()");
  return await fetchUnits(
    query,
    {
      maxPoints: options["max-points"] ?? POINTS_PER_REQUEST,
      isTooMuch: mayBeFinerWhenShorter,
      open: (stop) => openSignalFlow(options, ports, stop),
      grouped: (labels) => `.sum(by=[${labels.map((name) => `'${name}'`).join(", ")}]).publish()`,
    },
    signal,
  );
}

function openSignalFlow(options: SplunkOptions, ports: HttpPorts, signal: AbortSignal): LabelledAsk {
  const client = createHttpClient("Splunk Observability", connectOptions(options), ports, signal);
  return async (text, piece, { what }) => {
    if (!/\bpublish\s*\(/.test(text))
      throw unaskable(what, "the program publishes nothing", `Write for example \`${EXAMPLE}\`.`);
    const { rows, resolution } = await client.send({
      path: "/v2/signalflow/execute",
      parameters: [
        ["start", String(piece.start * 1000)],
        ["stop", String((piece.end + piece.step) * 1000)],
        ["resolution", String(piece.step * 1000)],
        ["immediate", "true"],
      ],
      post: { type: "text/plain", text: text.trim() },
      headers: { accept: "text/event-stream" },
      what,
      read: readStream,
      explain: explainAnyError,
      hints: HINTS,
    });
    const verdict = toLabelledSeries(rows);
    if (!verdict.ok) throw unusable(what, verdict.detail, `Let \`by\` tell the series apart: \`${EXAMPLE}\`.`);
    const spacing = resolution ?? otherSpacing(verdict.series, piece.step) ?? piece.step;
    if (spacing !== piece.step) throw spacingError(what, spacing, piece.step, "Splunk keeps older points wider apart");
    return { value: verdict.series, warnings: [] };
  };
}

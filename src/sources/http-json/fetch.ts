import type { Ports } from "../../ports.ts";
import type { FetchedSeries, SeriesQuery } from "../contract.ts";
import { fetchUnits, type LabelledAsk } from "../fetch-units.ts";
import { createHttpClient } from "../http/client.ts";
import type { HttpPorts } from "../http/contract.ts";
import { withCompleteAuth } from "../http/hosted.ts";
import { type Row, toLabelledSeries } from "../rows.ts";
import { mayBeFinerWhenShorter, otherSpacing, spacingError } from "../spacing.ts";
import { unusable } from "../unusable.ts";
import { asksForWindow, type HttpJsonOptions } from "./options.ts";
import { readPages } from "./pages.ts";
import { fill, fillingFor } from "./placeholders.ts";
import type { Layout } from "./read.ts";
import { type JsonPath, parsePath } from "./select.ts";

/** Points of a request when the config does not say. */
const POINTS_PER_REQUEST = 11_000;
const PER_SECOND = { seconds: 1, milliseconds: 1e3, microseconds: 1e6, nanoseconds: 1e9 } as const;

export async function fetchSeries(
  options: HttpJsonOptions,
  query: SeriesQuery,
  ports: Ports,
  signal?: AbortSignal,
): Promise<FetchedSeries> {
  const isWindowed = asksForWindow(options);
  return await fetchUnits(
    query,
    {
      maxPoints: options["max-points"] ?? (isWindowed ? POINTS_PER_REQUEST : Number.POSITIVE_INFINITY),
      isTooMuch: (error) => isWindowed && mayBeFinerWhenShorter(error),
      open: (stop) => openApi(options, ports, stop),
      grouped: (labels) => `one row per time and ${labels.join(", ")}`,
    },
    signal,
  );
}

function openApi(options: HttpJsonOptions, ports: HttpPorts, signal: AbortSignal): LabelledAsk {
  const client = createHttpClient("The API", withCompleteAuth(options, ports.env), ports, signal);
  return async (text, piece, { what }) => {
    const layout = layoutOf(options, text, what);
    const rows = await readPages({ options, client, layout, filling: fillingFor(text, piece), what });
    const verdict = toLabelledSeries(onSteps(rows, piece.step));
    if (!verdict.ok)
      throw unusable(
        what,
        verdict.detail,
        "Let the API give one value per step, or name what tells its rows apart in `labels`.",
      );
    const spacing = otherSpacing(verdict.series, piece.step);
    if (spacing !== null) throw spacingError(what, spacing, piece.step, "Ask the API for steps by {{step}}");
    return { value: verdict.series, warnings: [] };
  };
}

/** A point belongs to the step in which it lies, so that no piece loses it. */
function onSteps(rows: readonly Row[], step: number): Row[] {
  return rows.map((row) => ({ ...row, time: Math.floor(row.time / step) * step }));
}

function layoutOf(options: HttpJsonOptions, text: string, what: string): Layout {
  const path = (template: string): JsonPath => {
    const filled = fill(template, { query: text.trim() }) ?? "";
    const parsed = parsePath(filled);
    if (parsed !== null) return parsed;
    throw unusable(
      what,
      `${filled.slice(0, 80)} is not a path into its answer`,
      'Write for example `value: "@.{{query}}"` and the name of a member as the query.',
    );
  };
  return {
    rows: path(options.rows),
    labels: Object.fromEntries(Object.entries(options.labels).map(([name, template]) => [name, path(template)])),
    time: path(options.time),
    value: path(options.value),
    perSecond: PER_SECOND[options["time-unit"] ?? "seconds"],
  };
}

import { KINDS } from "../../core/plan.ts";
import type { Ports } from "../../ports.ts";
import type { FetchedSeries, MetricSource, SeriesQuery } from "../contract.ts";
import { fetchUnits } from "../fetch-units.ts";
import { credentialNames } from "../http/credentials.ts";
import { mayBeFinerWhenShorter } from "../spacing.ts";
import { openDatadog } from "./api.ts";
import {
  connectOptions,
  type DatadogOptions,
  datadogOptionsSchema,
  MAX_POINTS_PER_REQUEST,
  resolvePaths,
} from "./options.ts";

/** Datadog's metrics, by formulas (v2) or by plain queries (v1). */
export const datadogSource: MetricSource<DatadogOptions> = {
  id: "datadog",
  label: "Datadog",
  options: datadogOptionsSchema,
  capabilities: { kinds: KINDS, maxPointsPerRequest: MAX_POINTS_PER_REQUEST },
  credentials: (options) => credentialNames(connectOptions(options)),
  fetchSeries,
  resolvePaths,
};

/** Room below the limit, so that one step more or less does not make Datadog widen the interval. */
const POINTS_PER_REQUEST = 1400;

async function fetchSeries(
  options: DatadogOptions,
  query: SeriesQuery,
  ports: Ports,
  signal?: AbortSignal,
): Promise<FetchedSeries> {
  return await fetchUnits(
    query,
    {
      maxPoints: options["max-points"] ?? POINTS_PER_REQUEST,
      isTooMuch: mayBeFinerWhenShorter,
      open: (stop) => openDatadog(options, ports, stop),
      grouped: (labels) =>
        `sum:...{...} by {${labels.map((name) => (name === "le" ? "upper_bound" : name)).join(",")}}`,
    },
    signal,
  );
}

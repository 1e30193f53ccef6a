import type { Ports } from "../../ports.ts";
import type { FetchedSeries, MetricSource, SeriesQuery } from "../contract.ts";
import { fetchUnits } from "../fetch-units.ts";
import { credentialNames } from "../http/credentials.ts";
import { KINDS_WITHOUT_BUCKETS, requireNoBuckets } from "../no-buckets.ts";
import { mayBeFinerWhenShorter } from "../spacing.ts";
import { openCloudwatch } from "./api.ts";
import { type CloudwatchOptions, cloudwatchOptionsSchema, resolvePaths, withOwnAuth } from "./options.ts";

/** A day of minutes; longer answers come in pages, and more than one of these in pieces. */
const POINTS_PER_REQUEST = 1440;

/** Amazon CloudWatch, by GetMetricData. */
export const cloudwatchSource: MetricSource<CloudwatchOptions> = {
  id: "cloudwatch",
  label: "Amazon CloudWatch",
  options: cloudwatchOptionsSchema,
  capabilities: { kinds: KINDS_WITHOUT_BUCKETS, maxPointsPerRequest: POINTS_PER_REQUEST },
  credentials: (options) => credentialNames(withOwnAuth(options)),
  fetchSeries,
  resolvePaths,
};

async function fetchSeries(
  options: CloudwatchOptions,
  query: SeriesQuery,
  ports: Ports,
  signal?: AbortSignal,
): Promise<FetchedSeries> {
  requireNoBuckets(query, "CloudWatch", "SEARCH('...', 'p95', 60)");
  return await fetchUnits(
    query,
    {
      maxPoints: options["max-points"] ?? POINTS_PER_REQUEST,
      isTooMuch: mayBeFinerWhenShorter,
      open: (stop) => openCloudwatch(options, query, ports, stop),
      grouped: (labels) => `SEARCH('{Namespace,${labels.join(",")}} MetricName="..."', 'Sum', ${query.step})`,
    },
    signal,
  );
}

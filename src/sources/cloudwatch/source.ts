import { DeployImpactError } from "../../core/errors.ts";
import { KINDS } from "../../core/plan.ts";
import type { Ports } from "../../ports.ts";
import type { FetchedSeries, MetricSource, SeriesQuery } from "../contract.ts";
import { fetchUnits } from "../fetch-units.ts";
import { credentialNames } from "../http/credentials.ts";
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
  capabilities: { kinds: KINDS.filter((kind) => kind !== "quantile"), maxPointsPerRequest: POINTS_PER_REQUEST },
  credentials: (options) => credentialNames(withOwnAuth(options)),
  fetchSeries,
  resolvePaths,
};

function noBuckets(sli: string): DeployImpactError {
  return new DeployImpactError("CONFIG_INVALID", `CloudWatch keeps no buckets, which SLI ${sli} asks for.`, {
    hint: "Write `kind: gauge` and let the query ask for the percentile: SEARCH('...', 'p95', 60).",
  });
}

async function fetchSeries(
  options: CloudwatchOptions,
  query: SeriesQuery,
  ports: Ports,
  signal?: AbortSignal,
): Promise<FetchedSeries> {
  if (query.kind === "quantile") throw noBuckets(query.sli);
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

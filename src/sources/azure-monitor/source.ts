import type { MetricSource } from "../contract.ts";
import { credentialNames } from "../http/credentials.ts";
import { withTlsPaths } from "../http/hosted.ts";
import { KINDS_WITHOUT_BUCKETS } from "../no-buckets.ts";
import { type AzureMonitorOptions, azureMonitorOptionsSchema, httpOptions, POINTS_PER_REQUEST } from "./options.ts";

/** Metrics of one resource in Azure Monitor; its code is loaded with the first fetch. */
export const azureMonitorSource: MetricSource<AzureMonitorOptions> = {
  id: "azure-monitor",
  label: "Azure Monitor metrics",
  options: azureMonitorOptionsSchema,
  capabilities: { kinds: KINDS_WITHOUT_BUCKETS, maxPointsPerRequest: POINTS_PER_REQUEST },
  credentials: (options) => credentialNames(httpOptions(options)),
  fetchSeries: async (...asked) => (await import("./fetch.ts")).fetchSeries(...asked),
  resolvePaths: withTlsPaths,
};

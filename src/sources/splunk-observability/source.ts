import type { MetricSource } from "../contract.ts";
import { credentialNames } from "../http/credentials.ts";
import { withTlsPaths } from "../http/hosted.ts";
import { KINDS_WITHOUT_BUCKETS } from "../no-buckets.ts";
import { connectOptions, POINTS_PER_REQUEST, type SplunkOptions, splunkOptionsSchema } from "./options.ts";

/** Splunk Observability Cloud, by SignalFlow; its code is loaded with the first fetch. */
export const splunkSource: MetricSource<SplunkOptions> = {
  id: "splunk-observability",
  label: "Splunk Observability Cloud",
  options: splunkOptionsSchema,
  capabilities: { kinds: KINDS_WITHOUT_BUCKETS, maxPointsPerRequest: POINTS_PER_REQUEST },
  credentials: (options) => credentialNames(connectOptions(options)),
  fetchSeries: async (...asked) => (await import("./fetch.ts")).fetchSeries(...asked),
  resolvePaths: withTlsPaths,
};

import type { MetricSource } from "../contract.ts";
import { credentialNames } from "../http/credentials.ts";
import { withTlsPaths } from "../http/hosted.ts";
import { KINDS_WITHOUT_BUCKETS } from "../no-buckets.ts";
import { type DynatraceOptions, dynatraceOptionsSchema, POINTS_PER_REQUEST } from "./options.ts";

/** Dynatrace, by its metrics API v2; its code is loaded with the first fetch. */
export const dynatraceSource: MetricSource<DynatraceOptions> = {
  id: "dynatrace",
  label: "Dynatrace",
  options: dynatraceOptionsSchema,
  capabilities: { kinds: KINDS_WITHOUT_BUCKETS, maxPointsPerRequest: POINTS_PER_REQUEST },
  credentials: credentialNames,
  fetchSeries: async (...asked) => (await import("./fetch.ts")).fetchSeries(...asked),
  resolvePaths: withTlsPaths,
};

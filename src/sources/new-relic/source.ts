import type { MetricSource } from "../contract.ts";
import { credentialNames } from "../http/credentials.ts";
import { withTlsPaths } from "../http/hosted.ts";
import { KINDS_WITHOUT_BUCKETS } from "../no-buckets.ts";
import { connectOptions, MAX_POINTS_PER_REQUEST, type NewRelicOptions, newRelicOptionsSchema } from "./options.ts";

/** New Relic, by NRQL over NerdGraph; its code is loaded with the first fetch. */
export const newRelicSource: MetricSource<NewRelicOptions> = {
  id: "new-relic",
  label: "New Relic",
  options: newRelicOptionsSchema,
  capabilities: { kinds: KINDS_WITHOUT_BUCKETS, maxPointsPerRequest: MAX_POINTS_PER_REQUEST },
  credentials: (options) => credentialNames(connectOptions(options)),
  fetchSeries: async (...asked) => (await import("./fetch.ts")).fetchSeries(...asked),
  resolvePaths: withTlsPaths,
};

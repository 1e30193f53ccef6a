import type { MetricSource } from "../contract.ts";
import { credentialNames } from "../http/credentials.ts";
import { withTlsPaths } from "../http/hosted.ts";
import { KINDS_WITHOUT_BUCKETS } from "../no-buckets.ts";
import { connectOptions, type HoneycombOptions, honeycombOptionsSchema, MAX_POINTS_PER_REQUEST } from "./options.ts";

/** Honeycomb, by its query data API; its code is loaded with the first fetch. */
export const honeycombSource: MetricSource<HoneycombOptions> = {
  id: "honeycomb",
  label: "Honeycomb",
  options: honeycombOptionsSchema,
  capabilities: { kinds: KINDS_WITHOUT_BUCKETS, maxPointsPerRequest: MAX_POINTS_PER_REQUEST },
  credentials: (options) => credentialNames(connectOptions(options)),
  fetchSeries: async (...asked) => (await import("./fetch.ts")).fetchSeries(...asked),
  resolvePaths: withTlsPaths,
};

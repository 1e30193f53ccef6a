import type { MetricSource } from "../contract.ts";
import { credentialNames } from "../http/credentials.ts";
import { withTlsPaths } from "../http/hosted.ts";
import { KINDS_WITHOUT_BUCKETS } from "../no-buckets.ts";
import { type ElasticsearchOptions, elasticsearchOptionsSchema, withKey } from "./options.ts";

/** Elasticsearch and OpenSearch, by aggregations; its code is loaded with the first fetch. */
export const elasticsearchSource: MetricSource<ElasticsearchOptions> = {
  id: "elasticsearch",
  aliases: ["opensearch"],
  label: "Elasticsearch and OpenSearch",
  options: elasticsearchOptionsSchema,
  capabilities: { kinds: KINDS_WITHOUT_BUCKETS, maxPointsPerRequest: null },
  credentials: (options) => credentialNames(withKey(options)),
  fetchSeries: async (...asked) => (await import("./fetch.ts")).fetchSeries(...asked),
  resolvePaths: withTlsPaths,
};

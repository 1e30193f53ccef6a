import { KINDS } from "../../core/plan.ts";
import type { MetricSource } from "../contract.ts";
import { credentialNames } from "../http/credentials.ts";
import { withTlsPaths } from "../http/hosted.ts";
import { type GraphiteOptions, graphiteOptionsSchema } from "./options.ts";

/** Graphite and servers with its render API; its code is loaded with the first fetch. */
export const graphiteSource: MetricSource<GraphiteOptions> = {
  id: "graphite",
  label: "Graphite",
  options: graphiteOptionsSchema,
  capabilities: { kinds: KINDS, maxPointsPerRequest: null },
  credentials: credentialNames,
  fetchSeries: async (...asked) => (await import("./fetch.ts")).fetchSeries(...asked),
  resolvePaths: withTlsPaths,
};

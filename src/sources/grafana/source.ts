import { KINDS } from "../../core/plan.ts";
import type { MetricSource } from "../contract.ts";
import { credentialNames } from "../http/credentials.ts";
import { withTlsPaths } from "../http/hosted.ts";
import { type GrafanaOptions, grafanaOptionsSchema } from "./options.ts";

/** Any data source of a Grafana; its code is loaded with the first fetch. */
export const grafanaSource: MetricSource<GrafanaOptions> = {
  id: "grafana",
  label: "A data source of Grafana",
  options: grafanaOptionsSchema,
  capabilities: { kinds: KINDS, maxPointsPerRequest: null },
  credentials: credentialNames,
  fetchSeries: async (...asked) => (await import("./fetch.ts")).fetchSeries(...asked),
  resolvePaths: withTlsPaths,
};

import { KINDS } from "../../core/plan.ts";
import type { MetricSource } from "../contract.ts";
import { credentialNames } from "../http/credentials.ts";
import { withTlsPaths } from "../http/hosted.ts";
import { type InfluxdbOptions, influxdbOptionsSchema } from "./options.ts";

/** InfluxDB 1, 2 and 3; its code is loaded with the first fetch. */
export const influxdbSource: MetricSource<InfluxdbOptions> = {
  id: "influxdb",
  label: "InfluxDB 1, 2 and 3 (InfluxQL, Flux, SQL)",
  options: influxdbOptionsSchema,
  capabilities: { kinds: KINDS, maxPointsPerRequest: null },
  credentials: credentialNames,
  fetchSeries: async (...asked) => (await import("./fetch.ts")).fetchSeries(...asked),
  resolvePaths: withTlsPaths,
};

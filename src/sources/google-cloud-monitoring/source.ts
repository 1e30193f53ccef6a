import { KINDS } from "../../core/plan.ts";
import type { MetricSource } from "../contract.ts";
import { credentialNames } from "../http/credentials.ts";
import { withTlsPaths } from "../http/hosted.ts";
import {
  connectOptions,
  type GoogleMonitoringOptions,
  googleMonitoringOptionsSchema,
  POINTS_PER_REQUEST,
} from "./options.ts";

/** Google Cloud Monitoring, by its list of time series; its code is loaded with the first fetch. */
export const googleMonitoringSource: MetricSource<GoogleMonitoringOptions> = {
  id: "google-cloud-monitoring",
  label: "Google Cloud Monitoring",
  options: googleMonitoringOptionsSchema,
  capabilities: { kinds: KINDS, maxPointsPerRequest: POINTS_PER_REQUEST },
  credentials: (options) => credentialNames(connectOptions(options)),
  fetchSeries: async (...asked) => (await import("./fetch.ts")).fetchSeries(...asked),
  resolvePaths: withTlsPaths,
};

import { KINDS } from "../../core/plan.ts";
import type { MetricSource } from "../contract.ts";
import { credentialNames } from "../http/credentials.ts";
import { withTlsPaths } from "../http/hosted.ts";
import { httpOptions, type LogAnalyticsOptions, logAnalyticsOptionsSchema } from "./options.ts";

/** Log Analytics and Application Insights, by Kusto queries; its code is loaded with the first fetch. */
export const logAnalyticsSource: MetricSource<LogAnalyticsOptions> = {
  id: "azure-log-analytics",
  label: "Azure Log Analytics and Application Insights",
  options: logAnalyticsOptionsSchema,
  capabilities: { kinds: KINDS, maxPointsPerRequest: null },
  credentials: (options) => credentialNames(httpOptions(options)),
  fetchSeries: async (...asked) => (await import("./fetch.ts")).fetchSeries(...asked),
  resolvePaths: withTlsPaths,
};

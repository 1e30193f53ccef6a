import { KINDS } from "../../core/plan.ts";
import type { MetricSource } from "../contract.ts";
import { credentialNames } from "../http/credentials.ts";
import { withTlsPaths } from "../http/hosted.ts";
import { type HttpJsonOptions, httpJsonOptionsSchema } from "./options.ts";

/** Any API that answers with JSON; its code is loaded with the first fetch. */
export const httpJsonSource: MetricSource<HttpJsonOptions> = {
  id: "http-json",
  label: "Any API that answers with JSON",
  options: httpJsonOptionsSchema,
  capabilities: { kinds: KINDS, maxPointsPerRequest: null },
  credentials: credentialNames,
  fetchSeries: async (...asked) => (await import("./fetch.ts")).fetchSeries(...asked),
  resolvePaths: withTlsPaths,
};

import { z } from "zod";
import type { Ports } from "../../ports.ts";
import { azureSchema } from "../http/auth/options.ts";
import { hostedShape, refineTls, withCompleteAuth } from "../http/hosted.ts";
import type { ConnectOptions, HttpOptions } from "../http/options.ts";

/** Log Analytics gives at most 500,000 rows; this leaves room for fifty units. */
export const POINTS_PER_REQUEST = 10_000;

export const logAnalyticsOptionsSchema = z
  .strictObject({
    type: z.literal("azure-log-analytics"),
    workspace: z.guid({ error: "must be the id of a workspace, such as 00001111-aaaa-2222-bbbb-3333cccc4444" }),
    auth: azureSchema.optional(),
    ...hostedShape,
    "max-points": z.int().min(2).max(500_000).optional(),
  })
  .superRefine(refineTls);

export type LogAnalyticsOptions = z.infer<typeof logAnalyticsOptionsSchema>;

export function httpOptions(options: LogAnalyticsOptions): HttpOptions {
  const { type: _type, workspace: _workspace, "max-points": _points, url, auth, ...limits } = options;
  return { ...limits, url: url ?? "https://api.loganalytics.azure.com", auth: auth ?? { kind: "azure" } };
}

export function connectOptions(options: LogAnalyticsOptions, env: Ports["env"]): ConnectOptions {
  return withCompleteAuth(httpOptions(options), env, { azureScope: "https://api.loganalytics.io/.default" });
}

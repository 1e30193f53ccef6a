import { z } from "zod";
import type { Ports } from "../../ports.ts";
import { azureSchema } from "../http/auth/options.ts";
import { hostedShape, refineTls, withCompleteAuth } from "../http/hosted.ts";
import type { ConnectOptions, HttpOptions } from "../http/options.ts";

/** A day of minutes. */
export const POINTS_PER_REQUEST = 1440;

const RESOURCE = /^\/subscriptions\/[0-9a-f-]{36}\/.+$/i;

export const azureMonitorOptionsSchema = z
  .strictObject({
    type: z.literal("azure-monitor"),
    resource: z.string().regex(RESOURCE, {
      error: "must be the id of a resource: /subscriptions/ID/resourceGroups/GROUP/providers/...",
    }),
    auth: azureSchema.optional(),
    ...hostedShape,
    "max-points": z.int().min(2).max(100_000).optional(),
  })
  .superRefine(refineTls);

export type AzureMonitorOptions = z.infer<typeof azureMonitorOptionsSchema>;

export function httpOptions(options: AzureMonitorOptions): HttpOptions {
  const { type: _type, resource: _resource, "max-points": _points, url, auth, ...limits } = options;
  return { ...limits, url: url ?? "https://management.azure.com", auth: auth ?? { kind: "azure" } };
}

export function connectOptions(options: AzureMonitorOptions, env: Ports["env"]): ConnectOptions {
  return withCompleteAuth(httpOptions(options), env, { azureScope: "https://management.azure.com/.default" });
}

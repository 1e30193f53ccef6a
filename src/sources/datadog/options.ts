import { z } from "zod";
import { addressSchema, environmentNameSchema } from "../http/fields.ts";
import { type ConnectOptions, limitsShape } from "../http/options.ts";
import { resolveTlsPaths, tlsProblems } from "../http/tls.ts";

/** Datadog's sites; each has its own keys and its own address. */
const SITES = [
  "datadoghq.com",
  "us3.datadoghq.com",
  "us5.datadoghq.com",
  "datadoghq.eu",
  "ap1.datadoghq.com",
  "ap2.datadoghq.com",
  "uk1.datadoghq.com",
  "ddog-gov.com",
  "us2.ddog-gov.com",
] as const;

/** Datadog gives at most 1,500 points per series and widens the interval beyond that (dashboards, rollup). */
export const MAX_POINTS_PER_REQUEST = 1500;

/** Where Datadog's own tools look. */
const API_KEY = "DD_API_KEY";
const APPLICATION_KEY = "DD_APP_KEY";

export const datadogOptionsSchema = z
  .strictObject({
    type: z.literal("datadog"),
    site: z.enum(SITES).optional(),
    /** In front of `/api`, for a relay of one's own. */
    url: addressSchema.optional(),
    api: z.enum(["v1", "v2"]).optional(),
    "api-key-env": environmentNameSchema.optional(),
    "application-key-env": environmentNameSchema.optional(),
    ...limitsShape,
    "max-points": z.int().min(2).max(MAX_POINTS_PER_REQUEST).optional(),
  })
  .superRefine(({ site, url, tls }, context) => {
    const report = (path: string[], message: string): void => context.addIssue({ code: "custom", path, message });
    if (site !== undefined && url !== undefined) report(["url"], "is given beside `site`; keep one of them");
    for (const { key, message } of tls === undefined ? [] : tlsProblems(tls)) report(["tls", key], message);
  });

export type DatadogOptions = z.infer<typeof datadogOptionsSchema>;

export function connectOptions(options: DatadogOptions): ConnectOptions {
  const { type: _type, site = "datadoghq.com", url, api: _api, ...rest } = options;
  const { "api-key-env": key, "application-key-env": application, "max-points": _points, ...limits } = rest;
  return {
    ...limits,
    url: url ?? `https://api.${site}`,
    "headers-env": { "DD-API-KEY": key ?? API_KEY, "DD-APPLICATION-KEY": application ?? APPLICATION_KEY },
  };
}

export function resolvePaths(options: DatadogOptions, folder: string): DatadogOptions {
  return options.tls === undefined ? options : { ...options, tls: resolveTlsPaths(options.tls, folder) };
}

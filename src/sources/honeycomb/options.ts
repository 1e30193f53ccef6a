import { z } from "zod";
import { environmentNameSchema, textSchema } from "../http/fields.ts";
import { hostedShape, refineTls } from "../http/hosted.ts";
import type { ConnectOptions } from "../http/options.ts";

const ADDRESSES = { us: "https://api.honeycomb.io", eu: "https://api.eu1.honeycomb.io" } as const;
const API_KEY = "HONEYCOMB_API_KEY";

/** The granularity is at least a thousandth of the time range. */
export const MAX_POINTS_PER_REQUEST = 1000;

export const honeycombOptionsSchema = z
  .strictObject({
    type: z.literal("honeycomb"),
    dataset: textSchema.regex(/^[\w-]+$/, { error: "must be the slug of a dataset, or __all__" }),
    region: z.enum(["us", "eu"]).optional(),
    "api-key-env": environmentNameSchema.optional(),
    ...hostedShape,
    "max-points": z.int().min(10).max(MAX_POINTS_PER_REQUEST).optional(),
  })
  .superRefine(refineTls)
  .refine(({ region, url }) => region === undefined || url === undefined, {
    path: ["url"],
    error: "is given beside `region`; keep one of them",
  });

export type HoneycombOptions = z.infer<typeof honeycombOptionsSchema>;

export function connectOptions(options: HoneycombOptions): ConnectOptions {
  const { type: _type, dataset: _dataset, region = "us", url, "api-key-env": key, ...rest } = options;
  const { "max-points": _points, ...limits } = rest;
  return { ...limits, url: url ?? ADDRESSES[region], "headers-env": { "X-Honeycomb-Team": key ?? API_KEY } };
}

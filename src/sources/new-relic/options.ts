import { z } from "zod";
import { environmentNameSchema } from "../http/fields.ts";
import { hostedShape, refineTls } from "../http/hosted.ts";
import type { ConnectOptions } from "../http/options.ts";

/** NRQL refuses a TIMESERIES of more buckets. */
export const MAX_POINTS_PER_REQUEST = 366;

const ADDRESSES = { us: "https://api.newrelic.com", eu: "https://api.eu.newrelic.com" } as const;

/** Where New Relic's own tools look. */
const API_KEY = "NEW_RELIC_API_KEY";

export const newRelicOptionsSchema = z
  .strictObject({
    type: z.literal("new-relic"),
    account: z.int().positive(),
    region: z.enum(["us", "eu"]).optional(),
    "api-key-env": environmentNameSchema.optional(),
    ...hostedShape,
    "max-points": z.int().min(2).max(MAX_POINTS_PER_REQUEST).optional(),
  })
  .superRefine(refineTls)
  .refine(({ region, url }) => region === undefined || url === undefined, {
    path: ["url"],
    error: "is given beside `region`; keep one of them",
  });

export type NewRelicOptions = z.infer<typeof newRelicOptionsSchema>;

export function connectOptions(options: NewRelicOptions): ConnectOptions {
  const { tls, timeout, deadline, retries, concurrency, region = "us" } = options;
  return {
    url: options.url ?? ADDRESSES[region],
    "headers-env": { "API-Key": options["api-key-env"] ?? API_KEY },
    "max-response-mib": options["max-response-mib"],
    tls,
    timeout,
    deadline,
    retries,
    concurrency,
  };
}

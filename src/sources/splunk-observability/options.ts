import { z } from "zod";
import { environmentNameSchema } from "../http/fields.ts";
import { hostedShape, refineTls } from "../http/hosted.ts";
import type { ConnectOptions } from "../http/options.ts";

const TOKEN = "SPLUNK_ACCESS_TOKEN";

/** A day of minutes. */
export const POINTS_PER_REQUEST = 1440;

export const splunkOptionsSchema = z
  .strictObject({
    type: z.literal("splunk-observability"),
    realm: z
      .string()
      .regex(/^[a-z]{2}\d$/, { error: "must be a realm, such as us1 or eu0" })
      .optional(),
    "access-token-env": environmentNameSchema.optional(),
    ...hostedShape,
    "max-points": z.int().min(2).max(100_000).optional(),
  })
  .superRefine(refineTls)
  .refine(({ realm, url }) => (realm === undefined) !== (url === undefined), {
    path: ["realm"],
    error: "is needed, or `url` instead of it",
  });

export type SplunkOptions = z.infer<typeof splunkOptionsSchema>;

export function connectOptions(options: SplunkOptions): ConnectOptions {
  const { type: _type, realm = "", url, "access-token-env": token, "max-points": _points, ...limits } = options;
  return {
    ...limits,
    url: url ?? `https://stream.${realm}.signalfx.com`,
    "headers-env": { "X-SF-Token": token ?? TOKEN },
  };
}

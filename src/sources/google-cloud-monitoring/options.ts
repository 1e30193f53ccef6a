import { z } from "zod";
import { authProblems, googleSchema } from "../http/auth/options.ts";
import { hostedShape, refineTls } from "../http/hosted.ts";
import type { ConnectOptions } from "../http/options.ts";

/** A day of minutes; answers come in pages anyway. */
export const POINTS_PER_REQUEST = 1440;

export const googleMonitoringOptionsSchema = z
  .strictObject({
    type: z.literal("google-cloud-monitoring"),
    project: z.string().regex(/^[a-z][a-z0-9:.-]{4,}$/, { error: "must be the id of a project, such as shop-prod" }),
    auth: googleSchema.optional(),
    ...hostedShape,
    "max-points": z.int().min(2).max(100_000).optional(),
  })
  .superRefine(refineTls)
  .superRefine(({ auth }, context) => {
    for (const { key, message } of auth === undefined ? [] : authProblems(auth)) {
      context.addIssue({ code: "custom", path: ["auth", key], message });
    }
  });

export type GoogleMonitoringOptions = z.infer<typeof googleMonitoringOptionsSchema>;

export function connectOptions(options: GoogleMonitoringOptions): ConnectOptions {
  const { type: _type, project: _project, "max-points": _points, url, auth, ...limits } = options;
  return { ...limits, url: url ?? "https://monitoring.googleapis.com", auth: auth ?? { kind: "google" } };
}

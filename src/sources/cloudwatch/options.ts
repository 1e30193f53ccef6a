import { z } from "zod";
import type { Ports } from "../../ports.ts";
import { completeAuth } from "../http/auth/complete.ts";
import { authProblems, sigv4Schema } from "../http/auth/options.ts";
import { addressSchema } from "../http/fields.ts";
import { type ConnectOptions, limitsShape } from "../http/options.ts";
import { resolveTlsPaths, tlsProblems } from "../http/tls.ts";

export const cloudwatchOptionsSchema = z
  .strictObject({
    type: z.literal("cloudwatch"),
    region: sigv4Schema.shape.region,
    /** For an endpoint of one's own (VPC, relay). */
    url: addressSchema.optional(),
    auth: sigv4Schema.optional(),
    ...limitsShape,
    "max-points": z.int().min(2).max(10_000).optional(),
  })
  .superRefine(({ auth, tls }, context) => {
    const report = (path: string[], message: string): void => context.addIssue({ code: "custom", path, message });
    for (const { key, message } of auth === undefined ? [] : authProblems(auth)) report(["auth", key], message);
    for (const { key, message } of tls === undefined ? [] : tlsProblems(tls)) report(["tls", key], message);
  });

export type CloudwatchOptions = z.infer<typeof cloudwatchOptionsSchema>;

/** Options with the sign-in that is used when the config names none. */
export function withOwnAuth(options: CloudwatchOptions) {
  const { type: _type, region, "max-points": _points, url, auth, ...limits } = options;
  const own = { ...auth, kind: "sigv4" as const, ...(region !== undefined && { region }) };
  return { ...limits, url: url ?? "https://monitoring.amazonaws.com", auth: own };
}

export function connectOptions(options: CloudwatchOptions, env: Ports["env"]): ConnectOptions {
  const { url, auth, ...limits } = withOwnAuth(options);
  const complete = completeAuth(auth, { url, env, defaults: { awsService: "monitoring", azureScope: "" } });
  const region = complete.kind === "sigv4" ? complete.region : "";
  const suffix = region.startsWith("cn-") ? ".cn" : "";
  return { ...limits, url: options.url ?? `https://monitoring.${region}.amazonaws.com${suffix}`, auth: complete };
}

export function resolvePaths(options: CloudwatchOptions, folder: string): CloudwatchOptions {
  return options.tls === undefined ? options : { ...options, tls: resolveTlsPaths(options.tls, folder) };
}

import { z } from "zod";
import type { Ports } from "../../ports.ts";
import { withCompleteAuth } from "../http/hosted.ts";
import { type ConnectOptions, httpShape, refineAuthentication } from "../http/options.ts";

/** A day of minutes. */
export const POINTS_PER_REQUEST = 1440;

export const dynatraceOptionsSchema = z
  .strictObject({
    type: z.literal("dynatrace"),
    ...httpShape,
    "max-points": z.int().min(2).max(100_000).optional(),
  })
  .superRefine(refineAuthentication);

export type DynatraceOptions = z.infer<typeof dynatraceOptionsSchema>;

export function connectOptions(options: DynatraceOptions, env: Ports["env"]): ConnectOptions {
  return { ...withCompleteAuth(options, env), tokenScheme: "Api-Token" };
}

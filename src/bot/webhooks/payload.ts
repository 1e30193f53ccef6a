import { z } from "zod";
import { DeployImpactError } from "../../core/errors.ts";
import type { Delivery } from "./contract.ts";

/** The part of a payload that its handler reads. Another shape is a failure of its own: GitHub changed something. */
export function payloadOf<T>({ event, payload }: Pick<Delivery, "event" | "payload">, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return parsed.data;
  throw new DeployImpactError(
    "GITHUB_REJECTED",
    `The payload of \`${event}\` has an unknown shape: ${z.prettifyError(parsed.error).replaceAll("\n", " ")}.`,
    { hint: "Check that the GitHub that sends it is one that is still supported; else please report this line." },
  );
}

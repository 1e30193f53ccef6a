import * as z from "zod";
import { GATE_RULES } from "./config.ts";
import { DEFAULTS } from "./defaults.ts";
import { parseDuration } from "./duration.ts";

import { positiveDuration, text } from "./schema-values.ts";

/** GitHub fails a job that waits for 30 days; the last day is left for people. */
const LONGEST_WAIT = 29 * 86_400;

const rule = z.enum(GATE_RULES).optional();

/** What the deployment protection rule of an environment asks before it opens (docs/gates.md). */
export const gate = z
  .strictObject({
    watches: text.meta({
      description: "The environment before this one, whose verdict opens the gate",
      examples: ["staging"],
    }),
    "on-inconclusive": rule.meta({
      description: "What an inconclusive verdict does to the gate; wait: people decide",
      default: DEFAULTS.gate.onInconclusive,
      examples: ["approve"],
    }),
    "on-invalid": rule.meta({
      description: "What an invalid verdict does to the gate; wait: people decide",
      default: DEFAULTS.gate.onInvalid,
      examples: ["reject"],
    }),
    "on-error": rule.meta({
      description: "What happens when nothing could be assessed in time; wait: people decide",
      default: DEFAULTS.gate.onError,
      examples: ["reject"],
    }),
    after: positiveDuration.optional().meta({
      description: "How long assessing may fail before `on-error` applies",
      default: DEFAULTS.gate.after,
      examples: ["2h"],
    }),
    "max-wait": positiveDuration
      .refine((value) => (parseDuration(value) ?? 0) <= LONGEST_WAIT, {
        error: "is longer than GitHub lets a job wait; write at most 29d",
      })
      .optional()
      .meta({
        description: "How long to wait for a verdict before `on-error` applies",
        default: DEFAULTS.gate.maxWait,
        examples: ["24h"],
      }),
  })
  .meta({ id: "gate", description: "What the deployment protection rule of this environment asks before it opens" });

/** A gate that waits for its own environment waits for ever: what it holds back is what it waits for. */
export function refuseOwnGate(
  environments: Readonly<Record<string, { readonly gate?: z.infer<typeof gate> | undefined }>>,
  context: z.RefinementCtx,
): void {
  for (const [environment, { gate: own }] of Object.entries(environments)) {
    if (own?.watches !== environment) continue;
    context.addIssue({
      code: "custom",
      path: [environment, "gate", "watches"],
      message: "is the environment that the gate protects; name the environment before it",
    });
  }
}

import { z } from "zod";
import { ALERT_RULES, PAGERDUTY_REGIONS, ROLLBACK_STARTS, ROLLBACK_WAYS } from "../../config/reactions.ts";
import { SEVERITIES } from "../../core/result.ts";

/** What a reaction row remembers: settings as they were announced (names of secrets, never values), and who asked. */
const limit = z.strictObject({ count: z.number(), per: z.number() });
const everyAlert = { when: z.enum(ALERT_RULES), dryRun: z.boolean(), atMost: limit };

const alert = z.discriminatedUnion("to", [
  z.strictObject({
    to: z.literal("webhook"),
    urlEnv: z.string(),
    secretEnv: z.string().nullable(),
    tokenEnv: z.string().nullable(),
    ...everyAlert,
  }),
  z.strictObject({ to: z.literal("slack"), urlEnv: z.string(), ...everyAlert }),
  z.strictObject({
    to: z.literal("pagerduty"),
    routingKeyEnv: z.string(),
    region: z.enum(PAGERDUTY_REGIONS),
    ...everyAlert,
  }),
  z.strictObject({ to: z.literal("github-issue"), labels: z.array(z.string()), ...everyAlert }),
]);

const rollback = z.strictObject({
  how: z.enum(ROLLBACK_WAYS),
  workflow: z.string().nullable(),
  ref: z.string().nullable(),
  eventType: z.string(),
  inputs: z.record(z.string(), z.string()),
  when: z.enum(ROLLBACK_STARTS),
  dryRun: z.boolean(),
  atMost: limit,
});

const common = {
  severity: z.enum(SEVERITIES),
  /** The entry of the config that it belongs to; limits count by it. */
  entry: z.string(),
  /** What exactly is, was or would have been sent, without secrets; null: not made yet. */
  request: z.json().nullable(),
};

export const detailSchema = z.discriminatedUnion("does", [
  z.strictObject({ does: z.literal("alert"), alert, ...common }),
  /** Takes an alert back. */
  z.strictObject({ does: z.literal("resolve"), alert, dedupKey: z.string(), ...common }),
  z.strictObject({
    does: z.literal("rollback"),
    rollback,
    /** Login of the person who pressed the button; null: nobody did, it starts at once. */
    actor: z.string().nullable(),
    ...common,
  }),
]);

export type ReactionDetail = z.infer<typeof detailSchema>;

import * as z from "zod";
import { environmentNameSchema } from "../sources/http/fields.ts";
import { DEFAULTS } from "./defaults.ts";
import {
  ALERT_RULES,
  LIMIT_EXAMPLE,
  PAGERDUTY_REGIONS,
  parseLimit,
  ROLLBACK_STARTS,
  ROLLBACK_WAYS,
} from "./reactions.ts";
import { positiveDuration, text } from "./schema-values.ts";
import { parseTarget, TARGET_EXAMPLES } from "./slo.ts";

const limit = z
  .string()
  .refine((value) => parseLimit(value) !== null, {
    error: `must be a number and a duration, for example ${LIMIT_EXAMPLE}`,
  })
  .meta({ id: "limit" });

/** What the users of a service were promised. */
export const slo = z
  .strictObject({
    target: z
      .union([z.string(), z.number()], { error: `must be a share; write for example ${TARGET_EXAMPLES}` })
      .refine((value) => parseTarget(value) !== null, {
        error: `must be a share of good events between 0% and 100%; write for example ${TARGET_EXAMPLES}`,
      })
      .optional()
      .meta({ description: "Share of events that were promised to be good", examples: ["99.9%"] }),
    window: positiveDuration
      .optional()
      .meta({ description: "Span over which the share is promised", default: DEFAULTS.sloWindow, examples: ["30d"] }),
  })
  .meta({
    id: "slo",
    description:
      "What users were promised: the severity of a regression is the speed at which it spends the error budget",
  });

const secretName = environmentNameSchema;

const everyAlert = {
  when: z
    .enum(ALERT_RULES)
    .optional()
    .meta({
      description: "Which regressions: the ones that page, the ones that do not, or all",
      default: DEFAULTS.alert.when,
      examples: ["page"],
    }),
  "dry-run": z
    .boolean()
    .optional()
    .meta({ description: "Only says what would have been sent", default: DEFAULTS.alert.dryRun, examples: [false] }),
  "at-most": limit.optional().meta({
    description: "Most alerts of this entry for one environment in one span",
    default: DEFAULTS.alert.atMost,
    examples: ["5 per 24h"],
  }),
};

const webhookAlert = z.strictObject({
  to: z.literal("webhook"),
  "url-env": secretName.meta({ description: "Secret that holds the address", examples: ["ALERT_URL"] }),
  "secret-env": secretName.optional().meta({
    description: "Secret that signs the requests (Standard Webhooks); none: unsigned",
    examples: ["ALERT_SECRET"],
  }),
  "token-env": secretName
    .optional()
    .meta({ description: "Secret that is sent as a bearer token", examples: ["ALERT_TOKEN"] }),
  ...everyAlert,
});

const slackAlert = z.strictObject({
  to: z.literal("slack"),
  "url-env": secretName.meta({ description: "Secret that holds the incoming webhook", examples: ["SLACK_WEBHOOK"] }),
  ...everyAlert,
});

const pagerdutyAlert = z.strictObject({
  to: z.literal("pagerduty"),
  "routing-key-env": secretName.meta({
    description: "Secret that holds the integration key (Events API v2)",
    examples: ["PAGERDUTY_KEY"],
  }),
  region: z
    .enum(PAGERDUTY_REGIONS)
    .optional()
    .meta({ description: "Where the PagerDuty account lives", default: DEFAULTS.alert.region, examples: ["eu"] }),
  ...everyAlert,
});

const issueAlert = z.strictObject({
  to: z.literal("github-issue"),
  labels: z
    .array(text)
    .max(20, { error: "must be at most 20" })
    .optional()
    .meta({ description: "Labels of the issue, beside `deploy-impact`", examples: [["incident"]] }),
  ...everyAlert,
});

const alert = z
  .discriminatedUnion("to", [webhookAlert, slackAlert, pagerdutyAlert, issueAlert], {
    error: "must be webhook, slack, pagerduty or github-issue",
  })
  .meta({ id: "alert" });

export const alerts = z
  .array(alert)
  .max(20, { error: "must be at most 20" })
  .meta({
    description: "Who hears of a regression (the bot alone sends; docs/reactions.md)",
    examples: [[{ to: "slack", "url-env": "SLACK_WEBHOOK", when: "page" }]],
  });

/** GitHub takes 25 inputs of a workflow, and 65,535 characters in all. */
const inputs = z
  .record(text, z.union([z.string().max(1000, { error: "must be at most 1000 characters" }), z.number(), z.boolean()]))
  .refine((given) => Object.keys(given).length <= 25, { error: "must be at most 25" });

export const rollback = z
  .strictObject({
    how: z
      .enum(ROLLBACK_WAYS)
      .optional()
      .meta({ description: "What starts the rollback", examples: ["workflow-dispatch"] }),
    workflow: text
      .optional()
      .meta({ description: "File name of the workflow (workflow-dispatch)", examples: ["rollback.yml"] }),
    ref: text.optional().meta({
      description: "Branch or tag whose workflow runs (workflow-dispatch); default the default branch",
      examples: ["main"],
    }),
    "event-type": text
      .refine((value) => value.length <= 100, { error: "must be at most 100 characters" })
      .optional()
      .meta({
        description: "Name of the event (repository-dispatch)",
        default: DEFAULTS.rollback.eventType,
        examples: ["rollback"],
      }),
    inputs: inputs.optional().meta({
      description:
        "Inputs of the workflow, or what the event carries; {{ environment }}, {{ sha }}, {{ previous-sha }}, {{ deployment }} and {{ report }} are replaced",
      examples: [{ environment: "{{ environment }}", version: "{{ previous-sha }}" }],
    }),
    when: z
      .enum(ROLLBACK_STARTS)
      .optional()
      .meta({
        description: "After a person's click on the check run, or at once",
        default: DEFAULTS.rollback.when,
        examples: ["at-once"],
      }),
    "dry-run": z
      .boolean()
      .optional()
      .meta({
        description: "Only says what would have been started",
        default: DEFAULTS.rollback.dryRun,
        examples: [false],
      }),
    "at-most": limit.optional().meta({
      description: "Most rollbacks of one environment in one span",
      default: DEFAULTS.rollback.atMost,
      examples: ["2 per 24h"],
    }),
  })
  .meta({
    id: "rollback",
    description: "What a regression in enforcing mode starts (the bot alone does; docs/reactions.md)",
  });

export type SloInput = z.infer<typeof slo>;
export type AlertInput = z.infer<typeof alerts>[number];
export type RollbackInput = z.infer<typeof rollback>;

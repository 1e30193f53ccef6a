import * as z from "zod";
import { ASSIGNMENTS, DESIGNS, DIRECTIONS, INFERENCES, KINDS, MODES, ROLES, SCALES, SHARES_OF } from "../core/plan.ts";
import { BLOCK_RULES, COMMENT_RULES, FAIL_RULES, MOST_LOOKS, VALUE_RULES } from "./config.ts";
import { DEFAULTS } from "./defaults.ts";
import { gate, refuseOwnGate } from "./schema-gate.ts";
import { alerts, rollback, slo } from "./schema-reactions.ts";
import { duration, margin, name, positiveDuration, text, time } from "./schema-values.ts";
import { TIME_EXAMPLE } from "./time.ts";

/**
 * The config as it is written. No transforms: the same schema validates, becomes the JSON Schema for editors and
 * lists the keys that docs/configuration.md must explain. What depends on several keys at once is checked while the
 * settings are merged (`resolve.ts`), because an environment or a service may supply the missing half.
 */
const labelValue = z.union([text, z.number(), z.boolean()]);
const labelRule = z
  .union([labelValue, z.array(labelValue).min(1, { error: "lists no value" }), z.strictObject({ regex: text })], {
    error: "must be a value, a list of values, or { regex: ... }",
  })
  .meta({
    id: "labelRule",
    description: "The value of the label, a list of values, or { regex: ... } that the whole value must fit",
  });

const group = z
  .strictObject({
    match: z
      .record(text, labelRule)
      .refine((labels) => Object.keys(labels).length > 0, { error: "names no label" })
      .optional()
      .meta({
        description: "Labels and their values; a unit belongs here when all of them fit",
        examples: [{ zone: ["eu-1", "eu-2"] }],
      }),
    "version-label": text.optional().meta({
      description:
        "Label that holds the version; the unit belongs here when it is the deployed commit, full or shortened to 7 characters or more",
      examples: ["version"],
    }),
  })
  .meta({ id: "group" });

const exclusion = z
  .strictObject({
    from: time.optional().meta({
      description: "Start of the time to leave out, ISO 8601 with a zone or epoch seconds",
      examples: [TIME_EXAMPLE],
    }),
    to: time.optional().meta({ description: "End of it (not included)", examples: ["2026-03-01T15:00:00Z"] }),
    reason: text.optional().meta({ description: "Why, for the report", examples: ["incident 4711"] }),
  })
  .meta({ id: "exclusion" });

const source = z
  .looseObject({
    type: text
      .optional()
      .meta({ description: "Kind of source; docs/sources.md lists them and their keys", examples: ["prometheus"] }),
    lag: duration
      .optional()
      .meta({ description: "How long after a step its points can be read; default one step", examples: ["2m"] }),
  })
  .meta({
    id: "source",
    description: "Where the series come from; credentials only as names of environment variables",
  });

const units = z
  .strictObject({
    label: text
      .optional()
      .meta({ description: "Label whose value names the unit; in a file the column `unit`", examples: ["zone"] }),
    treated: group
      .optional()
      .meta({ description: "Which units got the deploy", examples: [{ match: { zone: ["eu-1", "eu-2"] } }] }),
    control: group.optional().meta({
      description: "Which units did not; default every other unit",
      examples: [{ match: { zone: { regex: "us-.*" } } }],
    }),
    cluster: z
      .union([text, z.record(text, text)], { error: "must be a label name, or a map from unit to cluster" })
      .optional()
      .meta({
        description:
          "What the deploy was assigned to when that is larger than the unit: a label, or a map from unit to cluster",
        examples: [{ "pod-a": "pool-1", "pod-b": "pool-1" }],
      }),
    exclude: z
      .array(
        z.union([text, z.strictObject({ unit: text, reason: text.optional() })], {
          error: "must be a unit name, or { unit: ..., reason: ... }",
        }),
      )
      .optional()
      .meta({ description: "Units to leave out", examples: [[{ unit: "eu-9", reason: "being drained" }]] }),
  })
  .meta({ id: "units" });

const windows = z
  .strictObject({
    pre: positiveDuration
      .optional()
      .meta({ description: "History before the deploy", default: DEFAULTS.pre, examples: ["24h"] }),
    settle: duration.optional().meta({
      description: "Ignored after the deploy, while it rolls out",
      default: DEFAULTS.settle,
      examples: ["5m"],
    }),
    post: positiveDuration
      .optional()
      .meta({ description: "Judged after settle", default: DEFAULTS.post, examples: ["1h"] }),
    step: positiveDuration
      .optional()
      .meta({ description: "Distance between points", default: DEFAULTS.step, examples: ["1m"] }),
  })
  .meta({ id: "windows" });

const versionQuery = z
  .union([text, z.strictObject({ query: text.optional(), label: text.optional(), source: text.optional() })], {
    error: "must be a query, or { query: ..., label: ..., source: ... }",
  })
  .meta({
    id: "versionQuery",
    description:
      "Measures which share of each unit runs the deployed version: a query whose value is the share (0 to 1), or { query, label, source } that counts instances by unit and version label",
    examples: [{ query: "count by (zone, version) (app_info)", label: "version" }],
  });

const sli = z
  .strictObject({
    id: name.meta({ description: "Name in reports; unique in the service", examples: ["error-rate"] }),
    source: text
      .optional()
      .meta({ description: "Name in `sources`; needed when there are several", examples: ["metrics"] }),
    kind: z
      .enum(KINDS)
      .optional()
      .meta({ description: "How the numbers behave", examples: ["ratio"] }),
    query: text.optional().meta({
      description: "Query of a gauge, counter, count, or a ready-made ratio",
      examples: ["avg by (zone) (queue_depth)"],
    }),
    numerator: text.optional().meta({
      description: "Query of what is counted (kind ratio)",
      examples: ['sum by (zone) (rate(http_requests_total{code=~"5.."}[1m]))'],
    }),
    denominator: text.optional().meta({
      description: "Query of what it is a share of (kind ratio)",
      examples: ["sum by (zone) (rate(http_requests_total[1m]))"],
    }),
    buckets: text.optional().meta({
      description: "Query of histogram buckets by unit and `le`, or of native histograms by unit (kind quantile)",
      examples: ["sum by (zone, le) (rate(http_request_duration_seconds_bucket[1m]))"],
    }),
    quantile: z
      .number()
      .refine((q) => q > 0 && q < 1, { error: "must lie between 0 and 1, for example 0.95" })
      .optional()
      .meta({ description: "Which quantile of the buckets (kind quantile)", examples: [0.95] }),
    worse: z
      .enum(DIRECTIONS)
      .optional()
      .meta({ description: "Which way is worse", examples: ["up"] }),
    margin: margin.optional().meta({
      description: "Largest harm the team tolerates: 5% (relative), 0.1pp (percentage points) or raw units; no default",
      examples: ["5%"],
    }),
    by: text.optional().meta({
      description:
        "Label (in a file: column) that names parts of a unit, such as endpoint or region; each part is shown beside the whole, which alone decides",
      examples: ["endpoint"],
    }),
    slo: slo.optional().meta({ examples: [{ target: "99.9%" }] }),
    role: z
      .enum(ROLES)
      .optional()
      .meta({ description: "What the SLI is for", default: "guardrail", examples: ["primary"] }),
  })
  .meta({ id: "sli" });

const split = z
  .strictObject({
    "treated-share": z
      .number()
      .refine((share) => share > 0 && share < 1, { error: "must lie between 0 and 1, for example 0.1" })
      .optional()
      .meta({ description: "Share that the treated units were to get, between 0 and 1", examples: [0.1] }),
    "share-of": z
      .enum(SHARES_OF)
      .optional()
      .meta({ description: "What the share is of", default: "traffic", examples: ["units"] }),
    assignment: z
      .enum(ASSIGNMENTS)
      .optional()
      .meta({
        description:
          "How the treated units were chosen; random: by chance, so that they do not differ for another reason",
        default: "unknown",
        examples: ["random"],
      }),
  })
  .meta({ id: "split", description: "What was planned for a concurrent split (design `split`)" });

const serviceSettings = {
  source: source
    .optional()
    .meta({ examples: [{ type: "prometheus", url: "https://prometheus.example.com", "token-env": "PROM_TOKEN" }] }),
  sources: z
    .record(name, source)
    .optional()
    .meta({
      description: "Several sources by name; SLIs choose with `source`",
      examples: [{ metrics: { type: "prometheus", url: "https://prometheus.example.com" } }],
    }),
  units: units.optional().meta({ description: "What is observed over time, and which of it got the deploy" }),
  windows: windows.optional().meta({ description: "Which time is compared" }),
  exclude: z
    .array(exclusion)
    .optional()
    .meta({ description: "Incidents and maintenance that must not count as evidence" }),
  "version-query": versionQuery.optional(),
  alpha: z
    .number()
    .refine((a) => a > 0 && a <= 0.5, { error: "must lie between 0 and 0.5" })
    .optional()
    .meta({ description: "Intervals have the level 1 - alpha", default: DEFAULTS.alpha, examples: [0.05] }),
  inference: z
    .enum(INFERENCES)
    .optional()
    .meta({ description: "Where the uncertainty comes from", default: DEFAULTS.inference, examples: ["cr2"] }),
  scale: z
    .enum(["auto", ...SCALES])
    .optional()
    .meta({
      description: "Whether units move in parallel by amounts or by factors",
      default: "auto",
      examples: ["multiplicative"],
    }),
  design: z
    .enum(["auto", ...DESIGNS])
    .optional()
    .meta({ description: "What is compared with what", default: "auto", examples: ["did"] }),
  split: split.optional(),
  looks: z
    .int()
    .min(1, { error: "must be at least 1" })
    .max(MOST_LOOKS, { error: `must be at most ${MOST_LOOKS}` })
    .optional()
    .meta({
      description:
        "Planned looks at the data, evenly over windows.post; the first that decides ends the waiting, and all together keep alpha",
      default: 1,
      examples: [4],
    }),
  slo: slo.optional().meta({ examples: [{ target: "99.9%", window: "30d" }] }),
  slis: z.array(sli).optional().meta({ description: "What is judged; an environment changes an SLI by its id" }),
};

const service = z
  .strictObject({
    paths: z
      .array(text)
      .optional()
      .meta({
        description: "Changed files that make this service part of a deploy; `*`, `?` and `**`; none: always",
        examples: [["services/checkout/**"]],
      }),
    ...serviceSettings,
  })
  .meta({ id: "service" });

const runSettings = {
  "deployed-at": z
    .union([time, z.record(text, time)], {
      error: `must be a time (for example ${TIME_EXAMPLE}), or a map from unit to time`,
    })
    .optional()
    .meta({
      description:
        "When the deploy happened, when nothing else says so; a map from unit to time describes waves, and its units are the treated ones",
      examples: [TIME_EXAMPLE],
    }),
  mode: z
    .enum(MODES)
    .optional()
    .meta({ description: "Whether a regression fails the step", default: DEFAULTS.mode, examples: ["advisory"] }),
  comment: z
    .enum(COMMENT_RULES)
    .optional()
    .meta({ description: "When the pull request gets a comment", default: DEFAULTS.comment, examples: ["always"] }),
  values: z
    .enum(VALUE_RULES)
    .optional()
    .meta({
      description: "Changes only, or levels too; default relative in public repositories, full in others",
      examples: ["relative"],
    }),
  "fail-on": z
    .enum(FAIL_RULES)
    .optional()
    .meta({ description: "What fails the step", default: DEFAULTS.failOn, examples: ["error"] }),
  "on-inconclusive": z
    .enum(BLOCK_RULES)
    .optional()
    .meta({
      description: "What an inconclusive analysis does to the check",
      default: DEFAULTS.onInconclusive,
      examples: ["block"],
    }),
  "on-invalid": z
    .enum(BLOCK_RULES)
    .optional()
    .meta({
      description: "What an invalid analysis does to the check",
      default: DEFAULTS.onInvalid,
      examples: ["block"],
    }),
  seed: z
    .int()
    .min(0, { error: "must not be negative" })
    .max(2 ** 32 - 1, { error: "must be below 2^32" })
    .optional()
    .meta({ description: "Start of the random numbers of permutation tests", default: DEFAULTS.seed, examples: [7] }),
  alerts: alerts.optional(),
  rollback: rollback.optional().meta({ examples: [{ how: "workflow-dispatch", workflow: "rollback.yml" }] }),
  services: z
    .record(name, service)
    .optional()
    .meta({
      description: "Services of a monorepo; each takes over what the config states outside, and changes it",
      examples: [{ checkout: { paths: ["services/checkout/**"] } }],
    }),
  ...serviceSettings,
};

const overrides = z.strictObject({ ...runSettings, gate: gate.optional() }).meta({ id: "overrides" });

export const CONFIG_SCHEMA = z
  .strictObject({
    version: z.literal(1).meta({ description: "Format of this file", examples: [1] }),
    environments: z
      .record(text, overrides)
      .superRefine(refuseOwnGate)
      .optional()
      .meta({
        description: "Overrides by environment: maps are merged, lists replaced, SLIs merged by id",
        examples: [{ staging: { mode: "advisory" } }],
      }),
    ...runSettings,
  })
  .meta({ title: "deploy-impact config" });

/** Parts of the config as they stand in the file. */
export type OverridesInput = z.infer<typeof overrides>;
export type ServiceInput = z.infer<typeof service>;
export type GroupInput = z.infer<typeof group>;
export type UnitsInput = z.infer<typeof units>;
export type SliInput = z.infer<typeof sli>;

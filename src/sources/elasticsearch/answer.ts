import { z } from "zod";
import type { ServerWords } from "../http/contract.ts";
import { explainAnyError } from "../http/explain.ts";
import { parseJson, readJsonBody } from "../http/json.ts";
import type { Row } from "../rows.ts";
import type { AfterKey, Question } from "./question.ts";

const keySchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

const bucketSchema = z.object({
  key: keySchema,
  doc_count: z.number(),
  value: z
    .object({ value: z.number().nullish(), values: z.record(z.string(), z.number().nullable()).nullish() })
    .nullish(),
});

const answerSchema = z.object({
  timed_out: z.boolean().nullish(),
  _shards: z
    .object({
      total: z.number(),
      failed: z.number(),
      failures: z.array(z.object({ reason: z.object({ reason: z.string().nullish() }).nullish() })).nullish(),
    })
    .nullish(),
  hits: z.object({ total: z.object({ value: z.number() }).nullish() }).nullish(),
  aggregations: z
    .object({ steps: z.object({ after_key: keySchema.nullish(), buckets: z.array(bucketSchema) }) })
    .nullish(),
});

export type SearchAnswer = z.infer<typeof answerSchema>;

export const readSearch = readJsonBody(
  answerSchema.refine((answer) => answer._shards !== undefined || answer.aggregations !== undefined, {
    error: "is not the answer of a search",
  }),
);

export function afterKey(answer: SearchAnswer): AfterKey | null {
  return answer.aggregations?.steps.after_key ?? null;
}

export function rowsOf(answer: SearchAnswer, { fields, measure }: Question): Row[] {
  return (answer.aggregations?.steps.buckets ?? []).flatMap(({ key, doc_count, value }): Row[] => {
    const found = measure.kind === "count" ? doc_count : (value?.value ?? Object.values(value?.values ?? {})[0]);
    const { time } = key;
    if (typeof time !== "number" || found === null || found === undefined) return [];
    const pairs = fields.map((field, index) => [field, String(key[`label${index}`] ?? "")] as const);
    return [{ labels: Object.fromEntries(pairs), time: time / 1000, value: found }];
  });
}

/** Documents match, but none has the fields that tell series apart. */
export function lacksFields({ hits, aggregations }: SearchAnswer): boolean {
  return (hits?.total?.value ?? 0) > 0 && (aggregations?.steps.buckets ?? []).length === 0;
}

/** Shards that did not answer: their documents are missing. */
export function shardWarnings(answer: SearchAnswer): string[] {
  const shards = answer._shards;
  if (shards === undefined || shards === null || shards.failed === 0) return [];
  const reason = shards.failures?.[0]?.reason?.reason ?? "";
  return [`${shards.failed} of ${shards.total} shards did not answer${reason === "" ? "" : `: ${reason}`}`];
}

const errorSchema = z.object({
  error: z.object({
    type: z.string().nullish(),
    reason: z.string().nullish(),
    root_cause: z.array(z.object({ reason: z.string().nullish() })).nullish(),
    caused_by: z.object({ reason: z.string().nullish() }).nullish(),
  }),
});

/** The reason at the root says more than "all shards failed". */
export function explainError(body: string): ServerWords | null {
  const json = parseJson(body);
  const parsed = json.ok ? errorSchema.safeParse(json.value) : null;
  if (parsed?.success !== true) return explainAnyError(body);
  const { type, reason, root_cause, caused_by } = parsed.data.error;
  const text = root_cause?.[0]?.reason ?? caused_by?.reason ?? reason ?? type ?? "";
  return text === "" ? null : { text, timedOut: /timeout|time_exceeded/i.test(type ?? "") };
}

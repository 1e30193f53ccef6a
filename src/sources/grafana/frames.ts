import { z } from "zod";
import type { BodyVerdict, ServerWords } from "../http/contract.ts";
import { explainAnyError } from "../http/explain.ts";
import { parseJson, readJsonBody } from "../http/json.ts";
import type { Labels } from "../labelled-series.ts";
import type { Row } from "../rows.ts";

const fieldSchema = z.object({
  name: z.string().nullish(),
  type: z.string(),
  labels: z.record(z.string(), z.string()).nullish(),
  config: z.object({ displayNameFromDS: z.string().nullish() }).nullish(),
});

/** JSON has no NaN and no infinity: they stand as null, and their places here. */
const entitiesSchema = z.object({
  NaN: z.array(z.number()).nullish(),
  Inf: z.array(z.number()).nullish(),
  NegInf: z.array(z.number()).nullish(),
});

const frameSchema = z.object({
  schema: z.object({
    name: z.string().nullish(),
    fields: z.array(fieldSchema),
    meta: z.object({ notices: z.array(z.object({ text: z.string() })).nullish() }).nullish(),
  }),
  data: z
    .object({ values: z.array(z.array(z.unknown())), entities: z.array(entitiesSchema.nullable()).nullish() })
    .nullish(),
});

const resultSchema = z.object({
  error: z.string().nullish(),
  status: z.number().nullish(),
  frames: z.array(frameSchema).nullish(),
});

const answerSchema = z.object({ results: z.record(z.string(), resultSchema) });

type Frame = z.infer<typeof frameSchema>;
type Field = z.infer<typeof fieldSchema>;

export interface FrameRows {
  readonly rows: readonly Row[];
  readonly notices: readonly string[];
}

const readAnswer = readJsonBody(answerSchema);

export function readFrames(body: string): BodyVerdict<FrameRows> {
  const verdict = readAnswer(body);
  if (!verdict.ok) return verdict;
  const result = verdict.value.results.A;
  if (result === undefined) return { ok: false, detail: "it holds no result A" };
  if (typeof result.error === "string") return { ok: false, detail: result.error, status: statusOf(result.status) };
  const frames = result.frames ?? [];
  const uneven = frames.find(({ schema, data }) => (data?.values ?? []).length !== (data ? schema.fields.length : 0));
  if (uneven !== undefined) return { ok: false, detail: "the fields and values of a frame do not belong together" };
  const notices = frames.flatMap(({ schema }) => (schema.meta?.notices ?? []).map((notice) => notice.text));
  return { ok: true, value: { rows: frames.flatMap(rowsOf), notices } };
}

/** Grafana says 500 for what its data source did not like. */
function statusOf(status: number | null | undefined): number {
  return typeof status === "number" && status >= 400 ? status : 400;
}

/** Every number field is a series; text fields beside it are labels of the row, as SQL gives them. */
function rowsOf({ schema: { name, fields }, data }: Frame): Row[] {
  const values = data?.values ?? [];
  const times = values[fields.findIndex((field) => field.type === "time")] ?? [];
  const texts = fields.flatMap((field, index) =>
    field.type === "string" ? [[field.name ?? "", values[index] ?? []] as const] : [],
  );
  return fields.flatMap((field, index) => {
    if (field.type !== "number") return [];
    const list = restored(values[index] ?? [], data?.entities?.[index] ?? null);
    const own = ownLabels(field, name, texts.length > 0);
    return times.flatMap((time, row): Row[] => {
      const value = list[row];
      if (typeof time !== "number" || typeof value !== "number") return [];
      const further = texts.map(([label, column]) => [label, textOf(column[row])] as const);
      return [{ labels: { ...own, ...Object.fromEntries(further) }, time: time / 1000, value }];
    });
  });
}

function textOf(cell: unknown): string {
  return typeof cell === "string" ? cell : "";
}

/** A series without labels has its name: the alias of Graphite, the column of SQL. */
function ownLabels(field: Field, frame: string | null | undefined, hasTexts: boolean): Labels {
  const labels = field.labels ?? {};
  if (Object.keys(labels).length > 0 || hasTexts) return labels;
  const name = field.config?.displayNameFromDS ?? frame ?? field.name ?? "";
  return name === "" ? labels : { name };
}

function restored(values: readonly unknown[], entities: z.infer<typeof entitiesSchema> | null): readonly unknown[] {
  if (entities === null) return values;
  const list = [...values];
  for (const index of entities.NaN ?? []) list[index] = Number.NaN;
  for (const index of entities.Inf ?? []) list[index] = Number.POSITIVE_INFINITY;
  for (const index of entities.NegInf ?? []) list[index] = Number.NEGATIVE_INFINITY;
  return list;
}

/** A failed query comes with the status of the whole and the words of its own. */
export function explainError(body: string): ServerWords | null {
  const json = parseJson(body);
  const parsed = json.ok ? answerSchema.safeParse(json.value) : null;
  const words = parsed?.success === true ? parsed.data.results.A?.error : null;
  return typeof words === "string" ? { text: words, timedOut: false } : explainAnyError(body);
}

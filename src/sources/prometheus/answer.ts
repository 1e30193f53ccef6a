import { z } from "zod";
import type { BodyVerdict, ServerWords } from "../http/contract.ts";
import { explainAnyError } from "../http/explain.ts";
import { parseJson } from "../http/json.ts";
import type { LabelledSeries, Labels } from "../labelled-series.ts";
import { readNativeHistograms } from "./native.ts";
import { cutSamples, readSamples } from "./samples.ts";

const messagesSchema = z.array(z.string()).nullish();

const envelopeSchema = z.object({
  status: z.literal("success"),
  data: z.unknown(),
  warnings: messagesSchema,
  infos: messagesSchema,
  /** VictoriaMetrics cluster: some storage nodes did not answer. */
  isPartial: z.boolean().nullish(),
});

const errorSchema = z.object({ status: z.literal("error"), errorType: z.string().nullish(), error: z.string() });

const queryDataSchema = z.object({ resultType: z.string(), result: z.unknown() });

/** The samples themselves are read by one tight loop: a schema per sample would cost more than the network. */
const samplesSchema = z.custom<readonly unknown[]>(Array.isArray, { error: "is not a list of samples" });

const matrixSchema = z.array(
  z.object({
    metric: z.record(z.string(), z.string()),
    values: samplesSchema.optional(),
    histograms: samplesSchema.optional(),
  }),
);

const vectorSchema = z.array(
  z.object({
    metric: z.record(z.string(), z.string()),
    value: samplesSchema.optional(),
    histogram: z.unknown().optional(),
  }),
);

export interface VectorSample {
  readonly labels: Labels;
  /** Epoch seconds. */
  readonly time: number;
  readonly value: number;
}

/** What the server said beside the data. */
interface Spoken<T> {
  readonly data: T;
  readonly warnings: readonly string[];
}

/** An answer that is well-formed but not of the kind that can be used; `detail` is a sentence for the user. */
export type Usable<T> =
  | { readonly usable: true; readonly value: T }
  | { readonly usable: false; readonly detail: string };

export function readEnvelope(body: string): BodyVerdict<Spoken<unknown>> {
  const json = parseJson(body);
  if (!json.ok) return json;
  const envelope = envelopeSchema.safeParse(json.value);
  if (!envelope.success) return malformed(envelope.error);
  const { data, warnings, infos, isPartial } = envelope.data;
  const partial = isPartial === true ? ["The answer is partial: some storage nodes did not answer."] : [];
  return { ok: true, value: { data, warnings: [...(warnings ?? []), ...(infos ?? []), ...partial] } };
}

/** `errorType` and `error` of Prometheus; VictoriaMetrics puts the status code where the type should be. */
export function explainError(body: string): ServerWords | null {
  const json = parseJson(body);
  if (!json.ok) return null;
  const parsed = errorSchema.safeParse(json.value);
  // Gateways of the providers answer in their own form before Prometheus is asked.
  if (!parsed.success) return explainAnyError(body);
  const type = parsed.data.errorType ?? "";
  const named = type !== "" && !/^\d+$/.test(type);
  return { text: named ? `${type}: ${parsed.data.error}` : parsed.data.error, timedOut: type === "timeout" };
}

export function readMatrix(body: string): BodyVerdict<Spoken<Usable<readonly LabelledSeries[]>>> {
  const cut = cutSamples(body);
  const envelope = readQueryData(cut?.rest ?? body);
  if (!envelope.ok) return envelope;
  const { resultType, result, warnings } = envelope.value;
  if (resultType !== "matrix") return unusable(`it gives a ${resultType} where a range of values is needed`, warnings);
  const matrix = matrixSchema.safeParse(result);
  if (!matrix.success) return malformed(matrix.error);
  const entries: LabelledSeries[] = [];
  let used = 0;
  for (const { metric, values, histograms } of matrix.data) {
    const native = readNativeHistograms(histograms ?? []);
    if (!native.ok) return native;
    const next = cut?.lists[used];
    const isCut = next !== undefined && values?.length === 1 && values[0] === used;
    if (isCut) used += 1;
    const samples = isCut ? next : readSamples(values ?? []);
    if (samples === null) return { ok: false, detail: `a sample of ${JSON.stringify(metric)} is not [time, "number"]` };
    const given = native.histograms;
    entries.push({ labels: metric, ...samples, ...(given.length > 0 && { histograms: given }) });
  }
  return { ok: true, value: { data: { usable: true, value: entries }, warnings } };
}

export function readVector(body: string): BodyVerdict<Spoken<Usable<readonly VectorSample[]>>> {
  const envelope = readQueryData(body);
  if (!envelope.ok) return envelope;
  const { resultType, result, warnings } = envelope.value;
  if (resultType === "scalar") return readVectorEntries([{ metric: {}, value: result }], warnings);
  if (resultType !== "vector")
    return unusable(`it gives a ${resultType} where one value per series is needed`, warnings);
  return readVectorEntries(result, warnings);
}

function readVectorEntries(
  result: unknown,
  warnings: readonly string[],
): BodyVerdict<Spoken<Usable<readonly VectorSample[]>>> {
  const vector = vectorSchema.safeParse(result);
  if (!vector.success) return malformed(vector.error);
  const samples: VectorSample[] = [];
  for (const { metric, value } of vector.data) {
    if (value === undefined) return unusable("it gives native histograms, not numbers", warnings);
    const read = readSamples([value]);
    const [time, number] = [read?.times[0], read?.values[0]];
    if (time === undefined || number === undefined) return { ok: false, detail: 'a sample is not [time, "number"]' };
    samples.push({ labels: metric, time, value: number });
  }
  return { ok: true, value: { data: { usable: true, value: samples }, warnings } };
}

function readQueryData(
  body: string,
): BodyVerdict<{ resultType: string; result: unknown; warnings: readonly string[] }> {
  const envelope = readEnvelope(body);
  if (!envelope.ok) return envelope;
  const data = queryDataSchema.safeParse(envelope.value.data);
  if (!data.success) return malformed(data.error);
  return { ok: true, value: { ...data.data, warnings: envelope.value.warnings } };
}

function unusable(detail: string, warnings: readonly string[]): BodyVerdict<Spoken<{ usable: false; detail: string }>> {
  return { ok: true, value: { data: { usable: false, detail }, warnings } };
}

function malformed(error: z.ZodError): { readonly ok: false; readonly detail: string } {
  const [first] = error.issues;
  const place = first?.path.join(".") ?? "";
  return {
    ok: false,
    detail: `${place === "" ? "the answer" : place} is not what this API promises (${first?.message ?? "unknown"})`,
  };
}

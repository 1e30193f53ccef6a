import { z } from "zod";
import type { BodyVerdict } from "../http/contract.ts";
import { parseJson } from "../http/json.ts";
import type { Labels } from "../labelled-series.ts";
import type { Row } from "../rows.ts";

export interface StreamAnswer {
  readonly rows: readonly Row[];
  /** Seconds between the points as Splunk runs the program; null: it does not say. */
  readonly resolution: number | null;
}

const metadataSchema = z.object({
  tsId: z.string(),
  properties: z.record(z.string(), z.unknown()),
});

const dataSchema = z.object({
  logicalTimestampMs: z.number(),
  data: z.array(z.object({ tsId: z.string(), value: z.union([z.number(), z.string(), z.null()]).optional() })),
});

const messageSchema = z.object({
  message: z.object({
    messageCode: z.string().nullish(),
    contents: z.object({ resolutionMs: z.number().nullish() }).nullish(),
  }),
});

const controlSchema = z.object({
  event: z.string(),
  abortInfo: z.object({ sf_job_abortReason: z.string().nullish() }).nullish(),
});

const errorSchema = z.object({
  message: z.string().nullish(),
  errors: z.array(z.object({ message: z.string().nullish(), code: z.unknown() })).nullish(),
});

interface Collected {
  readonly labels: Map<string, Labels>;
  readonly points: { readonly id: string; readonly time: number; readonly value: number }[];
  resolution: number | null;
  isComplete: boolean;
}

type Failure = Extract<BodyVerdict<never>, { ok: false }>;

/** Server-sent events of one program that has a stop: metadata, data, messages, and the end of the channel. */
export function readStream(body: string): BodyVerdict<StreamAnswer> {
  const collected: Collected = { labels: new Map(), points: [], resolution: null, isComplete: false };
  for (const { event, text } of eventsIn(body)) {
    const failure = take(event, text, collected);
    if (failure !== null) return failure;
  }
  if (!collected.isComplete) return { ok: false, detail: "the stream ends before the end of its channel" };
  const rows = collected.points.flatMap(({ id, time, value }): Row[] => {
    const labels = collected.labels.get(id);
    return labels === undefined ? [] : [{ labels, time, value }];
  });
  return { ok: true, value: { rows, resolution: collected.resolution } };
}

/** Data of an event may stand in several lines. */
function* eventsIn(body: string): Generator<{ readonly event: string; readonly text: string }> {
  for (const block of body.split(/\r?\n\r?\n/)) {
    const lines = block.split(/\r?\n/);
    const of = (name: string): string[] =>
      lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trim());
    const text = of("data").join("\n");
    if (text !== "") yield { event: of("event")[0] ?? "message", text };
  }
}

/** null: the event was taken, or is none of ours. */
function take(event: string, text: string, collected: Collected): Failure | null {
  switch (event) {
    case "metadata":
      return parsed(metadataSchema, text, ({ tsId, properties }) => collected.labels.set(tsId, labelsOf(properties)));
    case "data":
      return parsed(dataSchema, text, ({ logicalTimestampMs, data }) => {
        for (const { tsId, value } of data) {
          if (typeof value === "number") collected.points.push({ id: tsId, time: logicalTimestampMs / 1000, value });
        }
      });
    case "message":
      return parsed(messageSchema, text, ({ message }) => {
        if (message.messageCode !== "JOB_RUNNING_RESOLUTION") return;
        collected.resolution = (message.contents?.resolutionMs ?? 0) / 1000 || null;
      });
    case "control-message":
      return (
        parsed(controlSchema, text, (control) => {
          if (control.event === "END_OF_CHANNEL") collected.isComplete = true;
        }) ?? aborted(text)
      );
    case "error-message":
    case "error":
      return failed(text);
    default:
      return null;
  }
}

function parsed<T>(schema: z.ZodType<T>, text: string, use: (value: T) => void): Failure | null {
  const json = parseJson(text);
  if (!json.ok) return json;
  const value = schema.safeParse(json.value);
  if (!value.success) return { ok: false, detail: `an event is not what this API promises (${text.slice(0, 60)})` };
  use(value.data);
  return null;
}

function aborted(text: string): Failure | null {
  const control = controlSchema.safeParse(JSON.parse(text));
  if (!control.success || control.data.event !== "CHANNEL_ABORT") return null;
  return { ok: false, detail: control.data.abortInfo?.sf_job_abortReason ?? "the job was stopped", status: 400 };
}

function failed(text: string): Failure {
  const json = parseJson(text);
  const error = json.ok ? errorSchema.safeParse(json.value) : null;
  const words = error?.success === true ? (error.data.errors?.[0]?.message ?? error.data.message) : null;
  return { ok: false, detail: words ?? text.slice(0, 300), status: 400 };
}

/** Splunk's own properties begin with sf_; of them only the label of the stream tells series apart. */
function labelsOf(properties: Readonly<Record<string, unknown>>): Labels {
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value !== "string" || (name.startsWith("sf_") && name !== "sf_streamLabel")) continue;
    if (name !== "jobId" && name !== "computationId" && value !== "")
      labels[name === "sf_streamLabel" ? "stream" : name] = value;
  }
  return labels;
}

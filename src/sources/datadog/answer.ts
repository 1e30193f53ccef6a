import { z } from "zod";
import type { BodyVerdict } from "../http/contract.ts";
import { parseJson } from "../http/json.ts";
import type { LabelledSeries, Labels } from "../labelled-series.ts";

/** Series as Datadog gives them; `interval` in seconds where it says so. */
export interface DatadogAnswer {
  readonly series: readonly LabelledSeries[];
  /** Widest interval of the series, in seconds; null: Datadog does not say. */
  readonly interval: number | null;
}

/** Datadog's own words about a question that it understood but cannot answer come with status 200. */
export type DatadogReading =
  | { readonly usable: true; readonly value: DatadogAnswer }
  | { readonly usable: false; readonly words: string };

const numbers = z.array(z.number().nullable());

const timeseriesSchema = z.object({
  errors: z.string().nullish(),
  data: z
    .object({
      attributes: z.object({
        series: z
          .array(z.object({ group_tags: z.array(z.string()).nullish(), query_index: z.int().nullish() }))
          .nullish(),
        times: z.array(z.number()).nullish(),
        values: z.array(numbers).nullish(),
      }),
    })
    .nullish(),
});

/** POST /api/v2/query/timeseries: one list of times, and a list of values per series; null is "no value". */
export function readTimeseries(body: string): BodyVerdict<DatadogReading> {
  const json = parseJson(body);
  if (!json.ok) return json;
  const parsed = timeseriesSchema.safeParse(json.value);
  if (!parsed.success) return malformed(parsed.error);
  const { errors, data } = parsed.data;
  if (errors !== undefined && errors !== null && errors !== "") return unusable(errors);
  const { series, times, values } = data?.attributes ?? {};
  const stamps = (times ?? []).map((milliseconds) => milliseconds / 1000);
  if (!ascend(stamps)) return { ok: false, detail: "its times do not ascend" };
  const lists = values ?? [];
  if ((series ?? []).length !== lists.length || lists.some((list) => list.length !== stamps.length)) {
    return { ok: false, detail: "its series, times and values do not belong together" };
  }
  const found = (series ?? []).map(({ group_tags }, index) =>
    withPoints(labelsOf(group_tags ?? []), stamps, lists[index] ?? []),
  );
  return usable({ series: found.filter((one) => one.times.length > 0), interval: null });
}

const querySchema = z.object({
  status: z.string().nullish(),
  error: z.string().nullish(),
  series: z
    .array(
      z.object({
        tag_set: z.array(z.string()).nullish(),
        scope: z.string().nullish(),
        interval: z.number().nullish(),
        pointlist: z.array(z.tuple([z.number(), z.number().nullable()])),
      }),
    )
    .nullish(),
});

/** GET /api/v1/query: each series with its own points, [milliseconds, value]. */
export function readQuery(body: string): BodyVerdict<DatadogReading> {
  const json = parseJson(body);
  if (!json.ok) return json;
  const parsed = querySchema.safeParse(json.value);
  if (!parsed.success) return malformed(parsed.error);
  const { status, error, series } = parsed.data;
  if (status === "error" || (error !== undefined && error !== null && error !== ""))
    return unusable(error ?? status ?? "");
  const found: LabelledSeries[] = [];
  for (const { tag_set, scope, pointlist } of series ?? []) {
    const stamps = pointlist.map(([milliseconds]) => milliseconds / 1000);
    if (!ascend(stamps)) return { ok: false, detail: "the times of a series do not ascend" };
    const tags = tag_set ?? (scope ?? "").split(",");
    found.push(
      withPoints(
        labelsOf(tags),
        stamps,
        pointlist.map(([, value]) => value),
      ),
    );
  }
  const intervals = (series ?? []).flatMap(({ interval }) => (typeof interval === "number" ? [interval] : []));
  const interval = intervals.length === 0 ? null : Math.max(...intervals);
  return usable({ series: found.filter((one) => one.times.length > 0), interval });
}

/** What Datadog writes for a group of those that lack the tag. */
const NO_VALUE = "N/A";

/** `zone:eu-1` is the label zone; a bucket's `upper_bound` is called `le` here, as everywhere else. */
function labelsOf(tags: readonly string[]): Labels {
  const labels: Record<string, string> = {};
  for (const tag of tags) {
    const colon = tag.indexOf(":");
    if (colon <= 0 || tag.slice(colon + 1) === NO_VALUE) continue;
    labels[tag.slice(0, colon)] = tag.slice(colon + 1);
  }
  const bound = labels.upper_bound;
  return bound === undefined || labels.le !== undefined
    ? labels
    : { ...labels, le: /^(\+?inf|none)$/i.test(bound) ? "+Inf" : bound };
}

function ascend(stamps: readonly number[]): boolean {
  return stamps.every((stamp, index) => index === 0 || stamp > (stamps[index - 1] ?? 0));
}

function withPoints(labels: Labels, stamps: readonly number[], values: readonly (number | null)[]): LabelledSeries {
  const present = [...stamps.keys()].filter((index) => typeof values[index] === "number");
  return {
    labels,
    times: Float64Array.from(present, (index) => stamps[index] ?? Number.NaN),
    values: Float64Array.from(present, (index) => values[index] ?? Number.NaN),
  };
}

function usable(value: DatadogAnswer): BodyVerdict<DatadogReading> {
  return { ok: true, value: { usable: true, value } };
}

function unusable(words: string): BodyVerdict<DatadogReading> {
  return { ok: true, value: { usable: false, words } };
}

function malformed(error: z.ZodError): { readonly ok: false; readonly detail: string } {
  const [first] = error.issues;
  return {
    ok: false,
    detail: `${first?.path.join(".") ?? "it"} is not what this API promises (${first?.message ?? "unknown"})`,
  };
}

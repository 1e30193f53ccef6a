import { z } from "zod";
import { readIsoDuration } from "../durations.ts";
import { readJsonBody } from "../http/json.ts";
import type { Row } from "../rows.ts";

export const AGGREGATIONS = ["average", "total", "count", "minimum", "maximum"] as const;
export type Aggregation = (typeof AGGREGATIONS)[number];

const number = z.number().nullish();

const answerSchema = z.object({
  interval: z.string().nullish(),
  value: z.array(
    z.object({
      name: z.object({ value: z.string() }),
      errorCode: z.string().nullish(),
      errorMessage: z.string().nullish(),
      timeseries: z.array(
        z.object({
          metadatavalues: z.array(z.object({ name: z.object({ value: z.string() }), value: z.string() })).nullish(),
          data: z.array(
            z.object({
              timeStamp: z.iso.datetime(),
              average: number,
              total: number,
              count: number,
              minimum: number,
              maximum: number,
            }),
          ),
        }),
      ),
    }),
  ),
});

export type MetricsAnswer = z.infer<typeof answerSchema>;

export const readMetrics = readJsonBody(answerSchema);

/** Seconds between the points; null: the answer does not say. */
export function intervalOf({ interval }: MetricsAnswer): number | null {
  return typeof interval === "string" ? readIsoDuration(interval) : null;
}

/** Words about a metric that could not be read; null: all were. */
export function problemOf({ value }: MetricsAnswer): string | null {
  const failed = value.find(({ errorCode }) => typeof errorCode === "string" && errorCode !== "Success");
  return failed === undefined ? null : (failed.errorMessage ?? failed.errorCode ?? "");
}

/** Azure writes names of dimensions in lower case; `known` are the names as the config writes them. */
export function rowsOf({ value }: MetricsAnswer, aggregation: Aggregation, known: readonly string[]): Row[] {
  const asKnown = (name: string): string => known.find((one) => one.toLowerCase() === name.toLowerCase()) ?? name;
  return value.flatMap(({ timeseries }) =>
    timeseries.flatMap(({ metadatavalues, data }) => {
      const labels = Object.fromEntries((metadatavalues ?? []).map((one) => [asKnown(one.name.value), one.value]));
      return data.flatMap((point): Row[] => {
        const found = point[aggregation];
        return typeof found === "number" ? [{ labels, time: Date.parse(point.timeStamp) / 1000, value: found }] : [];
      });
    }),
  );
}

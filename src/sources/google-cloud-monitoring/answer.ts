import { z } from "zod";
import { readJsonBody } from "../http/json.ts";
import type { Labels } from "../labelled-series.ts";
import type { Row } from "../rows.ts";
import { cumulativeBuckets, distributionSchema } from "./distribution.ts";

const labelsSchema = z.record(z.string(), z.string()).optional();

const valueSchema = z.object({
  doubleValue: z.union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"])]).optional(),
  int64Value: z.union([z.string(), z.number()]).optional(),
  boolValue: z.boolean().optional(),
  distributionValue: distributionSchema.optional(),
  stringValue: z.string().optional(),
});

const seriesSchema = z.object({
  metric: z.object({ type: z.string().optional(), labels: labelsSchema }).optional(),
  resource: z.object({ type: z.string().optional(), labels: labelsSchema }).optional(),
  points: z.array(z.object({ interval: z.object({ endTime: z.iso.datetime() }), value: valueSchema })).optional(),
});

const pageSchema = z.object({
  timeSeries: z.array(seriesSchema).optional(),
  nextPageToken: z.string().optional(),
  executionErrors: z.array(z.object({ message: z.string().optional() })).optional(),
});

export type TimeSeriesPage = z.infer<typeof pageSchema>;
type GoogleSeries = z.infer<typeof seriesSchema>;

export const readTimeSeries = readJsonBody(pageSchema);

/** Labels of the metric, and those of the resource, whose names stand back where both have one. */
function labelsOf({ metric, resource }: GoogleSeries): Labels {
  const own = metric?.labels ?? {};
  const entries = Object.entries(resource?.labels ?? {});
  const renamed = entries.map(([name, value]) => [Object.hasOwn(own, name) ? `resource.${name}` : name, value]);
  return { ...Object.fromEntries(renamed), ...own };
}

export interface PageRows {
  readonly rows: readonly Row[];
  /** True when there are distributions where numbers are wanted, or numbers where buckets are. */
  readonly hasOtherValues: boolean;
}

/** A point bears the end of its period; here it stands for the period that it begins. Newest come first. */
export function rowsOf(page: TimeSeriesPage, step: number, wantsBuckets: boolean): PageRows {
  const rows: Row[] = [];
  let hasOtherValues = false;
  for (const series of page.timeSeries ?? []) {
    const labels = labelsOf(series);
    for (const { interval, value } of series.points ?? []) {
      const time = Date.parse(interval.endTime) / 1000 - step;
      const buckets = value.distributionValue;
      const number = numberOf(value);
      if (wantsBuckets && buckets !== undefined) {
        for (const [le, count] of cumulativeBuckets(buckets))
          rows.push({ labels: { ...labels, le }, time, value: count });
      } else if (!wantsBuckets && number !== null) rows.push({ labels, time, value: number });
      else hasOtherValues = true;
    }
  }
  return { rows, hasOtherValues };
}

/** null: it is no number. */
function numberOf({ doubleValue, int64Value, boolValue }: z.infer<typeof valueSchema>): number | null {
  if (boolValue !== undefined) return boolValue ? 1 : 0;
  const given = doubleValue ?? int64Value;
  return given === undefined ? null : Number(given);
}

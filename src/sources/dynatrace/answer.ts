import { z } from "zod";
import { readResolution } from "../durations.ts";
import { readJsonBody } from "../http/json.ts";
import type { Row } from "../rows.ts";

const collectionSchema = z.object({
  metricId: z.string(),
  data: z.array(
    z
      .object({
        dimensionMap: z.record(z.string(), z.string().nullable()).nullish(),
        timestamps: z.array(z.number()),
        values: z.array(z.number().nullable()),
      })
      .refine(({ timestamps, values }) => timestamps.length === values.length, { error: "holds uneven lists" }),
  ),
  warnings: z.array(z.string()).nullish(),
});

const pageSchema = z.object({
  resolution: z.string().nullish(),
  nextPageKey: z.string().nullish(),
  result: z.array(collectionSchema),
  warnings: z.array(z.string()).nullish(),
});

export type MetricsPage = z.infer<typeof pageSchema>;

export const readMetrics = readJsonBody(pageSchema);

/** Seconds between the points, as the answer says; null: it does not. */
export function resolutionOf({ resolution }: MetricsPage): number | null {
  return typeof resolution === "string" ? readResolution(resolution) : null;
}

/** A point bears the end of its slot; here it stands for the slot that it begins. */
export function rowsOf({ result }: MetricsPage, step: number): Row[] {
  return result.flatMap(({ metricId, data }) =>
    data.flatMap(({ dimensionMap, timestamps, values }) => {
      const pairs = Object.entries(dimensionMap ?? {}).filter(([, value]) => value !== null);
      const labels = {
        ...(result.length > 1 && { metric: metricId }),
        ...(Object.fromEntries(pairs) as Row["labels"]),
      };
      return timestamps.flatMap((milliseconds, index): Row[] => {
        const value = values[index];
        return typeof value === "number" ? [{ labels, time: milliseconds / 1000 - step, value }] : [];
      });
    }),
  );
}

export function warningsOf({ warnings, result }: MetricsPage): string[] {
  return [...(warnings ?? []), ...result.flatMap((one) => one.warnings ?? [])];
}

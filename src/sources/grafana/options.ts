import { z } from "zod";
import { textSchema } from "../http/fields.ts";
import { httpShape, refineAuthentication } from "../http/options.ts";

/** Data sources that take a query as one text; others take Grafana's own model, as JSON. */
export const LANGUAGES = ["prometheus", "loki", "graphite", "influxdb", "sql", "json"] as const;

export const grafanaOptionsSchema = z
  .strictObject({
    type: z.literal("grafana"),
    ...httpShape,
    /** uid of the data source. */
    datasource: textSchema,
    language: z.enum(LANGUAGES),
    /** Number of the organisation, where the token may see several. */
    org: z.int().positive().optional(),
    "max-points": z.int().min(2).max(1_000_000).optional(),
  })
  .superRefine(refineAuthentication);

export type GrafanaOptions = z.infer<typeof grafanaOptionsSchema>;

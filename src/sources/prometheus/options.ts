import { z } from "zod";
import { httpShape, refineAuthentication } from "../http/options.ts";

/** Servers that speak Prometheus' HTTP API, by `type:` in the config, with their names for people. */
export const PROMETHEUS_TYPES = {
  prometheus: "Prometheus",
  "victoria-metrics": "VictoriaMetrics",
  thanos: "Thanos",
  mimir: "Mimir",
  cortex: "Cortex",
} as const;

export type PrometheusType = keyof typeof PROMETHEUS_TYPES;

/** Prometheus refuses a range query above 11,000 steps per series (web/api/v1, fixed in its code). */
export const MAX_POINTS_PER_REQUEST = 11_000;

export const prometheusOptionsSchema = z
  .strictObject({
    type: z.enum(Object.keys(PROMETHEUS_TYPES) as [PrometheusType, ...PrometheusType[]]),
    ...httpShape,
    "max-points": z.int().min(2).max(MAX_POINTS_PER_REQUEST).optional(),
  })
  .superRefine(refineAuthentication);

export type PrometheusOptions = z.infer<typeof prometheusOptionsSchema>;

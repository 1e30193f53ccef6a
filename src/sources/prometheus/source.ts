import { DeployImpactError } from "../../core/errors.ts";
import { KINDS } from "../../core/plan.ts";
import type { Ports } from "../../ports.ts";
import type {
  FetchedSeries,
  InstantAnswer,
  InstantRequest,
  LabelWindow,
  MetricSource,
  SeriesQuery,
} from "../contract.ts";
import { fetchUnits, type LabelledAsk } from "../fetch-units.ts";
import { credentialNames } from "../http/credentials.ts";
import { createPrometheusApi } from "./api.ts";
import {
  MAX_POINTS_PER_REQUEST,
  PROMETHEUS_TYPES,
  type PrometheusOptions,
  prometheusOptionsSchema,
  resolvePaths,
  withOwnAuth,
} from "./options.ts";

export const prometheusSource: MetricSource<PrometheusOptions> = {
  id: "prometheus",
  aliases: Object.keys(PROMETHEUS_TYPES).filter((type) => type !== "prometheus"),
  label: "Prometheus and servers with its API (VictoriaMetrics, Thanos, Mimir, Cortex, managed ones)",
  options: prometheusOptionsSchema,
  capabilities: { kinds: KINDS, maxPointsPerRequest: MAX_POINTS_PER_REQUEST },
  credentials: (options) => credentialNames(withOwnAuth(options)),
  fetchSeries,
  resolvePaths,
  probe: { instantQuery, labelNames, labelValues, version: buildInfo },
};

async function fetchSeries(
  options: PrometheusOptions,
  query: SeriesQuery,
  ports: Ports,
  signal?: AbortSignal,
): Promise<FetchedSeries> {
  const open = (stop: AbortSignal): LabelledAsk => {
    const api = createPrometheusApi(options, ports, stop);
    return (text, piece, { what }) => api.queryRange(text, piece, what);
  };
  const maxPoints = options["max-points"] ?? MAX_POINTS_PER_REQUEST;
  return await fetchUnits(query, { maxPoints, isTooMuch, open }, signal);
}

/** Words of servers that a shorter range of the same query may satisfy. */
const TOO_MUCH_AT_ONCE =
  /too many samples|maxSamplesPerQuery|maxPointsPerTimeseries|exceeded maximum resolution|max-series-bytes|exceeds? the limit of .*(samples|points|chunks)/i;

function isTooMuch(error: unknown): boolean {
  if (!(error instanceof DeployImpactError)) return false;
  return (
    error.code === "SOURCE_TOO_LARGE" || (error.code === "SOURCE_REJECTED" && TOO_MUCH_AT_ONCE.test(error.message))
  );
}

/** One value per series at one instant (epoch seconds), for version queries. */
export async function instantQuery(
  options: PrometheusOptions,
  request: InstantRequest,
  ports: Ports,
  signal?: AbortSignal,
): Promise<InstantAnswer> {
  const told = await createPrometheusApi(options, ports, signal).query(request.query, request.time, request.what);
  return { samples: told.value, warnings: told.warnings };
}

export async function labelNames(
  options: PrometheusOptions,
  window: LabelWindow,
  ports: Ports,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  return await createPrometheusApi(options, ports, signal).labelNames(window);
}

export async function labelValues(
  options: PrometheusOptions,
  label: string,
  window: LabelWindow,
  ports: Ports,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  return await createPrometheusApi(options, ports, signal).labelValues(label, window);
}

/** Version of the server; null when it does not say. */
export async function buildInfo(
  options: PrometheusOptions,
  ports: Ports,
  signal?: AbortSignal,
): Promise<string | null> {
  return await createPrometheusApi(options, ports, signal).buildVersion();
}

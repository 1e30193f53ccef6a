import { DeployImpactError } from "../../core/errors.ts";
import type { SeriesComponent } from "../../core/panel/series.ts";
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
import { alignedGrid, type StepGrid } from "../grid.ts";
import { credentialNames } from "../http/credentials.ts";
import { bySeries } from "../order.ts";
import { fetchRange } from "../range.ts";
import { type ComponentAnswer, toUnitSeries } from "../units.ts";
import { createPrometheusApi, type PrometheusApi } from "./api.ts";
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

const COMPONENT_NAMES: Readonly<Record<SeriesComponent, string>> = {
  value: "query",
  numerator: "numerator",
  denominator: "denominator",
  bucket: "buckets query",
};

async function fetchSeries(
  options: PrometheusOptions,
  query: SeriesQuery,
  ports: Ports,
  signal?: AbortSignal,
): Promise<FetchedSeries> {
  const grid = alignedGrid(query.from, query.to, query.step);
  if (grid === null) return { series: [], warnings: [], unmatchedUnits: [] };
  const maxPoints = options["max-points"] ?? MAX_POINTS_PER_REQUEST;
  const wanted = Object.entries(query.queries) as [SeriesComponent, string][];
  const answers = await allOrNone(options, ports, signal, (api) =>
    wanted.map(async ([component, text]): Promise<ComponentAnswer & { warnings: readonly string[] }> => {
      const what = `the ${COMPONENT_NAMES[component]} of SLI ${query.sli}`;
      const ask = (piece: StepGrid) => api.queryRange(text, piece, what);
      const pieces = await fetchRange({ grid, maxPoints, ask, isTooMuch });
      return {
        component,
        what,
        pieces: pieces.map((piece) => piece.value),
        warnings: pieces.flatMap((p) => p.warnings),
      };
    }),
  );
  const units = answers.map((answer) => toUnitSeries(answer, query));
  const warnings = [...answers, ...units].flatMap((part) => part.warnings);
  return {
    series: units.flatMap((part) => part.series).sort(bySeries),
    warnings: [...new Set(warnings)],
    unmatchedUnits: [...new Set(units.flatMap((part) => part.unmatchedUnits))].sort(),
  };
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

/** Runs requests side by side; the first failure stops the others. */
async function allOrNone<T>(
  options: PrometheusOptions,
  ports: Ports,
  signal: AbortSignal | undefined,
  start: (api: PrometheusApi) => readonly Promise<T>[],
): Promise<T[]> {
  const siblings = new AbortController();
  const stop = signal === undefined ? siblings.signal : AbortSignal.any([signal, siblings.signal]);
  try {
    return await Promise.all(start(createPrometheusApi(options, ports, stop)));
  } catch (error) {
    siblings.abort();
    throw error;
  }
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

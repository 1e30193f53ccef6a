import type { z } from "zod";
import type { Ports } from "../ports.ts";
import { logAnalyticsSource } from "./azure-log-analytics/source.ts";
import { azureMonitorSource } from "./azure-monitor/source.ts";
import { cloudwatchSource } from "./cloudwatch/source.ts";
import type {
  FetchedSeries,
  InstantAnswer,
  InstantRequest,
  LabelWindow,
  MetricSource,
  SeriesQuery,
  SourceCapabilities,
} from "./contract.ts";
import { datadogSource } from "./datadog/source.ts";
import { dynatraceSource } from "./dynatrace/source.ts";
import { elasticsearchSource } from "./elasticsearch/source.ts";
import { fileSource } from "./file/source.ts";
import { googleMonitoringSource } from "./google-cloud-monitoring/source.ts";
import { grafanaSource } from "./grafana/source.ts";
import { graphiteSource } from "./graphite/source.ts";
import { honeycombSource } from "./honeycomb/source.ts";
import { httpJsonSource } from "./http-json/source.ts";
import { influxdbSource } from "./influxdb/source.ts";
import { newRelicSource } from "./new-relic/source.ts";
import { prometheusSource } from "./prometheus/source.ts";
import { splunkSource } from "./splunk-observability/source.ts";

/** A source whose options are known: nobody outside needs their type. */
export interface OpenSource {
  readonly id: string;
  readonly label: string;
  readonly capabilities: SourceCapabilities;
  /** Names of the environment variables that it needs. */
  readonly credentials: readonly string[];
  readonly fetchSeries: (query: SeriesQuery, ports: Ports, signal?: AbortSignal) => Promise<FetchedSeries>;
  /** null: the source holds series only. */
  readonly probe: OpenProbe | null;
}

/** `SourceProbe` with its options filled in. */
export interface OpenProbe {
  readonly instantQuery: (request: InstantRequest, ports: Ports, signal?: AbortSignal) => Promise<InstantAnswer>;
  readonly labelNames: (window: LabelWindow, ports: Ports, signal?: AbortSignal) => Promise<readonly string[]>;
  readonly labelValues: (
    label: string,
    window: LabelWindow,
    ports: Ports,
    signal?: AbortSignal,
  ) => Promise<readonly string[]>;
  readonly version: (ports: Ports, signal?: AbortSignal) => Promise<string | null>;
}

/** One kind of source as the rest of the program sees it. */
export interface SourceEntry {
  readonly id: string;
  readonly label: string;
  /** Validates a source block of the config; keys are spelled as there. */
  readonly options: z.ZodType;
  /** `options` as `options` parsed them; `folder` is that of the config file. */
  readonly open: (options: unknown, folder: string) => OpenSource;
}

function entry<Options>(source: MetricSource<Options>): SourceEntry {
  const open = (raw: unknown, folder: string): OpenSource => {
    const parsed = source.options.parse(raw);
    const options = source.resolvePaths?.(parsed, folder) ?? parsed;
    return {
      id: source.id,
      label: source.label,
      capabilities: source.capabilities,
      credentials: source.credentials(options),
      fetchSeries: (query, ports, signal) => source.fetchSeries(options, query, ports, signal),
      probe: openProbe(source, options),
    };
  };
  return { id: source.id, label: source.label, options: source.options, open };
}

function openProbe<Options>(source: MetricSource<Options>, options: Options): OpenProbe | null {
  const { probe } = source;
  if (probe === undefined) return null;
  return {
    instantQuery: (request, ports, signal) => probe.instantQuery(options, request, ports, signal),
    labelNames: (window, ports, signal) => probe.labelNames(options, window, ports, signal),
    labelValues: (label, window, ports, signal) => probe.labelValues(options, label, window, ports, signal),
    version: (ports, signal) => probe.version(options, ports, signal),
  };
}

function byType<Options>(source: MetricSource<Options>): [string, SourceEntry][] {
  const one = entry(source);
  return [source.id, ...(source.aliases ?? [])].map((type) => [type, one]);
}

/** Every source by `type:` of the config. A new one is a folder and one line here. */
export const SOURCES: Readonly<Record<string, SourceEntry>> = Object.fromEntries([
  ...byType(cloudwatchSource),
  ...byType(datadogSource),
  ...byType(fileSource),
  ...byType(httpJsonSource),
  ...byType(newRelicSource),
  ...byType(influxdbSource),
  ...byType(elasticsearchSource),
  ...byType(googleMonitoringSource),
  ...byType(grafanaSource),
  ...byType(graphiteSource),
  ...byType(dynatraceSource),
  ...byType(azureMonitorSource),
  ...byType(logAnalyticsSource),
  ...byType(honeycombSource),
  ...byType(splunkSource),
  ...byType(prometheusSource),
]);

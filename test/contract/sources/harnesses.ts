import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ErrorCode } from "../../../src/core/errors.ts";
import type { SeriesComponent } from "../../../src/core/panel/series.ts";
import { type Loopback, replyJson, startLoopback } from "../../integration/servers/loopback.ts";
import { FIXTURE, type FixtureSeries, FROM } from "./fixture.ts";
import { logAnalyticsHarness } from "./harnesses/azure-log-analytics.ts";
import { azureMonitorHarness } from "./harnesses/azure-monitor.ts";
import { dynatraceHarness } from "./harnesses/dynatrace.ts";
import { elasticsearchHarness } from "./harnesses/elasticsearch.ts";
import { googleMonitoringHarness } from "./harnesses/google-cloud-monitoring.ts";
import { grafanaHarness } from "./harnesses/grafana.ts";
import { graphiteHarness } from "./harnesses/graphite.ts";
import { honeycombHarness } from "./harnesses/honeycomb.ts";
import { httpJsonHarness } from "./harnesses/http-json.ts";
import { influxdbHarness } from "./harnesses/influxdb.ts";
import { newRelicHarness } from "./harnesses/new-relic.ts";
import { splunkHarness } from "./harnesses/splunk-observability.ts";

/** One way to fill a source with the fixture, and ways to break it. Each source needs one. */
export interface SourceHarness {
  readonly id: string;
  /** Options that are complete, though nobody may listen there. */
  readonly smallest: Readonly<Record<string, unknown>>;
  readonly start: (series?: readonly FixtureSeries[]) => Promise<Served>;
  /** Options that make the source ask in small pieces; absent: it never splits. */
  readonly inPieces?: Readonly<Record<string, unknown>>;
  readonly failures: readonly Breakage[];
  /** True: its answers have no way to say "not a number", so that such a point is a gap. */
  readonly withoutNaN?: true;
  /** True: its buckets are whole counts, which the fixture's are not; they have tests of their own. */
  readonly wholeBuckets?: true;
  /** The query for one component; absent: the component's name. */
  readonly queryFor?: (component: SeriesComponent) => string;
}

export interface Served {
  readonly options: Readonly<Record<string, unknown>>;
  readonly stop: () => Promise<void>;
}

export interface Breakage {
  readonly name: string;
  readonly code: ErrorCode;
  readonly start: () => Promise<Served>;
}

async function serveFile(text: string | Uint8Array): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), "deploy-impact-contract-"));
  const path = join(folder, "fixture.csv");
  writeFileSync(path, text);
  return { options: { type: "file", path }, stop: async () => rmSync(folder, { recursive: true }) };
}

/** One row per point, columns of the components that the row has no value for stay empty; rows upside down. */
function fixtureCsv(series: readonly FixtureSeries[]): string {
  const components = ["value", "numerator", "denominator", "bucket"] as const;
  const present = components.filter((component) => series.some((one) => one.component === component));
  const hasBuckets = present.includes("bucket");
  const rows = new Map<string, Map<string, string>>();
  for (const { component, labels, points } of series) {
    for (const [time, value] of points) {
      const key = [time, labels.zone ?? "", labels.track ?? "", ...(hasBuckets ? [labels.le ?? ""] : [])].join(",");
      const row = rows.get(key) ?? new Map<string, string>();
      row.set(component, String(value));
      rows.set(key, row);
    }
  }
  const lines = [...rows].map(([key, row]) => [key, ...present.map((component) => row.get(component) ?? "")].join(","));
  const header = ["time", "zone", "track", ...(hasBuckets ? ["le"] : []), ...present].join(",");
  return `${[header, ...lines.reverse()].join("\n")}\n`;
}

const fileHarness: SourceHarness = {
  id: "file",
  smallest: { type: "file", path: "metrics.csv" },
  start: (series = FIXTURE) => serveFile(fixtureCsv(series)),
  failures: [
    {
      name: "a path without a file",
      code: "FILE_UNREADABLE",
      start: async () => ({ options: { type: "file", path: "/nonexistent/metrics.csv" }, stop: async () => undefined }),
    },
    { name: "a number that is none", code: "FILE_MALFORMED", start: () => serveFile(`time,zone,value\n${FROM},a,x\n`) },
    { name: "a column that is missing", code: "MISSING_COLUMN", start: () => serveFile("time,zone,other\n") },
    { name: "a unit label that is missing", code: "UNKNOWN_LABEL", start: () => serveFile("time,region,value\n") },
    { name: "a time that is none", code: "BAD_TIME", start: () => serveFile("time,zone,value\nnoon,a,1\n") },
  ],
};

function asText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return String(value);
}

/** Answers query_range for the query texts "value", "numerator", ...: the points between start and end. */
function serveRange(series: readonly FixtureSeries[]): Promise<Loopback> {
  return startLoopback((request, response) => {
    const parameters = new URL(request.path, "http://x").searchParams;
    const [start, end] = [Number(parameters.get("start")), Number(parameters.get("end"))];
    const result = series
      .filter((one) => one.component === parameters.get("query"))
      .map(({ labels, points }) => ({
        metric: labels,
        values: points.filter(([time]) => time >= start && time <= end).map(([time, value]) => [time, asText(value)]),
      }))
      .filter(({ values }) => values.length > 0);
    replyJson(response, 200, { status: "success", data: { resultType: "matrix", result } });
  });
}

function asPrometheus(server: Loopback): Served {
  return { options: { type: "prometheus", url: server.url, retries: 0 }, stop: server.stop };
}

function failing(name: string, code: ErrorCode, status: number, body: unknown): Breakage {
  const start = async (): Promise<Served> =>
    asPrometheus(await startLoopback((_request, response) => replyJson(response, status, body)));
  return { name, code, start };
}

function matrixOf(metric: Record<string, string>): unknown {
  return { status: "success", data: { resultType: "matrix", result: [{ metric, values: [[FROM, "1"]] }] } };
}

const rejected = { status: "error", errorType: "bad_data", error: "parse error" };

const prometheusHarness: SourceHarness = {
  id: "prometheus",
  smallest: { type: "prometheus", url: "http://localhost" },
  start: async (series = FIXTURE) => asPrometheus(await serveRange(series)),
  inPieces: { "max-points": 7 },
  failures: [
    failing("a query that the server rejects", "SOURCE_REJECTED", 400, rejected),
    failing("an answer that breaks off", "SOURCE_MALFORMED", 200, "a text, no object"),
    failing("missing rights", "SOURCE_FORBIDDEN", 403, {}),
    failing("credentials that are not accepted", "SOURCE_UNAUTHORIZED", 401, {}),
    failing("a server in trouble", "SOURCE_UNAVAILABLE", 500, {}),
    failing("too many requests", "SOURCE_RATE_LIMITED", 429, {}),
    failing("a unit label that is missing", "UNKNOWN_LABEL", 200, matrixOf({ region: "eu" })),
    {
      name: "nobody listening",
      code: "SOURCE_UNAVAILABLE",
      start: async () => {
        const server = await serveRange([]);
        await server.stop();
        return { ...asPrometheus(server), stop: async () => undefined };
      },
    },
    {
      name: "a credential that is not set",
      code: "CREDENTIAL_MISSING",
      start: async () => {
        const served = asPrometheus(await serveRange([]));
        return { ...served, options: { ...served.options, "token-env": "NOT_SET_ANYWHERE" } };
      },
    },
  ],
};

/** Answers POST /api/v2/query/timeseries: all times of all series, null where a series has no point. */
function serveTimeseries(series: readonly FixtureSeries[]): Promise<Loopback> {
  return startLoopback((request, response) => {
    const { attributes } = (JSON.parse(request.body) as { data: { attributes: TimeseriesRequest } }).data;
    const wanted = series.filter((one) => one.component === attributes.queries[0]?.query);
    const inside = wanted.map((one) => ({
      ...one,
      points: one.points.filter(([time]) => time * 1000 >= attributes.from && time * 1000 < attributes.to),
    }));
    const times = [...new Set(inside.flatMap((one) => one.points.map(([time]) => time)))].sort((a, b) => a - b);
    const values = inside.map((one) => {
      const known = new Map(one.points);
      return times.map((time) => known.get(time) ?? null);
    });
    const tags = inside.map((one) =>
      Object.entries(one.labels).map(([name, value]) => (name === "le" ? `upper_bound:${value}` : `${name}:${value}`)),
    );
    replyJson(response, 200, {
      data: {
        id: "0",
        type: "timeseries_response",
        attributes: {
          series: tags.map((group_tags) => ({ group_tags, query_index: 0, unit: [null, null] })),
          times: times.map((time) => time * 1000),
          // JSON has no NaN: it becomes null.
          values,
        },
      },
    });
  });
}

interface TimeseriesRequest {
  readonly from: number;
  readonly to: number;
  readonly queries: readonly { readonly query: string }[];
}

const DATADOG_KEYS = { "api-key-env": "CONTRACT_KEY", "application-key-env": "CONTRACT_KEY" };

function asDatadog(server: Loopback): Served {
  return { options: { type: "datadog", url: server.url, retries: 0, ...DATADOG_KEYS }, stop: server.stop };
}

function datadogFailing(name: string, code: ErrorCode, status: number, body: unknown): Breakage {
  const start = async (): Promise<Served> =>
    asDatadog(await startLoopback((_request, response) => replyJson(response, status, body)));
  return { name, code, start };
}

function timeseriesOf(groupTags: readonly string[]): unknown {
  const series = [{ group_tags: groupTags, query_index: 0 }];
  return { data: { attributes: { series, times: [FROM * 1000], values: [[1]] } } };
}

const datadogHarness: SourceHarness = {
  id: "datadog",
  smallest: { type: "datadog" },
  start: async (series = FIXTURE) => asDatadog(await serveTimeseries(series)),
  inPieces: { "max-points": 7 },
  withoutNaN: true,
  failures: [
    datadogFailing("a query that Datadog rejects", "SOURCE_REJECTED", 400, {
      errors: ["Rule 'scope_expr' didn't match"],
    }),
    datadogFailing("words beside status 200", "SOURCE_REJECTED", 200, { errors: "query could not be parsed" }),
    datadogFailing("an answer without its form", "SOURCE_MALFORMED", 200, "a text, no object"),
    datadogFailing("missing rights", "SOURCE_FORBIDDEN", 403, { errors: ["Forbidden"] }),
    datadogFailing("keys that are not accepted", "SOURCE_UNAUTHORIZED", 401, { errors: ["Unauthorized"] }),
    datadogFailing("a server in trouble", "SOURCE_UNAVAILABLE", 503, {}),
    datadogFailing("too many requests", "SOURCE_RATE_LIMITED", 429, { errors: ["Too many requests"] }),
    datadogFailing("a unit label that is missing", "UNKNOWN_LABEL", 200, timeseriesOf(["region:eu"])),
    {
      name: "a key that is not set",
      code: "CREDENTIAL_MISSING",
      start: async () => {
        const served = asDatadog(await serveTimeseries([]));
        return { ...served, options: { ...served.options, "api-key-env": "NOT_SET_ANYWHERE" } };
      },
    },
  ],
};

/** Answers GetMetricData in pages of two series; labels hold the zone only, as the question asked for them. */
function serveMetricData(series: readonly FixtureSeries[]): Promise<Loopback> {
  return startLoopback((request, response) => {
    const asked = new URLSearchParams(request.body);
    const [from, to] = [Date.parse(asked.get("StartTime") ?? ""), Date.parse(asked.get("EndTime") ?? "")];
    const wanted = series.filter((one) => one.component === asked.get("MetricDataQueries.member.1.Expression"));
    const first = Number(asked.get("NextToken") ?? 0);
    const members = wanted.slice(first, first + 2).map(({ labels, points }) => {
      const inside = points.filter(([time]) => time * 1000 >= from && time * 1000 < to);
      const list = (texts: readonly string[]): string => texts.map((text) => `<member>${text}</member>`).join("");
      const times = list(inside.map(([time]) => new Date(time * 1000).toISOString().replace(".000Z", "Z")));
      const values = list(inside.map(([, value]) => String(value)));
      return `<member><Id>a</Id><Label>${labels.zone}</Label><StatusCode>Complete</StatusCode><Timestamps>${times}</Timestamps><Values>${values}</Values></member>`;
    });
    const next = first + 2 < wanted.length ? `<NextToken>${first + 2}</NextToken>` : "";
    response.writeHead(200, { "content-type": "text/xml" });
    response.end(
      `<GetMetricDataResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><GetMetricDataResult><MetricDataResults>${members.join("")}</MetricDataResults>${next}</GetMetricDataResult></GetMetricDataResponse>`,
    );
  });
}

const CLOUDWATCH_AUTH = {
  kind: "sigv4",
  region: "eu-west-1",
  "access-key-id-env": "CONTRACT_KEY",
  "secret-access-key-env": "CONTRACT_KEY",
};

function asCloudwatch(server: Loopback): Served {
  return { options: { type: "cloudwatch", url: server.url, retries: 0, auth: CLOUDWATCH_AUTH }, stop: server.stop };
}

function cloudwatchFailing(name: string, code: ErrorCode, status: number, body: string): Breakage {
  const start = async (): Promise<Served> =>
    asCloudwatch(
      await startLoopback((_request, response) => {
        response.writeHead(status, { "content-type": "text/xml" });
        response.end(body);
      }),
    );
  return { name, code, start };
}

function amazonError(code: string): string {
  return `<ErrorResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error><RequestId>1</RequestId></ErrorResponse>`;
}

const cloudwatchHarness: SourceHarness = {
  id: "cloudwatch",
  smallest: { type: "cloudwatch" },
  start: async (series = FIXTURE) => asCloudwatch(await serveMetricData(series)),
  inPieces: { "max-points": 7 },
  failures: [
    cloudwatchFailing("an expression that is none", "SOURCE_REJECTED", 400, amazonError("ValidationError")),
    cloudwatchFailing("an answer of another kind", "SOURCE_MALFORMED", 200, "<html></html>"),
    cloudwatchFailing("an answer that breaks off", "SOURCE_MALFORMED", 200, "<GetMetricDataResponse><GetMetric"),
    cloudwatchFailing("missing rights", "SOURCE_FORBIDDEN", 403, amazonError("AccessDenied")),
    cloudwatchFailing("keys that are not accepted", "SOURCE_FORBIDDEN", 403, amazonError("InvalidClientTokenId")),
    cloudwatchFailing("too many requests", "SOURCE_RATE_LIMITED", 400, amazonError("Throttling")),
    cloudwatchFailing("a service in trouble", "SOURCE_UNAVAILABLE", 500, amazonError("InternalFailure")),
    cloudwatchFailing("a dimension that is missing", "UNKNOWN_LABEL", 200, metricDataOf("")),
    {
      name: "a key that is not set",
      code: "CREDENTIAL_MISSING",
      start: async () => {
        const served = asCloudwatch(await serveMetricData([]));
        const auth = { ...CLOUDWATCH_AUTH, "secret-access-key-env": "NOT_SET_ANYWHERE" };
        return { ...served, options: { ...served.options, auth } };
      },
    },
  ],
};

function metricDataOf(label: string): string {
  return `<GetMetricDataResponse><GetMetricDataResult><MetricDataResults><member><Id>a</Id><Label>${label}</Label><StatusCode>Complete</StatusCode><Timestamps><member>${new Date(FROM * 1000).toISOString()}</member></Timestamps><Values><member>1.0</member></Values></member></MetricDataResults></GetMetricDataResult></GetMetricDataResponse>`;
}

export const HARNESSES: readonly SourceHarness[] = [
  cloudwatchHarness,
  datadogHarness,
  fileHarness,
  elasticsearchHarness,
  influxdbHarness,
  newRelicHarness,
  googleMonitoringHarness,
  grafanaHarness,
  graphiteHarness,
  dynatraceHarness,
  azureMonitorHarness,
  logAnalyticsHarness,
  honeycombHarness,
  splunkHarness,
  httpJsonHarness,
  prometheusHarness,
];

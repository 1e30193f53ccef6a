import { z } from "zod";
import { DeployImpactError } from "../../core/errors.ts";
import type { LabelWindow } from "../contract.ts";
import type { StepGrid } from "../grid.ts";
import { createHttpClient } from "../http/client.ts";
import type { HttpClient, HttpPorts } from "../http/contract.ts";
import type { LabelledSeries, Told } from "../labelled-series.ts";
import { explainError, readEnvelope, readMatrix, readVector, type Usable, type VectorSample } from "./answer.ts";
import { connectOptions, type PrometheusOptions, serverOf } from "./options.ts";

/** Prometheus' HTTP API, as far as it is needed: one function per endpoint. */
export interface PrometheusApi {
  readonly queryRange: (query: string, grid: StepGrid, what: string) => Promise<Told<readonly LabelledSeries[]>>;
  readonly query: (query: string, time: number, what: string) => Promise<Told<readonly VectorSample[]>>;
  /** Names of labels, of the series that fit `match` when given. */
  readonly labelNames: (window: LabelWindow) => Promise<readonly string[]>;
  readonly labelValues: (label: string, window: LabelWindow) => Promise<readonly string[]>;
  /** null: the server does not say. */
  readonly buildVersion: () => Promise<string | null>;
}

export function createPrometheusApi(options: PrometheusOptions, ports: HttpPorts, signal?: AbortSignal): PrometheusApi {
  const server = serverOf(options.type);
  const client = createHttpClient(server.name, connectOptions(options, ports.env), ports, signal);
  const { long = "form" } = server;
  return {
    queryRange: async (query, grid, what) => {
      const parameters = rangeParameters(query, grid, options, client);
      const answer = await client.send({
        path: "/api/v1/query_range",
        parameters,
        long,
        what,
        read: readMatrix,
        explain: explainError,
      });
      return told(answer.data, answer.warnings, what, client);
    },
    query: async (query, time, what) => {
      const parameters = [["query", query], ["time", String(time)], serverTimeout(client)] as const;
      const answer = await client.send({
        path: "/api/v1/query",
        parameters,
        long,
        what,
        read: readVector,
        explain: explainError,
      });
      return told(answer.data, answer.warnings, what, client);
    },
    labelNames: (window) => readNames("/api/v1/labels", "the list of labels", window, client),
    labelValues: (label, window) =>
      readNames(`/api/v1/label/${encodeURIComponent(label)}/values`, `the values of label ${label}`, window, client),
    buildVersion: () => readBuildVersion(client),
  };
}

function rangeParameters(
  query: string,
  grid: StepGrid,
  options: PrometheusOptions,
  client: HttpClient,
): [string, string][] {
  const parameters: [string, string][] = [
    ["query", query],
    ["start", String(grid.start)],
    ["end", String(grid.end)],
    ["step", String(grid.step)],
    serverTimeout(client),
  ];
  // VictoriaMetrics: neither move start and end nor answer from a cache that may lag behind fresh samples.
  if (options.type === "victoria-metrics") parameters.push(["nocache", "1"]);
  return parameters;
}

/** The server stops a moment before we hang up, so that its own words arrive. */
function serverTimeout(client: HttpClient): [string, string] {
  return ["timeout", `${Math.max(1, Math.floor(client.limits.timeoutMs / 1000) - 1)}s`];
}

function told<T>(data: Usable<T>, warnings: readonly string[], what: string, client: HttpClient): Told<T> {
  if (data.usable) return { value: data.value, warnings: warnings.map(client.showable) };
  throw new DeployImpactError("SOURCE_REJECTED", `The answer to ${what} cannot be used: ${data.detail}.`, {
    hint: `Change ${what} so that it gives one number per unit and step, for instance \`sum by (unit) (...)\`.`,
  });
}

const namesSchema = z.array(z.string()).nullish();

async function readNames(
  path: string,
  what: string,
  window: LabelWindow,
  client: HttpClient,
): Promise<readonly string[]> {
  const parameters: [string, string][] = [
    ["start", String(window.from)],
    ["end", String(window.to)],
    ...window.match.map((selector): [string, string] => ["match[]", selector]),
  ];
  return await client.send({
    path,
    parameters,
    what,
    read: (body) => {
      const envelope = readEnvelope(body);
      if (!envelope.ok) return envelope;
      const names = namesSchema.safeParse(envelope.value.data);
      return names.success
        ? { ok: true, value: names.data ?? [] }
        : { ok: false, detail: "data is not a list of names" };
    },
    explain: explainError,
  });
}

const buildSchema = z.object({ version: z.string().nullish() }).nullish();

async function readBuildVersion(client: HttpClient): Promise<string | null> {
  return await client.send({
    path: "/api/v1/status/buildinfo",
    parameters: [],
    what: "its version",
    read: (body) => {
      const envelope = readEnvelope(body);
      if (!envelope.ok) return envelope;
      const build = buildSchema.safeParse(envelope.value.data);
      const version = build.success ? (build.data?.version ?? "") : "";
      return { ok: true, value: version === "" ? null : version };
    },
    explain: explainError,
  });
}

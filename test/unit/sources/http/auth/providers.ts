import nock from "nock";
import type { DeployImpactError } from "../../../../../src/core/errors.ts";
import type { Series } from "../../../../../src/core/panel/series.ts";
import { SOURCES } from "../../../../../src/sources/index.ts";
import { realPorts } from "../../../../integration/servers/ports.ts";

export const NOW = Date.UTC(2026, 1, 1, 12);
export const ANSWER = {
  status: "success",
  data: { resultType: "matrix", result: [{ metric: { zone: "a" }, values: [[6000, "1.5"]] }] },
};

/** A clock that tests move by hand. */
export interface Clock {
  ms: number;
}

export function providerPorts(env: Readonly<Record<string, string>>, clock: Clock = { ms: NOW }) {
  // A copy, so that no test meets the sign-in of another.
  return { ...realPorts({ ...env }), now: () => clock.ms };
}

export const GITHUB = {
  ACTIONS_ID_TOKEN_REQUEST_URL: "https://pipelines.example.com/identity?api-version=2.0",
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: "runner-request-token",
};

/** The runner's identity service: gives `token` for exactly this audience. */
export function mockGithubIdentity(audience: string, token = "header.identity.signature"): nock.Scope {
  return nock("https://pipelines.example.com", {
    reqheaders: { authorization: "Bearer runner-request-token", accept: "application/json" },
  })
    .get("/identity")
    .query({ "api-version": "2.0", audience })
    .reply(200, { count: 1, value: token });
}

/** One fetch of one gauge over one step through a source of the table. */
export async function fetchOnce(
  options: Readonly<Record<string, unknown>>,
  ports: ReturnType<typeof providerPorts>,
  queryText = "up",
  signal?: AbortSignal,
): Promise<readonly Series[]> {
  const source = SOURCES[String(options.type)]?.open({ retries: 0, ...options }, ".");
  if (source === undefined) throw new Error(`${String(options.type)} is not listed`);
  const query = {
    sli: "errors",
    kind: "gauge",
    queries: { value: queryText },
    unitLabel: "zone",
    groupOf: () => "treated" as const,
    from: 6000,
    to: 6000,
    step: 60,
  } as const;
  return (await source.fetchSeries(query, ports, signal)).series;
}

export async function failureOf(promise: Promise<unknown>): Promise<DeployImpactError> {
  try {
    await promise;
  } catch (error) {
    return error as DeployImpactError;
  }
  throw new Error("expected a failure");
}

/** Everything that a person could see of an error, for the search for secrets. */
export function shownBy(error: DeployImpactError): string {
  const causes: string[] = [];
  for (let one: unknown = error; one instanceof Error; one = one.cause) causes.push(String(one), JSON.stringify(one));
  return [error.message, error.hint, ...causes].join("\n");
}

export function parameters(body: unknown): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(typeof body === "string" ? body : (body as Record<string, string>)));
}

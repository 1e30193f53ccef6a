import nock from "nock";
import { afterEach, beforeEach, expect } from "vitest";
import type { FetchedSeries, SeriesQuery } from "../../../src/sources/contract.ts";
import { SOURCES } from "../../../src/sources/index.ts";
import { realPorts } from "../../integration/servers/ports.ts";

export const FROM = 1_767_571_200;

export const QUERY: SeriesQuery = {
  sli: "error-rate",
  kind: "gauge",
  queries: { value: "value" },
  unitLabel: "zone",
  groupOf: ({ zone }) => (zone === "eu-1" ? "treated" : "control"),
  from: FROM,
  to: FROM + 120,
  step: 60,
};

/** No request leaves this process, and none that a test prepared for stays away. */
export function answerWithNock(): void {
  beforeEach(() => nock.disableNetConnect());
  afterEach(() => {
    const pending = nock.pendingMocks();
    nock.cleanAll();
    nock.enableNetConnect();
    expect(pending).toEqual([]);
  });
}

export interface Reading {
  readonly ports: ReturnType<typeof realPorts>;
  readonly result: Promise<FetchedSeries>;
}

/** Reads from a source of the table; `env` holds its secrets. */
export function reader(defaults: { readonly type: string } & Record<string, unknown>, env: Record<string, string>) {
  return (options: Record<string, unknown> = {}, overrides: Partial<SeriesQuery> = {}): Reading => {
    // A copy, so that no test meets the sign-in of another.
    const ports = realPorts({ ...env });
    const all = { retries: 0, ...defaults, ...options };
    const source = SOURCES[defaults.type]?.open(all, ".");
    if (source === undefined) throw new Error(`${defaults.type} is not listed`);
    return { ports, result: source.fetchSeries({ ...QUERY, ...overrides }, ports) };
  };
}

/** Unit, group, times since FROM, and values of each series. */
export function shown({ series }: FetchedSeries): unknown[] {
  return series.map((one) => [one.unit, one.group, [...one.times].map((time) => time - FROM), [...one.values]]);
}

/** A matcher for request bodies that keeps what it saw. */
export function keeping<T = unknown>(): { readonly bodies: T[]; readonly matches: (body: unknown) => boolean } {
  const bodies: T[] = [];
  return { bodies, matches: (body) => bodies.push(body as T) > 0 };
}

/** Problems that the options' schema finds, by place. */
export function optionProblems(options: { readonly type: string } & Record<string, unknown>): string[] {
  const parsed = SOURCES[options.type]?.options.safeParse(options);
  return parsed?.error?.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`) ?? [];
}

import nock from "nock";
import { describe, expect, test } from "vitest";
import { failureOf, shownBy } from "../http/auth/providers.ts";
import { answerWithNock, FROM, keeping, optionProblems, reader, shown } from "../reading.ts";

answerWithNock();

const URL = "https://search.example.com:9200";
const KEY = "ZWxhc3RpYy1hcGkta2V5";
const fetchWith = reader(
  { type: "elasticsearch", url: URL, index: "logs-*", "api-key-env": "ELASTIC_KEY" },
  { ELASTIC_KEY: KEY },
);

const bucket = (zone: string, at: number, rest: object) => ({
  key: { label0: zone, time: (FROM + at) * 1000 },
  ...rest,
});
const answer = (buckets: unknown[], rest: object = {}) => ({
  took: 12,
  timed_out: false,
  _shards: { total: 2, successful: 2, skipped: 0, failed: 0 },
  hits: { total: { value: buckets.length > 0 ? 1 : 0, relation: "gte" }, max_score: null, hits: [] },
  aggregations: { steps: { after_key: (buckets.at(-1) as { key: unknown } | undefined)?.key, buckets } },
  ...rest,
});

describe("Elasticsearch", () => {
  test("asks for a composite of unit and step, with window, query and key", async () => {
    const seen = keeping();
    nock(URL, { reqheaders: { authorization: `ApiKey ${KEY}`, "content-type": "application/json" } })
      .post("/logs-*/_search", seen.matches)
      .reply(
        200,
        answer([
          bucket("eu-1", 0, { doc_count: 9, value: { values: { "95.0": 0.25 } } }),
          bucket("eu-1", 60, { doc_count: 0, value: { values: { "95.0": null } } }),
          bucket("us-1", 60, { doc_count: 3, value: { values: { "95.0": 1 } } }),
        ]),
      );
    const value = "query: service:shop AND\n  status:[500 TO 599]\nvalue: p95(duration_ms)\nlabels: region";
    expect(shown(await fetchWith({}, { queries: { value } }).result)).toEqual([
      ["eu-1", "treated", [0], [0.25]],
      ["us-1", "control", [60], [1]],
    ]);
    expect(seen.bodies).toEqual([
      {
        size: 0,
        track_total_hits: 1,
        query: {
          bool: {
            filter: [
              { range: { "@timestamp": { gte: FROM * 1000, lt: (FROM + 180) * 1000, format: "epoch_millis" } } },
              { query_string: { query: "service:shop AND status:[500 TO 599]" } },
            ],
          },
        },
        aggs: {
          steps: {
            composite: {
              size: 10_000,
              sources: [
                { label0: { terms: { field: "zone" } } },
                { label1: { terms: { field: "region" } } },
                { time: { date_histogram: { field: "@timestamp", fixed_interval: "60000ms" } } },
              ],
            },
            aggs: { value: { percentiles: { field: "duration_ms", percents: [95] } } },
          },
        },
      },
    ]);
  });

  test.each([
    ["count", undefined, 9],
    ["sum(bytes)", { sum: { field: "bytes" } }, 2.5],
    ["avg(bytes)", { avg: { field: "bytes" } }, 2.5],
    ["cardinality(user.id)", { cardinality: { field: "user.id" } }, 2.5],
    ["count(bytes)", { value_count: { field: "bytes" } }, 2.5],
  ])("value: %s", async (measure, aggregation, found) => {
    const seen = keeping<{ aggs: { steps: { aggs?: { value: unknown } } } }>();
    nock(URL)
      .post(/_search/, seen.matches)
      .reply(200, answer([bucket("eu-1", 0, { doc_count: 9, value: { value: 2.5 } })]));
    const { series } = await fetchWith({}, { queries: { value: `query: a:b\nvalue: ${measure}` } }).result;
    expect(seen.bodies[0]?.aggs.steps.aggs?.value).toEqual(aggregation);
    expect(series[0]?.values[0]).toBe(found);
  });

  test("pages are followed by their last key", async () => {
    const full = Array.from({ length: 10_000 }, (_, index) =>
      bucket(`z${String(index).padStart(5, "0")}`, 0, { doc_count: 1 }),
    );
    const seen = keeping<{ aggs: { steps: { composite: { after?: unknown } } } }>();
    nock(URL)
      .post(/_search/, seen.matches)
      .reply(200, answer(full));
    nock(URL)
      .post(/_search/, seen.matches)
      .reply(200, answer([bucket("z99999", 0, { doc_count: 2 })]));
    expect((await fetchWith().result).series).toHaveLength(10_001);
    expect(seen.bodies.map((body) => body.aggs.steps.composite.after)).toEqual([
      undefined,
      { label0: "z09999", time: FROM * 1000 },
    ]);
  });

  test("shards that failed are told; no index means no data", async () => {
    const failures = [{ shard: 0, index: "logs-1", reason: { type: "x", reason: "disk is full" } }];
    nock(URL)
      .post(/_search/)
      .reply(
        200,
        answer([bucket("eu-1", 0, { doc_count: 1 })], { _shards: { total: 2, successful: 1, failed: 1, failures } }),
      );
    expect((await fetchWith().result).warnings).toEqual(["1 of 2 shards did not answer: disk is full"]);
    nock(URL)
      .post(/_search/)
      .reply(200, {
        took: 0,
        timed_out: false,
        _shards: { total: 0, successful: 0, failed: 0 },
        hits: { total: { value: 0 } },
      });
    expect((await fetchWith().result).series).toEqual([]);
  });

  test("too many buckets are asked for in shorter pieces", async () => {
    const reason = "Trying to create too many buckets. Must be less than or equal to: [65536]";
    nock(URL)
      .post(/_search/)
      .reply(400, {
        error: {
          type: "search_phase_execution_exception",
          reason: "all shards failed",
          root_cause: [{ type: "too_many_buckets_exception", reason }],
        },
        status: 400,
      });
    nock(URL)
      .post(/_search/)
      .twice()
      .reply(200, answer([]));
    await fetchWith({}, { to: FROM + 60 * 299 }).result;
  });

  test.each([
    [
      400,
      {
        error: {
          root_cause: [{ type: "parse_exception", reason: "Failed to parse query [a:(]" }],
          type: "search_phase_execution_exception",
          reason: "all shards failed",
        },
      },
      "SOURCE_REJECTED",
      /Failed to parse query \[a:\(\]/,
    ],
    [
      401,
      { error: { root_cause: [{ type: "security_exception", reason: `unable to authenticate with key ${KEY}` }] } },
      "SOURCE_UNAUTHORIZED",
      /with key \*\*\*/,
    ],
    [
      404,
      { error: { root_cause: [{ type: "index_not_found_exception", reason: "no such index [logs]" }] } },
      "SOURCE_NOT_FOUND",
      /no such index/,
    ],
    [
      429,
      { error: { root_cause: [{ type: "circuit_breaking_exception", reason: "Data too large" }] } },
      "SOURCE_RATE_LIMITED",
      /Data too large/,
    ],
  ])("%d is said by the reason at the root", async (status, body, code, message) => {
    nock(URL)
      .post(/_search/)
      .reply(status, body);
    const error = await failureOf(fetchWith().result);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(shownBy(error)).not.toContain(KEY);
  });

  test("documents without the unit's field are told from no documents", async () => {
    nock(URL)
      .post(/_search/)
      .reply(200, answer([], { hits: { total: { value: 1 } } }));
    expect(await failureOf(fetchWith().result)).toMatchObject({
      code: "UNKNOWN_LABEL",
      message: "Documents match the query of SLI error-rate, but none has the field `zone`.",
    });
  });

  test("a measure that does not exist is named with those that do", async () => {
    const error = await failureOf(fetchWith({}, { queries: { value: "query: a\nvalue: median(x)" } }).result);
    expect(error.message).toMatch(/"median\(x\)" is none of count, avg\(FIELD\)/);
  });

  test("a misspelt line is named with the right one", async () => {
    const error = await failureOf(fetchWith({}, { queries: { value: "query: a\nvalues: count" } }).result);
    expect(error.message).toMatch(/`values:` is no part of it; did you mean `value:`/);
  });
});

test("OpenSearch at Amazon is asked with a signature", async () => {
  const amazon = reader(
    { type: "opensearch", url: "https://shop.eu-west-1.es.amazonaws.com", index: "logs", auth: { kind: "sigv4" } },
    { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI-K7MDENG" },
  );
  nock("https://shop.eu-west-1.es.amazonaws.com", {
    reqheaders: { authorization: /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/es\/aws4_request/ },
  })
    .post("/logs/_search")
    .reply(200, answer([]));
  expect((await amazon().result).series).toEqual([]);
});

test("a key beside another sign-in is refused", () => {
  const options = { type: "elasticsearch", url: URL, index: "logs", "api-key-env": "K", "token-env": "T" };
  expect(optionProblems(options)).toEqual(["api-key-env: signs in already; remove `token-env`"]);
  expect(optionProblems({ type: "elasticsearch", url: URL, index: "a/b" })[0]).toMatch(/index: must be the name/);
});

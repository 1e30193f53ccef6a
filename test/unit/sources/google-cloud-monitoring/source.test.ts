import nock from "nock";
import { describe, expect, test } from "vitest";
import { failureOf, shownBy } from "../http/auth/providers.ts";
import { answerWithNock, FROM, optionProblems, reader, shown } from "../reading.ts";

answerWithNock();

const USER = { type: "authorized_user", client_id: "c", client_secret: "s3cret-0123", refresh_token: "r3fresh-4567" };
const fetchWith = reader(
  { type: "google-cloud-monitoring", project: "shop-prod", auth: { kind: "google", "credentials-env": "GOOGLE_KEY" } },
  { GOOGLE_KEY: JSON.stringify(USER) },
);
const TOKEN = "ya29.token-of-google";
const HOST = "https://monitoring.googleapis.com";
const PATH = "/v3/projects/shop-prod/timeSeries";

function google(): nock.Scope {
  nock("https://oauth2.googleapis.com").post("/token").reply(200, { access_token: TOKEN, expires_in: 3600 });
  return nock(HOST, { reqheaders: { authorization: `Bearer ${TOKEN}`, accept: "application/json" } });
}

const FILTER = 'metric.type = "x" AND\n  resource.labels.project_id = "shop-prod"';
const queries = {
  value: `filter: ${FILTER}\nalign: percentile-95\nreduce: mean\nby: resource.labels.zone, metric.labels.code`,
};

const point = (endsAt: number, value: object) => ({
  interval: {
    startTime: new Date((FROM + endsAt) * 1000).toISOString(),
    endTime: new Date((FROM + endsAt) * 1000).toISOString(),
  },
  value,
});
const series = (zone: string, points: unknown[], labels: object = {}) => ({
  metric: { type: "x", labels: { code: "200", ...labels } },
  resource: { type: "gce_instance", labels: { zone, project_id: "shop-prod" } },
  metricKind: "GAUGE",
  valueType: "DOUBLE",
  points,
});

describe("Google Cloud Monitoring", () => {
  test("asks for aligned series by page, newest point first, and takes a point for the period that it ends", async () => {
    const asked = {
      filter: 'metric.type = "x" AND resource.labels.project_id = "shop-prod"',
      "interval.startTime": "2026-01-05T00:00:00.000Z",
      "interval.endTime": "2026-01-05T00:03:00.000Z",
      "aggregation.alignmentPeriod": "60s",
      "aggregation.perSeriesAligner": "ALIGN_PERCENTILE_95",
      "aggregation.crossSeriesReducer": "REDUCE_MEAN",
      "aggregation.groupByFields": ["resource.labels.zone", "metric.labels.code"],
      view: "FULL",
      pageSize: "100000",
    };
    const first = [series("eu-1", [point(120, { doubleValue: 2.5 }), point(60, { int64Value: "9007199254740993" })])];
    const second = [
      series("eu-1", [point(180, { doubleValue: "NaN" })]),
      series("us-1", [point(60, { boolValue: true })]),
    ];
    google()
      .get(PATH)
      .query(asked)
      .reply(200, { timeSeries: first, nextPageToken: "p2", executionErrors: [{ code: 4, message: "slow region" }] });
    nock(HOST)
      .get(PATH)
      .query({ ...asked, pageToken: "p2" })
      .reply(200, { timeSeries: second, unit: "ms" });
    const found = await fetchWith({}, { queries }).result;
    expect(shown(found)).toEqual([
      ["eu-1", "treated", [0, 60, 120], [9007199254740992, 2.5, Number.NaN]],
      ["us-1", "control", [0], [1]],
    ]);
    expect(found.warnings).toEqual(["slow region"]);
  });

  test("distributions are buckets: explicit, exponential, linear, with the empty ones at the end left out", async () => {
    const of = (bucketOptions: object, bucketCounts: string[]) => ({
      distributionValue: { count: "6", mean: 3, bucketOptions, bucketCounts },
    });
    const values = [
      series("a", [point(60, of({ explicitBuckets: { bounds: [0.5, 1] } }, ["1", "2", "3"]))]),
      series("b", [
        point(60, of({ exponentialBuckets: { numFiniteBuckets: 2, growthFactor: 2, scale: 1 } }, ["0", "6"])),
      ]),
      series("c", [point(60, of({ linearBuckets: { numFiniteBuckets: 1, width: 10, offset: 5 } }, ["4", "1", "1"]))]),
    ];
    google().get(PATH).query(true).reply(200, { timeSeries: values });
    const bucket = "filter: x\nalign: delta";
    const { series: found } = await fetchWith({}, { kind: "quantile", queries: { bucket }, to: FROM }).result;
    expect(found.map((one) => [one.unit, one.le, one.values[0]])).toEqual([
      ["a", 0.5, 1],
      ["a", 1, 3],
      ["a", Number.POSITIVE_INFINITY, 6],
      ["b", 1, 0],
      ["b", 2, 6],
      ["b", 4, 6],
      ["b", Number.POSITIVE_INFINITY, 6],
      ["c", 5, 4],
      ["c", 15, 5],
      ["c", Number.POSITIVE_INFINITY, 6],
    ]);
  });

  test("a label that both have is that of the metric; the resource's keeps its own name", async () => {
    google()
      .get(PATH)
      .query(true)
      .reply(200, { timeSeries: [series("eu-1", [point(60, { doubleValue: 1 })], { zone: "other" })] });
    const found = await fetchWith({}, { queries, unitLabel: "resource.zone" }).result;
    expect(found.series.map((one) => one.unit)).toEqual(["eu-1"]);
  });

  test.each([
    [
      "distributions for a gauge",
      { distributionValue: { count: "1" } },
      "gauge",
      /distributions or texts where numbers/,
    ],
    ["numbers for buckets", { doubleValue: 1 }, "quantile", /numbers where distributions are needed/],
  ] as const)("%s are refused with what to write", async (_name, value, kind, message) => {
    google()
      .get(PATH)
      .query(true)
      .reply(200, { timeSeries: [series("eu-1", [point(60, value)])] });
    const text = "filter: x\nalign: delta";
    const error = await failureOf(
      fetchWith({}, { kind, queries: kind === "gauge" ? { value: text } : { bucket: text } }).result,
    );
    expect(error).toMatchObject({ code: "SOURCE_REJECTED", message: expect.stringMatching(message) });
    expect(error.hint).toMatch(/align:/);
  });

  test.each([
    ["filter: x", /lacks the line `align/],
    ["filter: x\nalign: delta\nreduce: sum", /reduces all series to one/],
    ["filter: x\nalign: delta\nreduced: sum", /did you mean `reduce:`/],
  ])("%s is not sent", async (value, message) => {
    expect((await failureOf(fetchWith({}, { queries: { value } }).result)).message).toMatch(message);
  });

  test("steps that are no whole minutes are refused", async () => {
    const error = await failureOf(fetchWith({}, { queries, step: 30 }).result);
    expect(error.message).toContain("whole minutes, not to 30 s");
  });

  test.each([
    [400, "INVALID_ARGUMENT", "Field aggregation had an invalid value", "SOURCE_REJECTED"],
    [403, "PERMISSION_DENIED", "Permission monitoring.timeSeries.list denied", "SOURCE_FORBIDDEN"],
    [404, "NOT_FOUND", "Cannot find metric(s) that match type", "SOURCE_NOT_FOUND"],
    [429, "RESOURCE_EXHAUSTED", "Quota exceeded", "SOURCE_RATE_LIMITED"],
  ])("%d is said in Google's words, without the token", async (code, status, message, expected) => {
    google()
      .get(PATH)
      .query(true)
      .reply(code, { error: { code, message: `${message} ${TOKEN}`, status } });
    const error = await failureOf(fetchWith({}, { queries }).result);
    expect(error).toMatchObject({ code: expected, message: expect.stringContaining(`${status}: ${message} ***`) });
    expect(shownBy(error)).not.toMatch(/ya29|s3cret|r3fresh/);
  });
});

test("options: a project by its id, and one way to sign in", () => {
  const both = {
    kind: "google",
    "credentials-env": "A",
    "workload-identity-provider": "projects/1/locations/global/workloadIdentityPools/a/providers/b",
  };
  expect(optionProblems({ type: "google-cloud-monitoring", project: "shop-prod", auth: both })).toEqual([
    "auth.credentials-env: give either `credentials-env` or `workload-identity-provider`",
  ]);
  expect(optionProblems({ type: "google-cloud-monitoring", project: "Shop Prod" })[0]).toMatch(
    /project: must be the id/,
  );
});

import nock from "nock";
import { describe, expect, test } from "vitest";
import { failureOf, parameters, shownBy } from "../http/auth/providers.ts";
import { answerWithNock, FROM, keeping, optionProblems, reader, shown } from "../reading.ts";

answerWithNock();

const RESOURCE =
  "/subscriptions/00001111-aaaa-2222-bbbb-3333cccc4444/resourceGroups/shop/providers/Microsoft.Web/sites/shop";
const PATH = `${RESOURCE}/providers/Microsoft.Insights/metrics`;
const ENV = { AZURE_SECRET: "s3cret-of-azure" };
const TOKEN = "eyJ0-token-of-azure";
const auth = { kind: "azure", "tenant-id": "tenant", "client-id": "client", "client-secret-env": "AZURE_SECRET" };
const fetchWith = reader({ type: "azure-monitor", resource: RESOURCE, auth }, ENV);
const queries = { value: "metric: Requests\naggregation: Total\nfilter: Status eq '500'" };

function azure(): nock.Scope {
  const asked = keeping();
  nock("https://login.microsoftonline.com")
    .post(
      "/tenant/oauth2/v2.0/token",
      (body) => asked.matches(body) && parameters(body).scope === "https://management.azure.com/.default",
    )
    .reply(200, { access_token: TOKEN, expires_in: 3600 });
  return nock("https://management.azure.com", { reqheaders: { authorization: `Bearer ${TOKEN}` } });
}

const stamp = (at: number) => new Date((FROM + at) * 1000).toISOString().replace(".000Z", "Z");
const answer = (timeseries: unknown[], rest: object = {}) => ({
  cost: 59,
  timespan: "x",
  interval: "PT1M",
  value: [
    {
      id: PATH,
      type: "Microsoft.Insights/metrics",
      name: { value: "Requests", localizedValue: "Requests" },
      unit: "Count",
      timeseries,
      errorCode: "Success",
    },
  ],
  namespace: "Microsoft.Web/sites",
  resourceregion: "westeurope",
  ...rest,
});
const zone = (name: string, data: unknown[]) => ({
  metadatavalues: [{ name: { value: "zone", localizedValue: "zone" }, value: name }],
  data,
});

describe("Azure Monitor", () => {
  test("asks for the dimension of the unit, by ISO window and grain, and reads the aggregation", async () => {
    azure()
      .get(PATH)
      .query({
        "api-version": "2023-10-01",
        metricnames: "Requests",
        aggregation: "total",
        interval: "PT1M",
        timespan: "2026-01-05T00:00:00.000Z/2026-01-05T00:03:00.000Z",
        $filter: "Zone eq '*' and Status eq '500'",
        top: "10000",
        metricnamespace: "custom",
      })
      .reply(
        200,
        answer([
          zone("eu-1", [
            { timeStamp: stamp(0), total: 7 },
            { timeStamp: stamp(60) },
            { timeStamp: stamp(120), total: 0 },
          ]),
        ]),
      );
    const value = `${queries.value}\nnamespace: custom`;
    const groupOf = (labels: Readonly<Record<string, string>>) => (labels.Zone === "eu-1" ? "treated" : "control");
    expect(shown(await fetchWith({}, { queries: { value }, unitLabel: "Zone", groupOf }).result)).toEqual([
      ["eu-1", "treated", [0, 120], [7, 0]],
    ]);
  });

  test("an hour is PT1H; a dimension that the filter names already is not named twice", async () => {
    azure()
      .get(PATH)
      .query(
        (query) =>
          query.interval === "PT1H" &&
          query.$filter === "zone eq 'eu-1' or zone eq 'us-1'" &&
          query.aggregation === "average",
      )
      .reply(200, answer([], { interval: "PT1H" }));
    const value = "metric: Requests\nfilter: zone eq 'eu-1' or zone eq 'us-1'";
    await fetchWith({}, { queries: { value }, step: 3600, from: FROM, to: FROM + 7200 }).result;
  });

  test("alternatives of the query's own filter stay together beside the unit's dimension", async () => {
    azure()
      .get(PATH)
      .query((query) => query.$filter === "zone eq '*' and (Status eq '500' or subzone eq 'a')")
      .reply(200, answer([]));
    await fetchWith({}, { queries: { value: "metric: Requests\nfilter: Status eq '500' or subzone eq 'a'" } }).result;
  });

  test("another interval than asked for is refused; a metric that failed says why", async () => {
    azure()
      .get(PATH)
      .query(true)
      .reply(200, answer([zone("eu-1", [{ timeStamp: stamp(0), total: 7 }])], { interval: "PT5M" }));
    expect((await failureOf(fetchWith({}, { queries }).result)).message).toContain("300 s, not 60 s");
    const failed = {
      name: { value: "Requests" },
      errorCode: "InvalidSamplingType",
      errorMessage: "Total is not supported",
      timeseries: [],
    };
    azure()
      .get(PATH)
      .query(true)
      .reply(200, answer([], { value: [failed] }));
    expect((await failureOf(fetchWith({}, { queries }).result)).message).toContain("Total is not supported");
  });

  test.each([
    ["metric: Requests\naggregation: p95", {}, /"p95" is no aggregation/],
    [queries.value, { step: 120 }, /no time grain of 120 s/],
    ["aggregation: total", {}, /lacks the line `metric/],
  ])("%j with %j is not sent", async (value, overrides, message) => {
    expect((await failureOf(fetchWith({}, { queries: { value }, ...overrides }).result)).message).toMatch(message);
  });

  test.each([
    [
      400,
      { code: "BadRequest", message: "Failed to find metric configuration for metric: x" },
      "SOURCE_REJECTED",
      /Failed to find metric/,
    ],
    [
      403,
      { error: { code: "AuthorizationFailed", message: `The client does not have authorization ${TOKEN}` } },
      "SOURCE_FORBIDDEN",
      /AuthorizationFailed: .*\*\*\*/,
    ],
    [404, { error: { code: "ResourceNotFound", message: "was not found" } }, "SOURCE_NOT_FOUND", /ResourceNotFound/],
  ])("%d is said in Azure's words, without the token", async (status, body, code, message) => {
    azure().get(PATH).query(true).reply(status, body);
    const error = await failureOf(fetchWith({}, { queries }).result);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(shownBy(error)).not.toMatch(/eyJ0|s3cret/);
  });
});

test("a resource is named by its id", () => {
  expect(optionProblems({ type: "azure-monitor", resource: "shop" })[0]).toMatch(
    /resource: must be the id of a resource/,
  );
});

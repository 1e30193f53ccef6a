import nock from "nock";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readXml, textOf } from "../../../../src/sources/cloudwatch/xml.ts";
import type { SeriesQuery } from "../../../../src/sources/contract.ts";
import { SOURCES } from "../../../../src/sources/index.ts";
import { naiveSignature } from "../http/auth/naive-signature.ts";
import { failureOf, providerPorts, shownBy } from "../http/auth/providers.ts";

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  const pending = nock.pendingMocks();
  nock.cleanAll();
  nock.enableNetConnect();
  expect(pending).toEqual([]);
});

const KEYS = { AWS_ACCESS_KEY_ID: "AKIACLOUDWATCH", AWS_SECRET_ACCESS_KEY: "cloudwatch-secret-key" };
const HOST = "https://monitoring.eu-west-1.amazonaws.com";
const FROM = Date.UTC(2026, 0, 31, 12) / 1000;
const SEARCH = `SEARCH('{AWS/ApplicationELB,AvailabilityZone} MetricName="RequestCount"', 'Sum', 60)`;
const query: SeriesQuery = {
  sli: "requests",
  kind: "gauge",
  queries: { value: SEARCH },
  unitLabel: "AvailabilityZone",
  groupOf: ({ AvailabilityZone: zone }) => (zone === "eu-west-1a" ? "treated" : "control"),
  from: FROM,
  to: FROM + 120,
  step: 60,
};

function fetchWith(overrides: Partial<SeriesQuery> = {}, options: Record<string, unknown> = {}) {
  const ports = providerPorts(KEYS);
  const source = SOURCES.cloudwatch?.open({ type: "cloudwatch", region: "eu-west-1", retries: 0, ...options }, ".");
  if (source === undefined) throw new Error("cloudwatch is not listed");
  return { ports, result: source.fetchSeries({ ...query, ...overrides }, ports) };
}

interface Member {
  readonly label: string;
  readonly points: readonly (readonly [seconds: number, value: number])[];
  readonly status?: string;
}

/** The form of the answer as the API reference shows it. */
function page(members: readonly Member[], rest = ""): string {
  const list = (name: string, texts: readonly string[]): string =>
    texts.length === 0
      ? `<${name}/>`
      : `<${name}>${texts.map((text) => `<member>${text}</member>`).join("")}</${name}>`;
  const results = members.map(({ label, points, status = "Complete" }) => {
    const times = points.map(([seconds]) => new Date((FROM + seconds) * 1000).toISOString().replace(".000Z", "Z"));
    const values = points.map(([, value]) => value.toExponential());
    return `<member>${list("Timestamps", times)}${list("Values", values)}<Label>${label}</Label><Id>a</Id><StatusCode>${status}</StatusCode></member>`;
  });
  return `<?xml version="1.0"?>
<GetMetricDataResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/">
  <GetMetricDataResult><MetricDataResults>${results.join("")}</MetricDataResults>${rest}</GetMetricDataResult>
  <ResponseMetadata><RequestId>8f4b</RequestId></ResponseMetadata>
</GetMetricDataResponse>`;
}

function mock(asked: URLSearchParams[], body: string | ((form: URLSearchParams) => string), status = 200): nock.Scope {
  return nock(HOST)
    .post("/")
    .reply(async (request: Request) => {
      const form = new URLSearchParams(await request.text());
      asked.push(form);
      return [status, typeof body === "string" ? body : body(form)] as const;
    });
}

const zoneA: Member = {
  label: "eu-west-1a",
  points: [
    [0, 1.5],
    [60, 2],
    [120, 2.5],
  ],
};

describe("CloudWatch, GetMetricData", () => {
  test("asks by a signed form for the window to the end of its last step, labels naming the dimension", async () => {
    let seen: { form: string; headers: Record<string, string> } = { form: "", headers: {} };
    nock(HOST, { reqheaders: { "content-type": "application/x-www-form-urlencoded", accept: "application/xml" } })
      .post("/")
      .reply(async (request: Request) => {
        seen = { form: await request.text(), headers: Object.fromEntries(request.headers) };
        return [
          200,
          page([
            zoneA,
            {
              label: "eu-west-1b",
              points: [
                [0, 4],
                [120, 5],
              ],
            },
          ]),
        ] as const;
      });
    const { series, warnings } = await fetchWith().result;
    expect(Object.fromEntries(new URLSearchParams(seen.form))).toEqual({
      Action: "GetMetricData",
      Version: "2010-08-01",
      StartTime: "2026-01-31T12:00:00.000Z",
      EndTime: "2026-01-31T12:03:00.000Z",
      ScanBy: "TimestampAscending",
      "MetricDataQueries.member.1.Id": "a",
      "MetricDataQueries.member.1.Expression": SEARCH,
      "MetricDataQueries.member.1.Label": `\u0024{PROP('Dim.AvailabilityZone')}`,
      "MetricDataQueries.member.1.ReturnData": "true",
    });
    const { authorization = "", "x-amz-date": date = "" } = seen.headers;
    const signed = { host: "monitoring.eu-west-1.amazonaws.com", "x-amz-date": date };
    const request = { method: "POST", url: new URL(`${HOST}/`), body: seen.form };
    const scope = { secret: KEYS.AWS_SECRET_ACCESS_KEY, region: "eu-west-1", service: "monitoring" };
    expect(authorization).toContain(`Signature=${naiveSignature(request, signed, scope)}`);
    expect(
      series.map((one) => [one.unit, one.group, [...one.times].map((time) => time - FROM), [...one.values]]),
    ).toEqual([
      ["eu-west-1a", "treated", [0, 60, 120], [1.5, 2, 2.5]],
      ["eu-west-1b", "control", [0, 120], [4, 5]],
    ]);
    expect(warnings).toEqual([]);
  });

  test("several expressions: only the last one is returned", async () => {
    const asked: URLSearchParams[] = [];
    mock(asked, page([zoneA]));
    await fetchWith({ queries: { value: `errors = ${SEARCH}\nall = ${SEARCH}\n100 * errors / all` } }).result;
    const field = (index: number, name: string) => asked[0]?.get(`MetricDataQueries.member.${index}.${name}`);
    expect([1, 2, 3].map((index) => [field(index, "Id"), field(index, "ReturnData")])).toEqual([
      ["errors", "false"],
      ["all", "false"],
      ["result", "true"],
    ]);
    expect(field(3, "Expression")).toBe("100 * errors / all");
  });

  test("Metrics Insights gets the step as its period and names series by itself", async () => {
    const asked: URLSearchParams[] = [];
    mock(asked, page([zoneA]));
    const value =
      'SELECT SUM(RequestCount) FROM SCHEMA("AWS/ApplicationELB", AvailabilityZone) GROUP BY AvailabilityZone';
    const { series } = await fetchWith({ queries: { value } }).result;
    expect(asked[0]?.get("MetricDataQueries.member.1.Period")).toBe("60");
    expect(asked[0]?.has("MetricDataQueries.member.1.Label")).toBe(false);
    expect(series.map((one) => one.unit)).toEqual(["eu-west-1a"]);
  });

  test("a second dimension names the subgroup", async () => {
    const asked: URLSearchParams[] = [];
    const points = zoneA.points;
    mock(
      asked,
      page([
        { label: "eu-west-1a | checkout &amp; cart", points },
        { label: "eu-west-1a | search", points },
      ]),
    );
    const { series } = await fetchWith({ byLabel: "Service" }).result;
    expect(asked[0]?.get("MetricDataQueries.member.1.Label")).toContain("Dim.Service");
    expect(series.map((one) => one.subgroup)).toEqual(["checkout & cart", "search"]);
  });

  test("pages are followed, and a series goes on in the next one", async () => {
    const asked: URLSearchParams[] = [];
    mock(asked, page([{ ...zoneA, points: [[0, 1]], status: "PartialData" }], "<NextToken>page/2+</NextToken>"));
    mock(
      asked,
      page([
        {
          ...zoneA,
          points: [
            [60, 2],
            [120, 3],
          ],
        },
      ]),
    );
    const { series } = await fetchWith().result;
    expect(asked.map((form) => form.get("NextToken"))).toEqual([null, "page/2+"]);
    expect(series.map((one) => [...one.values])).toEqual([[1, 2, 3]]);
  });

  test("a partial answer without a next page is asked for again in halves", async () => {
    const asked: URLSearchParams[] = [];
    const answer = (form: URLSearchParams): string => {
      const [from, to] = ["StartTime", "EndTime"].map((name) => Date.parse(form.get(name) ?? "") / 1000 - FROM);
      const count = ((to ?? 0) - (from ?? 0)) / 60;
      const points = Array.from({ length: count }, (_, index) => [(from ?? 0) + index * 60, 1] as const);
      return page([{ ...zoneA, points, status: count > 250 ? "PartialData" : "Complete" }]);
    };
    for (let index = 0; index < 3; index += 1) mock(asked, answer);
    const { series } = await fetchWith({ to: FROM + 60 * 399 }).result;
    expect(series[0]?.times).toHaveLength(400);
    expect(asked).toHaveLength(3);
  });

  test("messages of the service are shown", async () => {
    const message =
      "<Messages><member><Code>MaxMetricsExceeded</Code><Value>more than 500 found</Value></member></Messages>";
    mock([], page([zoneA], message));
    expect((await fetchWith().result).warnings).toEqual(["MaxMetricsExceeded: more than 500 found"]);
  });

  test("several metrics of one unit are refused with a search that keeps the dimensions", async () => {
    mock([], page([zoneA, zoneA]));
    expect(await failureOf(fetchWith().result)).toMatchObject({
      code: "SOURCE_REJECTED",
      message: expect.stringContaining('several series for AvailabilityZone "eu-west-1a"'),
      hint: expect.stringContaining("SEARCH('{Namespace,AvailabilityZone}"),
    });
  });

  test("points of another period than the step are refused", async () => {
    const points = Array.from({ length: 20 }, (_, index) => [index * 300, 1] as const);
    mock([], page([{ ...zoneA, points }]));
    expect(await failureOf(fetchWith({ to: FROM + 60 * 99 }).result)).toMatchObject({
      code: "SOURCE_REJECTED",
      message: expect.stringContaining("300 s, not 60 s"),
      hint: expect.stringMatching(/period in the query be 60 .*windows\.step` to 300s/),
    });
  });

  test.each([
    ["Forbidden", "SOURCE_FORBIDDEN"],
    ["InternalError", "SOURCE_UNAVAILABLE"],
  ])("a series with status %s is an error, not a gap", async (status, code) => {
    mock([], page([{ ...zoneA, status }]));
    expect(await failureOf(fetchWith().result)).toMatchObject({ code });
  });

  test("throttling comes with 400 and is waited for", async () => {
    const asked: URLSearchParams[] = [];
    mock(
      asked,
      "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>",
      400,
    );
    mock(asked, page([zoneA]));
    const { ports, result } = fetchWith({}, { retries: 1 });
    expect((await result).series).toHaveLength(1);
    expect(ports.slept).toHaveLength(1);
  });

  test("Amazon's words are shown, without keys", async () => {
    const text = `not authorized with ${KEYS.AWS_SECRET_ACCESS_KEY}`;
    mock([], `<ErrorResponse><Error><Code>AccessDenied</Code><Message>${text}</Message></Error></ErrorResponse>`, 403);
    const error = await failureOf(fetchWith().result);
    expect(error).toMatchObject({
      code: "SOURCE_FORBIDDEN",
      message: expect.stringContaining("AccessDenied: not authorized with ***"),
      hint: expect.stringContaining("cloudwatch:GetMetricData"),
    });
    expect(shownBy(error)).not.toContain(KEYS.AWS_SECRET_ACCESS_KEY);
  });

  test("buckets are refused with the percentile to ask for", async () => {
    const error = await failureOf(fetchWith({ kind: "quantile", queries: { bucket: SEARCH } }).result);
    expect(error).toMatchObject({ code: "CONFIG_INVALID", hint: expect.stringContaining("p95") });
  });
});

describe("XML", () => {
  test("keeps elements and texts, and decodes what is escaped", () => {
    const root = readXml(`<?xml version="1.0"?>\n<A x="1"><!-- no --><B>1 &lt; 2 &#38; &#x33;</B><C/></A>\n`);
    expect(root?.children.map((child) => child.name)).toEqual(["B", "C"]);
    expect(textOf(root ?? undefined, "B")).toBe("1 < 2 & 3");
  });

  test.each(["", "text", "<A>", "<A></B>", "</A>", "<A></A><B></B>", "<A", "<A><"])("%o is none", (document) => {
    expect(readXml(document)).toBeNull();
  });
});

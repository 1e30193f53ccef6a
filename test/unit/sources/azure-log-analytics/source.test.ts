import nock from "nock";
import { describe, expect, test } from "vitest";
import { failureOf, parameters } from "../http/auth/providers.ts";
import { answerWithNock, FROM, keeping, optionProblems, reader, shown } from "../reading.ts";

answerWithNock();

const WORKSPACE = "00001111-aaaa-2222-bbbb-3333cccc4444";
const PATH = `/v1/workspaces/${WORKSPACE}/query`;
const auth = { kind: "azure", "tenant-id": "tenant", "client-id": "client", "client-secret-env": "AZURE_SECRET" };
const fetchWith = reader(
  { type: "azure-log-analytics", workspace: WORKSPACE, auth },
  { AZURE_SECRET: "s3cret-of-azure" },
);
const queries = { value: "AppRequests | summarize value = avg(DurationMs) by bin(TimeGenerated, {{step}}), zone" };

function azure(): nock.Scope {
  nock("https://login.microsoftonline.com")
    .post("/tenant/oauth2/v2.0/token", (body) => parameters(body).scope === "https://api.loganalytics.io/.default")
    .reply(200, { access_token: "token-of-azure", expires_in: 3600 });
  return nock("https://api.loganalytics.azure.com", { reqheaders: { authorization: "Bearer token-of-azure" } });
}

const TIME = { name: "TimeGenerated", type: "datetime" };
const ZONE = { name: "zone", type: "string" };
const VALUE = { name: "value", type: "real" };
const answer = (columns: unknown[], ...rows: unknown[][]) => ({ tables: [{ name: "PrimaryResult", columns, rows }] });

describe("Log Analytics", () => {
  test("asks with the window beside the query, and reads the primary result", async () => {
    const seen = keeping();
    azure()
      .post(PATH, seen.matches)
      .reply(
        200,
        answer(
          [TIME, ZONE, VALUE],
          ["2026-01-05T00:01:00Z", "eu-1", 2.5],
          ["2026-01-05T00:00:00Z", "eu-1", "NaN"],
          ["2026-01-05T00:00:00Z", "us-1", null],
          ["2026-01-05T00:03:00Z", "us-1", 9],
        ),
      );
    expect(shown(await fetchWith({}, { queries }).result)).toEqual([["eu-1", "treated", [0, 60], [Number.NaN, 2.5]]]);
    expect(seen.bodies).toEqual([
      {
        query: "AppRequests | summarize value = avg(DurationMs) by bin(TimeGenerated, 60s), zone",
        timespan: "2026-01-05T00:00:00.000Z/2026-01-05T00:03:00.000Z",
      },
    ]);
  });

  test("the only number is the value, decimals come as texts, instants stand where they are asked for", async () => {
    const seen = keeping<{ query: string }>();
    const columns = [TIME, ZONE, { name: "p95", type: "decimal" }];
    azure()
      .post(PATH, seen.matches)
      .reply(200, answer(columns, ["2026-01-05T00:00:00Z", "eu-1", "1.25"]));
    const value = "T | where t between ({{start}} .. {{end}})";
    expect((await fetchWith({}, { queries: { value } }).result).series[0]?.values[0]).toBe(1.25);
    expect(seen.bodies[0]?.query).toBe(
      "T | where t between (datetime(2026-01-05T00:00:00.000Z) .. datetime(2026-01-05T00:03:00.000Z))",
    );
  });

  test("an answer in part is asked for again in pieces, and refused when it stays so", async () => {
    const details = [
      {
        code: "QueryExecutionResultSizeLimitExceeded",
        message: "Query result set has exceeded the limit of 500000 records",
      },
    ];
    const partial = {
      ...answer([TIME, ZONE, VALUE]),
      error: { code: "PartialError", message: "There were some errors", details },
    };
    azure().post(PATH).reply(200, partial);
    nock("https://api.loganalytics.azure.com")
      .post(PATH)
      .twice()
      .reply(200, answer([TIME, ZONE, VALUE]));
    await fetchWith({}, { queries, to: FROM + 60 * 299 }).result;
    azure().post(PATH).reply(200, partial);
    expect(await failureOf(fetchWith({}, { queries }).result)).toMatchObject({
      code: "SOURCE_TOO_LARGE",
      message: expect.stringContaining("limit of 500000 records"),
    });
  });

  test.each([
    [
      "two numbers",
      answer([TIME, { name: "a", type: "long" }, { name: "b", type: "real" }]),
      /which column is the value/,
    ],
    ["no time", answer([ZONE, VALUE]), /no column with the time/],
    [
      "rows that are not told apart",
      answer([TIME, ZONE, VALUE], ["2026-01-05T00:00:00Z", "a", 1], ["2026-01-05T00:00:00Z", "a", 2]),
      /several values of zone "a"/,
    ],
  ])("%s: refused with an example", async (_name, body, message) => {
    azure().post(PATH).reply(200, body);
    const error = await failureOf(fetchWith({}, { queries }).result);
    expect(error).toMatchObject({
      code: "SOURCE_REJECTED",
      message: expect.stringMatching(message),
      hint: expect.stringContaining("summarize value ="),
    });
  });

  test("a query that Kusto does not understand is shown in its words; a placeholder that does not exist is not sent", async () => {
    const innererror = { code: "SYN0002", message: "Query could not be parsed at 'sumarize' on line [1,12]" };
    azure()
      .post(PATH)
      .reply(400, {
        error: { message: "The request had some invalid properties", code: "BadArgumentError", innererror },
      });
    expect((await failureOf(fetchWith({}, { queries }).result)).message).toMatch(
      /BadArgumentError: The request had some invalid properties/,
    );
    expect((await failureOf(fetchWith({}, { queries: { value: "T | {{time}}" } }).result)).message).toMatch(
      /\{\{time\}\} is not known/,
    );
  });
});

test("a workspace is named by its id", () => {
  expect(optionProblems({ type: "azure-log-analytics", workspace: "shop" })[0]).toMatch(/workspace: must be the id/);
});

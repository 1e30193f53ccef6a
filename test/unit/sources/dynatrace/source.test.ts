import nock from "nock";
import { describe, expect, test } from "vitest";
import { failureOf, shownBy } from "../http/auth/providers.ts";
import { answerWithNock, FROM, reader, shown } from "../reading.ts";

answerWithNock();

const TOKEN = "dt0c01.ST2EY72KQINMH574WMNVI7YN.G3DFPBEJYMODIDAEX454M7YWBUVEFOWKPRVMWFASS64NFH52PX6BNDVFFM572RZM";
const URL = "https://abc12345.live.dynatrace.com";
const fetchWith = reader({ type: "dynatrace", url: URL, "token-env": "DT_TOKEN" }, { DT_TOKEN: TOKEN });
const PATH = "/api/v2/metrics/query";
const SELECTOR = 'builtin:service.response.time:splitBy("zone"):percentile(95)';
const queries = { value: SELECTOR };

const one = (zone: string | null, endsAt: readonly number[], values: readonly (number | null)[]) => ({
  dimensions: [zone],
  dimensionMap: { zone },
  timestamps: endsAt.map((time) => (FROM + time) * 1000),
  values,
});
const page = (data: unknown[], rest: object = {}) => ({
  totalCount: data.length,
  nextPageKey: null,
  resolution: "1m",
  result: [{ metricId: SELECTOR, dataPointCountRatio: 1.8e-5, dimensionCountRatio: 3e-5, data }],
  ...rest,
});

describe("Dynatrace", () => {
  test("asks in milliseconds by whole minutes, and takes a point for the slot that it ends", async () => {
    nock(URL, { reqheaders: { authorization: `Api-Token ${TOKEN}`, accept: "application/json" } })
      .get(PATH)
      .query({ metricSelector: SELECTOR, resolution: "1m", from: `${FROM}000`, to: `${FROM + 180}000` })
      .reply(
        200,
        page([one("eu-1", [60, 120, 180], [1.5, null, 3]), one(null, [60], [9])], { nextPageKey: "AQAAABQBAAAABQ==" }),
      );
    nock(URL)
      .get(PATH)
      .query({ nextPageKey: "AQAAABQBAAAABQ==" })
      .reply(200, page([one("us-1", [60, 240], [2, 7])]));
    const found = await fetchWith({}, { queries }).result;
    expect(shown(found)).toEqual([
      ["eu-1", "treated", [0, 120], [1.5, 3]],
      ["us-1", "control", [0], [2]],
    ]);
    expect(found.warnings).toEqual(["1 series of the query of SLI error-rate without the label `zone` were left out."]);
  });

  test("warnings are shown once; several metrics are told apart", async () => {
    const warning = "The dimension key `zonee` has been referenced, but the metric has no such key.";
    const result = ["a", "b"].map((metricId) => ({ metricId, data: [one("eu-1", [60], [1])], warnings: [warning] }));
    nock(URL)
      .get(PATH)
      .query(true)
      .reply(200, { totalCount: 2, resolution: "1m", result, warnings: [warning] });
    expect((await failureOf(fetchWith({}, { queries }).result)).message).toMatch(
      /several series for zone "eu-1"; they differ in metric \("a", "b"\)/,
    );
    nock(URL)
      .get(PATH)
      .query(true)
      .reply(200, { totalCount: 0, resolution: "1m", result: [], warnings: [warning] });
    expect((await fetchWith({}, { queries }).result).warnings).toEqual([warning]);
  });

  test("a resolution that is coarser than asked for is refused", async () => {
    nock(URL)
      .get(PATH)
      .query(true)
      .reply(200, page([one("eu-1", [300], [1])], { resolution: "5m" }));
    expect(await failureOf(fetchWith({}, { queries }).result)).toMatchObject({
      code: "SOURCE_REJECTED",
      message: expect.stringContaining("300 s, not 60 s"),
      hint: expect.stringContaining("14 days"),
    });
  });

  test("steps that are no whole minutes are not asked for", async () => {
    expect((await failureOf(fetchWith({}, { queries, step: 30 }).result)).message).toContain("whole minutes, not 30 s");
  });

  test.each([
    [400, "The metric selector is invalid: unknown transformation 'spitBy'", "SOURCE_REJECTED"],
    [401, "Token Authentication failed", "SOURCE_UNAUTHORIZED"],
    [403, "Token is missing required scope. Use one of: metrics.read (Read metrics)", "SOURCE_FORBIDDEN"],
    [404, "The metric key 'x' does not exist", "SOURCE_NOT_FOUND"],
  ])("%d is said in Dynatrace's words, without the token", async (code, message, expected) => {
    nock(URL)
      .get(PATH)
      .query(true)
      .reply(code, { error: { code, message: `${message} ${TOKEN}` } });
    const error = await failureOf(fetchWith({}, { queries }).result);
    expect(error).toMatchObject({ code: expected, message: expect.stringContaining(`${message} ***`) });
    expect(shownBy(error)).not.toContain("dt0c01.ST2");
  });
});

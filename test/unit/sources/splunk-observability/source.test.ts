import nock from "nock";
import { describe, expect, test } from "vitest";
import { failureOf, shownBy } from "../http/auth/providers.ts";
import { answerWithNock, FROM, optionProblems, reader, shown } from "../reading.ts";

answerWithNock();

const TOKEN = "splunk-token-0123";
const HOST = "https://stream.eu0.signalfx.com";
const PATH = "/v2/signalflow/execute";
const fetchWith = reader({ type: "splunk-observability", realm: "eu0" }, { SPLUNK_ACCESS_TOKEN: TOKEN });
const PROGRAM = "data('service.request.count').sum(by=['zone']).publish()";
const queries = { value: PROGRAM };

const event = (name: string, data: unknown) =>
  `event: ${name}\ndata: ${JSON.stringify(data, null, 1).replaceAll("\n", "\ndata: ")}\n\n`;
const resolution = (resolutionMs: number) =>
  event("message", {
    message: { messageCode: "JOB_RUNNING_RESOLUTION", contents: { resolutionMs } },
    logicalTimestampMs: 0,
  });
const metadata = (tsId: string, properties: object) =>
  event("metadata", {
    tsId,
    properties: { sf_key: ["zone"], sf_isPreQuantized: true, jobId: "J", computationId: "C", ...properties },
  });
const data = (at: number, values: Record<string, unknown>) =>
  event("data", {
    data: Object.entries(values).map(([tsId, value]) => ({ tsId, value })),
    logicalTimestampMs: (FROM + at) * 1000,
    maxDelayMs: 0,
  });
const END = event("control-message", { event: "END_OF_CHANNEL", timestampMs: 1 });
const START = event("control-message", { event: "STREAM_START", timestampMs: 1 });

function answerWith(...events: string[]): void {
  nock(HOST).post(PATH).query(true).reply(200, events.join(""), { "content-type": "text/event-stream" });
}

describe("SignalFlow", () => {
  test("sends the program as text, with window and resolution, and reads the events", async () => {
    nock(HOST, { reqheaders: { "x-sf-token": TOKEN, "content-type": "text/plain", accept: "text/event-stream" } })
      .post(PATH, PROGRAM)
      .query({ start: `${FROM}000`, stop: `${FROM + 180}000`, resolution: "60000", immediate: "true" })
      .reply(
        200,
        [
          START,
          resolution(60_000),
          metadata("a", { zone: "eu-1", sf_metric: "x" }),
          metadata("b", { zone: "us-1" }),
          data(0, { a: 1.5, b: 2 }),
          data(60, { a: null, b: "NaN" }),
          data(120, { a: 3 }),
          event("expired-tsid", { tsId: "b" }),
          END,
        ].join(""),
      );
    expect(shown(await fetchWith({}, { queries }).result)).toEqual([
      ["eu-1", "treated", [0, 120], [1.5, 3]],
      ["us-1", "control", [0], [2]],
    ]);
  });

  test("a resolution that Splunk chose itself is refused", async () => {
    answerWith(resolution(300_000), metadata("a", { zone: "eu-1" }), data(0, { a: 1 }), END);
    expect((await failureOf(fetchWith({}, { queries }).result)).message).toContain("300 s, not 60 s");
  });

  test("two streams of one program are told apart by their labels", async () => {
    answerWith(
      metadata("a", { zone: "eu-1", sf_streamLabel: "A" }),
      metadata("b", { zone: "eu-1", sf_streamLabel: "B" }),
      data(0, { a: 1, b: 2 }),
      END,
    );
    expect((await failureOf(fetchWith({}, { queries }).result)).message).toMatch(/differ in stream \("A", "B"\)/);
  });

  test.each([
    ["without its end", [data(0, {})], "SOURCE_MALFORMED", /ends before the end of its channel/],
    [
      "with an event of another form",
      [event("data", { points: [] }), END],
      "SOURCE_MALFORMED",
      /an event is not what this API promises/,
    ],
    [
      "that was stopped",
      [
        event("control-message", {
          event: "CHANNEL_ABORT",
          abortInfo: { sf_job_abortState: "PAUSED", sf_job_abortReason: "too many series" },
        }),
      ],
      "SOURCE_REJECTED",
      /too many series/,
    ],
    [
      "with an error",
      [
        event("error-message", {
          errors: [{ code: "ANALYTICS_PROGRAM_NAME_ERROR", message: "name 'dat' is not defined" }],
        }),
      ],
      "SOURCE_REJECTED",
      /name 'dat' is not defined/,
    ],
  ])("a stream %s is %s", async (_name, events, code, message) => {
    answerWith(...events);
    expect(await failureOf(fetchWith({}, { queries }).result)).toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test("a refused program is shown in Splunk's words, without the token", async () => {
    nock(HOST)
      .post(PATH)
      .query(true)
      .reply(400, { code: 400, message: `Line 1: syntax error ${TOKEN}`, errorType: "ANALYTICS_PROGRAM_PARSE_ERROR" });
    const error = await failureOf(fetchWith({}, { queries }).result);
    expect(error).toMatchObject({
      code: "SOURCE_REJECTED",
      message: expect.stringContaining("Line 1: syntax error ***"),
    });
    expect(shownBy(error)).not.toContain(TOKEN);
  });

  test("a program that publishes nothing is not sent", async () => {
    const error = await failureOf(fetchWith({}, { queries: { value: "data('x').sum()" } }).result);
    expect(error).toMatchObject({
      message: expect.stringContaining("publishes nothing"),
      hint: expect.stringContaining(".publish()"),
    });
  });
});

test("a realm or an address, not both and not neither", () => {
  expect(optionProblems({ type: "splunk-observability" })).toEqual(["realm: is needed, or `url` instead of it"]);
  expect(optionProblems({ type: "splunk-observability", realm: "europe" })[0]).toMatch(/must be a realm/);
});

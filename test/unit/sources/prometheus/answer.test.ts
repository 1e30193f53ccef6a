import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { explainError, readMatrix, readVector } from "../../../../src/sources/prometheus/answer.ts";
import { cutSamples, readSamples, readSampleValue } from "../../../../src/sources/prometheus/samples.ts";

function matrix(result: unknown, rest: Record<string, unknown> = {}): string {
  return JSON.stringify({ status: "success", data: { resultType: "matrix", result }, ...rest });
}

describe("numbers in answers", () => {
  test.each([
    ["1", 1],
    ["-0.25", -0.25],
    ["1e-7", 1e-7],
    ["NaN", Number.NaN],
    ["+Inf", Number.POSITIVE_INFINITY],
    ["-Inf", Number.NEGATIVE_INFINITY],
  ])("%s", (text, value) => {
    expect(readSampleValue(text)).toBe(value);
  });

  test.each(["", "one", "1,5", "null"])("%o is not a number", (text) => {
    expect(readSampleValue(text)).toBeNull();
  });
});

describe("range answers", () => {
  test("keep labels, stamps and values, and pass on what the server says beside them", () => {
    const body = matrix(
      [
        {
          metric: { zone: "a" },
          values: [
            [10, "1"],
            [20.5, "NaN"],
          ],
        },
      ],
      {
        warnings: ["one store is down"],
        infos: ["not a counter"],
        isPartial: true,
      },
    );
    const read = readMatrix(body);
    expect(read).toMatchObject({
      ok: true,
      value: {
        data: {
          usable: true,
          value: [{ labels: { zone: "a" }, times: Float64Array.of(10, 20.5), values: Float64Array.of(1, Number.NaN) }],
        },
        warnings: ["one store is down", "not a counter", "The answer is partial: some storage nodes did not answer."],
      },
    });
  });

  test.each([
    ["a sample that is no pair", [{ metric: {}, values: [10, "1"] }], /is not \[time, "number"\]/],
    ["a number that is not a text", [{ metric: {}, values: [[10, 1]] }], /is not \[time, "number"\]/],
    [
      "stamps that go back",
      [
        {
          metric: {},
          values: [
            [20, "1"],
            [10, "1"],
          ],
        },
      ],
      /is not \[time, "number"\]/,
    ],
    ["labels that are no texts", [{ metric: { zone: 1 }, values: [] }], /metric\.zone/],
    ["values that are no list", [{ metric: {}, values: "many" }], /is not a list of samples/],
    ["no list of series", {}, /expected array/],
  ])("%s cannot be read", (_name, result, detail) => {
    expect(readMatrix(matrix(result))).toEqual({ ok: false, detail: expect.stringMatching(detail) });
  });

  test.each([
    ["scalar", [1, "2"]],
    ["vector", []],
    ["string", [1, "x"]],
  ])("a %s is refused as unusable", (resultType, result) => {
    const read = readMatrix(JSON.stringify({ status: "success", data: { resultType, result } }));
    expect(read).toMatchObject({
      ok: true,
      value: { data: { usable: false, detail: expect.stringContaining(resultType) } },
    });
  });

  test("native histograms keep their stamps, counts and buckets", () => {
    const buckets = [
      [1, "-4", "-2", "1"],
      [3, "-0.001", "0.001", "2"],
      [0, "1", "2", "0.5"],
    ];
    const read = readMatrix(
      matrix([{ metric: { zone: "a" }, histograms: [[10, { count: "3.5", sum: "1", buckets }]] }]),
    );
    expect(read).toMatchObject({
      ok: true,
      value: {
        data: {
          usable: true,
          value: [
            {
              labels: { zone: "a" },
              times: new Float64Array(0),
              histograms: [{ time: 10, count: 3.5, buckets: Float64Array.of(-4, -2, 1, -0.001, 0.001, 2, 1, 2, 0.5) }],
            },
          ],
        },
      },
    });
  });

  test.each([
    ["a native histogram without a count", [10, { sum: "1" }]],
    ["a native histogram that is a list", [10, []]],
    ["a bucket with an unknown rule", [10, { count: "1", buckets: [[4, "1", "2", "1"]] }]],
    ["a bucket that ends before it starts", [10, { count: "1", buckets: [[0, "2", "1", "1"]] }]],
    [
      "buckets out of order",
      [
        10,
        {
          count: "2",
          buckets: [
            [0, "2", "4", "1"],
            [0, "1", "2", "1"],
          ],
        },
      ],
    ],
    ["a bound that is a number, not a text", [10, { count: "1", buckets: [[0, 1, "2", "1"]] }]],
  ])("%s cannot be read", (_name, sample) => {
    expect(readMatrix(matrix([{ metric: {}, histograms: [sample] }]))).toEqual({
      ok: false,
      detail: expect.stringContaining("a native histogram is not"),
    });
  });
});

describe("reading samples from the text itself", () => {
  const number = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.constantFrom("NaN", "+Inf", "-Inf", "0", "-0", "1e-300", "0.20384716238947213", "12345678901234567890"),
  );
  const list = fc.array(fc.tuple(fc.integer({ min: 1, max: 90_000 }), number), { maxLength: 30 }).map((steps) => {
    let time = 1_767_571_200;
    return steps.map(([milliseconds, text]) => {
      time += milliseconds;
      return [time / 1000, text] as const;
    });
  });

  test("gives what JSON.parse gives, digit for digit", () => {
    fc.assert(
      fc.property(
        fc.array(list, { maxLength: 5 }),
        fc.constantFrom("eu", 'a","values":[[1,"2"]]', "zürich"),
        (lists, label) => {
          const body = matrix(lists.map((values, index) => ({ metric: { zone: `${label}${index}` }, values })));
          const expected = lists.map((values, index) => ({
            labels: { zone: `${label}${index}` },
            ...readSamples(values),
          }));
          expect(readMatrix(body)).toEqual({
            ok: true,
            value: { data: { usable: true, value: expected }, warnings: [] },
          });
        },
      ),
    );
  });

  test.each([
    '[[1,"2"],[3,4]]',
    '[[1,"2"] ,[3,"4"]]',
    '[[1,"2"],[3,"4"],]',
    '[[1,"2"][3,"4"]]',
    '[[1,"2","3"]]',
    '[[1,"2"],[1,"3"]]',
    '[[1,""]]',
    '[["1","2"]]',
    '[[1,"2"',
  ])("leaves %s to the complete reader", (text) => {
    expect(cutSamples(`{"values":${text}}`)).toBeNull();
  });

  test("an index that the server sends itself is not taken for a list", () => {
    expect(readMatrix(matrix([{ metric: {}, values: [0] }]))).toMatchObject({ ok: false });
  });
});

describe("instant answers", () => {
  test("a vector gives one sample per series, a scalar one without labels", () => {
    const vector = { resultType: "vector", result: [{ metric: { zone: "a" }, value: [10, "0.5"] }] };
    expect(readVector(JSON.stringify({ status: "success", data: vector }))).toMatchObject({
      ok: true,
      value: { data: { usable: true, value: [{ labels: { zone: "a" }, time: 10, value: 0.5 }] } },
    });
    const scalar = { resultType: "scalar", result: [10, "7"] };
    expect(readVector(JSON.stringify({ status: "success", data: scalar }))).toMatchObject({
      ok: true,
      value: { data: { usable: true, value: [{ labels: {}, time: 10, value: 7 }] } },
    });
  });

  test("a range is refused", () => {
    expect(readVector(matrix([]))).toMatchObject({ ok: true, value: { data: { usable: false } } });
  });
});

describe("errors of the server", () => {
  test.each([
    [
      "Prometheus",
      { status: "error", errorType: "bad_data", error: "parse error" },
      { text: "bad_data: parse error", timedOut: false },
    ],
    [
      "VictoriaMetrics",
      { status: "error", errorType: "422", error: "unknown func" },
      { text: "unknown func", timedOut: false },
    ],
    [
      "its own time limit",
      { status: "error", errorType: "timeout", error: "query timed out" },
      { text: "timeout: query timed out", timedOut: true },
    ],
    ["Amazon's gateway", { message: "no" }, { text: "no", timedOut: false }],
    [
      "Google's and Azure's gateways",
      { error: { code: 403, message: "Permission monitoring.timeSeries.list denied", status: "PERMISSION_DENIED" } },
      { text: "PERMISSION_DENIED: Permission monitoring.timeSeries.list denied", timedOut: false },
    ],
  ])("%s", (_name, body, words) => {
    expect(explainError(JSON.stringify(body))).toEqual(words);
  });

  test.each(["gateway down", "{}", '{"note":"no"}'])("%s holds no words in this form", (body) => {
    expect(explainError(body)).toBeNull();
  });
});

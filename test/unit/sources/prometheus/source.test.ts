import { describe, expect, test } from "vitest";
import type { SeriesQuery } from "../../../../src/sources/contract.ts";
import { SOURCES } from "../../../../src/sources/index.ts";
import { realPorts } from "../../../integration/servers/ports.ts";

type Entry = { metric: Record<string, string>; values: [number, string][] };

interface Asked {
  readonly url: URL;
  readonly body: string;
}

/** Answers range queries from a function of start, end and step. */
function fakeServer(answer: (asked: URLSearchParams) => { status?: number; body: unknown }): {
  fetch: typeof fetch;
  asked: Asked[];
} {
  const asked: Asked[] = [];
  const fake: typeof fetch = async (input, init) => {
    const url = new URL(String(input));
    const body = typeof init?.body === "string" ? init.body : "";
    asked.push({ url, body });
    const { status = 200, body: reply } = answer(body === "" ? url.searchParams : new URLSearchParams(body));
    return new Response(JSON.stringify(reply), { status });
  };
  return { fetch: fake, asked };
}

function matrix(result: readonly Entry[], rest: Record<string, unknown> = {}): { body: unknown } {
  return { body: { status: "success", data: { resultType: "matrix", result }, ...rest } };
}

function steps(asked: URLSearchParams): number[] {
  const [start, end, step] = ["start", "end", "step"].map((name) => Number(asked.get(name)));
  const times: number[] = [];
  for (let time = start ?? 0; time <= (end ?? 0); time += step ?? 1) times.push(time);
  return times;
}

const query: SeriesQuery = {
  sli: "latency",
  kind: "gauge",
  queries: { value: "latency" },
  unitLabel: "zone",
  groupOf: ({ zone }) => (zone === "a" ? "treated" : "control"),
  from: 6000,
  to: 12_000,
  step: 60,
};

function run(
  answer: Parameters<typeof fakeServer>[0],
  options: Record<string, unknown> = {},
  overrides: Partial<SeriesQuery> = {},
) {
  const server = fakeServer(answer);
  const type = typeof options.type === "string" ? options.type : "prometheus";
  const source = SOURCES[type]?.open({ type, url: "http://metrics.test", ...options }, ".");
  const ports = { ...realPorts(), fetch: server.fetch };
  const result = source?.fetchSeries({ ...query, ...overrides }, ports) ?? Promise.reject(new Error("not listed"));
  return { result, asked: server.asked };
}

describe("range queries", () => {
  test("VictoriaMetrics is asked without its cache, the others are not told about it", async () => {
    const victoria = run(() => matrix([]), { type: "victoria-metrics" });
    await victoria.result;
    expect(victoria.asked[0]?.url.searchParams.get("nocache")).toBe("1");
    for (const type of ["prometheus", "thanos", "mimir", "cortex"]) {
      const other = run(() => matrix([]), { type });
      await other.result;
      expect(other.asked[0]?.url.searchParams.has("nocache")).toBe(false);
    }
  });

  test("a front end that widens every piece does not repeat steps", async () => {
    const { result } = run(
      (asked) => {
        const times = [Number(asked.get("start")) - 60, ...steps(asked), Number(asked.get("end")) + 60];
        return matrix([{ metric: { zone: "a" }, values: times.map((time) => [time, String(time)]) }]);
      },
      { "max-points": 7 },
    );
    const times = [...((await result).series[0]?.times ?? [])];
    expect(times).toEqual(Array.from({ length: 101 }, (_, index) => 6000 + index * 60));
  });

  test("a server that finds the range too large gets halves", async () => {
    const { result, asked } = run(
      (parameters) => {
        const times = steps(parameters);
        if (times.length > 400)
          return {
            status: 422,
            body: {
              status: "error",
              errorType: "execution",
              error: "query processing would load too many samples into memory",
            },
          };
        return matrix([{ metric: { zone: "a" }, values: times.map((time) => [time, "1"]) }]);
      },
      {},
      { to: 6000 + 999 * 60 },
    );
    expect([...((await result).series[0]?.times ?? [])]).toEqual(
      Array.from({ length: 1000 }, (_, index) => 6000 + index * 60),
    );
    expect(asked).toHaveLength(7);
  });

  test("a unit that appears in later pieces only, or not in all, keeps its own steps", async () => {
    const { result } = run(
      (asked) => {
        const values = steps(asked)
          .filter((time) => time >= 9000 && time !== 10_020)
          .map((time): [number, string] => [time, "1"]);
        return matrix(values.length === 0 ? [] : [{ metric: { zone: "b" }, values }]);
      },
      { "max-points": 10 },
    );
    const { series } = await result;
    expect(series).toHaveLength(1);
    expect([...(series[0]?.times ?? [])]).toEqual(
      Array.from({ length: 51 }, (_, index) => 9000 + index * 60).filter((time) => time !== 10_020),
    );
  });

  test("the same unit under other labels in another piece is refused as it would be in one", async () => {
    const { result } = run(
      (asked) => {
        const pod = Number(asked.get("start")) < 9000 ? "pod-1" : "pod-2";
        return matrix([{ metric: { zone: "a", pod }, values: [[Number(asked.get("start")), "1"]] }]);
      },
      { "max-points": 50 },
    );
    await expect(result).rejects.toMatchObject({
      code: "SOURCE_REJECTED",
      message: 'The query of SLI latency gives several series for zone "a"; they differ in pod ("pod-1", "pod-2").',
    });
  });

  test("warnings come once, and series without the unit label are counted", async () => {
    const { result } = run(() =>
      matrix(
        [
          { metric: { zone: "a" }, values: [[6000, "1"]] },
          { metric: { job: "x" }, values: [[6000, "1"]] },
        ],
        { warnings: ["store down"] },
      ),
    );
    expect((await result).warnings).toEqual([
      "store down",
      "1 series of the query of SLI latency without the label `zone` were left out.",
    ]);
  });

  test("a missing label lists the nearest first, and says when there are no labels", async () => {
    const near = run(() => matrix([{ metric: { job: "x", zones: "a", env: "p" }, values: [[6000, "1"]] }]));
    await expect(near.result).rejects.toMatchObject({
      code: "UNKNOWN_LABEL",
      message: expect.stringMatching(/have no label `zone`; they have: zones, /),
    });
    const none = run(() => matrix([{ metric: {}, values: [[6000, "1"]] }]));
    await expect(none.result).rejects.toMatchObject({
      message: expect.stringContaining("they have no labels at all"),
      hint: expect.stringContaining("sum by (zone) (...)"),
    });
  });

  test("buckets of VictoriaMetrics' own kind get the hint that turns them into le", async () => {
    const { result } = run(
      () => matrix([{ metric: { zone: "a", vmrange: "1e0...2e0" }, values: [[6000, "1"]] }]),
      {},
      { kind: "quantile", queries: { bucket: "x" } },
    );
    await expect(result).rejects.toMatchObject({
      code: "UNKNOWN_LABEL",
      hint: expect.stringContaining("prometheus_buckets"),
    });
  });

  test("a bound that is no number is refused", async () => {
    const { result } = run(
      () => matrix([{ metric: { zone: "a", le: "large" }, values: [[6000, "1"]] }]),
      {},
      { kind: "quantile", queries: { bucket: "x" } },
    );
    await expect(result).rejects.toMatchObject({
      code: "SOURCE_MALFORMED",
      message: expect.stringContaining('le="large"'),
    });
  });

  test("the first failure ends the whole fetch and stops the requests that have not begun", async () => {
    const { result, asked } = run(() => ({ status: 401, body: {} }), { "max-points": 2, concurrency: 1 });
    await expect(result).rejects.toMatchObject({ code: "SOURCE_UNAUTHORIZED" });
    // Of the 51 pieces at most the one that took over the slot was still asked.
    expect(asked.length).toBeLessThanOrEqual(2);
  });
});

describe("native histograms", () => {
  const native = (time: number): unknown => [time, { count: "3", sum: "4", buckets: [[0, "1", "2", "3"]] }];
  const answer = (result: readonly unknown[]) => () => ({
    body: { status: "success", data: { resultType: "matrix", result } },
  });
  const quantile = { kind: "quantile", queries: { bucket: "sum by (zone) (rate(latency[1m]))" } } as const;

  test("become buckets with bounds; a classic histogram of another unit stays what it is", async () => {
    const { result } = run(
      answer([
        { metric: { zone: "a" }, histograms: [native(6000), native(6060)] },
        { metric: { zone: "b", le: "+Inf" }, values: [[6000, "5"]] },
      ]),
      {},
      quantile,
    );
    const { series, warnings } = await result;
    expect(series.map((one) => [one.unit, one.group, one.le, [...one.values]])).toEqual([
      ["a", "treated", 1, [0, 0]],
      ["a", "treated", 2, [3, 3]],
      ["a", "treated", Number.POSITIVE_INFINITY, [3, 3]],
      ["b", "control", Number.POSITIVE_INFINITY, [5]],
    ]);
    expect(warnings).toEqual([]);
  });

  test("in steps outside the window are left out, as a front end may send them", async () => {
    const { result } = run(answer([{ metric: { zone: "a" }, histograms: [native(5940), native(6000)] }]), {}, quantile);
    expect((await result).series.map((one) => [...one.times])).toEqual([[6000], [6000], [6000]]);
  });

  test.each([
    [
      "beside classic buckets of the same unit",
      [
        { metric: { zone: "a" }, histograms: [native(6000)] },
        { metric: { zone: "a", le: "1" }, values: [[6000, "1"]] },
      ],
    ],
    [
      "beside numbers in the same series",
      [{ metric: { zone: "a" }, values: [[6060, "1"]], histograms: [native(6000)] }],
    ],
  ])("%s are refused", async (_name, entries) => {
    await expect(run(answer(entries), {}, quantile).result).rejects.toMatchObject({
      code: "SOURCE_REJECTED",
      message: expect.stringContaining('unit "a" native histograms and other series'),
    });
  });

  test("of two series for one unit are refused with the labels that differ", async () => {
    const entries = ["x", "y"].map((pod) => ({ metric: { zone: "a", pod }, histograms: [native(6000)] }));
    await expect(run(answer(entries), {}, quantile).result).rejects.toMatchObject({
      code: "SOURCE_REJECTED",
      message: expect.stringContaining('they differ in pod ("x", "y")'),
    });
  });

  test("that were subtracted from each other are refused", async () => {
    const less = [6000, { count: "1", sum: "0", buckets: [[0, "1", "2", "-3"]] }];
    await expect(
      run(answer([{ metric: { zone: "a" }, histograms: [less] }]), {}, quantile).result,
    ).rejects.toMatchObject({ code: "SOURCE_REJECTED", hint: expect.stringContaining("without subtracting") });
  });

  test("of very fine resolution are joined, and that is said", async () => {
    const buckets = Array.from({ length: 400 }, (_, index) => [0, String(index + 1), String(index + 2), "1"]);
    const fine = [6000, { count: "400", sum: "0", buckets }];
    const { series, warnings } = await run(answer([{ metric: { zone: "a" }, histograms: [fine] }]), {}, quantile)
      .result;
    expect(series.length).toBeLessThan(165);
    expect(warnings).toEqual([expect.stringContaining("up to 401 bucket bounds; buckets of one unit were joined")]);
  });
});

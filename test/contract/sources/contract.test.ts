import nock from "nock";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { DeployImpactError } from "../../../src/core/errors.ts";
import type { Series } from "../../../src/core/panel/series.ts";
import type { FetchedSeries, SeriesQuery } from "../../../src/sources/contract.ts";
import { SOURCES } from "../../../src/sources/index.ts";
import { realPorts } from "../../integration/servers/ports.ts";
import { contractQuery, FIXTURE, FROM, GAP, LATE, NOT_A_NUMBER, STEP, TO } from "./fixture.ts";
import { HARNESSES, type Served } from "./harnesses.ts";
import { ENVIRONMENT, playTokenServers } from "./sign-ins.ts";

beforeAll(playTokenServers);
afterAll(() => nock.cleanAll());

test("every source has a harness, so that every source passes this suite", () => {
  const ids = new Set(Object.values(SOURCES).map((source) => source.id));
  expect(HARNESSES.map((harness) => harness.id).sort()).toEqual([...ids].sort());
});

describe.each(HARNESSES)("source $id", (harness) => {
  let served: Served | null = null;
  afterEach(async () => {
    await served?.stop();
    served = null;
  });

  const fetchWith = async (
    query: SeriesQuery,
    extra: Readonly<Record<string, unknown>> = {},
    component: Series["component"] | null = null,
  ): Promise<FetchedSeries> => {
    // A file without buckets has no column le; a table holds either.
    const series = FIXTURE.filter((one) => (one.component === "bucket") === (component === "bucket"));
    served = await harness.start(series);
    return await open({ ...served.options, ...extra }).fetchSeries(asked(query), realPorts(ENVIRONMENT));
  };

  function asked(query: SeriesQuery): SeriesQuery {
    const { queryFor } = harness;
    if (queryFor === undefined) return query;
    const components = Object.keys(query.queries) as Series["component"][];
    return { ...query, queries: Object.fromEntries(components.map((name) => [name, queryFor(name)])) };
  }

  function open(options: Readonly<Record<string, unknown>>) {
    const source = SOURCES[String(options.type)]?.open(options, ".");
    if (source === undefined) throw new Error(`${String(options.type)} is not listed`);
    return source;
  }

  const hasBuckets =
    harness.wholeBuckets === undefined &&
    Object.values(SOURCES)
      .find((source) => source.id === harness.id)
      ?.open(harness.smallest, ".")
      .capabilities.kinds.includes("quantile");

  test.each([
    ["gauge", null],
    ["counter", null],
    ["count", null],
    ["ratio", null],
    ...(hasBuckets ? [["quantile", "bucket"] as const] : []),
  ] as const)(
    "a %s: exactly the points that are there, per unit and component, to the last digit",
    async (kind, component) => {
      const query = contractQuery(kind);
      const { series, unmatchedUnits } = await fetchWith(query, {}, component);
      const wanted = FIXTURE.filter((one) => query.queries[one.component] !== undefined);
      const said = ([, value]: readonly [number, number]): boolean => !harness.withoutNaN || !Number.isNaN(value);
      const key = (zone: string, part: string, le: number | undefined): string => `${part} ${zone} ${le ?? ""}`;
      const found = Object.fromEntries(series.map((one) => [key(one.unit, one.component, one.le), pairs(one)]));
      const expected = wanted.map((one): [string, unknown] => {
        const le = one.labels.le === undefined ? undefined : Number(one.labels.le.replace("+Inf", "Infinity"));
        return [key(one.labels.zone ?? "", one.component, le), one.points.filter(said)];
      });
      expect(found).toEqual(Object.fromEntries(expected));
      expect(series).toHaveLength(wanted.length);
      expect(unmatchedUnits).toEqual([]);
    },
  );

  test("stamps ascend, are unique and lie in the window; values are as many as stamps", async () => {
    const { series } = await fetchWith(contractQuery("gauge"));
    for (const { times, values } of series) {
      expect([...times]).toEqual([...new Set(times)].sort((a, b) => a - b));
      expect(times[0]).toBeGreaterThanOrEqual(FROM);
      expect(times.at(-1)).toBeLessThan(TO + STEP);
      expect(values).toHaveLength(times.length);
    }
  });

  test("a gap stays a gap, late steps stay away, and NaN stands only where it was sent", async () => {
    const { series } = await fetchWith(contractQuery("gauge"));
    const ofUnit = (unit: string): (readonly [number, number])[] =>
      series.filter((one) => one.unit === unit).flatMap(pairs);
    expect(ofUnit(GAP.unit).filter(([time]) => time >= GAP.from && time < GAP.to)).toEqual([]);
    expect(ofUnit(LATE.unit).at(-1)?.[0]).toBe(LATE.last);
    const notNumbers = series.flatMap((one) =>
      pairs(one)
        .filter(([, value]) => Number.isNaN(value))
        .map(([time]) => [one.unit, time]),
    );
    expect(notNumbers).toEqual(harness.withoutNaN ? [] : [[NOT_A_NUMBER.unit, NOT_A_NUMBER.at]]);
  });

  test("a part of the window holds the same points as the whole", async () => {
    const whole = await fetchWith(contractQuery("gauge"));
    await served?.stop();
    const [from, to] = [FROM + 40 * STEP, FROM + 90 * STEP];
    const part = await fetchWith(contractQuery("gauge", { from, to }));
    const cut = whole.series.map((one) => [one.unit, pairs(one).filter(([time]) => time >= from && time <= to)]);
    expect(part.series.map((one) => [one.unit, pairs(one)])).toEqual(cut);
  });

  const { inPieces } = harness;
  if (inPieces !== undefined) {
    test("asked in pieces, nothing is lost, repeated or changed", async () => {
      for (const kind of ["gauge", "ratio", ...(hasBuckets ? ["quantile" as const] : [])] as const) {
        const component = kind === "quantile" ? "bucket" : null;
        const whole = await fetchWith(contractQuery(kind), {}, component);
        await served?.stop();
        const pieces = await fetchWith(contractQuery(kind), inPieces, component);
        expect(pieces).toEqual(whole);
        await served?.stop();
        served = null;
      }
    });
  }

  test("series come in the same order every time: by component, unit and bound", async () => {
    if (hasBuckets) {
      const { series } = await fetchWith(contractQuery("quantile"), {}, "bucket");
      expect(series.map((one) => [one.unit, one.le])).toEqual(
        ["zone-a", "zone-b", "zone-c"].flatMap((unit) => [0.25, 1, Number.POSITIVE_INFINITY].map((le) => [unit, le])),
      );
      await served?.stop();
    }
    const ratio = await fetchWith(contractQuery("ratio"));
    expect(ratio.series.map((one) => one.component)).toEqual([
      ...Array.from({ length: 3 }, () => "denominator"),
      ...Array.from({ length: 3 }, () => "numerator"),
    ]);
  });

  test("the group is what groupOf says; units of neither group are listed and left out", async () => {
    const query = contractQuery("gauge", { groupOf: ({ zone }) => (zone === "zone-c" ? "treated" : null) });
    const { series, unmatchedUnits } = await fetchWith(query);
    expect(series.map((one) => [one.unit, one.group])).toEqual([["zone-c", "treated"]]);
    expect(unmatchedUnits).toEqual(["zone-a", "zone-b"]);
  });

  test("no data in the window is an empty answer, not an error", async () => {
    const query = contractQuery("gauge", { from: FROM - 7200, to: FROM - 3600 });
    expect(await fetchWith(query)).toEqual({ series: [], warnings: [], unmatchedUnits: [] });
  });

  test("a cancelled fetch ends with the caller's reason", async () => {
    served = await harness.start();
    const reason = new Error("cancelled");
    const fetching = open(served.options).fetchSeries(
      asked(contractQuery("gauge")),
      realPorts(ENVIRONMENT),
      AbortSignal.abort(reason),
    );
    await expect(fetching).rejects.toBe(reason);
  });

  test.each(harness.failures)("$name is $code, with a hint", async ({ code, start }) => {
    served = await start();
    const fetching = (): Promise<FetchedSeries> =>
      open(served?.options ?? {}).fetchSeries(asked(contractQuery("gauge")), realPorts(ENVIRONMENT));
    const error: unknown = await fetching().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DeployImpactError);
    expect(error).toMatchObject({ code, hint: expect.stringMatching(/\w+ \w+/) });
  });
});

function pairs(one: Series): [number, number][] {
  return [...one.times].map((time, index) => [time, one.values[index] ?? Number.POSITIVE_INFINITY]);
}

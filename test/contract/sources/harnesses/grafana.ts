import { type Loopback, replyJson, startLoopback } from "../../../integration/servers/loopback.ts";
import { answering, type OptionsFor, served, usualBreakages, withoutKey } from "../breakages.ts";
import { FIXTURE, type FixtureSeries, FROM } from "../fixture.ts";
import type { SourceHarness } from "../harnesses.ts";

const optionsFor: OptionsFor = (url) => ({
  type: "grafana",
  url,
  "token-env": "CONTRACT_KEY",
  datasource: "contract",
  language: "prometheus",
});

interface Asked {
  readonly queries: readonly [{ readonly expr: string }];
  readonly from: string;
  readonly to: string;
}

/** Answers POST /api/ds/query: a frame per series, NaN as null with its place beside the values. */
function serveFrames(series: readonly FixtureSeries[]): Promise<Loopback> {
  return startLoopback((request, response) => {
    const { queries, from, to } = JSON.parse(request.body) as Asked;
    const frames = series
      .filter((one) => one.component === queries[0].expr)
      .map(({ labels, points }) => {
        const inside = points.filter(([time]) => time * 1000 >= Number(from) && time * 1000 <= Number(to));
        const NaNs = [...inside.keys()].filter((index) => Number.isNaN(inside[index]?.[1]));
        return frameOf(
          labels,
          inside.map(([time]) => time * 1000),
          inside.map(([, value]) => value),
          [null, NaNs.length > 0 ? { NaN: NaNs } : null],
        );
      });
    replyJson(response, 200, { results: { A: { status: 200, frames } } });
  });
}

function frameOf(labels: unknown, times: readonly number[], values: readonly number[], entities?: unknown): unknown {
  const fields = [
    { name: "Time", type: "time", typeInfo: { frame: "time.Time" }, config: { interval: 60_000 } },
    { name: "Value", type: "number", typeInfo: { frame: "float64" }, labels, config: { displayNameFromDS: "x" } },
  ];
  return {
    schema: { refId: "A", meta: { type: "timeseries-multi" }, fields },
    data: { values: [times, values], entities },
  };
}

const failed = (error: string): unknown => ({
  results: { A: { error, errorSource: "downstream", status: 400, frames: [] } },
});

export const grafanaHarness: SourceHarness = {
  id: "grafana",
  smallest: { type: "grafana", url: "http://localhost", datasource: "d", language: "sql" },
  start: async (series = FIXTURE) => served(await serveFrames(series), optionsFor),
  inPieces: { "max-points": 7 },
  failures: [
    ...usualBreakages(optionsFor, failed),
    answering(optionsFor, "words beside status 200", "SOURCE_REJECTED", 200, failed("bad_data: parse error")),
    answering(optionsFor, "a label that is missing", "UNKNOWN_LABEL", 200, {
      results: { A: { frames: [frameOf({ region: "eu" }, [FROM * 1000], [1])] } },
    }),
    answering(optionsFor, "fields without values", "SOURCE_MALFORMED", 200, {
      results: { A: { frames: [{ schema: { fields: [{ name: "Time", type: "time" }] }, data: { values: [] } }] } },
    }),
    withoutKey(optionsFor, "token-env"),
  ],
};

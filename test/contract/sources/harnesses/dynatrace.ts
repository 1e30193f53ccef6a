import { type Loopback, replyJson, startLoopback } from "../../../integration/servers/loopback.ts";
import { answering, type OptionsFor, served, usualBreakages, withoutKey } from "../breakages.ts";
import { FIXTURE, type FixtureSeries, FROM, STEP } from "../fixture.ts";
import type { SourceHarness } from "../harnesses.ts";

const optionsFor: OptionsFor = (url) => ({ type: "dynatrace", url, "token-env": "CONTRACT_KEY" });

/** Answers the query of data points in pages of two series, stamped with the end of their slots. */
function serveMetrics(series: readonly FixtureSeries[]): Promise<Loopback> {
  return startLoopback((request, response) => {
    const asked = new URL(request.path, "http://x").searchParams;
    const key = asked.get("nextPageKey");
    const question = new URLSearchParams(key ?? asked.toString());
    const [from, to] = [Number(question.get("from")) / 1000, Number(question.get("to")) / 1000];
    const first = Number(question.get("page") ?? 0);
    const data = series
      .filter((one) => one.component === question.get("metricSelector"))
      .map(({ labels, points }) => {
        const inside = points.filter(([time]) => time >= from && time < to);
        return {
          dimensions: Object.values(labels),
          dimensionMap: labels,
          timestamps: inside.map(([time]) => (time + STEP) * 1000),
          values: inside.map(([, value]) => (Number.isNaN(value) ? null : value)),
        };
      });
    question.set("page", String(first + 2));
    replyJson(response, 200, {
      totalCount: data.length,
      nextPageKey: first + 2 < data.length ? question.toString() : null,
      resolution: "1m",
      result: [
        {
          metricId: "contract",
          dataPointCountRatio: 0.1,
          dimensionCountRatio: 0.1,
          data: data.slice(first, first + 2),
        },
      ],
    });
  });
}

const slot = { dimensionMap: { region: "eu" }, timestamps: [(FROM + STEP) * 1000], values: [1] };

export const dynatraceHarness: SourceHarness = {
  id: "dynatrace",
  smallest: { type: "dynatrace", url: "http://localhost" },
  start: async (series = FIXTURE) => served(await serveMetrics(series), optionsFor),
  inPieces: { "max-points": 7 },
  withoutNaN: true,
  failures: [
    ...usualBreakages(optionsFor, (message) => ({ error: { code: 400, message, constraintViolations: [] } })),
    answering(optionsFor, "a dimension that is missing", "UNKNOWN_LABEL", 200, {
      totalCount: 1,
      result: [{ metricId: "m", data: [slot] }],
    }),
    answering(optionsFor, "uneven lists", "SOURCE_MALFORMED", 200, {
      result: [{ metricId: "m", data: [{ ...slot, values: [] }] }],
    }),
    withoutKey(optionsFor, "token-env"),
  ],
};

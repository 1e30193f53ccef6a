import { type Loopback, replyJson, startLoopback } from "../../../integration/servers/loopback.ts";
import { answering, type OptionsFor, served, usualBreakages, withoutKey } from "../breakages.ts";
import { FIXTURE, type FixtureSeries } from "../fixture.ts";
import type { SourceHarness } from "../harnesses.ts";

const optionsFor: OptionsFor = (url) => ({
  type: "elasticsearch",
  url,
  index: "logs-*",
  "api-key-env": "CONTRACT_KEY",
});

interface Search {
  readonly query: {
    readonly bool: {
      readonly filter: readonly [
        { readonly range: Readonly<Record<string, { readonly gte: number; readonly lt: number }>> },
        { readonly query_string: { readonly query: string } },
      ];
    };
  };
  readonly aggs: { readonly steps: { readonly composite: { readonly after?: Readonly<Record<string, unknown>> } } };
}

const PAGE = 10_000;

/** Answers a composite aggregation; the fixture has one number per step, which stands here as the count. */
function serveSearch(series: readonly FixtureSeries[]): Promise<Loopback> {
  return startLoopback((request, response) => {
    const search = JSON.parse(request.body) as Search;
    const [{ range }, { query_string }] = search.query.bool.filter;
    const { gte, lt } = range["@timestamp"] ?? { gte: 0, lt: 0 };
    const buckets = series
      .filter((one) => one.component === query_string.query)
      .flatMap(({ labels, points }) =>
        points
          .filter(([time, value]) => time * 1000 >= gte && time * 1000 < lt && !Number.isNaN(value))
          .map(([time, value]) => ({
            key: { label0: labels.zone, time: time * 1000 },
            doc_count: value,
          })),
      );
    replyJson(response, 200, {
      took: 3,
      timed_out: false,
      _shards: { total: 5, successful: 5, skipped: 0, failed: 0 },
      hits: { total: { value: buckets.length === 0 ? 0 : 1, relation: "gte" }, max_score: null, hits: [] },
      aggregations: { steps: { buckets: buckets.slice(0, PAGE), after_key: buckets.at(-1)?.key } },
    });
  });
}

const shards = { total: 1, successful: 1, failed: 0 };
const elsewhere = { _shards: shards, hits: { total: { value: 1 } }, aggregations: { steps: { buckets: [] } } };

export const elasticsearchHarness: SourceHarness = {
  id: "elasticsearch",
  smallest: { type: "elasticsearch", url: "http://localhost", index: "logs" },
  start: async (series = FIXTURE) => served(await serveSearch(series), optionsFor),
  inPieces: { "max-points": 7 },
  withoutNaN: true,
  failures: [
    ...usualBreakages(optionsFor, (reason) => ({
      error: { type: "x", reason, root_cause: [{ type: "x", reason }] },
      status: 400,
    })),
    answering(optionsFor, "a field that is missing", "UNKNOWN_LABEL", 200, elsewhere),
    answering(optionsFor, "a search that was stopped", "SOURCE_TIMEOUT", 200, { timed_out: true, _shards: shards }),
    withoutKey(optionsFor, "api-key-env"),
  ],
};

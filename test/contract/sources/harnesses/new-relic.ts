import { type Loopback, replyJson, startLoopback } from "../../../integration/servers/loopback.ts";
import { answering, type OptionsFor, served, usualBreakages, withoutKey } from "../breakages.ts";
import { FIXTURE, type FixtureSeries, FROM } from "../fixture.ts";
import type { SourceHarness } from "../harnesses.ts";

const optionsFor: OptionsFor = (url) => ({ type: "new-relic", account: 1, url, "api-key-env": "CONTRACT_KEY" });

const WINDOW = /^(\w+) LIMIT MAX SINCE (\d+) UNTIL (\d+) TIMESERIES (\d+) seconds$/;

/** Answers NerdGraph: a result per facet and bucket, null where nothing is known. */
function serveNrql(series: readonly FixtureSeries[]): Promise<Loopback> {
  return startLoopback((request, response) => {
    const { variables } = JSON.parse(request.body) as { variables: { nrql: string } };
    const [, component, from, to, step] = WINDOW.exec(variables.nrql) ?? [];
    const stamps: number[] = [];
    for (let time = Number(from) / 1000; time < Number(to) / 1000; time += Number(step)) stamps.push(time);
    const results = series
      .filter((one) => one.component === component)
      .flatMap(({ labels, points }) => {
        const known = new Map(points);
        return stamps.map((time) => ({
          beginTimeSeconds: time,
          endTimeSeconds: time + Number(step),
          facet: [labels.zone, labels.track],
          "average.x": known.get(time) ?? null,
        }));
      });
    replyJson(response, 200, nrqlOf(results));
  });
}

function nrqlOf(results: unknown, facets: readonly string[] = ["zone", "track"]): unknown {
  return { data: { actor: { account: { nrql: { results, metadata: { facets, messages: [] } } } } } };
}

const error = (message: string, errorClass: string): unknown => ({
  data: { actor: { account: { nrql: null } } },
  errors: [{ message, path: ["actor", "account", "nrql"], extensions: { errorClass } }],
});

const bucket = { beginTimeSeconds: FROM, endTimeSeconds: FROM + 60, facet: "eu", count: 1 };

export const newRelicHarness: SourceHarness = {
  id: "new-relic",
  smallest: { type: "new-relic", account: 1 },
  start: async (series = FIXTURE) => served(await serveNrql(series), optionsFor),
  inPieces: { "max-points": 7 },
  // JSON has no NaN: it becomes null.
  withoutNaN: true,
  failures: [
    ...usualBreakages(optionsFor, (text) => ({ errors: [{ message: text }] })),
    answering(optionsFor, "NRQL that is none", "SOURCE_REJECTED", 200, error("NRQL Syntax Error", "INVALID_INPUT")),
    answering(optionsFor, "an account of others", "SOURCE_FORBIDDEN", 200, error("Access denied.", "ACCESS_DENIED")),
    answering(optionsFor, "a query that takes too long", "SOURCE_TIMEOUT", 200, error("Timed out", "TIMEOUT")),
    answering(optionsFor, "too many queries", "SOURCE_RATE_LIMITED", 200, error("Slow down", "TOO_MANY_REQUESTS")),
    answering(optionsFor, "a facet that is missing", "UNKNOWN_LABEL", 200, nrqlOf([bucket], ["region"])),
    withoutKey(optionsFor, "api-key-env"),
  ],
};

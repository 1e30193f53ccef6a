import { type Loopback, replyJson, startLoopback } from "../../../integration/servers/loopback.ts";
import { answering, type OptionsFor, served, usualBreakages, withoutKey } from "../breakages.ts";
import { FIXTURE, type FixtureSeries, FROM } from "../fixture.ts";
import type { SourceHarness } from "../harnesses.ts";

const optionsFor: OptionsFor = (url) => ({ type: "honeycomb", dataset: "shop", url, "api-key-env": "CONTRACT_KEY" });

interface Query {
  readonly calculations: readonly [{ readonly column: string }];
  readonly start_time: number;
  readonly end_time: number;
}

const instant = (time: number): string => new Date(time * 1000).toISOString();

/** A query is made, run and read in three calls; its id is the query itself. */
function serveResults(series: readonly FixtureSeries[]): Promise<Loopback> {
  return startLoopback((request, response) => {
    if (request.path === "/1/queries/shop") return replyJson(response, 200, { id: btoa(request.body) });
    if (request.method === "POST") {
      const { query_id } = JSON.parse(request.body) as { query_id: string };
      return replyJson(response, 201, { id: query_id, complete: false, links: {} });
    }
    const id = decodeURIComponent(request.path.split("/").at(-1) ?? "");
    const { calculations, start_time, end_time } = JSON.parse(atob(id)) as Query;
    const [{ column }] = calculations;
    const rows = series
      .filter((one) => one.component === column)
      .flatMap(({ labels, points }) =>
        points
          .filter(([time]) => time >= start_time && time < end_time)
          .map(([time, value]) => ({ time: instant(time), data: { zone: labels.zone, [`AVG(${column})`]: value } })),
      )
      .sort((a, b) => (a.time < b.time ? -1 : 1));
    replyJson(response, 200, { id, complete: true, data: { series: rows, results: [] }, links: { query_url: "" } });
  });
}

export const honeycombHarness: SourceHarness = {
  id: "honeycomb",
  smallest: { type: "honeycomb", dataset: "shop" },
  start: async (series = FIXTURE) => served(await serveResults(series), optionsFor),
  queryFor: (component) => `AVG(${component})`,
  inPieces: { "max-points": 30 },
  withoutNaN: true,
  failures: [
    ...usualBreakages(optionsFor, (error) => ({ error })),
    answering(optionsFor, "a column that is missing", "UNKNOWN_LABEL", 200, {
      id: "1",
      complete: true,
      data: { series: [{ time: instant(FROM), data: { "AVG(value)": 1 } }] },
    }),
    withoutKey(optionsFor, "api-key-env"),
  ],
};

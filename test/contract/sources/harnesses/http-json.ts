import { type Loopback, replyJson, startLoopback } from "../../../integration/servers/loopback.ts";
import { answering, type OptionsFor, served, usualBreakages, withoutKey } from "../breakages.ts";
import { FIXTURE, type FixtureSeries, FROM } from "../fixture.ts";
import type { SourceHarness } from "../harnesses.ts";

const optionsFor: OptionsFor = (url) => ({
  type: "http-json",
  url,
  "token-env": "CONTRACT_KEY",
  path: "/series/{{query}}",
  parameters: { from: "{{start}}", until: "{{until}}", after: "{{cursor}}" },
  rows: "$.rows[*]",
  labels: { zone: "labels.zone", track: "labels.track", le: "labels.le" },
  time: "time",
  value: "value",
  error: "$.problem",
  pages: { cursor: "$.next" },
});

/** Rows newest first, in pages of 150. */
function serveRows(series: readonly FixtureSeries[]): Promise<Loopback> {
  return startLoopback((request, response) => {
    const { pathname, searchParams } = new URL(request.path, "http://x");
    const [from, until] = [Number(searchParams.get("from")), Number(searchParams.get("until"))];
    const rows = series
      .filter(({ component }) => pathname === `/series/${component}`)
      .flatMap(({ labels, points }) =>
        points
          .filter(([time]) => time >= from && time < until)
          .map(([time, value]) => ({ labels, time, value: Number.isNaN(value) ? "NaN" : value })),
      )
      .reverse();
    const first = Number(searchParams.get("after") ?? 0);
    const next = first + 150 < rows.length ? String(first + 150) : null;
    replyJson(response, 200, { rows: rows.slice(first, first + 150), next });
  });
}

const lone = (row: unknown): unknown => ({ rows: [row], next: null });

export const httpJsonHarness: SourceHarness = {
  id: "http-json",
  smallest: { type: "http-json", url: "http://localhost", rows: "$", labels: {}, time: "t", value: "v" },
  start: async (series = FIXTURE) => served(await serveRows(series), optionsFor),
  inPieces: { "max-points": 7 },
  failures: [
    ...usualBreakages(optionsFor, (text) => ({ message: text })),
    answering(optionsFor, "words beside status 200", "SOURCE_REJECTED", 200, { problem: "unknown series" }),
    answering(optionsFor, "a value that is none", "SOURCE_MALFORMED", 200, lone({ time: FROM, value: "much" })),
    answering(optionsFor, "a time that is none", "SOURCE_MALFORMED", 200, lone({ time: "noon", value: 1 })),
    answering(
      optionsFor,
      "a unit label that is missing",
      "UNKNOWN_LABEL",
      200,
      lone({ time: FROM, value: 1, labels: { track: "a" } }),
    ),
    withoutKey(optionsFor, "token-env"),
  ],
};

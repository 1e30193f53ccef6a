import { type Loopback, replyJson, startLoopback } from "../../../integration/servers/loopback.ts";
import { answering, type OptionsFor, served, usualBreakages } from "../breakages.ts";
import { FIXTURE, type FixtureSeries, FROM } from "../fixture.ts";
import type { SourceHarness } from "../harnesses.ts";
import { AZURE_AUTH } from "../sign-ins.ts";

const WORKSPACE = "00001111-aaaa-2222-bbbb-3333cccc4444";

const optionsFor: OptionsFor = (url) => ({ type: "azure-log-analytics", url, workspace: WORKSPACE, auth: AZURE_AUTH });

const COLUMNS = [
  { name: "TimeGenerated", type: "datetime" },
  { name: "zone", type: "string" },
  { name: "track", type: "string" },
  { name: "le", type: "string" },
  { name: "value", type: "real" },
];

const instant = (time: number): string => new Date(time * 1000).toISOString();

/** Answers a Kusto query whose text is a component: a row per unit and step, in no order. */
function serveTable(series: readonly FixtureSeries[]): Promise<Loopback> {
  return startLoopback((request, response) => {
    const { query, timespan } = JSON.parse(request.body) as { query: string; timespan: string };
    const [from = 0, to = 0] = timespan.split("/").map((text) => Date.parse(text) / 1000);
    const rows = series
      .filter((one) => one.component === query)
      .flatMap(({ labels: { zone, track, le = null }, points }) =>
        points
          .filter(([time]) => time >= from && time <= to)
          .map(([time, value]) => [instant(time), zone, track, le, Number.isNaN(value) ? "NaN" : value]),
      )
      .reverse();
    replyJson(response, 200, { tables: [{ name: "PrimaryResult", columns: COLUMNS, rows }] });
  });
}

const table = (columns: unknown, ...rows: unknown[]): unknown => ({
  tables: [{ name: "PrimaryResult", columns, rows }],
});
const FEW = [COLUMNS[0], { name: "region", type: "string" }, COLUMNS[4]];

export const logAnalyticsHarness: SourceHarness = {
  id: "azure-log-analytics",
  smallest: { type: "azure-log-analytics", workspace: WORKSPACE },
  start: async (series = FIXTURE) => served(await serveTable(series), optionsFor),
  inPieces: { "max-points": 7 },
  failures: [
    ...usualBreakages(optionsFor, (message) => ({ error: { code: "BadArgumentError", message } })),
    answering(optionsFor, "a column that is missing", "UNKNOWN_LABEL", 200, table(FEW, [instant(FROM), "eu", 1])),
    answering(optionsFor, "no time", "SOURCE_REJECTED", 200, table([COLUMNS[4]], [1])),
    answering(optionsFor, "a time that is none", "SOURCE_MALFORMED", 200, table(FEW, ["noon", "eu", 1])),
    answering(optionsFor, "an answer in part", "SOURCE_TOO_LARGE", 200, {
      ...(table(FEW) as object),
      error: {
        code: "PartialError",
        message: "There were some errors",
        details: [{ code: "x", message: "Query result set has exceeded the limit" }],
      },
    }),
  ],
};

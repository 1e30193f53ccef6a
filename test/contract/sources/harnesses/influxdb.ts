import { type Loopback, replyJson, startLoopback } from "../../../integration/servers/loopback.ts";
import { answering, type OptionsFor, served, usualBreakages, withoutKey } from "../breakages.ts";
import { FIXTURE, type FixtureSeries, FROM } from "../fixture.ts";
import type { SourceHarness } from "../harnesses.ts";

/** The language that needs no more than the component's name as a query. */
const optionsFor: OptionsFor = (url) => ({
  type: "influxdb",
  language: "flux",
  url,
  org: "contract",
  "token-env": "CONTRACT_KEY",
});

interface FluxRequest {
  readonly query: string;
  readonly extern: {
    readonly body: readonly [
      { readonly assignment: { readonly init: { readonly properties: readonly { value: { value: string } }[] } } },
    ];
  };
}

/** Answers POST /api/v2/query: a table per series. */
function serveFlux(series: readonly FixtureSeries[]): Promise<Loopback> {
  return startLoopback((request, response) => {
    const { query, extern } = JSON.parse(request.body) as FluxRequest;
    const [from = 0, to = 0] = extern.body[0].assignment.init.properties.map(
      ({ value }) => Date.parse(value.value) / 1000,
    );
    const tables = series
      .filter((one) => one.component === query)
      .map(({ labels, points }, table) => {
        const names = Object.keys(labels);
        const text = points
          .filter(([time]) => time >= from && time < to)
          .map(
            ([time, value]) =>
              `,,${table},${new Date(time * 1000).toISOString()},${value},${Object.values(labels).join(",")}\r\n`,
          );
        const many = (word: string): string => names.map(() => word).join(",");
        const head = [
          `#datatype,string,long,dateTime:RFC3339,double,${many("string")}`,
          `#group,false,false,false,false,${many("true")}`,
          `#default,_result,,,,${many("")}`,
          `,result,table,_time,_value,${names.join(",")}`,
        ];
        return text.length === 0 ? "" : `${head.join("\r\n")}\r\n${text.join("")}\r\n`;
      });
    response.writeHead(200, { "content-type": "text/csv" }).end(tables.join(""));
  });
}

const table = (label: string, row: string): string =>
  `#group,false,false,false,false,true\r\n,result,table,_time,_value,${label}\r\n,_result,0,${row}\r\n`;

const stamp = (time: number): string => new Date(time * 1000).toISOString();

export const influxdbHarness: SourceHarness = {
  id: "influxdb",
  smallest: { type: "influxdb", url: "http://localhost", database: "d" },
  start: async (series = FIXTURE) => served(await serveFlux(series), optionsFor),
  inPieces: { "max-points": 7 },
  failures: [
    ...usualBreakages(optionsFor, (message) => ({ code: "invalid", message })),
    answering(optionsFor, "a column that is missing", "UNKNOWN_LABEL", 200, table("region", `${stamp(FROM)},1,eu`)),
    answering(optionsFor, "a time that is none", "SOURCE_MALFORMED", 200, table("zone", "noon,1,eu")),
    answering(optionsFor, "a value that is none", "SOURCE_MALFORMED", 200, table("zone", `${stamp(FROM)},much,eu`)),
    answering(
      optionsFor,
      "an error within the answer",
      "SOURCE_REJECTED",
      200,
      ",error,reference\r\n,no such bucket,897\r\n",
    ),
    withoutKey(optionsFor, "token-env"),
    {
      name: "a server in trouble, asked in InfluxQL",
      code: "SOURCE_REJECTED",
      start: async () => {
        const server = await startLoopback((_asked, response) =>
          replyJson(response, 200, { results: [{ error: "no" }] }),
        );
        return served(server, (url) => ({ type: "influxdb", url, database: "d" }));
      },
    },
  ],
};

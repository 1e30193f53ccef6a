import { type Loopback, startLoopback } from "../../../integration/servers/loopback.ts";
import { answering, type OptionsFor, served, usualBreakages, withoutKey } from "../breakages.ts";
import { FIXTURE, type FixtureSeries, FROM } from "../fixture.ts";
import type { SourceHarness } from "../harnesses.ts";

const optionsFor: OptionsFor = (url) => ({
  type: "graphite",
  url,
  username: "contract",
  "password-env": "CONTRACT_KEY",
});

/** Answers /render: all stamps of the range without its first instant, null where nothing is known. */
function serveRender(series: readonly FixtureSeries[]): Promise<Loopback> {
  return startLoopback((request, response) => {
    const asked = new URL(request.path, "http://x").searchParams;
    const [from, until] = [Number(asked.get("from")), Number(asked.get("until"))];
    const answer = series
      .filter((one) => one.component === asked.get("target"))
      .map(({ labels, points }) => ({
        target: `shop;${Object.entries(labels)
          .map(([name, value]) => `${name}=${value}`)
          .join(";")}`,
        tags: { name: "shop", ...labels },
        datapoints: points
          .filter(([time]) => time > from && time <= until)
          .map(([time, value]) => [Number.isNaN(value) ? null : value, time]),
      }));
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
}

const lone = [{ target: "shop;region=eu", tags: { name: "shop", region: "eu" }, datapoints: [[1, FROM]] }];

export const graphiteHarness: SourceHarness = {
  id: "graphite",
  smallest: { type: "graphite", url: "http://localhost" },
  start: async (series = FIXTURE) => served(await serveRender(series), optionsFor),
  inPieces: { "max-points": 7 },
  withoutNaN: true,
  failures: [
    ...usualBreakages(optionsFor, (text) => text),
    answering(optionsFor, "a tag that is missing", "UNKNOWN_LABEL", 200, lone),
    answering(optionsFor, "times that go back", "SOURCE_MALFORMED", 200, [
      {
        target: "a",
        datapoints: [
          [1, 9],
          [1, 8],
        ],
      },
    ]),
    withoutKey(optionsFor, "password-env"),
  ],
};

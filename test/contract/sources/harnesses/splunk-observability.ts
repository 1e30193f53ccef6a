import { type Loopback, startLoopback } from "../../../integration/servers/loopback.ts";
import { answering, type OptionsFor, served, usualBreakages, withoutKey } from "../breakages.ts";
import { FIXTURE, type FixtureSeries, FROM } from "../fixture.ts";
import type { SourceHarness } from "../harnesses.ts";

const optionsFor: OptionsFor = (url) => ({ type: "splunk-observability", url, "access-token-env": "CONTRACT_KEY" });

const event = (name: string, data: unknown): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

const END = event("control-message", { event: "END_OF_CHANNEL", timestampMs: 1 });

/** Streams metadata of every series, then one event per step. */
function serveSignalFlow(series: readonly FixtureSeries[]): Promise<Loopback> {
  return startLoopback((request, response) => {
    const asked = new URL(request.path, "http://x").searchParams;
    const [start, stop] = [Number(asked.get("start")) / 1000, Number(asked.get("stop")) / 1000];
    const component = /data\('(\w+)'\)/.exec(request.body)?.[1];
    const wanted = series.filter((one) => one.component === component);
    const metadata = wanted.map(({ labels }, index) =>
      event("metadata", {
        tsId: `t${index}`,
        properties: { ...labels, sf_key: ["zone"], sf_resolutionMs: 60_000, sf_streamLabel: "A" },
      }),
    );
    const stamps = [...new Set(wanted.flatMap(({ points }) => points.map(([time]) => time)))].sort((a, b) => a - b);
    const data = stamps
      .filter((time) => time >= start && time < stop)
      .map((time) => {
        const values = wanted.map(({ points }) => points.find(([at]) => at === time)?.[1]);
        const present = values.flatMap((value, index) => (value === undefined ? [] : [{ tsId: `t${index}`, value }]));
        return event("data", { data: present, logicalTimestampMs: time * 1000, maxDelayMs: 0 });
      });
    response.writeHead(200, { "content-type": "text/event-stream" }).end([...metadata, ...data, END].join(""));
  });
}

const stray = [
  event("metadata", { tsId: "t", properties: { region: "eu" } }),
  event("data", { data: [{ tsId: "t", value: 1 }], logicalTimestampMs: FROM * 1000 }),
  END,
].join("");

export const splunkHarness: SourceHarness = {
  id: "splunk-observability",
  smallest: { type: "splunk-observability", realm: "eu0" },
  start: async (series = FIXTURE) => served(await serveSignalFlow(series), optionsFor),
  queryFor: (component) => `data('${component}').publish()`,
  inPieces: { "max-points": 7 },
  withoutNaN: true,
  failures: [
    ...usualBreakages(optionsFor, (message) => ({ code: 400, message })),
    answering(optionsFor, "a property that is missing", "UNKNOWN_LABEL", 200, stray),
    answering(optionsFor, "a stream that breaks off", "SOURCE_MALFORMED", 200, stray.replace(END, "")),
    answering(
      optionsFor,
      "an error within the stream",
      "SOURCE_REJECTED",
      200,
      event("error-message", { message: "no", errors: [] }),
    ),
    withoutKey(optionsFor, "access-token-env"),
  ],
};

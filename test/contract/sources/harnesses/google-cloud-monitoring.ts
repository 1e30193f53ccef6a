import { type Loopback, replyJson, startLoopback } from "../../../integration/servers/loopback.ts";
import { answering, type OptionsFor, served, usualBreakages } from "../breakages.ts";
import { FIXTURE, type FixtureSeries, FROM, STEP } from "../fixture.ts";
import type { SourceHarness } from "../harnesses.ts";

const optionsFor: OptionsFor = (url) => ({
  type: "google-cloud-monitoring",
  project: "contract",
  url,
  auth: { kind: "google", "credentials-env": "CONTRACT_GOOGLE" },
});

const instant = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** Answers the list of time series in pages of two series, newest point first. */
function serveTimeSeries(series: readonly FixtureSeries[]): Promise<Loopback> {
  return startLoopback((request, response) => {
    const asked = new URL(request.path, "http://x");
    const [from, to] = ["startTime", "endTime"].map(
      (name) => Date.parse(asked.searchParams.get(`interval.${name}`) ?? "") / 1000,
    );
    const component = asked.searchParams.get("filter");
    const wanted = series.filter((one) => one.component === component).map((one) => seriesOf(one, from ?? 0, to ?? 0));
    const first = Number(asked.searchParams.get("pageToken") ?? 0);
    const nextPageToken = first + 2 < wanted.length ? { nextPageToken: String(first + 2) } : {};
    const page = wanted.slice(first, first + 2).filter(({ points }) => points.length > 0);
    replyJson(response, 200, { timeSeries: page, ...nextPageToken, unit: "1" });
  });
}

function seriesOf({ labels, points }: FixtureSeries, from: number, to: number) {
  return {
    metric: { type: "contract", labels: { zone: labels.zone } },
    resource: { type: "global", labels: { project_id: "contract", track: labels.track } },
    metricKind: "GAUGE",
    valueType: "DOUBLE",
    points: points
      .filter(([time]) => time >= from && time < to)
      .map(([time, value]) => ({
        interval: { startTime: instant(time), endTime: instant(time + STEP) },
        value: { doubleValue: Number.isNaN(value) ? "NaN" : value },
      }))
      .reverse(),
  };
}

const error = (message: string): unknown => ({ error: { code: 400, message, status: "INVALID_ARGUMENT" } });
const lone = {
  timeSeries: [
    {
      metric: { labels: { region: "eu" } },
      points: [{ interval: { endTime: instant(FROM + STEP) }, value: { int64Value: "1" } }],
    },
  ],
};

export const googleMonitoringHarness: SourceHarness = {
  id: "google-cloud-monitoring",
  smallest: { type: "google-cloud-monitoring", project: "contract" },
  start: async (series = FIXTURE) => served(await serveTimeSeries(series), optionsFor),
  wholeBuckets: true,
  queryFor: (component) => `filter: ${component}\nalign: mean`,
  inPieces: { "max-points": 7 },
  failures: [
    ...usualBreakages(optionsFor, error),
    answering(optionsFor, "a label that is missing", "UNKNOWN_LABEL", 200, lone),
  ],
};

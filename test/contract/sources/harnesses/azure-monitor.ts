import { type Loopback, replyJson, startLoopback } from "../../../integration/servers/loopback.ts";
import { answering, type OptionsFor, served, usualBreakages } from "../breakages.ts";
import { FIXTURE, type FixtureSeries, FROM, STEP } from "../fixture.ts";
import type { SourceHarness } from "../harnesses.ts";
import { AZURE_AUTH } from "../sign-ins.ts";

const RESOURCE =
  "/subscriptions/00001111-aaaa-2222-bbbb-3333cccc4444/resourceGroups/shop/providers/Microsoft.Web/sites/shop";

const optionsFor: OptionsFor = (url) => ({ type: "azure-monitor", url, resource: RESOURCE, auth: AZURE_AUTH });

/** Answers the list of metrics: every stamp of the window, without a number where nothing is known. */
function serveMetrics(series: readonly FixtureSeries[]): Promise<Loopback> {
  return startLoopback((request, response) => {
    const asked = new URL(request.path, "http://x").searchParams;
    const [from = 0, to = 0] = (asked.get("timespan") ?? "").split("/").map((text) => Date.parse(text) / 1000);
    const stamps = Array.from({ length: (to - from) / STEP }, (_, index) => from + index * STEP);
    const timeseries = series
      .filter((one) => one.component === asked.get("metricnames"))
      .map(({ labels, points }) => {
        const known = new Map(points);
        return {
          metadatavalues: [{ name: { value: "Zone", localizedValue: "Zone" }, value: labels.zone }],
          data: stamps.map((time) => {
            const value = known.get(time);
            const timeStamp = new Date(time * 1000).toISOString().replace(".000Z", "Z");
            return value === undefined || Number.isNaN(value) ? { timeStamp } : { timeStamp, average: value };
          }),
        };
      });
    const value = [
      {
        id: "x",
        type: "Microsoft.Insights/metrics",
        name: { value: "Requests" },
        errorCode: "Success",
        unit: "Count",
        timeseries,
      },
    ];
    replyJson(response, 200, { cost: 1, timespan: asked.get("timespan"), interval: "PT1M", value });
  });
}

const metric = (rest: object): unknown => ({ interval: "PT1M", value: [{ name: { value: "Requests" }, ...rest }] });

export const azureMonitorHarness: SourceHarness = {
  id: "azure-monitor",
  smallest: { type: "azure-monitor", resource: RESOURCE },
  start: async (series = FIXTURE) => served(await serveMetrics(series), optionsFor),
  inPieces: { "max-points": 7 },
  withoutNaN: true,
  failures: [
    ...usualBreakages(optionsFor, (message) => ({ code: "BadRequest", message })),
    answering(
      optionsFor,
      "a metric that could not be read",
      "SOURCE_REJECTED",
      200,
      metric({ errorCode: "InvalidSeries", errorMessage: "no such series", timeseries: [] }),
    ),
    answering(
      optionsFor,
      "a dimension that is missing",
      "UNKNOWN_LABEL",
      200,
      metric({
        timeseries: [{ metadatavalues: [], data: [{ timeStamp: new Date(FROM * 1000).toISOString(), average: 1 }] }],
      }),
    ),
  ],
};

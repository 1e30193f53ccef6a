import { DeployImpactError } from "../../core/errors.ts";
import type { LabelledAsk } from "../fetch-units.ts";
import { readFormula } from "../formula.ts";
import type { StepGrid } from "../grid.ts";
import { createHttpClient } from "../http/client.ts";
import type { HttpPorts, HttpRequest } from "../http/contract.ts";
import { explainAnyError } from "../http/explain.ts";
import { otherSpacing, spacingError } from "../spacing.ts";
import { type DatadogAnswer, type DatadogReading, readQuery, readTimeseries } from "./answer.ts";
import { connectOptions, type DatadogOptions } from "./options.ts";

const HINTS = {
  SOURCE_UNAUTHORIZED: "Check both keys and `site` of the source: keys of one site are unknown to the others.",
  SOURCE_FORBIDDEN:
    "Check that the application key has the scope timeseries_query, that its owner may read metrics, and that `site` is theirs; a scoped key works with `api: v2` only.",
  SOURCE_NOT_FOUND: "Check `site` or `url` of the source.",
} as const;

type Question = Pick<HttpRequest<DatadogReading>, "path" | "parameters" | "read" | "post">;

export function openDatadog(options: DatadogOptions, ports: HttpPorts, signal: AbortSignal): LabelledAsk {
  const client = createHttpClient("Datadog", connectOptions(options), ports, signal);
  const question = options.api === "v1" ? queryQuestion : timeseriesQuestion;
  return async (text, piece, { what }) => {
    const request = question(text, piece, what);
    const reading = await client.send({
      ...request,
      what,
      explain: explainAnyError,
      waitHeader: "x-ratelimit-reset",
      hints: HINTS,
    });
    if (!reading.usable) throw refused(what, client.showable(reading.words));
    const spacing = spacingOf(reading.value, piece.step);
    if (spacing !== null) throw spacingError(what, spacing, piece.step, remedy(piece.step));
    return { value: reading.value.series, warnings: [] };
  };
}

function spacingOf({ series, interval }: DatadogAnswer, step: number): number | null {
  if (interval === null) return otherSpacing(series, step);
  return interval === step ? null : interval;
}

function remedy(step: number): string {
  return `Let the query end in .rollup(avg, ${step}) (a count in .rollup(sum, ${step}))`;
}

/** A point stands for the interval that it begins, so that the last step lasts until the next one would start. */
function windowOf({ start, end, step }: StepGrid): { readonly from: number; readonly to: number } {
  return { from: start, to: end + step };
}

function timeseriesQuestion(text: string, piece: StepGrid, what: string): Question {
  const formula = readFormula(text);
  if (typeof formula === "string") throw refused(what, formula);
  const { from, to } = windowOf(piece);
  const attributes = {
    from: from * 1000,
    to: to * 1000,
    interval: piece.step * 1000,
    queries: formula.queries.map(({ name, query }) => ({ data_source: "metrics", name, query })),
    formulas: [{ formula: formula.formula }],
  };
  const body = JSON.stringify({ data: { type: "timeseries_request", attributes } });
  return {
    path: "/api/v2/query/timeseries",
    parameters: [],
    post: { type: "application/json", text: body },
    read: readTimeseries,
  };
}

function queryQuestion(text: string, piece: StepGrid, what: string): Question {
  if (text.trim().includes("\n")) {
    throw refused(what, "`api: v1` takes one query, in which the arithmetic stands between the metrics");
  }
  const { from, to } = windowOf(piece);
  const parameters = [
    ["from", String(from)],
    ["to", String(to)],
    ["query", text.trim()],
  ] as const;
  return { path: "/api/v1/query", parameters, read: readQuery };
}

function refused(what: string, words: string): DeployImpactError {
  return new DeployImpactError("SOURCE_REJECTED", `Datadog cannot answer ${what}: ${words}.`, {
    hint: `Change ${what}: one metric query such as \`avg:system.load.1{env:prod} by {zone}\`, or lines \`name = query\` and then a formula over the names.`,
  });
}

import { DeployImpactError } from "../../core/errors.ts";
import type { SeriesQuery } from "../contract.ts";
import type { LabelledAsk } from "../fetch-units.ts";
import { readFormula } from "../formula.ts";
import type { StepGrid } from "../grid.ts";
import { createHttpClient } from "../http/client.ts";
import type { HttpClient, HttpPorts } from "../http/contract.ts";
import { explainAnyError } from "../http/explain.ts";
import type { LabelledSeries, Labels } from "../labelled-series.ts";
import { otherSpacing, spacingError } from "../spacing.ts";
import { type MetricData, type MetricPage, readMetricPage } from "./answer.ts";
import { type CloudwatchOptions, connectOptions } from "./options.ts";

const HINTS = {
  SOURCE_FORBIDDEN: "Allow the role or user of `auth` the action cloudwatch:GetMetricData.",
  SOURCE_UNAUTHORIZED: "Check the keys or the role of `auth`, and the clock of this machine.",
  SOURCE_NOT_FOUND: "Check `region` or `url` of the source.",
} as const;

type UnitRule = Pick<SeriesQuery, "unitLabel" | "byLabel">;

export function openCloudwatch(
  options: CloudwatchOptions,
  rule: UnitRule,
  ports: HttpPorts,
  signal: AbortSignal,
): LabelledAsk {
  const client = createHttpClient("CloudWatch", connectOptions(options, ports.env), ports, signal);
  return async (text, piece, { what }) => {
    const question = parametersOf(text, piece, rule, what);
    const pages: MetricPage[] = [];
    for (let token: string | null = null; ; ) {
      const page: MetricPage = await askPage(client, question, token, what);
      pages.push(page);
      token = page.nextToken;
      if (token === null) break;
    }
    refuseIncomplete(pages, what);
    const series = joinPages(pages, rule);
    const spacing = otherSpacing(series, piece.step);
    if (spacing !== null) throw spacingError(what, spacing, piece.step, remedy(piece.step));
    return { value: series, warnings: [...new Set(pages.flatMap((page) => page.messages.map(client.showable)))] };
  };
}

function remedy(step: number): string {
  return `Let the period in the query be ${step} (CloudWatch keeps points of 1 minute for 15 days, of 5 minutes for 63)`;
}

function askPage(
  client: HttpClient,
  parameters: readonly (readonly [string, string])[],
  token: string | null,
  what: string,
): Promise<MetricPage> {
  return client.send({
    path: "/",
    parameters: token === null ? parameters : [...parameters, ["NextToken", token]],
    post: "form",
    headers: { accept: "application/xml" },
    what,
    read: readMetricPage,
    explain: explainAnyError,
    hints: HINTS,
  });
}

/** Between the values of two dimensions in a label. */
const SEPARATOR = " | ";

function parametersOf(text: string, piece: StepGrid, rule: UnitRule, what: string): [string, string][] {
  const formula = readFormula(text);
  if (typeof formula === "string") throw refused(what, formula);
  const { queries } = formula;
  const isAlone = queries.length === 1 && formula.formula === queries[0]?.name;
  const all = isAlone ? queries : [...queries, { name: "result", query: formula.formula }];
  const parameters: [string, string][] = [
    ["Action", "GetMetricData"],
    ["Version", "2010-08-01"],
    ["StartTime", instant(piece.start)],
    // A point stands for the period that it begins, and the end is not part of the window.
    ["EndTime", instant(piece.end + piece.step)],
    ["ScanBy", "TimestampAscending"],
  ];
  all.forEach(({ name, query }, index) => {
    const key = (field: string): string => `MetricDataQueries.member.${index + 1}.${field}`;
    const isInsights = /^select\s/i.test(query);
    parameters.push([key("Id"), name], [key("Expression"), query]);
    // Metrics Insights names a series after its group by itself, and takes its period from here.
    parameters.push(isInsights ? [key("Period"), String(piece.step)] : [key("Label"), labelFor(rule)]);
    parameters.push([key("ReturnData"), String(index === all.length - 1)]);
  });
  return parameters;
}

function instant(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

function dimensions({ unitLabel, byLabel }: UnitRule): string[] {
  return byLabel === undefined ? [unitLabel] : [unitLabel, byLabel];
}

function labelFor(rule: UnitRule): string {
  return dimensions(rule)
    .map((name) => `\${PROP('Dim.${name}')}`)
    .join(SEPARATOR);
}

/** A property that a metric lacks stays as it was written, or is empty. */
const UNRESOLVED = /^$|^\$\{PROP/;

function labelsOf(label: string, rule: UnitRule): Labels {
  const names = dimensions(rule);
  const values = names.length === 1 ? [label] : label.split(SEPARATOR);
  const pairs = names.map((name, index) => [name, values[index] ?? ""] as const);
  return Object.fromEntries(pairs.filter(([, value]) => !UNRESOLVED.test(value)));
}

/** A series that goes on in the next page is the one with the same label in the same place among its equals. */
function joinPages(pages: readonly MetricPage[], rule: UnitRule): LabelledSeries[] {
  const joined = new Map<string, { readonly labels: Labels; readonly parts: MetricData[] }>();
  for (const { results } of pages) {
    const seen = new Map<string, number>();
    for (const result of results) {
      const place = seen.get(result.label) ?? 0;
      seen.set(result.label, place + 1);
      const labels = { ...labelsOf(result.label, rule), ...(place > 0 && { metric: String(place + 1) }) };
      const key = `${place}/${result.label}`;
      const known = joined.get(key) ?? { labels, parts: [] as MetricData[] };
      known.parts.push(result);
      joined.set(key, known);
    }
  }
  return [...joined.values()]
    .map(({ labels, parts }) => ({
      labels,
      times: Float64Array.from(parts.flatMap((part) => part.times)),
      values: Float64Array.from(parts.flatMap((part) => part.values)),
    }))
    .filter((one) => one.times.length > 0);
}

/** SOURCE_TOO_LARGE, so that a shorter range is asked for. */
const PART_ONLY = "CloudWatch gave a part only";

function refuseIncomplete(pages: readonly MetricPage[], what: string): void {
  const last = pages.at(-1)?.results ?? [];
  const statuses = new Set(last.map((one) => one.status));
  if (statuses.has("Forbidden")) {
    throw new DeployImpactError("SOURCE_FORBIDDEN", `CloudWatch does not allow to read all metrics of ${what}.`, {
      hint: HINTS.SOURCE_FORBIDDEN,
    });
  }
  if (statuses.has("InternalError")) {
    throw new DeployImpactError("SOURCE_UNAVAILABLE", `CloudWatch is in trouble with ${what}.`, {
      hint: "Try again later; raise `deadline` of the source to wait longer.",
    });
  }
  if (statuses.has("PartialData")) {
    throw new DeployImpactError("SOURCE_TOO_LARGE", `${PART_ONLY} of the answer to ${what}.`, {
      hint: "Let the query find fewer metrics, or shorten the windows.",
    });
  }
}

function refused(what: string, words: string): DeployImpactError {
  return new DeployImpactError("SOURCE_REJECTED", `CloudWatch cannot answer ${what}: ${words}.`, {
    hint: `Change ${what}: one expression such as \`SEARCH('{AWS/ApplicationELB,AvailabilityZone} MetricName="RequestCount"', 'Sum', 60)\`, or lines \`name = expression\` and then an expression over the names.`,
  });
}

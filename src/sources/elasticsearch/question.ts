import type { SeriesQuery } from "../contract.ts";
import type { StepGrid } from "../grid.ts";
import { readQueryLines } from "../query-lines.ts";

/** What is measured in each bucket. */
export type Measure = { readonly kind: "count" } | { readonly kind: "metric"; readonly aggregation: unknown };

export interface Question {
  /** Query in Lucene's syntax; empty: every document. */
  readonly filter: string;
  readonly measure: Measure;
  /** Fields that tell the series apart, the unit's first. */
  readonly fields: readonly string[];
}

const CALL = /^([a-z]+[0-9.]*)\(([^()\s]+)\)$/;
const METRICS: Readonly<Record<string, string>> = {
  avg: "avg",
  sum: "sum",
  min: "min",
  max: "max",
  cardinality: "cardinality",
  count: "value_count",
};

export const EXAMPLE = "query: service:shop\nvalue: p95(duration_ms)";

/** A text: what is wrong with the query. */
export function readQuestion(text: string, rule: Pick<SeriesQuery, "unitLabel" | "byLabel">): Question | string {
  const lines = readQueryLines(text, { required: [], optional: ["query", "value", "labels"], alone: "query" });
  if (typeof lines === "string") return lines;
  const measure = readMeasure(lines.value ?? "count");
  if (measure === null) {
    return `the value "${lines.value ?? ""}" is none of count, avg(FIELD), sum, min, max, cardinality, p95`;
  }
  const further = (lines.labels ?? "").split(",").map((name) => name.trim());
  const fields = [rule.unitLabel, rule.byLabel ?? "", ...further].filter((name) => name !== "");
  return { filter: lines.query ?? "", measure, fields: [...new Set(fields)] };
}

function readMeasure(text: string): Measure | null {
  if (text === "count") return { kind: "count" };
  const [, name = "", field = ""] = CALL.exec(text) ?? [];
  const metric = METRICS[name];
  if (metric !== undefined) return { kind: "metric", aggregation: { [metric]: { field } } };
  const percent = Number(/^p(\d{1,2}(?:\.\d+)?)$/.exec(name)?.[1] ?? Number.NaN);
  return Number.isNaN(percent)
    ? null
    : { kind: "metric", aggregation: { percentiles: { field, percents: [percent] } } };
}

/** Most buckets of one page; `search.max_buckets` allows more. */
export const BUCKETS_PER_PAGE = 10_000;

export type AfterKey = Readonly<Record<string, string | number | boolean | null>>;

/**
 * One page of a composite aggregation: every bucket comes, however many units there are, where `terms` would cut off.
 * Fixed intervals count from the epoch, as our steps do.
 */
export function searchBody(question: Question, piece: StepGrid, timeField: string, after: AfterKey | null): unknown {
  const range = { gte: piece.start * 1000, lt: (piece.end + piece.step) * 1000, format: "epoch_millis" };
  const words = question.filter === "" ? [] : [{ query_string: { query: question.filter } }];
  const interval = { field: timeField, fixed_interval: `${Math.round(piece.step * 1000)}ms` };
  const sources = [
    ...question.fields.map((field, index) => ({ [`label${index}`]: { terms: { field } } })),
    { time: { date_histogram: interval } },
  ];
  const { measure } = question;
  const steps = {
    composite: { size: BUCKETS_PER_PAGE, sources, ...(after !== null && { after }) },
    ...(measure.kind === "metric" && { aggs: { value: measure.aggregation } }),
  };
  return {
    size: 0,
    // One is enough to tell documents without the field from no documents.
    track_total_hits: 1,
    query: { bool: { filter: [{ range: { [timeField]: range } }, ...words] } },
    aggs: { steps },
  };
}

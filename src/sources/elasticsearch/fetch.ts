import { DeployImpactError } from "../../core/errors.ts";
import type { Ports } from "../../ports.ts";
import type { FetchedSeries, SeriesQuery } from "../contract.ts";
import { fetchUnits, type LabelledAsk } from "../fetch-units.ts";
import { createHttpClient } from "../http/client.ts";
import type { HttpPorts } from "../http/contract.ts";
import { requireNoBuckets } from "../no-buckets.ts";
import { type Row, toLabelledSeries } from "../rows.ts";
import { unaskable, unusable } from "../unusable.ts";
import { afterKey, explainError, lacksFields, readSearch, rowsOf, type SearchAnswer, shardWarnings } from "./answer.ts";
import { connectOptions, ELASTICSEARCH_TYPES, type ElasticsearchOptions } from "./options.ts";
import { type AfterKey, BUCKETS_PER_PAGE, EXAMPLE, type Question, readQuestion, searchBody } from "./question.ts";

/** Steps of one search: its pages hold units x steps buckets. */
const POINTS_PER_REQUEST = 11_000;

export async function fetchSeries(
  options: ElasticsearchOptions,
  query: SeriesQuery,
  ports: Ports,
  signal?: AbortSignal,
): Promise<FetchedSeries> {
  requireNoBuckets(query, ELASTICSEARCH_TYPES[options.type], "value: p95(duration_ms)");
  return await fetchUnits(
    query,
    {
      maxPoints: options["max-points"] ?? POINTS_PER_REQUEST,
      isTooMuch,
      open: (stop) => openSearch(options, query, ports, stop),
      grouped: () => "a field that each document has",
    },
    signal,
  );
}

function isTooMuch(error: unknown): boolean {
  if (!(error instanceof DeployImpactError)) return false;
  return error.code === "SOURCE_TOO_LARGE" || /too many buckets|max_buckets/i.test(error.message);
}

function openSearch(
  options: ElasticsearchOptions,
  rule: Pick<SeriesQuery, "unitLabel" | "byLabel">,
  ports: HttpPorts,
  signal: AbortSignal,
): LabelledAsk {
  const server = ELASTICSEARCH_TYPES[options.type];
  const client = createHttpClient(server, connectOptions(options, ports.env), ports, signal);
  return async (text, piece, { what }) => {
    const question = readQuestion(text, rule);
    if (typeof question === "string") throw unaskable(what, question, `Write for example:\n${EXAMPLE}`);
    const rows: Row[] = [];
    const warnings = new Set<string>();
    let after: AfterKey | null = null;
    do {
      const body = searchBody(question, piece, options["time-field"] ?? "@timestamp", after);
      const answer: SearchAnswer = await client.send({
        path: `/${encodeURIComponent(options.index)}/_search`,
        parameters: [],
        post: { type: "application/json", text: JSON.stringify(body) },
        what,
        read: readSearch,
        explain: explainError,
        hints: { SOURCE_NOT_FOUND: "Check `index` and `url` of the source.", ...forFields(question) },
      });
      if (answer.timed_out === true) throw tooSlow(server, what);
      if (after === null && lacksFields(answer)) throw unknownField(question, what);
      for (const row of rowsOf(answer, question)) rows.push(row);
      for (const warning of shardWarnings(answer)) warnings.add(client.showable(warning));
      after = isFull(answer) ? afterKey(answer) : null;
    } while (after !== null);
    const verdict = toLabelledSeries(rows);
    if (!verdict.ok) throw unusable(what, verdict.detail, "Name the fields that tell series apart in `labels: ...`.");
    return { value: verdict.series, warnings: [...warnings] };
  };
}

function isFull(answer: SearchAnswer): boolean {
  return (answer.aggregations?.steps.buckets.length ?? 0) >= BUCKETS_PER_PAGE;
}

function forFields({ fields }: Question): { readonly SOURCE_REJECTED: string } {
  return {
    SOURCE_REJECTED: `Check the query, and that the fields ${fields.join(", ")} can be aggregated: texts often have a twin for it, such as \`${fields[0] ?? "zone"}.keyword\`.`,
  };
}

function tooSlow(server: string, what: string): DeployImpactError {
  return new DeployImpactError("SOURCE_TIMEOUT", `${server} stopped ${what} at its own time limit.`, {
    hint: "Let the query match fewer documents, or lower `max-points` of the source.",
  });
}

function unknownField({ fields }: Question, what: string): DeployImpactError {
  const names = fields.map((field) => `\`${field}\``).join(", ");
  return new DeployImpactError(
    "UNKNOWN_LABEL",
    `Documents match ${what}, but none has ${fields.length === 1 ? "the field" : "all of the fields"} ${names}.`,
    { hint: "Set `units.label` (and `by`, and the query's `labels`) to keyword or numeric fields of the documents." },
  );
}

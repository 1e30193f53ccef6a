import type { Ports } from "../../ports.ts";
import type { FetchedSeries, SeriesQuery } from "../contract.ts";
import { fetchUnits, type LabelledAsk } from "../fetch-units.ts";
import type { StepGrid } from "../grid.ts";
import { createHttpClient } from "../http/client.ts";
import type { HttpPorts } from "../http/contract.ts";
import { explainAnyError } from "../http/explain.ts";
import { requireNoBuckets } from "../no-buckets.ts";
import { toLabelledSeries } from "../rows.ts";
import { mayBeFinerWhenShorter, spacingError } from "../spacing.ts";
import { unaskable, unusable } from "../unusable.ts";
import { readNrql } from "./answer.ts";
import { connectOptions, MAX_POINTS_PER_REQUEST, type NewRelicOptions } from "./options.ts";

const QUESTION = `query($account: Int!, $nrql: Nrql!, $timeout: Seconds) {
  actor { account(id: $account) { nrql(query: $nrql, timeout: $timeout) { results metadata { facets messages } } } }
}`;

/** NerdGraph accepts no longer ones. */
const LONGEST_TIMEOUT_S = 120;

/** FACET with TIMESERIES gives at most so many series (LIMIT MAX); more are cut off without a word. */
const MOST_FACETS = 2000;

const HINTS = {
  SOURCE_UNAUTHORIZED:
    "Check the user key of the source (it begins with NRAK) and its `region`: keys of one region are unknown to the other.",
  SOURCE_FORBIDDEN: "Check `account` of the source, and that the owner of the key may query it.",
} as const;

const EXAMPLE = "SELECT percentage(count(*), WHERE error IS true) FROM Transaction FACET zone";

export async function fetchSeries(
  options: NewRelicOptions,
  query: SeriesQuery,
  ports: Ports,
  signal?: AbortSignal,
): Promise<FetchedSeries> {
  requireNoBuckets(query, "New Relic", "SELECT percentile(duration, 95) FROM Transaction FACET zone");
  return await fetchUnits(
    query,
    {
      maxPoints: options["max-points"] ?? MAX_POINTS_PER_REQUEST,
      isTooMuch: mayBeFinerWhenShorter,
      open: (stop) => openNerdGraph(options, ports, stop),
      grouped: (labels) => `SELECT ... FROM ... FACET ${labels.join(", ")}`,
    },
    signal,
  );
}

function openNerdGraph(options: NewRelicOptions, ports: HttpPorts, signal: AbortSignal): LabelledAsk {
  const client = createHttpClient("New Relic", connectOptions(options), ports, signal);
  const timeout = Math.min(LONGEST_TIMEOUT_S, Math.ceil(client.limits.timeoutMs / 1000));
  return async (text, piece, { what }) => {
    const variables = { account: options.account, nrql: withWindow(text, piece, what), timeout };
    const answer = await client.send({
      path: "/graphql",
      parameters: [],
      post: { type: "application/json", text: JSON.stringify({ query: QUESTION, variables }) },
      what,
      read: readNrql,
      explain: explainAnyError,
      hints: HINTS,
    });
    if (answer.selected.length > 1) {
      throw unusable(what, `it selects several values (${answer.selected.join(", ")})`, `Select one: ${EXAMPLE}.`);
    }
    if (answer.bucket !== null && answer.bucket !== piece.step) {
      throw spacingError(what, answer.bucket, piece.step, "Ask for a shorter window by `max-points` of the source");
    }
    const verdict = toLabelledSeries(answer.rows);
    if (!verdict.ok) throw unusable(what, verdict.detail, `Let the facets tell the series apart: ${EXAMPLE}.`);
    return {
      value: verdict.series,
      warnings: [...answer.messages.map(client.showable), ...cutOff(verdict.series, what)],
    };
  };
}

function cutOff(series: readonly unknown[], what: string): string[] {
  return series.length < MOST_FACETS
    ? []
    : [`New Relic gives at most ${MOST_FACETS} series at once; those of ${what} may be cut off.`];
}

/** Clauses that say which time is asked for; they are ours to write. */
const TIME_CLAUSE = /\b(SINCE|UNTIL|TIMESERIES|COMPARE\s+WITH|SLIDE\s+BY)\b/i;

function withWindow(text: string, { start, end, step }: StepGrid, what: string): string {
  const nrql = text.trim().replace(/;$/, "");
  const bare = nrql.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`/g, "''");
  const own = TIME_CLAUSE.exec(bare)?.[1];
  if (own !== undefined) {
    throw unaskable(
      what,
      `it says ${own.toUpperCase()} itself`,
      "Leave SINCE, UNTIL and TIMESERIES out of NRQL: they follow from `windows`.",
    );
  }
  const limit = /\bLIMIT\b/i.test(bare) ? "" : " LIMIT MAX";
  // Buckets are counted back from the end, which is a whole number of steps after the start.
  return `${nrql}${limit} SINCE ${start * 1000} UNTIL ${(end + step) * 1000} TIMESERIES ${step} seconds`;
}

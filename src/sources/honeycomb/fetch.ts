import { z } from "zod";
import type { Ports } from "../../ports.ts";
import type { FetchedSeries, SeriesQuery } from "../contract.ts";
import { fetchUnits, type LabelledAsk } from "../fetch-units.ts";
import { createHttpClient } from "../http/client.ts";
import type { HttpClient, HttpPorts, HttpRequest } from "../http/contract.ts";
import { explainAnyError } from "../http/explain.ts";
import { readJsonBody } from "../http/json.ts";
import { requireNoBuckets } from "../no-buckets.ts";
import { type Row, toLabelledSeries } from "../rows.ts";
import { mayBeFinerWhenShorter, otherSpacing, spacingError } from "../spacing.ts";
import { unaskable, unusable } from "../unusable.ts";
import { connectOptions, type HoneycombOptions, MAX_POINTS_PER_REQUEST } from "./options.ts";
import { EXAMPLE, longestRange, questionOf, readSpecification } from "./question.ts";

const HINTS = {
  SOURCE_UNAUTHORIZED: "Check the key of the source and its `region`: keys of one region are unknown to the other.",
  SOURCE_FORBIDDEN:
    'Give the key the rights "Manage Queries and Columns" and "Run Queries"; the query data API belongs to the Enterprise plan.',
  SOURCE_NOT_FOUND: "Check `dataset` of the source.",
} as const;

/** Between two looks at a result that is not complete. */
const POLL_MS = 1000;

const createdSchema = z.object({ id: z.string() });
const cell = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const resultSchema = z.object({
  complete: z.boolean(),
  data: z
    .object({ series: z.array(z.object({ time: z.iso.datetime(), data: z.record(z.string(), cell) })).nullish() })
    .nullish(),
});

type Result = z.infer<typeof resultSchema>;

export async function fetchSeries(
  options: HoneycombOptions,
  query: SeriesQuery,
  ports: Ports,
  signal?: AbortSignal,
): Promise<FetchedSeries> {
  requireNoBuckets(query, "Honeycomb", "P95(duration_ms)");
  const most = Math.min(MAX_POINTS_PER_REQUEST, Math.floor(longestRange(query.step) / query.step));
  return await fetchUnits(
    query,
    {
      maxPoints: Math.min(options["max-points"] ?? most, most),
      isTooMuch: mayBeFinerWhenShorter,
      open: (stop) => openHoneycomb(options, query, ports, stop),
      grouped: (labels) => `"breakdowns": ${JSON.stringify(labels)}`,
    },
    signal,
  );
}

function openHoneycomb(
  options: HoneycombOptions,
  { unitLabel, byLabel }: Pick<SeriesQuery, "unitLabel" | "byLabel">,
  ports: HttpPorts,
  signal: AbortSignal,
): LabelledAsk {
  const client = createHttpClient("Honeycomb", connectOptions(options), ports, signal);
  const units = [unitLabel, ...(byLabel === undefined ? [] : [byLabel])];
  return async (text, piece, { what }) => {
    const specification = readSpecification(text);
    if (typeof specification === "string") throw unaskable(what, specification, `Write for example \`${EXAMPLE}\`.`);
    if (piece.step % 60 !== 0) {
      throw unaskable(
        what,
        `Honeycomb rounds to whole minutes, not to ${piece.step} s`,
        "Set `windows.step` to 1m or a multiple.",
      );
    }
    const { query, breakdowns } = questionOf(specification, piece, units);
    const result = await run({ client, options, what, sleep: () => ports.sleep(POLL_MS, signal) }, query);
    const verdict = toLabelledSeries(rowsOf(result, breakdowns));
    if (!verdict.ok) throw unusable(what, verdict.detail, "Name what tells the series apart in `breakdowns`.");
    const spacing = otherSpacing(verdict.series, piece.step);
    if (spacing !== null) throw spacingError(what, spacing, piece.step, "Honeycomb gives no finer steps");
    return { value: verdict.series, warnings: [] };
  };
}

interface Session {
  readonly client: HttpClient;
  readonly options: HoneycombOptions;
  readonly what: string;
  readonly sleep: () => Promise<void>;
}

/** Makes the query, runs it, and looks until it is complete; the deadline of the client ends the waiting. */
async function run({ client, options, what, sleep }: Session, query: unknown): Promise<Result> {
  const asked = { parameters: [], what, explain: explainAnyError, hints: HINTS } as const;
  const post = (body: unknown): HttpRequest<unknown>["post"] & object => ({
    type: "application/json",
    text: JSON.stringify(body),
  });
  const read = readJsonBody(createdSchema);
  const made = await client.send({ ...asked, path: `/1/queries/${options.dataset}`, post: post(query), read });
  const path = `/1/query_results/${options.dataset}`;
  const order = { query_id: made.id, disable_series: false, limit: 1000 };
  const { id } = await client.send({ ...asked, path, post: post(order), read });
  for (;;) {
    const result = await client.send({
      ...asked,
      path: `${path}/${encodeURIComponent(id)}`,
      read: readJsonBody(resultSchema),
    });
    if (result.complete) return result;
    await sleep();
  }
}

/** Whatever is no breakdown is the calculation. */
function rowsOf({ data }: Result, breakdowns: readonly string[]): Row[] {
  return (data?.series ?? []).flatMap(({ time, data: cells }): Row[] => {
    const [value] = Object.entries(cells).flatMap(([name, found]) => (breakdowns.includes(name) ? [] : [found]));
    if (typeof value !== "number") return [];
    const labels = breakdowns.flatMap((name) => {
      const text = cells[name];
      return text === undefined || text === null ? [] : [[name, String(text)] as const];
    });
    return [{ labels: Object.fromEntries(labels), time: Date.parse(time) / 1000, value }];
  });
}

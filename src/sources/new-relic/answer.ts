import { z } from "zod";
import type { BodyVerdict } from "../http/contract.ts";
import { readJsonBody } from "../http/json.ts";
import type { Labels } from "../labelled-series.ts";
import type { Row } from "../rows.ts";

const facetSchema = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const resultSchema = z.looseObject({
  beginTimeSeconds: z.number(),
  endTimeSeconds: z.number(),
  facet: z.union([facetSchema, z.array(facetSchema)]).optional(),
});

const answerSchema = z.object({
  errors: z
    .array(z.object({ message: z.string(), extensions: z.object({ errorClass: z.string().nullish() }).nullish() }))
    .nullish(),
  data: z
    .object({
      actor: z
        .object({
          account: z
            .object({
              nrql: z
                .object({
                  results: z.array(resultSchema),
                  metadata: z
                    .object({ facets: z.array(z.string()).nullish(), messages: z.array(z.string()).nullish() })
                    .nullish(),
                })
                .nullish(),
            })
            .nullish(),
        })
        .nullish(),
    })
    .nullish(),
});

type Result = z.infer<typeof resultSchema>;

export interface NrqlAnswer {
  readonly rows: readonly Row[];
  readonly messages: readonly string[];
  /** Seconds that a bucket lasts; null: there is none. */
  readonly bucket: number | null;
  /** Names of the selected values; one is expected. */
  readonly selected: readonly string[];
}

/** What NerdGraph calls its errors, which come with status 200. */
const STATUSES: readonly (readonly [name: RegExp, status: number])[] = [
  [/TOO_MANY_REQUESTS|LIMIT_EXCEEDED|RATE/, 429],
  [/TIMEOUT/, 504],
  [/ACCESS_DENIED|FORBIDDEN|NOT_AUTHORIZED|UNAUTHORIZED/, 403],
  [/SERVER_ERROR|SERVICE_UNAVAILABLE/, 503],
];

const readBody = readJsonBody(answerSchema);

export function readNrql(body: string): BodyVerdict<NrqlAnswer> {
  const verdict = readBody(body);
  if (!verdict.ok) return verdict;
  const { errors, data } = verdict.value;
  const [error] = errors ?? [];
  if (error !== undefined) {
    const name = error.extensions?.errorClass ?? "";
    const status = STATUSES.find(([pattern]) => pattern.test(name))?.[1] ?? 400;
    return { ok: false, detail: error.message, status };
  }
  const nrql = data?.actor?.account?.nrql;
  if (nrql === undefined || nrql === null) return { ok: false, detail: "it holds no result of a query" };
  const names = (nrql.metadata?.facets ?? []).map((name) => name.replace(/^`(.*)`$/, "$1"));
  const [first] = nrql.results;
  return {
    ok: true,
    value: {
      rows: nrql.results.flatMap((result) => rowOf(result, names)),
      messages: nrql.metadata?.messages ?? [],
      bucket: first === undefined ? null : first.endTimeSeconds - first.beginTimeSeconds,
      selected: first === undefined ? [] : valuesOf(first, names).map(([name]) => name),
    },
  };
}

const NOT_VALUES: ReadonlySet<string> = new Set(["beginTimeSeconds", "endTimeSeconds", "facet", "inspectedCount"]);

function valuesOf(result: Result, facets: readonly string[]): [string, unknown][] {
  return Object.entries(result).filter(([name]) => !NOT_VALUES.has(name) && !facets.includes(name));
}

function rowOf(result: Result, facets: readonly string[]): Row[] {
  const values = valuesOf(result, facets);
  const value = values.length === 1 ? numberIn(values[0]?.[1]) : null;
  return value === null ? [] : [{ labels: labelsOf(result, facets), time: result.beginTimeSeconds, value }];
}

/** A percentile is an object with the percentile as its only name. */
function numberIn(value: unknown): number | null {
  if (typeof value === "number") return value;
  if (typeof value !== "object" || value === null) return null;
  const [only, another] = Object.values(value);
  return another === undefined && typeof only === "number" ? only : null;
}

function labelsOf({ facet }: Result, names: readonly string[]): Labels {
  const values = Array.isArray(facet) ? facet : facet === undefined ? [] : [facet];
  const pairs = names.map((name, index) => [name, values[index]] as const);
  return Object.fromEntries(
    pairs.flatMap(([name, value]) => (value === null || value === undefined ? [] : [[name, String(value)] as const])),
  );
}

import { z } from "zod";
import { DeployImpactError } from "../../core/errors.ts";
import type { HttpRequest } from "../http/contract.ts";
import { readJsonBody } from "../http/json.ts";
import type { Row } from "../rows.ts";
import { unusable } from "../unusable.ts";

export const EXAMPLE = "requests | summarize value = avg(duration) by bin(timestamp, {{step}}), zone = client_City";

const cellSchema = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const answerSchema = z.object({
  tables: z.array(
    z.object({
      name: z.string(),
      columns: z.array(z.object({ name: z.string(), type: z.string() })),
      rows: z.array(z.array(cellSchema)),
    }),
  ),
  error: z
    .object({
      code: z.string().nullish(),
      message: z.string(),
      details: z.array(z.object({ message: z.string() })).nullish(),
    })
    .nullish(),
});

type Answer = z.infer<typeof answerSchema>;
type Table = Answer["tables"][number];

const NUMERIC: ReadonlySet<string> = new Set(["long", "int", "real", "decimal"]);

export function readQuery(what: string): HttpRequest<readonly Row[]>["read"] {
  const read = readJsonBody(answerSchema);
  return (body) => {
    const verdict = read(body);
    if (!verdict.ok) return verdict;
    const { tables, error } = verdict.value;
    if (error !== undefined && error !== null) throw partial(what, error.details?.[0]?.message ?? error.message);
    const table = tables.find(({ name }) => name === "PrimaryResult") ?? tables[0];
    if (table === undefined) return { ok: false, detail: "it holds no table" };
    return readTable(table, what);
  };
}

/** SOURCE_TOO_LARGE, so that a shorter range is asked for. */
function partial(what: string, words: string): DeployImpactError {
  return new DeployImpactError(
    "SOURCE_TOO_LARGE",
    `Log Analytics gave a part only of the answer to ${what}: ${words}`,
    {
      hint: "Summarize in the query, or lower `max-points` of the source.",
    },
  );
}

function readTable({ columns, rows }: Table, what: string): ReturnType<HttpRequest<readonly Row[]>["read"]> {
  const time = columns.findIndex(({ type }) => type === "datetime");
  if (time < 0) throw unusable(what, "it has no column with the time", `Write for example \`${EXAMPLE}\`.`);
  const value = valueColumn(columns, what);
  const labelled = columns.flatMap(({ name }, index) =>
    index === time || index === value ? [] : [[name, index] as const],
  );
  const found: Row[] = [];
  for (const row of rows) {
    const [stamp, cell] = [row[time], row[value]];
    if (stamp === null || cell === null || cell === undefined) continue;
    const seconds = Date.parse(String(stamp)) / 1000;
    if (Number.isNaN(seconds)) return { ok: false, detail: `it has the time "${String(stamp).slice(0, 40)}"` };
    const labels = labelled.flatMap(([name, index]) => {
      const text = row[index];
      return text === null || text === undefined ? [] : [[name, String(text)] as const];
    });
    found.push({ labels: Object.fromEntries(labels), time: seconds, value: readCell(cell) });
  }
  return { ok: true, value: found };
}

/** The column `value`, or the only number. */
function valueColumn(columns: Table["columns"], what: string): number {
  const named = columns.findIndex(({ name }) => name === "value");
  if (named >= 0) return named;
  const numeric = [...columns.keys()].filter((index) => NUMERIC.has(columns[index]?.type ?? ""));
  const [only, another] = numeric;
  if (only !== undefined && another === undefined) return only;
  throw unusable(what, "it does not say which column is the value", `Call it \`value\`: \`${EXAMPLE}\`.`);
}

/** Decimals come as texts, and so do NaN and infinity. */
function readCell(cell: string | number | boolean): number {
  return typeof cell === "string" ? Number(cell.replace(/^([+-]?)Inf$/i, "$1Infinity")) : Number(cell);
}

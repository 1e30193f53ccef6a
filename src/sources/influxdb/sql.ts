import { z } from "zod";
import type { StepGrid } from "../grid.ts";
import type { HttpRequest } from "../http/contract.ts";
import { readJsonBody } from "../http/json.ts";
import type { Row } from "../rows.ts";
import { fillIn, templateProblem } from "../template.ts";
import { unaskable, unusable } from "../unusable.ts";
import type { InfluxdbOptions } from "./options.ts";
import type { InfluxAnswer, InfluxQuestion } from "./question.ts";

const EXAMPLE =
  "SELECT date_bin(INTERVAL '{{step}}', time) AS time, zone, avg(usage) AS value FROM cpu WHERE {{time}} GROUP BY 1, zone";

/** POST /api/v3/query_sql of InfluxDB 3. */
export function sqlQuestion(text: string, piece: StepGrid, options: InfluxdbOptions, what: string): InfluxQuestion {
  const problem = templateProblem(text, ["time", "start", "end", "step"], [["time"], ["start", "end"]]);
  if (problem !== null) throw unaskable(what, problem, `Write for example \`${EXAMPLE}\`.`);
  const instant = (seconds: number): string => new Date(seconds * 1000).toISOString();
  const [start, end] = [instant(piece.start), instant(piece.end + piece.step)];
  const q = fillIn(text.trim(), {
    time: `time >= '${start}' AND time < '${end}'`,
    start: `'${start}'`,
    end: `'${end}'`,
    step: `${piece.step} seconds`,
  });
  return {
    path: "/api/v3/query_sql",
    parameters: [],
    post: { type: "application/json", text: JSON.stringify({ db: options.database, q, format: "json" }) },
    read: readAnswer(what),
  };
}

const rowsSchema = z.array(z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])));

type SqlRow = z.infer<typeof rowsSchema>[number];

function readAnswer(what: string): HttpRequest<InfluxAnswer>["read"] {
  const read = readJsonBody(rowsSchema);
  return (body) => {
    const verdict = read(body);
    if (!verdict.ok) return verdict;
    const rows: Row[] = [];
    for (const record of verdict.value) {
      const time = readUtc(record.time);
      if (Number.isNaN(time)) throw unusable(what, "its rows have no `time`", `Write for example \`${EXAMPLE}\`.`);
      const column = valueColumn(record, what);
      const value = record[column];
      if (typeof value === "number") rows.push({ labels: labelsOf(record, column), time, value });
    }
    return { ok: true, value: { rows, warnings: [] } };
  };
}

/** InfluxDB 3 writes UTC without saying so; epoch seconds; NaN when there is none. */
function readUtc(time: unknown): number {
  if (typeof time !== "string") return Number.NaN;
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(time) ? time : `${time}Z`) / 1000;
}

function valueColumn(record: SqlRow, what: string): string {
  if (Object.hasOwn(record, "value")) return "value";
  const numeric = Object.keys(record).filter((name) => name !== "time" && typeof record[name] === "number");
  const [only] = numeric;
  if (only !== undefined && numeric.length === 1) return only;
  throw unusable(what, "it does not say which column is the value", "Call the value `value`: `avg(usage) AS value`.");
}

function labelsOf(record: SqlRow, column: string): Record<string, string> {
  const pairs = Object.entries(record).filter(([name, value]) => name !== "time" && name !== column && value !== null);
  return Object.fromEntries(pairs.map(([name, value]) => [name, String(value)]));
}

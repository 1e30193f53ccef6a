import type { StepGrid } from "../grid.ts";
import type { BodyVerdict } from "../http/contract.ts";
import type { Row } from "../rows.ts";
import { unusable } from "../unusable.ts";
import { readAnnotatedCsv } from "./annotated-csv.ts";
import type { InfluxdbOptions } from "./options.ts";
import type { InfluxAnswer, InfluxQuestion } from "./question.ts";

const AT_THE_START = 'aggregateWindow(every: v.windowPeriod, fn: mean, createEmpty: false, timeSrc: "_start")';

/** POST /api/v2/query; the window comes as the option `v`, as InfluxDB's own pages give it. */
export function fluxQuestion(text: string, piece: StepGrid, options: InfluxdbOptions, what: string): InfluxQuestion {
  const stop = piece.end + piece.step;
  const body = {
    query: text,
    type: "flux",
    extern: windowOption(piece),
    dialect: { header: true, delimiter: ",", annotations: ["datatype", "group", "default"], dateTimeFormat: "RFC3339" },
  };
  return {
    path: `/api/v2/query?org=${encodeURIComponent(options.org ?? "")}`,
    parameters: [],
    post: { type: "application/json", text: JSON.stringify(body) },
    headers: { accept: "application/csv" },
    read: (csv) => readAnswer(csv, stop, what),
  };
}

/** `option v = { timeRangeStart, timeRangeStop, windowPeriod }` as the syntax tree that the API takes. */
function windowOption({ start, end, step }: StepGrid): unknown {
  const instant = (seconds: number) => ({ type: "DateTimeLiteral", value: new Date(seconds * 1000).toISOString() });
  const period = { type: "DurationLiteral", values: [{ magnitude: Math.round(step * 1000), unit: "ms" }] };
  const entries = { timeRangeStart: instant(start), timeRangeStop: instant(end + step), windowPeriod: period };
  const properties = Object.entries(entries).map(([name, value]) => ({
    type: "Property",
    key: { type: "Identifier", name },
    value,
  }));
  const assignment = {
    type: "VariableAssignment",
    id: { type: "Identifier", name: "v" },
    init: { type: "ObjectExpression", properties },
  };
  return { type: "File", package: null, imports: null, body: [{ type: "OptionStatement", assignment }] };
}

/** Bounds of the range are part of the group key, but no labels. */
const NOT_LABELS: ReadonlySet<string> = new Set(["", "result", "table", "_start", "_stop", "_time", "_value"]);

function readAnswer(csv: string, stop: number, what: string): BodyVerdict<InfluxAnswer> {
  const tables = readAnnotatedCsv(csv);
  if (tables === null) return { ok: false, detail: "it is not annotated CSV" };
  const rows: Row[] = [];
  for (const { columns, grouped, records } of tables) {
    const error = columns.indexOf("error");
    if (error >= 0 && columns.includes("reference")) {
      return { ok: false, detail: records[0]?.[error] ?? "an error without words", status: 400 };
    }
    const [time, value] = [columns.indexOf("_time"), columns.indexOf("_value")];
    if (time < 0 || value < 0) {
      throw unusable(what, "its tables have no `_time` or no `_value`", `End the query in ${AT_THE_START}.`);
    }
    const labelled = columns.flatMap((name, index) =>
      grouped[index] === true && !NOT_LABELS.has(name) ? [[name, index] as const] : [],
    );
    for (const record of records) {
      const text = record[value] ?? "";
      const seconds = Date.parse(record[time] ?? "") / 1000;
      if (Number.isNaN(seconds)) return { ok: false, detail: `it has the time "${(record[time] ?? "").slice(0, 40)}"` };
      if (seconds >= stop) throw stampedAtTheEnd(what);
      if (text === "") continue;
      const number = readNumber(text);
      if (number === null) return { ok: false, detail: `it has the value "${text.slice(0, 40)}"` };
      const labels = Object.fromEntries(labelled.map(([name, index]) => [name, record[index] ?? ""]));
      rows.push({ labels, time: seconds, value: number });
    }
  }
  return { ok: true, value: { rows, warnings: [] } };
}

function readNumber(text: string): number | null {
  if (/^[+-]?inf$/i.test(text)) return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const number = Number(text);
  return Number.isNaN(number) && !/^nan$/i.test(text) ? null : number;
}

/** Elsewhere a point stands for the step that it begins; shifted points would tell the deploy a step too late. */
function stampedAtTheEnd(what: string): Error {
  return unusable(what, "its points bear the end of their step, not its start", `Write ${AT_THE_START}.`);
}

import { DeployImpactError } from "../core/errors.ts";
import { readTable } from "../sources/file/table.ts";
import { parseTime } from "./time.ts";

/** Something that happened: at one instant, or from one to another (epoch seconds). */
export interface Happening {
  readonly from: number;
  readonly to: number;
  /** null: the file does not say which. */
  readonly environment: string | null;
  /** What the file calls it; null: nothing. */
  readonly id: string | null;
  /** A span that was no deployment: an incident, maintenance. */
  readonly reason: string | null;
}

/** Names under which tools write when a deploy happened, best first. */
const TIMES = [
  "deployedAt",
  "deployed_at",
  "deployed-at",
  "finishedAt",
  "finished_at",
  "time",
  "at",
  "createdAt",
  "created_at",
];
const STARTS = ["startedAt", "started_at", "from", "start"];
const ENDS = ["to", "until", "end"];
const IDS = ["id", "sha", "version"];

/**
 * Times of real deployments and incidents, as JSON (a list of times or of objects, also under `deployments`, also one
 * object per line) or as CSV with a header. An object with `from` and `to` is a time to leave out; else it is a deployment.
 */
export async function readHappenings(text: string, file: string): Promise<Happening[]> {
  const trimmed = text.replace(/^\uFEFF/, "").trim();
  if (trimmed === "") return [];
  const records = /^[[{]/.test(trimmed) ? jsonRecords(trimmed, file) : await csvRecords(trimmed, file);
  return records.map((record, i) => happening(record, `${file}, entry ${i + 1}`, file));
}

type Fields = Readonly<Record<string, unknown>>;

function jsonRecords(text: string, file: string): unknown[] {
  const whole = parsed(text);
  if (whole === undefined) {
    const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
    const each = lines.map(parsed);
    if (each.length > 1 && each.every((one) => one !== undefined)) return each;
    throw malformed(file, "is neither JSON nor one JSON object per line");
  }
  if (Array.isArray(whole)) return whole;
  const inside = isFields(whole) ? whole.deployments : undefined;
  if (Array.isArray(inside)) return inside;
  if (isFields(whole)) return [whole];
  throw malformed(file, "holds no list");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A header and rows, or one time per line. */
async function csvRecords(text: string, file: string): Promise<unknown[]> {
  const rows: string[][] = [];
  const { columns } = await readTable({ stream: bytesOf(text), name: file }, (names, pool) => ({
    needs: names.map((_, i) => i),
    row: (cells) => {
      rows.push(names.map((_, i) => pool.text(cells.textId(i)).trim()));
    },
  }));
  if (parseTime(columns[0] ?? "").ok) return [columns, ...rows].map(([time]) => time);
  return rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i] ?? ""])));
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(`${text}\n`);
}

function happening(record: unknown, place: string, file: string): Happening {
  if (typeof record === "string" || typeof record === "number") {
    const at = instant(record, place, file);
    return { from: at, to: at, environment: null, id: null, reason: null };
  }
  // A stored result says when its deploy was, one level down.
  const fields = isFields(record) && isFields(record.deployment) ? record.deployment : record;
  if (!isFields(fields)) throw malformed(place, "is neither a time nor an object", file);
  const [start, end, done] = [STARTS, ENDS, TIMES].map((names) => firstOf(fields, names));
  const environment = textOf(fields.environment);
  const id = textOf(firstOf(fields, IDS));
  if (start !== undefined && end !== undefined) {
    const [from, to] = [instant(start, place, file), instant(end, place, file)];
    if (to < from) throw malformed(place, "ends before it starts", file);
    return { from, to, environment, id, reason: textOf(fields.reason) ?? "left out by the file of deployments" };
  }
  const at = done ?? start;
  if (at === undefined) throw unnamed(place, file, Object.keys(fields));
  const to = instant(at, place, file);
  return {
    from: start === undefined ? to : Math.min(to, instant(start, place, file)),
    to,
    environment,
    id,
    reason: null,
  };
}

function firstOf(fields: Fields, names: readonly string[]): unknown {
  const name = names.find((one) => fields[one] !== undefined && fields[one] !== null && fields[one] !== "");
  return name === undefined ? undefined : fields[name];
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : null;
}

function instant(written: unknown, place: string, file: string): number {
  const time = typeof written === "string" || typeof written === "number" ? parseTime(written) : null;
  if (time?.ok === true) return time.value;
  const problem = time === null ? "its time is neither text nor a number" : time.problem;
  throw new DeployImpactError("FILE_MALFORMED", `${place}: ${problem}.`, {
    hint: "Write ISO 8601 times with a zone, for example 2026-03-01T14:05:00Z, or seconds since 1970.",
    position: { file },
  });
}

function unnamed(place: string, file: string, keys: readonly string[]): DeployImpactError {
  return new DeployImpactError(
    "FILE_MALFORMED",
    `${place} says no time: it has ${keys.slice(0, 8).join(", ") || "nothing"}.`,
    {
      hint: "Name the time deployed_at (or created_at, time, at); name a span from and to.",
      position: { file },
    },
  );
}

function malformed(place: string, problem: string, file = place): DeployImpactError {
  return new DeployImpactError("FILE_MALFORMED", `${place} ${problem}.`, {
    hint: 'Write a list of times ["2026-03-01T14:05:00Z"], a list of objects with deployed_at, or a CSV with a column deployed_at.',
    position: { file },
  });
}

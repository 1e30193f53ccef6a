import { DeployImpactError } from "../core/errors.ts";

export const TIME_EXAMPLE = "2026-03-01T14:05:00Z";

/** Date, time and a zone: without one the same text is another instant on another machine. */
const ISO = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?(Z|[+-]\d{2}:?\d{2})$/i;

/** Epoch seconds from here on are milliseconds by mistake (the year 5138). */
const LATEST = 1e11;

export type TimeResult =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly problem: string };

/** Epoch seconds of an ISO 8601 time with a zone, or of a text or number that already is epoch seconds. */
export function parseTime(text: string | number): TimeResult {
  const trimmed = String(text).trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return epoch(Number(trimmed), trimmed);
  if (/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$/.test(trimmed)) {
    return bad(`"${trimmed}" has no time zone`);
  }
  const parts = ISO.exec(trimmed);
  if (parts === null) return bad(`"${shorten(trimmed)}" is not a time`);
  return isoTime(parts, trimmed);
}

/** The same for a flag or an input, as a value or a BAD_TIME error that names it. */
export function requireTime(text: string | number, name: string): number {
  const time = parseTime(text);
  if (time.ok) return time.value;
  throw new DeployImpactError("BAD_TIME", `${name}: ${time.problem}.`, {
    hint: `Write an ISO 8601 time with a zone, for example ${TIME_EXAMPLE}, or seconds since 1970.`,
  });
}

function epoch(seconds: number, text: string): TimeResult {
  if (seconds < LATEST) return { ok: true, value: seconds };
  return bad(`${text} looks like milliseconds; epoch times are in seconds`);
}

function isoTime(parts: RegExpExecArray, text: string): TimeResult {
  const [, year, month, day, hour, minute, second, zone] = parts;
  const seconds = Number(second ?? 0);
  const local = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute));
  // Date.UTC rolls impossible dates over (30 February is 2 March), so the date must come back as it went in.
  const same = new Date(local).toISOString().slice(0, 16) === `${year}-${month}-${day}T${hour}:${minute}`;
  if (!same || seconds >= 61) return bad(`"${text}" is not a date that exists`);
  return { ok: true, value: local / 1000 + seconds - zoneSeconds(zone ?? "Z") };
}

function zoneSeconds(zone: string): number {
  const parts = /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  if (parts === null) return 0;
  const seconds = Number(parts[2]) * 3600 + Number(parts[3]) * 60;
  return parts[1] === "-" ? -seconds : seconds;
}

function bad(problem: string): TimeResult {
  return { ok: false, problem };
}

function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

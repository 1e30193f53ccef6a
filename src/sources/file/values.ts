const MISSING = new Set(["", "nan", "na", "n/a", "null", "none"]);
const INFINITE = /^([+-]?)inf(inity)?$/i;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** The number that a cell's text means; NaN when it says that there is none; null when it is neither. */
export function readNumberText(raw: string): number | null {
  const text = raw.trim();
  if (NUMBER.test(text)) return Number(text);
  if (MISSING.has(text.toLowerCase())) return Number.NaN;
  const infinite = INFINITE.exec(text);
  if (infinite === null) return null;
  return infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

export type TimeReading =
  | { readonly ok: true; readonly seconds: number }
  | { readonly ok: false; readonly problem: string; readonly hint: string };

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?: ?(Z|z|UTC|[+-]\d\d(?::?\d\d)?))?$/;
const DATE_ONLY = /^\d{4}-\d\d-\d\d$/;

/** Above this a number cannot be epoch seconds of our age (it is the year 5138) but is epoch milliseconds. */
const LARGEST_EPOCH_SECONDS = 1e11;

const ZONE_HINT =
  "Write times with their zone, such as 2026-01-31T13:05:00Z or 2026-01-31T14:05:00+01:00, or as epoch seconds.";

/** Epoch seconds from ISO 8601 with a zone, or from epoch seconds. */
export function readTimeText(raw: string): TimeReading {
  const text = raw.trim();
  if (NUMBER.test(text)) return readEpoch(Number(text));
  const iso = ISO.exec(text);
  if (iso !== null) return readIso(iso);
  if (DATE_ONLY.test(text)) return { ok: false, problem: "has no time of day and no zone", hint: ZONE_HINT };
  return { ok: false, problem: text === "" ? "is empty" : "is not a time", hint: ZONE_HINT };
}

/** False for NaN as well. */
export function isEpochSeconds(seconds: number): boolean {
  return Math.abs(seconds) < LARGEST_EPOCH_SECONDS;
}

export function readEpoch(seconds: number): TimeReading {
  if (isEpochSeconds(seconds)) return { ok: true, seconds };
  return {
    ok: false,
    problem: "is too large for epoch seconds",
    hint: "Give epoch seconds, not milliseconds or nanoseconds.",
  };
}

function readIso(parts: RegExpExecArray): TimeReading {
  const [, year, month, day, hour, minute, second = "0", fraction = "", zone] = parts;
  if (zone === undefined) return { ok: false, problem: "has no time zone", hint: ZONE_HINT };
  const date = [Number(year), Number(month), Number(day)] as const;
  const days = daysFromCivil(...date);
  const clock = [Number(hour), Number(minute), Number(second)] as const;
  if (days === null || clock[0] > 23 || clock[1] > 59 || clock[2] > 59) {
    return { ok: false, problem: "is not a day and time that exists", hint: ZONE_HINT };
  }
  const seconds = days * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2] - zoneSeconds(zone);
  return { ok: true, seconds: fraction === "" ? seconds : seconds + Number(`0.${fraction}`) };
}

function zoneSeconds(zone: string): number {
  if (/^(z|utc)$/i.test(zone)) return 0;
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2)) * 60;
  return zone.startsWith("-") ? -seconds : seconds;
}

const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/**
 * Days since 1970-01-01 in the Gregorian calendar; null when there is no such day.
 *
 * Formula: years counted from March, so that the leap day ends the year (Fliegel and van Flandern 1968).
 */
export function daysFromCivil(year: number, month: number, day: number): number | null {
  const longest = DAYS_IN_MONTH[month - 1] ?? 0;
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  if (!Number.isInteger(year) || !(day >= 1 && day <= longest) || (month === 2 && day === 29 && !isLeap)) return null;
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

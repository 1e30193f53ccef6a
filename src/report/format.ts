/**
 * Numbers, spans and instants as people read them. Pure and without a locale, so that two machines print the same
 * bytes.
 */

/** Beyond these a fixed notation says less than an exponent. */
const LARGEST_FIXED = 1e15;
const MOST_DECIMALS = 12;

/** `12,345.60`; never `-0`. */
export function fixed(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value > 0 ? "infinite" : "-infinite";
  if (Math.abs(value) >= LARGEST_FIXED) return value.toExponential(3);
  const text = value.toFixed(Math.min(Math.max(decimals, 0), MOST_DECIMALS));
  const unsigned = /^-0(?:\.0*)?$/.test(text) ? text.slice(1) : text;
  const [whole = "", fraction] = unsigned.split(".");
  const grouped = whole.replace("-", "").length > 4 ? whole.replace(/\B(?=(?:\d{3})+$)/g, ",") : whole;
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** `+1.2`, `-1.2`, and `0.0` without a sign. */
export function signed(value: number, decimals: number): string {
  const text = fixed(value, decimals);
  return value > 0 && /[1-9i]/.test(text) ? `+${text}` : text;
}

/** Decimals that leave `digits` significant ones. */
export function decimalsOf(value: number, digits: number): number {
  if (value === 0 || !Number.isFinite(value)) return 0;
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  return Math.min(Math.max(digits - 1 - exponent, 0), MOST_DECIMALS);
}

/** A number on its own: `digits` significant digits, no trailing zeros after the point. */
export function significant(value: number, digits = 3): string {
  if (value !== 0 && Math.abs(value) < 10 ** -MOST_DECIMALS) return value.toExponential(digits - 1);
  const text = fixed(value, decimalsOf(value, digits));
  return text.includes(".") && !text.includes("e") ? text.replace(/\.?0+$/, "") : text;
}

/**
 * Decimals for an effect and its interval: two significant digits of the half width, and more when rounding would put
 * a bound on a value that it is not (zero, the margin), because that is what the reader compares it with.
 */
export function intervalDecimals(low: number, high: number, references: readonly number[]): number {
  const start = decimalsOf((high - low) / 2, 2);
  const collides = (decimals: number): boolean =>
    [low, high].some((bound) =>
      references.some((reference) => bound !== reference && bound.toFixed(decimals) === reference.toFixed(decimals)),
    );
  for (let more = 0; more <= 3; more += 1) {
    const decimals = Math.min(start + more, MOST_DECIMALS);
    if (!collides(decimals)) return decimals;
  }
  return start;
}

/** `p = 0.41`, `p < 0.001`. */
export function pValue(value: number): string {
  return value < 0.001 ? "p < 0.001" : `p = ${bareP(value)}`;
}

export function bareP(value: number): string {
  return value < 0.001 ? "less than 0.001" : significant(value, 2);
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

function counted(count: number, word: string): string {
  return `${fixed(count, 0)} ${word}${count === 1 ? "" : "s"}`;
}

/** `45 seconds`, `40 minutes`, `1 hour 40 minutes`, `2 days 3 hours`: the two largest parts. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 2 * MINUTE && whole % MINUTE !== 0) return counted(whole, "second");
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(whole / DAY), "day"],
    [Math.floor((whole % DAY) / HOUR), "hour"],
    [Math.floor((whole % HOUR) / MINUTE), "minute"],
    [whole % MINUTE, "second"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return "0 seconds";
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, word]) => counted(count, word))
    .join(" ");
}

/** `40 more minutes`: rounded up to what a person would set an alarm to. */
export function moreTime(seconds: number): string {
  if (seconds <= 3 * HOUR) {
    const grain = seconds <= 10 * MINUTE ? 1 : 5;
    return counted(Math.ceil(seconds / MINUTE / grain) * grain, "more minute");
  }
  return seconds <= 2 * DAY
    ? counted(Math.ceil(seconds / HOUR), "more hour")
    : counted(Math.ceil(seconds / DAY), "more day");
}

/** `60m`, as the config and commands write it; rounded up to a minute. */
export function durationSetting(seconds: number): string {
  return `${Math.ceil(seconds / MINUTE)}m`;
}

function isoParts(epochSeconds: number): { readonly date: string; readonly time: string } {
  const date = new Date(epochSeconds * 1000);
  if (Number.isNaN(date.getTime())) return { date: "unknown date", time: "unknown time" };
  const iso = date.toISOString();
  const seconds = iso.slice(17, 19);
  return { date: iso.slice(0, 10), time: seconds === "00" ? iso.slice(11, 16) : iso.slice(11, 19) };
}

/** `2026-11-21 14:05 UTC` */
export function instant(epochSeconds: number): string {
  const { date, time } = isoParts(epochSeconds);
  return `${date} ${time} UTC`;
}

/** `14:05 UTC` */
export function clock(epochSeconds: number): string {
  return `${isoParts(epochSeconds).time} UTC`;
}

/** `2026-11-21 13:00 to 14:00`, or with both dates; without the zone, because sentences hold several. */
export function span(from: number, to: number, knownDate?: string): string {
  const start = isoParts(from);
  const end = isoParts(to);
  const startText = start.date === knownDate ? start.time : `${start.date} ${start.time}`;
  return `${startText} to ${start.date === end.date ? end.time : `${end.date} ${end.time}`}`;
}

export function dateOf(epochSeconds: number): string {
  return isoParts(epochSeconds).date;
}

/** `a`, `a and b`, `a, b and c`, `a, b, c and 4 more`. */
export function listing(items: readonly string[], most = 5): string {
  const shown = items.length > most ? items.slice(0, most) : items;
  if (items.length > most) return `${shown.join(", ")} and ${items.length - most} more`;
  if (shown.length < 2) return shown.join("");
  return `${shown.slice(0, -1).join(", ")} and ${shown.at(-1) ?? ""}`;
}

/** `both metrics`, `all 4 metrics`. */
export function allMetrics(amount: number): string {
  return amount === 2 ? "both metrics" : `all ${amount} metrics`;
}

/** `1 unit`, `3 units`. */
export function count(value: number, noun: string): string {
  return counted(value, noun);
}

/** A share as a percentage: `97%`, `99.8%`. */
export function share(value: number): string {
  return `${significant(value * 100, 3)}%`;
}

/** Level of an interval, `95%`; `99.99%` is not rounded to certainty. */
export function levelShare(level: number): string {
  const missing = 100 * (1 - level);
  const text = fixed(100 - missing, decimalsOf(missing, 2));
  return `${text.includes(".") ? text.replace(/\.?0+$/, "") : text}%`;
}

export function capitalise(text: string): string {
  return text === "" ? text : `${(text[0] ?? "").toUpperCase()}${text.slice(1)}`;
}

/** A sentence that begins with a word, and not with a name such as `web-17`, begins with a capital letter. */
export function capitaliseWord(text: string): string {
  return /^[a-z]+(?=[\s,:;]|$)/.test(text) ? capitalise(text) : text;
}

/** A sentence ends with a full stop exactly once. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  return trimmed === "" || /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

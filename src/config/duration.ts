/** Seconds per unit letter. */
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Longer spans are a typing mistake (or a unit confused), not a window. */
const LONGEST = 3650 * 86_400;

export const DURATION_EXAMPLES = "90s, 30m, 2h or 1d";

/** `90s`, `30m`, `2h`, `1d` or plain seconds, as seconds; null when it is none of them. */
export function parseDuration(text: string | number): number | null {
  const seconds = typeof text === "number" ? text : secondsOf(text.trim());
  return Number.isFinite(seconds) && seconds >= 0 && seconds <= LONGEST ? seconds : null;
}

function secondsOf(text: string): number {
  const parts = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(text);
  if (parts === null) return Number.NaN;
  return Number(parts[1]) * (UNITS[parts[2] ?? ""] ?? 1);
}

/** The shortest exact form: 5400 is `90m`, 86400 is `1d`. */
export function formatDuration(seconds: number): string {
  for (const unit of ["d", "h", "m"]) {
    const size = UNITS[unit] ?? 1;
    if (seconds >= size && seconds % size === 0) return `${seconds / size}${unit}`;
  }
  return `${seconds}s`;
}

const SECONDS = { w: 604_800, d: 86_400, h: 3600, m: 60, s: 1 } as const;

/** "1m", "5m", "1h" as services write a resolution; null: it is none. */
export function readResolution(text: string): number | null {
  const [, count, unit] = /^(\d+)([wdhms])$/.exec(text) ?? [];
  return count === undefined ? null : Number(count) * SECONDS[unit as keyof typeof SECONDS];
}

/** ISO 8601, such as PT1M, PT6H or P1D, in seconds; null: it is none of days, hours, minutes and seconds. */
export function readIsoDuration(text: string): number | null {
  const parts = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text);
  if (parts === null || text === "P") return null;
  const [days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  return (days ?? 0) * SECONDS.d + (hours ?? 0) * SECONDS.h + (minutes ?? 0) * SECONDS.m + (seconds ?? 0);
}

/** Seconds as ISO 8601: whole days, else whole hours, else whole minutes, else seconds. */
export function isoDuration(seconds: number): string {
  if (seconds % SECONDS.d === 0) return `P${seconds / SECONDS.d}D`;
  if (seconds % SECONDS.h === 0) return `PT${seconds / SECONDS.h}H`;
  return seconds % SECONDS.m === 0 ? `PT${seconds / SECONDS.m}M` : `PT${seconds}S`;
}

/** Seconds of a day; days are counted from the epoch in the clock that the plan names (UTC unless it says otherwise). */
export const DAY = 86_400;

/** Steps from a step to the same clock time `days` earlier; the nearest step where the step does not divide a day. */
export function daysBack(days: number, step: number): number {
  return Math.round((days * DAY) / step);
}

/** 0 is Sunday. Source: 1970-01-01 was a Thursday. */
export function weekdayOf(epochSeconds: number): number {
  return (((Math.floor(epochSeconds / DAY) + 4) % 7) + 7) % 7;
}

export function isWeekend(weekday: number): boolean {
  return weekday === 0 || weekday === 6;
}

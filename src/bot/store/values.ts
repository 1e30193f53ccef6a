/** Epoch seconds to what a `timestamptz` column takes, and back. */
export function dateOf(seconds: number): Date {
  return new Date(seconds * 1000);
}

export function secondsOf(date: Date | null): number | null {
  return date === null ? null : date.getTime() / 1000;
}

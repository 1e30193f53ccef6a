/** First wait; each further one doubles, up to the longest. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/**
 * Wait before the next attempt, milliseconds.
 *
 * Formula: max(Retry-After, min(longest, first * 2^attempt) * u) with u uniform on [0.5, 1), so that many clients
 * that failed together do not come back together.
 */
export function retryWait(attempt: number, retryAfterMs: number | null, uniform: number): number {
  const backoff = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt) * (0.5 + uniform / 2);
  return Math.max(backoff, retryAfterMs ?? 0);
}

/** Retry-After as milliseconds from now: a number of seconds or an HTTP date (RFC 9110, section 10.2.3). */
export function parseRetryAfter(header: string | null, nowMs: number): number | null {
  if (header === null || header.trim() === "") return null;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const instant = Date.parse(header);
  return Number.isNaN(instant) ? null : Math.max(0, instant - nowMs);
}

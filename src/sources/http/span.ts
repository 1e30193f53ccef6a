import { z } from "zod";

const SPAN = /^(\d+(?:\.\d+)?)(ms|s|m)$/;
const MILLISECONDS = { ms: 1, s: 1000, m: 60_000 } as const;

const PROBLEM = 'must be a number of seconds above zero, or a text such as "500ms", "30s", "2m"';

/** How long something may take: a number of seconds, or a text such as "500ms", "30s", "2m". */
export const spanSchema = z.union(
  [z.number().positive({ error: PROBLEM }), z.string().regex(SPAN, { error: PROBLEM })],
  { error: PROBLEM },
);

export type Span = z.infer<typeof spanSchema>;

export function spanToMilliseconds(span: Span): number {
  if (typeof span === "number") return span * 1000;
  const parts = SPAN.exec(span);
  const unit = parts?.[2] as keyof typeof MILLISECONDS;
  return Number(parts?.[1]) * MILLISECONDS[unit];
}

/** "30 s", "1.5 s", "200 ms": for messages. */
export function describeMilliseconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${Math.round(milliseconds / 100) / 10} s`;
}

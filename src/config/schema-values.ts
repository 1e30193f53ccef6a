import * as z from "zod";
import { DURATION_EXAMPLES, parseDuration } from "./duration.ts";
import { MARGIN_EXAMPLES, parseMargin } from "./margin.ts";
import { parseTime, TIME_EXAMPLE } from "./time.ts";

/** Values that many keys of the config take, with their messages. */
export const duration = z
  .union([z.string(), z.number()], { error: `must be a duration; write for example ${DURATION_EXAMPLES}` })
  .refine((value) => parseDuration(value) !== null, {
    error: ({ input }) => `${quote(input)} is not a duration; write for example ${DURATION_EXAMPLES}`,
  })
  .meta({ id: "duration" });

export const positiveDuration = duration.refine((value) => parseDuration(value) !== 0, {
  error: "must be longer than zero",
});

export const time = z
  .union([z.string(), z.number()], { error: `must be a time; write for example ${TIME_EXAMPLE}` })
  .refine((value) => parseTime(value).ok, {
    error: ({ input }) => {
      const parsed = parseTime(input as string | number);
      return `${parsed.ok ? quote(input) : parsed.problem}; write for example ${TIME_EXAMPLE}, or seconds since 1970`;
    },
  })
  .meta({ id: "time" });

export const margin = z
  .union([z.string(), z.number()], { error: `must be a margin; write for example ${MARGIN_EXAMPLES}` })
  .refine((value) => parseMargin(value, null).ok, {
    error: ({ input }) => `${quote(input)} is not a margin; write for example ${MARGIN_EXAMPLES}`,
  })
  .meta({ id: "margin" });

export const text = z.string().trim().min(1, { error: "must not be empty" });
export const name = z.string().regex(/^[A-Za-z0-9][\w.-]{0,99}$/, {
  error: ({ input }) => `${quote(input)} is not a name; use up to 100 letters, digits, ".", "_" and "-"`,
});

function quote(value: unknown): string {
  const written = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return `"${written.length <= 60 ? written : `${written.slice(0, 57)}...`}"`;
}

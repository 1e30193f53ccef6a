import { z } from "zod";
import type { StepGrid } from "../grid.ts";
import { parseJson } from "../http/json.ts";

const calculationSchema = z.object({ op: z.string(), column: z.string().nullish() });

const specificationSchema = z.looseObject({
  calculations: z.array(calculationSchema).length(1),
  breakdowns: z.array(z.string()).optional(),
});

export type Specification = z.infer<typeof specificationSchema>;

export const EXAMPLE =
  '{"calculations": [{"op": "P95", "column": "duration_ms"}], "filters": [{"column": "service", "op": "=", "value": "shop"}]}';

/** The window is ours to say. */
const TIME_KEYS = ["start_time", "end_time", "time_range", "granularity"];

const CALL = /^([A-Z][A-Z0-9_]*)(?:\(([^()]+)\))?$/;

/** A query specification as JSON, or a calculation alone: COUNT, P95(duration_ms). A text: what is wrong with it. */
export function readSpecification(text: string): Specification | string {
  const [, op, column] = CALL.exec(text.trim()) ?? [];
  if (op !== undefined) return { calculations: [{ op, ...(column !== undefined && { column: column.trim() }) }] };
  const json = parseJson(text);
  if (!json.ok) return "it is neither a calculation nor a query specification in JSON";
  const parsed = specificationSchema.safeParse(json.value);
  if (!parsed.success) return "it is no query specification with one calculation";
  const own = TIME_KEYS.find((key) => Object.hasOwn(parsed.data, key));
  return own === undefined ? parsed.data : `it says ${own} itself, which follows from \`windows\``;
}

/** The granularity may be no more than a tenth of the time range. */
const FEWEST_POINTS = 10;
const MOST_GROUPS = 1000;

export interface Question {
  readonly query: unknown;
  /** Columns that tell the series apart. */
  readonly breakdowns: readonly string[];
}

export function questionOf(specification: Specification, piece: StepGrid, units: readonly string[]): Question {
  const breakdowns = [...new Set([...(specification.breakdowns ?? []), ...units])];
  const end = piece.end + piece.step;
  // What comes from before the piece is cut off again.
  const start = Math.min(piece.start, end - FEWEST_POINTS * piece.step);
  const window = { start_time: start, end_time: end, granularity: piece.step };
  return { query: { limit: MOST_GROUPS, ...specification, breakdowns, ...window }, breakdowns };
}

const HOUR = 3600;

/** Longest range whose ends Honeycomb does not move: it rounds them to 1, 5 or 30 minutes, the longer it is. */
export function longestRange(step: number): number {
  if (step % 1800 === 0) return 168 * HOUR;
  return step % 300 === 0 ? 48 * HOUR : 6 * HOUR;
}

import { Buffer } from "node:buffer";
import { readPlainDecimal } from "../decimal.ts";

/** Points of one series. */
export interface Samples {
  /** Epoch seconds, ascending. */
  readonly times: Float64Array;
  readonly values: Float64Array;
}

const SPECIAL_VALUES: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  "+Inf": Number.POSITIVE_INFINITY,
  Inf: Number.POSITIVE_INFINITY,
  "-Inf": Number.NEGATIVE_INFINITY,
};

/** Numbers travel as text so that NaN and infinity survive JSON; null when the text is neither. */
export function readSampleValue(text: string): number | null {
  const value = Number(text);
  if (!Number.isNaN(value) && text.trim() !== "") return value;
  return SPECIAL_VALUES[text] ?? null;
}

/** null when a sample is not a pair of time and number text, or the times do not ascend. */
export function readSamples(samples: readonly unknown[]): Samples | null {
  const times = new Float64Array(samples.length);
  const values = new Float64Array(samples.length);
  let previous = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < samples.length; index += 1) {
    const sample = samples[index];
    if (!Array.isArray(sample)) return null;
    const time: unknown = sample[0];
    const text: unknown = sample[1];
    if (typeof time !== "number" || typeof text !== "string" || !(time > previous)) return null;
    const value = readSampleValue(text);
    if (value === null) return null;
    times[index] = time;
    values[index] = value;
    previous = time;
  }
  return { times, values };
}

/** An answer whose sample lists were read and each replaced by its number: `"values":[3]`. */
export interface CutAnswer {
  readonly rest: string;
  readonly lists: readonly Samples[];
}

/** Inside a JSON string the second quote would be escaped, so that this stands only where a list begins. */
const LIST_START = '"values":[[';
const LIST_END = "]]";
/** `[0,"0"],` is the shortest sample. */
const FEWEST_BYTES_PER_SAMPLE = 8;

/**
 * Reads the samples straight from the text of an answer. JSON.parse would first make two objects of every sample,
 * which is most of the time and memory of a large answer. null: the text is not in the compact form that servers
 * send, and is left to JSON.parse.
 */
export function cutSamples(body: string): CutAnswer | null {
  const bytes = Buffer.from(body, "utf8");
  // Only then is a position in the text one in the bytes.
  if (bytes.length !== body.length) return null;
  const parts: string[] = [];
  const lists: Samples[] = [];
  let done = 0;
  for (let open = body.indexOf(LIST_START); open >= 0; open = body.indexOf(LIST_START, done)) {
    const start = open + LIST_START.length - 1;
    const end = body.indexOf(LIST_END, start) + 1;
    const list = end === 0 ? null : readCompactList(body, bytes, start, end);
    if (list === null) return null;
    parts.push(body.slice(done, open), `"values":[${lists.length}]`);
    lists.push(list);
    done = end + 1;
  }
  return { rest: parts.join("") + body.slice(done), lists };
}

const QUOTE = 34;
const COMMA = 44;
const OPEN = 91;
const CLOSE = 93;

/** `[t,"v"],[t,"v"]` in `bytes[start, end)`; null when anything else stands there or the times do not ascend. */
function readCompactList(body: string, bytes: Uint8Array, start: number, end: number): Samples | null {
  const capacity = Math.ceil((end - start) / FEWEST_BYTES_PER_SAMPLE);
  const times = new Float64Array(capacity);
  const values = new Float64Array(capacity);
  let count = 0;
  let previous = Number.NEGATIVE_INFINITY;
  for (let at = start; at < end; ) {
    const comma = find(COMMA, bytes, at, end);
    const quote = find(QUOTE, bytes, comma + 2, end);
    const isSample = bytes[at] === OPEN && bytes[comma + 1] === QUOTE && bytes[quote + 1] === CLOSE;
    if (!isSample || quote + 2 > end) return null;
    const time = readPlainDecimal(bytes, at + 1, comma);
    const value = readValue(body, bytes, comma + 2, quote);
    if (value === null || !(time > previous)) return null;
    times[count] = time;
    values[count] = value;
    count += 1;
    previous = time;
    at = quote + 3;
    if (at <= end && bytes[at - 1] !== COMMA) return null;
  }
  return { times: times.slice(0, count), values: values.slice(0, count) };
}

/** The texts are too short for a native search to pay off. */
function find(byte: number, bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] !== byte) at += 1;
  return at;
}

function readValue(body: string, bytes: Uint8Array, start: number, end: number): number | null {
  const plain = readPlainDecimal(bytes, start, end);
  return Number.isNaN(plain) ? readSampleValue(body.slice(start, end)) : plain;
}

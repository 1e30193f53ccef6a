import type { NativeHistogram } from "../native-buckets.ts";
import { readSampleValue } from "./samples.ts";

/** Which ends belong to a bucket: 0 the upper, 1 the lower, 2 none, 3 both. Source: Prometheus' HTTP API. */
const BOUNDARY_RULES: readonly unknown[] = [0, 1, 2, 3];

export type NativeReading =
  | { readonly ok: true; readonly histograms: readonly NativeHistogram[] }
  | { readonly ok: false; readonly detail: string };

/**
 * Reads `[[time, { count, sum, buckets: [[rule, "lower", "upper", "count"], ...] }], ...]`.
 *
 * The rule only says on which side an observation that equals a bound was counted. Positive buckets hold their upper
 * end, as `le` does; negative ones hold the lower instead, which no quantile of a continuous quantity can show.
 */
export function readNativeHistograms(samples: readonly unknown[]): NativeReading {
  const histograms: NativeHistogram[] = [];
  let previous = Number.NEGATIVE_INFINITY;
  for (const sample of samples) {
    const [time, body]: unknown[] = Array.isArray(sample) ? sample : [];
    if (typeof time !== "number" || !(time > previous) || !isObject(body)) {
      return { ok: false, detail: "a native histogram is not [time, { count, buckets }]" };
    }
    previous = time;
    const count = readNumber(body.count);
    const buckets = readBuckets(body.buckets ?? []);
    if (count === null || buckets === null) {
      return {
        ok: false,
        detail: 'a native histogram is not { "count": "n", "buckets": [[rule, "from", "to", "n"]] }',
      };
    }
    histograms.push({ time, count, buckets });
  }
  return { ok: true, histograms };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readNumber(value: unknown): number | null {
  return typeof value === "string" ? readSampleValue(value) : null;
}

/** null: a bucket is not of the form, has no extent, or starts before the one in front of it. */
function readBuckets(list: unknown): Float64Array | null {
  if (!Array.isArray(list)) return null;
  const buckets = new Float64Array(3 * list.length);
  for (let index = 0; index < list.length; index += 1) {
    const bucket: unknown = list[index];
    if (!Array.isArray(bucket) || !BOUNDARY_RULES.includes(bucket[0])) return null;
    const [lower, upper, count] = [readNumber(bucket[1]), readNumber(bucket[2]), readNumber(bucket[3])];
    if (lower === null || upper === null || count === null || !(lower <= upper)) return null;
    if (index > 0 && upper < (buckets[3 * index - 2] ?? 0)) return null;
    buckets.set([lower, upper, count], 3 * index);
  }
  return buckets;
}

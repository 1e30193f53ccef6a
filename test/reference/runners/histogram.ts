import { type Bucket, histogramQuantile, histogramShare } from "../../../src/core/panel/histogram.ts";
import type { Actual, CaseRunner } from "./compare.ts";
import { type JsonObject, list, number, object, text } from "./json.ts";

/** Case 14c: quantiles of classic histograms, published expectations and edge cases. */
export const histogram: CaseRunner = {
  cases: ["14c_histogram_quantile"],
  rules: [
    { path: /^histograms\./, skip: "these are the input" },
    {
      path: /^(published|own|fractions_latency_ms)\.\d+\.(expected|fraction_at_or_below)$/,
      absolute: 1e-9,
      relative: 0,
    },
  ],
  relative: () => 0,
  run({ expected }) {
    const histograms = object(expected.histograms);
    const rows = (entry: JsonObject[string] | undefined): Actual =>
      list(entry).map((row) => {
        const name = text(object(row).histogram);
        const q = number(object(row).q);
        const quantile = histogramQuantile(q, buckets(list(histograms[name]).map(object)));
        return { histogram: name, q, expected: Number.isNaN(quantile) ? null : quantile };
      });
    const latency = buckets(list(histograms.latency_ms).map(object));
    const shares = list(expected.fractions_latency_ms).map((row) => {
      const threshold = number(object(row).threshold);
      return { threshold, fraction_at_or_below: histogramShare(threshold, latency) };
    });
    return { fractions_latency_ms: shares, published: rows(expected.published), own: rows(expected.own) };
  },
};

function buckets(rows: readonly JsonObject[]): Bucket[] {
  return rows.map((row) => ({ le: number(row.le), count: number(row.count) }));
}

import { clusterDiagnostics, coefficientOfVariation } from "../../inference/cluster-diagnostics.ts";
import type { JsonValue } from "../../outcome.ts";
import { type Grouping, selectRows } from "../../regression/effects.ts";
import type { LinearFit } from "../../regression/ols.ts";

/** Up to here the leave-one-out coefficients cost less than the fit is worth waiting for. */
const MOST_CLUSTERS = 200;
const MOST_ROWS = 20_000;
const MOST_TERMS = 5;

/** A cluster with more of the term's variation than this dominates it. */
const DOMINANT = 0.5;

export interface Diagnosed {
  readonly details: JsonValue;
  readonly notes: readonly string[];
}

/** Diagnostics of one term by cluster, as plain data; null when they were not asked for. */
export function diagnose(
  fit: LinearFit,
  term: string,
  clusters: readonly Grouping[],
  { wanted, names }: { readonly wanted: string; readonly names: readonly string[] },
): Diagnosed | null {
  const [grouping, second] = clusters;
  if (grouping === undefined || second !== undefined || wanted === "no") return null;
  const used = selectRows(grouping, fit.rows);
  const isCheap = used.count <= MOST_CLUSTERS && fit.n <= MOST_ROWS && fit.terms.length <= MOST_TERMS;
  if (wanted === "auto" && !isCheap) return null;
  const found = clusterDiagnostics(fit, term, grouping);
  if (!found.ok) return { details: { refused: found.refusal.message }, notes: [] };
  const clusterNames = firstNames(used, fit.rows, names);
  const { sizes, leverage, partialLeverage, leaveOneOut, effectiveClusters, effectiveClustersCorrelated } = found.value;
  const largest = partialLeverage.indexOf(Math.max(...partialLeverage));
  const share = partialLeverage[largest] ?? 0;
  return {
    details: {
      term,
      clusters: clusterNames,
      sizes: [...sizes],
      leverage: [...leverage],
      partialLeverage: [...partialLeverage],
      leaveOneOut: [...leaveOneOut],
      effectiveClusters,
      effectiveClustersCorrelated,
      sizeVariation: coefficientOfVariation(sizes),
    },
    notes:
      share > DOMINANT
        ? [`The cluster ${clusterNames[largest]} holds ${Math.round(100 * share)} % of the variation of ${term}.`]
        : [],
  };
}

function firstNames(used: Grouping, rows: Int32Array, names: readonly string[]): string[] {
  const result: string[] = [];
  rows.forEach((row, i) => {
    result[used.levels[i] ?? 0] ??= names[row] ?? "";
  });
  return result;
}

import { holm } from "../inference/multiplicity.ts";
import type { CheckResult, SliResult } from "../result.ts";
import { notRun, result } from "./check.ts";

const ID = "placebo-outcome";

/**
 * An SLI that the deploy cannot affect must not have moved. Two-sided, Holm over the placebo SLIs at alpha / 2, so that
 * on good data the check stays within what the required checks may cost together.
 */
export function placeboOutcome(slis: readonly SliResult[], alpha: number): CheckResult | null {
  const placebos = slis.filter((sli) => sli.role === "placebo");
  if (placebos.length === 0) return null;
  const ids = placebos.map((sli) => sli.id);
  const pValues = placebos.map((sli) => sli.estimate?.pValue ?? null);
  if (pValues.every((p) => p === null))
    return notRun(ID, "none of the placebo SLIs could be estimated", { slis: ids, moved: [] });
  const adjusted = holm(pValues);
  const moved = ids.filter((_, i) => (adjusted[i] ?? 1) <= alpha / 2);
  const smallest = Math.min(...adjusted.map((p) => p ?? 1));
  return result(
    ID,
    moved.length === 0,
    { required: true, pValue: smallest, threshold: alpha / 2 },
    { slis: ids, moved },
  );
}

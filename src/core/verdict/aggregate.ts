import { holm } from "../inference/multiplicity.ts";
import type { ReasonCode } from "../reasons.ts";
import type { SliResult, Verdict } from "../result.ts";

/** Only these roles carry the verdict and form the Holm family. */
export function counts(sli: Pick<SliResult, "role">): boolean {
  return sli.role === "primary" || sli.role === "guardrail";
}

/** Holm-adjusted pMargin per SLI over primary and guardrail SLIs; null where there is none or the role does not count. */
export function adjustMargins(slis: readonly SliResult[]): (number | null)[] {
  return holm(slis.map((sli) => (counts(sli) ? (sli.estimate?.pMargin ?? null) : null)));
}

/**
 * Any regression -> regression; else any invalid -> invalid; else any inconclusive -> inconclusive; else improvement if
 * a primary SLI improved; else no-impact (docs/method.md section 6). No SLI that counts: invalid.
 */
export function aggregateVerdict(slis: readonly SliResult[]): Verdict {
  const counted = slis.filter(counts);
  const some = (verdict: Verdict): boolean => counted.some((sli) => sli.verdict === verdict);
  if (counted.length === 0) return "invalid";
  for (const verdict of ["regression", "invalid", "inconclusive"] as const) if (some(verdict)) return verdict;
  const primaryImproved = counted.some((sli) => sli.role === "primary" && sli.verdict === "improvement");
  return primaryImproved ? "improvement" : "no-impact";
}

/** Codes of the SLIs that made the verdict, each once, in order of appearance. */
export function aggregateCodes(slis: readonly SliResult[], verdict: Verdict): ReasonCode[] {
  const deciding = slis.filter((sli) => counts(sli) && (sli.verdict === verdict || verdict === "no-impact"));
  return [...new Set(deciding.flatMap((sli) => sli.reasonCodes))];
}

import type { ResultDocument, SliResult, Verdict } from "../core/result.ts";

/** What decides the whole comes before what does not (docs/method.md section 6). */
const RANK: Readonly<Record<Verdict, number>> = {
  regression: 0,
  invalid: 1,
  inconclusive: 2,
  improvement: 3,
  "no-impact": 4,
};

/** Metrics that made the verdict first, among them the clearest or, when all is well, the closest to its margin. */
export function inOrder(document: ResultDocument): readonly SliResult[] {
  return [...document.slis].sort((a, b) => {
    const keysA = sortKeys(a, document.verdict);
    const keysB = sortKeys(b, document.verdict);
    const index = keysA.findIndex((key, position) => key !== keysB[position]);
    return index < 0 ? 0 : (keysA[index] ?? 0) - (keysB[index] ?? 0);
  });
}

function sortKeys(sli: SliResult, verdict: Verdict): readonly number[] {
  const decides = sli.role === "primary" || sli.role === "guardrail";
  return [
    decides ? 0 : 1,
    sli.verdict === verdict ? 0 : 1,
    RANK[sli.verdict],
    verdict === "improvement" && sli.role !== "primary" ? 1 : 0,
    sli.estimate?.pMarginAdjusted ?? sli.estimate?.pMargin ?? 1,
    sli.estimate?.pMargin ?? 1,
  ];
}

/** The verdict of one service, by the same rule as the whole. */
export function serviceVerdict(slis: readonly SliResult[]): Verdict {
  const deciding = slis.filter((sli) => sli.role === "primary" || sli.role === "guardrail");
  for (const verdict of ["regression", "invalid", "inconclusive"] as const) {
    if (deciding.some((sli) => sli.verdict === verdict)) return verdict;
  }
  return deciding.some((sli) => sli.role === "primary" && sli.verdict === "improvement") ? "improvement" : "no-impact";
}

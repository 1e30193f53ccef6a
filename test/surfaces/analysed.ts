import { analyze } from "../../src/core/analyze.ts";
import type { SliSeries } from "../../src/core/panel/series.ts";
import type { AnalysisPlan } from "../../src/core/plan.ts";
import type { ResultDocument } from "../../src/core/result.ts";
import { resultDocument } from "./documents.ts";

/** The document of a real analysis of made data; deployment and provenance as in the hand-built ones. */
export function analysedDocument(plan: AnalysisPlan, inputs: readonly SliSeries[]): ResultDocument {
  const analysis = analyze([{ plan, inputs }]);
  return {
    ...resultDocument(analysis.verdict, []),
    ...analysis,
    plans: [plan],
  };
}

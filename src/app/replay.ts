import { analyze } from "../core/analyze.ts";
import { DeployImpactError } from "../core/errors.ts";
import { fromEvidence } from "../core/evidence.ts";
import type { SliSeries } from "../core/panel/series.ts";
import type { AnalysisPlan } from "../core/plan.ts";
import type { Analysis, ResultDocument, SliResult } from "../core/result.ts";
import { dataHash } from "./data-hash.ts";
import { type Difference, differences } from "./differences.ts";

/** How many differences are listed; one wrong digit early on can move thousands of numbers. */
const MOST_DIFFERENCES = 50;

export type Replay =
  /** No metric was read for this result, so there is nothing to compute again. */
  | { readonly type: "nothing-to-replay"; readonly reasonCodes: readonly string[] }
  | { readonly type: "same"; readonly verdict: string; readonly slis: number }
  | { readonly type: "different"; readonly differences: readonly Difference[]; readonly more: number };

/** Computes a result again from its own evidence and compares everything but the times of the run. */
export function replay(document: ResultDocument): Replay {
  if (wasNotRead(document)) return { type: "nothing-to-replay", reasonCodes: document.reasonCodes };
  const requests = document.plans.map((plan) => ({
    plan,
    inputs: plan.slis.map(({ id }) => inputOf(document, plan, id)),
  }));
  const analysis = analyze(requests);
  const found = differences(
    stored(document),
    recomputed(
      analysis,
      requests.map(({ inputs }) => inputs),
    ),
  );
  if (found.length === 0) return { type: "same", verdict: document.verdict, slis: document.slis.length };
  return {
    type: "different",
    differences: found.slice(0, MOST_DIFFERENCES),
    more: Math.max(0, found.length - MOST_DIFFERENCES),
  };
}

function wasNotRead(document: ResultDocument): boolean {
  const { queries } = document.provenance;
  return queries.length === 0 && document.slis.every((sli) => sli.series === undefined && sli.verdict === "invalid");
}

function inputOf(document: ResultDocument, plan: AnalysisPlan, id: string): SliSeries {
  const sli = document.slis.find((one) => one.id === id && one.service === plan.service);
  if (sli === undefined) throw noEvidence(`the plan names the SLI ${id}, which has no result`);
  if (sli.series === undefined && !isEmpty(sli)) throw noEvidence(`the SLI ${id} has no \`series\``);
  const warnings = document.provenance.warnings.filter((one) => one.sli === id).map(({ message }) => message);
  return { sli: id, series: fromEvidence(sli.series?.raw ?? []), warnings };
}

/** An SLI whose queries returned nothing has nothing to store. */
function isEmpty(sli: SliResult): boolean {
  return sli.reasonCodes.includes("NO_DATA");
}

function noEvidence(detail: string): DeployImpactError {
  return new DeployImpactError("FILE_MALFORMED", `This result cannot be computed again: ${detail}.`, {
    hint: "Use the full result.json (the Action's `result` output leaves the series out).",
  });
}

/** Everything that is computed, in the form in which it is stored. */
interface Computed {
  /** First, because other evidence explains every other difference. */
  readonly provenance: { readonly dataHash: string };
  readonly verdict: unknown;
  readonly reasonCodes: unknown;
  readonly slis: unknown;
  readonly units: unknown;
  readonly windows: unknown;
}

function stored(document: ResultDocument): Computed {
  const { verdict, reasonCodes, slis, units, windows, provenance } = document;
  return { provenance: { dataHash: provenance.dataHash }, verdict, reasonCodes, slis, units, windows };
}

function recomputed(analysis: Analysis, inputs: readonly (readonly SliSeries[])[]): Computed {
  const { verdict, reasonCodes, slis, units, windows } = analysis;
  return { provenance: { dataHash: dataHash(inputs) }, verdict, reasonCodes, slis, units, windows };
}

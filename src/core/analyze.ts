import { analyzeSli } from "./analyze-sli.ts";
import { placeboOutcome } from "./checks/placebo-outcome.ts";
import type { SliSeries } from "./panel/series.ts";
import type { AnalysisPlan } from "./plan.ts";
import type { Analysis, SliResult, UnitLists, WindowsUsed } from "./result.ts";
import { roundDeep } from "./round.ts";
import { adjustMargins, aggregateCodes, aggregateVerdict, counts } from "./verdict/aggregate.ts";
import { finishSli, type SliDraft } from "./verdict/finish.ts";
import { withNextLook } from "./verdict/looks.ts";
import { withSeverity } from "./verdict/severity.ts";

export interface AnalysisRequest {
  readonly plan: AnalysisPlan;
  /** One entry per SLI of the plan, in any order; a missing entry is an SLI without data. */
  readonly inputs: readonly SliSeries[];
}

/**
 * The whole computation: plans and raw series in, verdict out. Synchronous and deterministic; the family for Holm is all
 * primary and guardrail SLIs of all requests (services), because they share one check and one comment.
 */
export function analyze(requests: readonly AnalysisRequest[]): Analysis {
  const drafts = requests.flatMap(({ plan, inputs }) => withPlaceboOutcome(plan, draftsOf(plan, inputs)));
  const adjusted = adjustMargins(drafts.map((draft) => draft.result));
  const slis = drafts.map((draft, i) =>
    rounded(withSeverity(withNextLook(draft.plan, finishSli(draft, adjusted[i] ?? null)), draft.sli)),
  );
  const verdict = aggregateVerdict(slis);
  return {
    verdict,
    reasonCodes: aggregateCodes(slis, verdict),
    slis,
    units: unionUnits(slis),
    windows: windowsUsed(requests, drafts),
  };
}

function draftsOf(plan: AnalysisPlan, inputs: readonly SliSeries[]): SliDraft[] {
  return plan.slis.map((sli) => {
    const input = inputs.find((one) => one.sli === sli.id) ?? { sli: sli.id, series: [], warnings: [] };
    return analyzeSli(plan, sli, input);
  });
}

/** A placebo SLI that moved makes every SLI that counts invalid: a shared shock is the likely cause. */
function withPlaceboOutcome(plan: AnalysisPlan, drafts: readonly SliDraft[]): SliDraft[] {
  const check = placeboOutcome(
    drafts.map((draft) => draft.result),
    plan.alpha,
  );
  if (check === null) return [...drafts];
  return drafts.map((draft) =>
    counts(draft.result) ? { ...draft, result: { ...draft.result, checks: [...draft.result.checks, check] } } : draft,
  );
}

/** Rounds what was computed; the raw evidence keeps its digits. */
function rounded(sli: SliResult): SliResult {
  const { series, ...rest } = sli;
  if (series === undefined) return roundDeep(rest);
  const { raw, ...paths } = series;
  return { ...roundDeep(rest), series: { ...roundDeep(paths), raw } };
}

function unionUnits(slis: readonly SliResult[]): UnitLists {
  const names = (pick: (units: UnitLists) => readonly string[]): string[] =>
    [...new Set(slis.flatMap((sli) => pick(sli.units)))].sort();
  const excluded = new Map(slis.flatMap((sli) => sli.units.excluded.map((one) => [one.unit, one] as const)));
  return {
    treated: names((units) => units.treated),
    control: names((units) => units.control),
    excluded: [...excluded.values()].sort((a, b) => (a.unit < b.unit ? -1 : 1)),
  };
}

function windowsUsed(requests: readonly AnalysisRequest[], drafts: readonly SliDraft[]): WindowsUsed {
  const window = requests[0]?.plan.window;
  const used = drafts.flatMap((draft) => (draft.windows === null ? [] : [draft.windows]));
  const edge = (
    pick: (windows: NonNullable<SliDraft["windows"]>) => number,
    choose: (...all: number[]) => number,
  ): number | null => (used.length === 0 ? null : choose(...used.map(pick)));
  return {
    deployedAt: window?.deployedAt ?? 0,
    preStart: edge((one) => one.preStart, Math.min),
    preEnd: edge((one) => one.preEnd, Math.max),
    postStart: edge((one) => one.postStart, Math.min),
    postEnd: edge((one) => one.postEnd, Math.max),
    step: window?.step ?? 0,
    settle: window?.settle ?? 0,
  };
}

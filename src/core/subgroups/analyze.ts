import type { DesignBrief, DesignQuestion, DesignRoute } from "../designs/design.ts";
import { holm } from "../inference/multiplicity.ts";
import type { SubgroupEffect } from "../inference/subgroups/one-factor.ts";
import { type SubgroupSummary, summarizeSubgroups } from "../inference/subgroups/subgroups.ts";
import type { SliSeries } from "../panel/series.ts";
import type { Direction } from "../plan.ts";
import type { SubgroupReport, SubgroupResult } from "../result.ts";
import { harmBounds, marginP, toHarm } from "../verdict/judge.ts";
import { sharedCorrelation } from "./correlation.ts";
import { type OnScale, onScale, reported, type SubgroupScale } from "./scale.ts";

/** More names than this are an identifier, not a part of a service. */
export const MOST_SUBGROUPS = 500;

/**
 * The subgroups of an SLI, each with the design that answered for the whole (docs/subgroups.md). Findings hold
 * after Holm over the subgroups, and only when the subgroup passes the required checks by itself. Null: no `by`.
 */
export function analyzeSubgroups(question: DesignQuestion, route: DesignRoute): SubgroupReport | null {
  const { sli, input } = question;
  const parts = splitSubgroups(input);
  if (sli.by === undefined) return null;
  const scale = sli.margin.type;
  const empty = { by: sli.by, scale, estimates: [], omitted: [], heterogeneity: null, correlation: 0 };
  if (route.brief === undefined) return { ...empty, refused: notWithThisDesign(route.id) };
  if (parts.size === 0) return { ...empty, refused: noSubgroup(sli.by) };
  if (parts.size > MOST_SUBGROUPS) return { ...empty, refused: tooMany(sli.by, parts.size) };
  return estimateAll({ ...question, by: sli.by }, route, route.brief, parts, scale);
}

/** The series of each subgroup as if they were all, by name. */
export function splitSubgroups(input: SliSeries): Map<string, SliSeries> {
  const parts = new Map<string, SliSeries["series"][number][]>();
  for (const { subgroup, ...series } of input.series) {
    if (subgroup === undefined) continue;
    const known = parts.get(subgroup);
    if (known === undefined) parts.set(subgroup, [series]);
    else known.push(series);
  }
  const names = [...parts.keys()].sort();
  return new Map(names.map((name) => [name, { ...input, series: parts.get(name) ?? [] }]));
}

interface Found {
  readonly name: string;
  readonly input: SliSeries;
  readonly brief: DesignBrief;
  readonly value: OnScale;
}

type Asked = DesignQuestion & { readonly by: string };

function estimateAll(
  question: Asked,
  route: DesignRoute,
  brief: NonNullable<DesignRoute["brief"]>,
  parts: ReadonlyMap<string, SliSeries>,
  scale: SubgroupScale,
): SubgroupReport {
  const found: Found[] = [];
  const omitted: SubgroupReport["omitted"][number][] = [];
  for (const [name, input] of parts) {
    const outcome = brief({ ...question, input });
    const value = outcome.ok ? onScale(outcome.value, scale) : null;
    if (!outcome.ok) omitted.push({ name, code: outcome.refusal.code, message: outcome.refusal.message });
    else if (value === null) {
      omitted.push({ name, code: "RELATIVE_UNDEFINED", message: "Its level without the deploy is not above zero." });
    } else found.push({ name, input, brief: outcome.value, value });
  }
  const correlation = sharedCorrelation(found.map((one) => one.brief));
  const { alpha } = question.plan;
  const summary = summarizeSubgroups(found.flatMap(asEffect), { alpha, correlation });
  const estimates = describe(question, route, found, summary, scale);
  return {
    by: question.by,
    scale,
    estimates: byHarm(estimates, question.sli.direction),
    omitted,
    heterogeneity: heterogeneityOf(summary),
    correlation,
    refused: found.length > 0 ? null : nothingEstimated(question.by, omitted),
  };
}

/** Only estimates with an error can be compared and shrunk; exact counts and ranks stand for themselves. */
function asEffect({ name, value: { estimate, stdError, dof } }: Found): SubgroupEffect[] {
  return stdError === null || dof === null || !(stdError > 0) ? [] : [{ name, estimate, stdError, dof }];
}

function heterogeneityOf({ heterogeneity, between }: SubgroupSummary): SubgroupReport["heterogeneity"] {
  if (heterogeneity === null) return null;
  const { statistic, dof, dofDenominator, pValue, iSquared } = heterogeneity;
  return {
    statistic,
    dof,
    dofDenominator: Number.isFinite(dofDenominator) ? dofDenominator : null,
    pValue,
    iSquared,
    tau: between === null ? null : Math.sqrt(between.reml),
  };
}

function describe(
  question: Asked,
  route: DesignRoute,
  found: readonly Found[],
  summary: SubgroupSummary,
  scale: SubgroupScale,
): SubgroupResult[] {
  const { alpha } = question.plan;
  const { direction } = question.sli;
  const adjusted = holm(found.map(({ brief }) => brief.effect.pTwoSided));
  const margins = holm(
    found.map(({ brief: { effect, margin } }) =>
      margin === null || !Number.isFinite(margin) ? null : marginP(effect, direction, margin),
    ),
  );
  const improvements = holm(
    found.map(({ brief: { effect } }) => (direction === "up" ? effect.pBelow(0) : effect.pAbove(0))),
  );
  const shrunk = new Map(summary.subgroups.map((one) => [one.name, one.shrunk]));
  return found.map((one, i) => {
    const own = shownInterval(one.value.interval(alpha), scale);
    const all = shownInterval(one.value.interval(alpha / found.length), scale);
    const drawn = shrunk.get(one.name) ?? null;
    const claim = claimOf(one, question, { margin: margins[i] ?? null, better: improvements[i] ?? null });
    const failedChecks = claim === null ? [] : failedChecksOf(question, route, one.input);
    return {
      name: one.name,
      treatedUnits: one.brief.treatedUnits,
      controlUnits: one.brief.controlUnits,
      estimate: reported(one.value.estimate, scale),
      confLow: own.low,
      confHigh: own.high,
      simultaneousLow: all.low,
      simultaneousHigh: all.high,
      shrunk:
        drawn === null
          ? null
          : {
              estimate: reported(drawn.estimate, scale),
              confLow: reported(drawn.interval.low, scale),
              confHigh: reported(drawn.interval.high, scale),
            },
      pValue: one.brief.effect.pTwoSided,
      pValueAdjusted: adjusted[i] ?? null,
      pMarginAdjusted: margins[i] ?? null,
      finding: failedChecks.length > 0 ? null : claim,
      failedChecks,
    };
  });
}

function shownInterval(
  { low, high }: { readonly low: number | null; readonly high: number | null },
  scale: SubgroupScale,
): { low: number | null; high: number | null } {
  const shown = (value: number | null): number | null => (value === null ? null : reported(value, scale));
  return { low: shown(low), high: shown(high) };
}

/** The rules of a verdict, with the p-values after Holm over the subgroups. */
function claimOf(
  { brief: { effect, margin } }: Found,
  { plan, sli }: Asked,
  p: { readonly margin: number | null; readonly better: number | null },
): SubgroupResult["finding"] {
  const { low, high } = harmBounds(effect, sli.direction, plan.alpha);
  const isBeyond = low === null || (margin !== null && low > margin);
  if (isBeyond && (p.margin ?? 1) <= plan.alpha / 2) return "worse";
  const isBetter = high === null || high < 0;
  return isBetter && (p.better ?? 1) <= plan.alpha / 2 ? "better" : null;
}

/** A claim about one subgroup has to survive the same attempts to break it as one about the whole. */
function failedChecksOf(question: Asked, route: DesignRoute, input: SliSeries): SubgroupResult["failedChecks"] {
  const outcome = route.run({ ...question, input });
  if (!outcome.ok) return [];
  return outcome.value.checks.filter(({ required, passed }) => required && passed === false).map(({ id }) => id);
}

/** Most harm first, by the best guess; names decide between equals. */
function byHarm(estimates: readonly SubgroupResult[], direction: Direction): SubgroupResult[] {
  const harm = (one: SubgroupResult): number => toHarm(one.shrunk?.estimate ?? one.estimate, direction);
  return estimates.toSorted((a, b) => harm(b) - harm(a) || (a.name < b.name ? -1 : 1));
}

type Refused = NonNullable<SubgroupReport["refused"]>;

function notWithThisDesign(design: string): Refused {
  return {
    code: "DESIGN_NOT_AVAILABLE",
    message: `Subgroups are not estimated with the design ${design}.`,
    hint: "Use `design: did`, or drop `by`.",
  };
}

function noSubgroup(by: string): Refused {
  return {
    code: "NO_DATA",
    message: `No series carries the label ${by}.`,
    hint: `Keep it in the query, for example \`sum by (zone, ${by}) (...)\`.`,
  };
}

function tooMany(by: string, count: number): Refused {
  return {
    code: "NOT_ESTIMABLE",
    message: `The label ${by} has ${count} values; at most ${MOST_SUBGROUPS} subgroups are estimated.`,
    hint: "Choose a label with fewer values, or group rare ones in the query.",
  };
}

function nothingEstimated(by: string, omitted: SubgroupReport["omitted"]): Refused {
  const first = omitted[0];
  return {
    code: first?.code ?? "NO_DATA",
    message: `No subgroup of ${by} could be estimated: ${first?.message ?? "there is none."}`,
    hint: "Check that the subgroups have treated and control units on both sides of the deploy.",
  };
}

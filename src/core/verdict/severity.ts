import type { SliPlan, SloPlan } from "../plan.ts";
import type { BudgetBurn, ResultDocument, Severity, SliResult } from "../result.ts";
import { counts } from "./aggregate.ts";

/** A budget that is spent faster than this is worth waking somebody for. */
const PAGE_BURN_RATE = 2;
/** Without a promise to measure by: harm beyond this many times what the team tolerates. */
const PAGE_MARGINS = 2;

const MINUTES_PER_DAY = 1440;

/**
 * How urgent the regression of one SLI is; null for every other verdict and for roles that do not decide.
 *
 * With an SLO: a page when the budget is spent faster than twice what its window allows. Without one: a page when the
 * estimated harm is more than twice the margin. With neither (margin 0, no SLO) nothing says how much is much: a
 * ticket.
 */
export function severityOf(sli: SliResult, plan: Pick<SliPlan, "slo"> | undefined): Severity | null {
  if (sli.verdict !== "regression" || !counts(sli)) return null;
  const burn = plan?.slo === undefined ? null : budgetBurn(sli, plan.slo);
  const margins = harmInMargins(sli);
  if (burn !== null) return { level: burn.rate > PAGE_BURN_RATE ? "page" : "ticket", basis: "slo", burn, margins };
  if (margins === null) return { level: "ticket", basis: "none", burn: null, margins: null };
  return { level: margins > PAGE_MARGINS ? "page" : "ticket", basis: "margin", burn: null, margins };
}

/** The most urgent regression of a result; null when it holds none that decides. */
export function worstSeverity({ slis, plans }: Pick<ResultDocument, "slis" | "plans">): Severity | null {
  const all = slis.flatMap((sli) => {
    const plan = plans.find(({ service }) => service === sli.service)?.slis.find(({ id }) => id === sli.id);
    return severityOf(sli, plan) ?? [];
  });
  const urgency = ({ level, burn, margins }: Severity): number[] => [
    level === "page" ? 1 : 0,
    burn?.rate ?? 0,
    margins ?? 0,
  ];
  return all.toSorted((a, b) => compare(urgency(b), urgency(a)))[0] ?? null;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((value, i) => value !== b[i]);
  return index < 0 ? 0 : (a[index] ?? 0) - (b[index] ?? 0);
}

/** A regression that has an SLO carries its severity in the result. */
export function withSeverity(sli: SliResult, plan: Pick<SliPlan, "slo"> | undefined): SliResult {
  const severity = plan?.slo === undefined ? null : severityOf(sli, plan);
  return severity === null ? sli : { ...sli, severity };
}

/**
 * Speed at which the treated units spend the error budget after the deploy.
 *
 * Formula: rate = e / (1 - target), where e is the share of bad events after the deploy; at rate 1 the budget lasts
 * exactly its window. What the deploy added is att / (1 - target). Minutes are those of a full outage: e * 1440 a day.
 * Assumes that the ratio is a share of events, between 0 and 1, and that a full outage is one where all events are bad.
 * Units: shares, minutes per day, seconds.
 * Source: Beyer et al. (eds.), The Site Reliability Workbook (2018), chapter 5, "Alerting on SLOs".
 */
function budgetBurn({ baseline, estimate, direction }: SliResult, { target, window }: SloPlan): BudgetBurn | null {
  const after = baseline.treatedPost;
  if (after === null || after < 0 || after > 1) return null;
  const errorRate = direction === "up" ? after : 1 - after;
  const budget = 1 - target;
  const harm = estimate === null ? null : direction === "up" ? estimate.att : -estimate.att;
  const rate = errorRate / budget;
  return {
    target,
    window,
    errorRate,
    rate,
    rateAdded: harm === null ? null : harm / budget,
    budgetMinutesPerDay: budget * MINUTES_PER_DAY,
    spentMinutesPerDay: errorRate * MINUTES_PER_DAY,
    spentIn: rate > 0 ? window / rate : null,
  };
}

/** The estimated harm as a multiple of the margin; null without an estimate or with a margin of zero. */
function harmInMargins({ estimate, relative, margin, direction }: SliResult): number | null {
  const [att, limit] =
    margin.relative === null ? [estimate?.att ?? null, margin.absolute] : [relative?.att ?? null, margin.relative];
  if (att === null || limit === null || limit <= 0) return null;
  return (direction === "up" ? att : -att) / limit;
}

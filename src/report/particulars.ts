import type { AnalysisPlan } from "../core/plan.ts";
import type { CheckResult, ResultDocument } from "../core/result.ts";
import type { ReportContext } from "./context.ts";
import { flagFact, numberFact, textsFact } from "./facts.ts";
import { count, duration, instant, listing, share, significant } from "./format.ts";
import type { HealthRow, MetricModel, NamedText, ParticularsModel, ReactionModel } from "./model.ts";
import type { Disclosure } from "./redact.ts";

/** Windows, units, data health and provenance for who wants to see everything. */
export function particularsOf(
  document: ResultDocument,
  metrics: readonly MetricModel[],
  context: ReportContext,
  shown: Disclosure,
): ParticularsModel {
  const { treated, control, excluded } = document.units;
  return {
    windows: windowRows(document),
    treated: treated.map(shown.unit),
    control: control.map(shown.unit),
    excluded: excluded.map(({ unit, reason }) => ({ name: shown.unit(unit), text: shown.message(reason) })),
    exposure: document.plans.flatMap(({ exposure }) =>
      (exposure ?? []).map((one) => ({ name: shown.unit(one.unit), text: share(one.share) })),
    ),
    health: document.slis.flatMap((sli, index) => healthRow(sli.checks, metrics[index]?.label ?? sli.id, shown)),
    provenance: provenanceRows(document, context, shown),
  };
}

function windowRows({ windows, plans }: ResultDocument): readonly NamedText[] {
  const range = (name: string, from: number | null, to: number | null): readonly NamedText[] =>
    from === null || to === null ? [] : [{ name, text: `${instant(from)} to ${instant(to)} (${duration(to - from)})` }];
  const asOf = plans[0]?.asOf;
  return [
    { name: "Deploy", text: instant(windows.deployedAt) },
    ...range("Before", windows.preStart, windows.preEnd),
    ...range("After", windows.postStart, windows.postEnd),
    { name: "Ignored after the deploy", text: duration(windows.settle) },
    { name: "Step", text: duration(windows.step) },
    ...(asOf === undefined ? [] : [{ name: "Data as of", text: instant(asOf) }]),
    ...(plans[0]?.exclusions ?? []).map(({ from, to }) => ({
      name: "Left out",
      text: `${instant(from)} to ${instant(to)}`,
    })),
  ];
}

function healthRow(checks: readonly CheckResult[], metric: string, shown: Disclosure): readonly HealthRow[] {
  const coverage = checks.find((check) => check.id === "coverage");
  if (coverage === undefined) return [];
  const { facts, passed } = coverage;
  const part = (key: string): string => {
    const value = numberFact(facts, key);
    return value === null ? "-" : value <= 1 ? `${significant(value * 100, 2)}%` : count(value, "point");
  };
  return [
    {
      metric,
      state: passed === true ? "passed" : passed === false ? "failed" : "noted",
      missingBefore: part("missingPre"),
      missingTreated: part("missingTreatedPost"),
      missingControl: part("missingControlPost"),
      lateSteps: String(numberFact(facts, "lateSteps") ?? "-"),
      oddities: oddities(facts, shown),
    },
  ];
}

function oddities(facts: CheckResult["facts"], shown: Disclosure): string {
  const counted = (["duplicates", "conflicts", "resets", "infinite", "dropped"] as const).flatMap((key) => {
    const value = numberFact(facts, key);
    return value === null || value === 0 ? [] : [`${key} ${value}`];
  });
  const named = (["deadUnits", "frozenUnits"] as const).flatMap((key) => {
    const units = textsFact(facts, key);
    const what = key === "deadUnits" ? "dead" : "frozen";
    return units.length === 0 ? [] : [`${what}: ${listing(units.map(shown.unit))}`];
  });
  const all = [...counted, ...named, ...(flagFact(facts, "irregular") === true ? ["irregular time stamps"] : [])];
  return all.length === 0 ? "none" : all.join(", ");
}

function provenanceRows(document: ResultDocument, context: ReportContext, shown: Disclosure): readonly NamedText[] {
  const { provenance, deployment, mode, reasonCodes } = document;
  const asked = document.plans.flatMap((plan: AnalysisPlan) => [
    {
      name: plan.service === null ? "Asked for" : `Asked for ${shown.label(plan.service)}`,
      text: `design ${plan.design}, errors ${plan.inference}, scale ${plan.scale}, alpha ${plan.alpha}, seed ${plan.seed}`,
    },
  ]);
  const known = (name: string, text: string | number | null): readonly NamedText[] =>
    text === null ? [] : [{ name, text: shown.label(String(text)) }];
  return [
    { name: "Mode", text: mode },
    ...(reasonCodes.length === 0 ? [] : [{ name: "Reason codes", text: reasonCodes.join(", ") }]),
    ...known("Deployment", deployment.id),
    ...(context.publicRepository ? [] : known("Deployment page", deployment.url)),
    ...(deployment.pullRequests.length === 0
      ? []
      : [{ name: "Pull requests", text: deployment.pullRequests.map((number) => `#${number}`).join(", ") }]),
    { name: "Deploy time from", text: shown.message(deployment.deployedAtSource) },
    ...asked,
    ...known("Computed at", provenance.startedAt),
    { name: "Computed in", text: `${provenance.durationMs} ms` },
    ...known("Version", provenance.version),
    { name: "Evidence, SHA-256", text: provenance.dataHash },
    ...(provenance.configHash === null ? [] : [{ name: "Config, SHA-256", text: provenance.configHash }]),
  ];
}

/** What followed from the verdict, oldest first; null where nothing could follow. */
export function reactionsOf({ reactions }: ReportContext, shown: Disclosure): readonly ReactionModel[] | null {
  if (reactions === undefined) return null;
  return reactions.map(({ at, what, state, url }) => ({
    at: instant(Date.parse(at) / 1000),
    what: shown.message(what),
    state: shown.label(state),
    link: url,
  }));
}

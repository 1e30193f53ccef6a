import type { JsonValue } from "../core/outcome.ts";
import type { CheckResult, ResultDocument, SliResult, SubgroupReport, UnitLists } from "../core/result.ts";
import type { ReportContext } from "./context.ts";
import { type Disclosure, disclosure } from "./redact.ts";

/**
 * The result as everybody may read it: units by position, no query, no server text, no address, and with
 * `values: relative` no level of a metric. Still valid against the schema of result.json; the plans, which name units
 * and hosts throughout, are left out.
 */
export function publicResult(document: ResultDocument, context: ReportContext): ResultDocument {
  const shown = disclosure(document, context);
  const { provenance, deployment } = document;
  return {
    ...document,
    slis: document.slis.map((sli) => publicSli(sli, shown, context)),
    deployment: { ...deployment, url: null },
    units: publicUnits(document.units, shown),
    plans: [],
    provenance: {
      ...provenance,
      queries: provenance.queries.map((record) => ({ ...record, query: "" })),
      warnings: provenance.warnings.map(({ sli }) => ({ sli, message: "hidden in a public repository" })),
    },
  };
}

const NO_LEVELS = {
  treatedPre: null,
  treatedPost: null,
  controlPre: null,
  controlPost: null,
  counterfactualPost: null,
} as const;

function publicSli(sli: SliResult, shown: Disclosure, { values }: ReportContext): SliResult {
  const { series: _series, ...rest } = sli;
  return {
    ...rest,
    reasons: sli.reasons.map(({ code, message, hint }) => ({
      code,
      message: shown.message(message),
      hint: shown.message(hint),
      facts: {},
    })),
    designReason: sli.designReason === null ? null : shown.message(sli.designReason),
    ...(sli.designFacts === undefined ? {} : { designFacts: publicFacts(sli.designFacts, shown) }),
    baseline: values === "relative" ? NO_LEVELS : sli.baseline,
    checks: sli.checks.map((check) => ({ ...check, facts: publicFacts(check.facts, shown) })),
    unitChanges: sli.unitChanges.map((change) => ({ ...change, unit: shown.unit(change.unit) })),
    units: publicUnits(sli.units, shown),
    ...(sli.subgroups === undefined ? {} : { subgroups: publicSubgroups(sli.subgroups, shown) }),
  };
}

function publicSubgroups(report: SubgroupReport, shown: Disclosure): SubgroupReport {
  const { by, refused } = report;
  return {
    ...report,
    estimates: report.estimates.map((one) => ({ ...one, name: shown.subgroup(by, one.name) })),
    omitted: report.omitted.map(({ name, code, message }) => ({
      name: shown.subgroup(by, name),
      code,
      message: shown.message(message),
    })),
    refused:
      refused === null
        ? null
        : { ...refused, message: shown.message(refused.message), hint: shown.message(refused.hint) },
  };
}

function publicUnits({ treated, control, excluded }: UnitLists, shown: Disclosure): UnitLists {
  return {
    treated: treated.map(shown.unit),
    control: control.map(shown.unit),
    excluded: excluded.map(({ unit, reason }) => ({ unit: shown.unit(unit), reason: shown.message(reason) })),
  };
}

/** Facts name units in places that differ by check, so every text in them is treated as one that may. */
function publicFacts(facts: CheckResult["facts"], shown: Disclosure): CheckResult["facts"] {
  return Object.fromEntries(Object.entries(facts).map(([key, value]) => [key, publicValue(value, shown)]));
}

function publicValue(value: JsonValue, shown: Disclosure): JsonValue {
  if (typeof value === "string") return shown.message(value);
  if (Array.isArray(value)) return value.map((inner: JsonValue) => publicValue(inner, shown));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [shown.message(key), publicValue(inner, shown)]),
  );
}

import type { CheckResult, SliResult } from "../core/result.ts";
import type { Values } from "./context.ts";
import type { Display } from "./display.ts";
import { pValue, significant } from "./format.ts";
import type { NamedText } from "./model.ts";
import type { Disclosure } from "./redact.ts";

/** Longer facts are counted instead of printed: a number cut in two would be another number. */
const LONGEST_FACT = 600;

const RAW = [
  "estimate.att",
  "estimate.stdError",
  "estimate.confLow",
  "estimate.confHigh",
  "margin.absolute",
  "mde.absolute",
];
const RELATIVE = ["relative.att", "relative.confLow", "relative.confHigh", "margin.relative", "mde.relative"];
const LEVELS = /^baseline\./;

/**
 * Numbers of one metric as they stand in result.json. With `values: relative` only those of the scale that the report
 * speaks in: an effect in raw units beside the same as a share gives the level away.
 */
export function numberRows(sli: SliResult, display: Display, values: Values): readonly NamedText[] {
  const { estimate, relative, mde, baseline, timeToDecide, inference, margin } = sli;
  const groups: Readonly<Record<string, object | null>> = {
    estimate,
    relative,
    margin: { absolute: margin.absolute, relative: margin.relative },
    mde,
    timeToDecide,
    baseline,
    inference: inference === null ? null : { clusters: inference.clusters, dof: inference.dof },
  };
  const other = new Set(display.unit === "percent" ? RAW : RELATIVE);
  return Object.entries(groups)
    .flatMap(([group, numbers]) =>
      Object.entries(numbers ?? {}).map(([key, value]) => [`${group}.${key}`, value] as const),
    )
    .filter(([name]) => values === "full" || !(other.has(name) || LEVELS.test(name)))
    .flatMap(([name, value]) => (typeof value === "number" ? [{ name, text: String(value) }] : []));
}

/** `statistic 0.35, p = 0.87, threshold 0.02`. */
export function checkNumbers({ statistic, pValue: p, threshold }: CheckResult): string {
  return [
    ...(statistic === null ? [] : [`statistic ${significant(statistic, 3)}`]),
    ...(p === null ? [] : [pValue(p)]),
    ...(threshold === null ? [] : [`threshold ${significant(threshold, 3)}`]),
  ].join(", ");
}

/** What a check wrote down; only where names of units and levels may be read. */
export function factRows(facts: CheckResult["facts"], isOpen: boolean, shown: Disclosure): readonly NamedText[] {
  if (!isOpen) return [];
  return Object.entries(facts).flatMap(([name, value]) => {
    const text = typeof value === "string" ? shown.message(value) : (JSON.stringify(value) ?? "");
    if (text === "" || text === "[]" || text === "{}") return [];
    const entries = value !== null && typeof value === "object" ? Object.keys(value).length : 1;
    return [{ name, text: text.length > LONGEST_FACT ? `${entries} entries, in result.json` : text }];
  });
}

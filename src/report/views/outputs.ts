import type { ResultDocument, SliResult } from "../../core/result.ts";
import type { Conclusion } from "../conclusion.ts";
import type { ReportContext } from "../context.ts";
import { displayOf } from "../display.ts";
import { fixed } from "../format.ts";
import { inOrder } from "../order.ts";
import { publicResult } from "../public-result.ts";
import { byteLength, OUTPUT_LIMIT } from "./fit.ts";

/** The outputs that come from the result; the publishers add the ids of what they made. */
export interface ResultOutputs {
  readonly verdict: string;
  readonly "reason-code": string;
  readonly conclusion: string;
  /** The change of the metric that made the verdict, as printed: `+12.4%`; empty without an estimate. */
  readonly effect: string;
  readonly "effect-low": string;
  readonly "effect-high": string;
  readonly metric: string;
  /** JSON with `schemaVersion`, at most 64 KiB; a workflow may print it, so in a public repository it hides what is hidden elsewhere. */
  readonly result: string;
}

export function renderOutputs(
  document: ResultDocument,
  context: ReportContext,
  conclusion: Conclusion | "" = "",
): ResultOutputs {
  const lead = inOrder(document)[0];
  const display = lead === undefined ? null : displayOf(document, lead, context.values);
  const number = (value: number | null | undefined): string => {
    if (value === null || value === undefined || display === null) return "";
    const text = fixed(value, display.decimals).replaceAll(",", "");
    return `${value > 0 ? "+" : ""}${text}${display.suffix}`;
  };
  return {
    verdict: document.verdict,
    "reason-code": reasonCode(document, lead),
    conclusion,
    effect: number(display?.att),
    "effect-low": number(display?.low),
    "effect-high": number(display?.high),
    metric: lead === undefined ? "" : lead.service === null ? lead.id : `${lead.service}/${lead.id}`,
    result: compactJson(context.publicRepository ? publicResult(document, context) : document),
  };
}

/** The first code of the metric that made the verdict; another metric's code would explain something else. */
function reasonCode(document: ResultDocument, lead: SliResult | undefined): string {
  return (lead === undefined ? document : lead).reasonCodes[0] ?? "";
}

type Shrink = (document: ResultDocument) => ResultDocument;

/** Smaller and smaller, each still valid against the schema of result.json. */
const SHRINKS: readonly Shrink[] = [
  (document) => eachSli(document, ({ series: _series, ...rest }) => rest),
  (document) => eachSli(document, (sli) => ({ ...sli, eventStudy: [], unitChanges: [] })),
  (document) => eachSli(document, (sli) => withParts(sli, MOST_PARTS)),
  (document) => eachSli(document, (sli) => ({ ...sli, checks: sli.checks.map((check) => ({ ...check, facts: {} })) })),
  (document) => ({ ...document, plans: [], provenance: { ...document.provenance, queries: [] } }),
  (document) =>
    eachSli(document, (sli) => ({
      ...sli,
      checks: sli.checks.filter((check) => check.passed === false),
      reasons: [],
      units: { treated: [], control: [], excluded: [] },
    })),
  (document) => eachSli(document, (sli) => withParts(sli, FEWEST_PARTS)),
  (document) => eachSli(document, ({ subgroups: _subgroups, ...rest }) => rest),
  (document) => ({ ...document, units: { treated: [], control: [], excluded: [] } }),
  (document) => ({ ...document, slis: inOrder(document).slice(0, 50) }),
  (document) => ({ ...document, slis: document.slis.slice(0, 10) }),
  (document) => ({ ...document, slis: [], provenance: { ...document.provenance, warnings: [] } }),
];

/** Parts of a metric that stay when room is short: the findings, and those with the most harm. */
const MOST_PARTS = 20;
const FEWEST_PARTS = 2;

function withParts(sli: SliResult, most: number): SliResult {
  const { subgroups } = sli;
  if (subgroups === undefined) return sli;
  const estimates = subgroups.estimates.filter(({ finding }, i) => i < most || finding === "worse").slice(0, 2 * most);
  return { ...sli, subgroups: { ...subgroups, estimates, omitted: subgroups.omitted.slice(0, most) } };
}

function compactJson(document: ResultDocument): string {
  const [first, ...rest] = SHRINKS;
  let smaller = first === undefined ? document : first(document);
  for (const shrink of rest) {
    const text = JSON.stringify(smaller);
    if (byteLength(text) <= OUTPUT_LIMIT) return text;
    smaller = said(shrink(smaller));
  }
  return JSON.stringify(smaller);
}

const SHORTENED = "shortened to fit an Action's output; the file result.json holds everything";

function said(document: ResultDocument): ResultDocument {
  const { provenance } = document;
  if (provenance.warnings.some((warning) => warning.message === SHORTENED)) return document;
  return {
    ...document,
    provenance: { ...provenance, warnings: [...provenance.warnings, { sli: "", message: SHORTENED }] },
  };
}

function eachSli(document: ResultDocument, change: (sli: SliResult) => SliResult): ResultDocument {
  return { ...document, slis: document.slis.map(change) };
}

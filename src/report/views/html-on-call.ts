import { escapeHtml, isWebAddress } from "../escape.ts";
import { listing } from "../format.ts";
import type { MetricModel, ReactionModel, ReportModel } from "../model.ts";
import { inline, list, paragraph, table } from "./html-text.ts";

/** Metrics that are worse, or have a part that is; without such, those that count and could not be decided. */
export interface Concern {
  readonly kind: "hurt" | "open" | "none";
  readonly metrics: readonly MetricModel[];
}

/** Blocks of undecided metrics that on-call reads one by one; the rest is named. */
const MOST_OPEN = 3;
/** Units named per metric. */
const MOST_UNITS = 6;

export function concernOf({ metrics }: ReportModel): Concern {
  const hurt = metrics.filter(({ verdict, subgroups }) => verdict === "regression" || subgroups?.alert != null);
  if (hurt.length > 0) return { kind: "hurt", metrics: hurt };
  const open = metrics.filter(
    ({ verdict, decides }) => decides && (verdict === "inconclusive" || verdict === "invalid"),
  );
  return open.length > 0 ? { kind: "open", metrics: open.slice(0, MOST_OPEN) } : { kind: "none", metrics: [] };
}

const HEADING: Readonly<Record<Concern["kind"], string>> = {
  hurt: "What is hurt, since when, and where",
  open: "What is not decided",
  none: "What is hurt",
};

export function onCallSections(model: ReportModel): string {
  const concern = concernOf(model);
  const items = concern.metrics.map(concernItem).join("\n");
  const nothing =
    concern.kind === "hurt"
      ? ""
      : paragraph("", [concern.kind === "open" ? "Nothing is known to be hurt." : "Nothing."]);
  return `<section class="card view in-on-call" aria-labelledby="hurt">
<h2 id="hurt">${HEADING[concern.kind]}</h2>
${nothing}${items}
${paragraph("note", others(model, concern))}
</section>
${todoSection(model, concern)}${reactionsSection(model.reactions)}`;
}

function concernItem(metric: MetricModel): string {
  const interval = metric.interval === null ? "" : ` (${metric.interval})`;
  const change = metric.change === "-" ? "no estimate" : `${metric.change}${interval}, margin ${metric.margin}`;
  return `<div class="concern ${metric.verdict}"><h3>${escapeHtml(metric.label)} <span class="state">${escapeHtml(metric.word.toLowerCase())}</span></h3>
<p class="figure">${escapeHtml(change)}</p>
${metric.since === null ? "" : `<p><strong>Since:</strong> ${escapeHtml(metric.since)}</p>`}${where(metric)}${
  metric.subgroups?.alert == null ? "" : paragraph("", [metric.subgroups.alert])
}${metric.verdict === "regression" ? "" : list(metric.reasons.map(({ sentence }) => sentence))}
</div>`;
}

/** Which of the units that got the deploy changed most. */
function where({ units, verdict }: MetricModel): string {
  const treated = units.filter((unit) => unit.group === "treated" && unit.change !== "-");
  if (verdict !== "regression" || treated.length === 0) return "";
  const named = listing(
    treated.map(({ name, change }) => `${name} ${change}`),
    MOST_UNITS,
  );
  return `<p><strong>Units:</strong> ${escapeHtml(named)}${treated.length > 1 ? ", most harm first" : ""}.</p>`;
}

/** Whoever is called at night must see that the rest was looked at too. */
function others({ metrics }: ReportModel, concern: Concern): readonly string[] {
  const rest = metrics.filter((metric) => !concern.metrics.includes(metric));
  const words = [...new Set(rest.map(({ word }) => word))];
  return words.map(
    (word) =>
      `${word}: ${listing(
        rest.filter((one) => one.word === word).map(({ label }) => label),
        8,
      )}.`,
  );
}

function todoSection(model: ReportModel, { metrics }: Concern): string {
  const advice = metrics.flatMap((metric) => metric.reasons.map(({ todo }) => todo)).filter((todo) => todo !== "");
  const steps = [...new Set([...model.next, ...advice])];
  const links = [link(model.links.commit, "the deployed commit"), link(model.links.run, "the workflow run")].filter(
    (text) => text !== "",
  );
  return `<section class="card view in-on-call" aria-labelledby="todo">
<h2 id="todo">What to do</h2>
<ol>${steps.map((step) => `<li>${inline(step)}</li>`).join("")}</ol>
${links.length === 0 ? "" : `<p class="note">Look at ${links.join(" and ")}.</p>`}</section>`;
}

function link(url: string | null, text: string): string {
  return url !== null && isWebAddress(url) ? `<a href="${escapeHtml(url)}">${text}</a>` : "";
}

function reactionsSection(reactions: readonly ReactionModel[] | null): string {
  if (reactions === null) return "";
  const rows = reactions.map(
    ({ at, what, state, link: url }) =>
      `<tr><th scope="row">${escapeHtml(at)}</th><td class="wide">${escapeHtml(what)}${url === null || !isWebAddress(url) ? "" : ` (<a href="${escapeHtml(url)}">open</a>)`}</td><td>${escapeHtml(state)}</td></tr>`,
  );
  const content =
    rows.length === 0
      ? `<p>Nothing: no alert and no rollback followed from this verdict.</p>`
      : table("What was done", ["When", "What", "State"], rows, "stack");
  return `<section class="card view in-on-call in-executive in-debug" aria-labelledby="done"><h2 id="done">What was done</h2>
${content}</section>`;
}

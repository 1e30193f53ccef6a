import { escapeHtml } from "../escape.ts";
import { listing } from "../format.ts";
import type { HealthRow, ReportModel } from "../model.ts";
import { checkState, list, namedTable, pre, table } from "./html-text.ts";

/** What the numbers rest on: data, windows, units, exposure, method, provenance, queries. */
export function debugSections(model: ReportModel): string {
  const { particulars } = model;
  return `<section class="card view in-debug" aria-labelledby="data"><h2 id="data">Data and units</h2>
<h3>Data quality</h3>${list(model.quality)}${healthTable(particulars.health)}
<h3>Windows</h3>${namedTable("Windows", ["Window", "From, to"], particulars.windows)}
<h3>Units</h3>${units(model)}
<h3>Exposure</h3>${
    particulars.exposure.length === 0
      ? "<p>Nobody looked which version each unit ran.</p>"
      : namedTable("Exposure", ["Unit", "Share on the new version"], particulars.exposure)
  }</section>
<section class="card view in-debug" aria-labelledby="method"><h2 id="method">Method, reproduce</h2>
<h3>Method</h3>${list(model.method)}
<h3>Reproduce</h3>${pre("Reproduce", model.reproduce)}
<h3>Provenance</h3>${namedTable("Provenance", ["What", "Value"], particulars.provenance)}${queries(model)}
</section>`;
}

function healthTable(rows: readonly HealthRow[]): string {
  if (rows.length === 0) return "";
  const heads = [
    "Metric",
    "Coverage",
    "Missing before",
    "Missing after, treated",
    "Missing after, control",
    "Late steps",
    "Else",
  ];
  const number = (label: string, text: string): string =>
    `<td class="number" data-label="${label}">${escapeHtml(text)}</td>`;
  const body = rows.map(
    (row) =>
      `<tr><th scope="row">${escapeHtml(row.metric)}</th><td class="wide">${checkState(row.state)}</td>${number("Missing before", row.missingBefore)}${number("Missing after, treated", row.missingTreated)}${number("Missing after, control", row.missingControl)}${number("Late steps", row.lateSteps)}<td class="wide">${escapeHtml(row.oddities)}</td></tr>`,
  );
  return table("Data health", heads, body, "stack checks");
}

/** All of them: whoever looks for one unit finds it here. */
function units({ particulars: { treated, control, excluded } }: ReportModel): string {
  const named = (label: string, names: readonly string[]): string =>
    names.length === 0
      ? ""
      : `<p><strong>${names.length} ${label}:</strong> ${escapeHtml(listing(names, names.length))}</p>`;
  const all = `${named("treated", treated)}${named("control", control)}${namedTable("Units left out", ["Unit", "Why"], excluded)}`;
  return all === "" ? "<p>No unit was looked at.</p>" : all;
}

function queries({ queries: records }: ReportModel): string {
  if (records.length === 0) return "";
  const items = records.map(
    ({ metric, component, query }) =>
      `<li>${escapeHtml(`${metric}, ${component}`)}: <code>${escapeHtml(query)}</code></li>`,
  );
  return `<h3>Queries</h3><ul>${items.join("")}</ul>`;
}

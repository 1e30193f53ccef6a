import { escapeHtml, isWebAddress } from "../escape.ts";
import type { ReportModel } from "../model.ts";
import { debugSections } from "./html-debug.ts";
import { effectSection, metricsSection } from "./html-effect.ts";
import { metricSections } from "./html-metric.ts";
import { onCallSections } from "./html-on-call.ts";
import { REPORT_STYLE, STYLE } from "./html-style.ts";
import { inline, list, paragraph, unbroken } from "./html-text.ts";

/** Three readers of one report: who pays, who is called, who wants to know why. */
export const REPORT_VIEWS = ["executive", "on-call", "debug"] as const;
export type ReportView = (typeof REPORT_VIEWS)[number];

const VIEW_LABEL: Readonly<Record<ReportView, string>> = {
  executive: "Executive",
  "on-call": "On-call",
  debug: "Debug",
};

/**
 * One page that needs nothing but itself: no script, no request, one style sheet, so that it opens from a disk, an
 * artifact or a mail. The policy in its head forbids everything else even if an escape were wrong. The views are
 * radio buttons and a selector; a browser too old for it shows all three one below the other.
 */
export function renderHtml(model: ReportModel, view: ReportView = "executive"): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${escapeHtml(model.title)}</title>
<style>${STYLE}${REPORT_STYLE}</style>
</head>
<body>
<main>
${reportBody(model, view)}
</main>
</body>
</html>
`;
}

/** The report inside a page that brings `STYLE` and `REPORT_STYLE`; its heading is an h1. */
export function reportBody(model: ReportModel, view: ReportView): string {
  return `<div class="report">
${viewSwitch(view)}
${header(model)}
${effectSection(model)}
${onCallSections(model)}
${metricsSection(model)}
${metricSections(model)}
${debugSections(model)}
${footer(model)}
</div>`;
}

function viewSwitch(chosen: ReportView): string {
  const options = REPORT_VIEWS.map(
    (view) =>
      `<label><input type="radio" name="view" id="view-${view}" value="${view}"${view === chosen ? " checked" : ""}><span>${VIEW_LABEL[view]}</span></label>`,
  );
  return `<fieldset class="views"><legend>View</legend>${options.join("")}</fieldset>`;
}

function header(model: ReportModel): string {
  const where = [model.environment, model.shortSha].filter((part): part is string => part !== null);
  const history = model.history === null ? "" : `<p class="note">${escapeHtml(model.history)}</p>`;
  const next =
    model.next.length === 0 ? "" : `<p class="next"><strong>Next:</strong> ${model.next.map(inline).join(" ")}</p>`;
  const [word = "", ...qualified] = model.title.slice(0, model.title.length - model.answer.length - 2).split(", ");
  const qualifier = qualified.length === 0 ? "" : `, ${escapeHtml(qualified.join(", "))}`;
  return `<header class="card verdict ${model.verdict}">
<p class="eyebrow">${["deploy impact", ...where].map(escapeHtml).join(" · ")}</p>
<h1><span class="word">${escapeHtml(word)}</span>${qualifier}: ${unbroken(escapeHtml(model.answer))}</h1>
${history}${model.alerts.map((line) => paragraph("next", [`⚠️ ${line}`])).join("")}${paragraph("lead", model.meaning)}
${next}
${paragraph("setting", model.setting)}${model.batch === null ? "" : paragraph("setting", [model.batch])}${amendments(model)}
</header>`;
}

function amendments(model: ReportModel): string {
  if (model.amendments.length === 0) return "";
  return `<h2 class="small">Changed after the announcement</h2>${list(model.amendments)}`;
}

function footer(model: ReportModel): string {
  const config = model.configRef === null ? [] : [`config at <code>${escapeHtml(model.configRef)}</code>`];
  const link = (url: string | null, text: string): readonly string[] =>
    url !== null && isWebAddress(url) ? [`<a href="${escapeHtml(url)}">${text}</a>`] : [];
  const parts = [
    ...model.footer.map(escapeHtml),
    ...config,
    ...link(model.links.run, "workflow run"),
    ...link(model.links.commit, "commit"),
  ];
  return `<p class="footer">${parts.join(" · ")}</p>`;
}

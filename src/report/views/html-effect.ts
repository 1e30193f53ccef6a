import { effectSvg } from "../charts/effect.ts";
import { effectAxisSvg } from "../charts/effect-axis.ts";
import { escapeHtml } from "../escape.ts";
import type { MetricModel, ReportModel } from "../model.ts";
import { changeHeader } from "./headers.ts";
import { list, note, paragraph, table } from "./html-text.ts";

/** The effect of the metric in front, against its margin; and what it costs where that is known. */
export function effectSection(model: ReportModel): string {
  const lead = model.metrics[0];
  if (lead === undefined) return "";
  const mark = lead.charts.effect;
  const drawing =
    mark === null
      ? `<p class="note">There is no estimate to draw.</p>`
      : `<figure class="hero">${effectAxisSvg(mark, "effect-lead", lead)}</figure>`;
  return `<section class="card view in-executive ${lead.verdict}" aria-labelledby="effect">
<h2 id="effect">The effect on ${escapeHtml(lead.label)}</h2>
<div class="lead-effect">${drawing}${tiles(lead)}</div>
${lead.levels.map((line) => paragraph("note", [line])).join("")}${budget(model)}
</section>`;
}

function tiles(metric: MetricModel): string {
  const items: readonly (readonly [string, string | null])[] = [
    [`Change vs ${metric.against}`, metric.change],
    [`${metric.level} interval`, metric.interval],
    ["The same, other scale", metric.otherScale],
    ["Margin", metric.margin],
    ["Would have seen", metric.detectable],
  ];
  const shown = items.flatMap(([name, value]) =>
    value === null ? [] : [`<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`],
  );
  return `<dl class="tiles">${shown.join("")}</dl>`;
}

function budget(model: ReportModel): string {
  return model.budget.length === 0 ? "" : `<h3>What it costs</h3>${list(model.budget)}`;
}

export function metricsSection(model: ReportModel): string {
  if (model.metrics.length === 0) return "";
  const level = model.metrics[0]?.level ?? "";
  const heads = [
    "Metric",
    "Effect against its margin",
    changeHeader(model.metrics),
    `${level} interval`,
    "Margin",
    "Would have seen",
    "Verdict",
  ];
  const title = model.metrics.length === 1 ? "The metric" : `${model.metrics.length} metrics`;
  return `<section class="card view in-executive in-debug" aria-labelledby="metrics">
<h2 id="metrics">${title}</h2>
${serviceList(model)}${model.metrics.length === 1 ? "" : paragraph("note", [`${model.tally}.`])}
${table("Metrics", heads, model.metrics.map(metricRow), "stack")}
<p class="note">Dot and whisker: the effect and its interval. Dotted line: no effect. Shaded: harm beyond the margin. Each row has its own scale. “Would have seen”: the smallest harm that this comparison would most likely have found.</p>
</section>`;
}

function serviceList(model: ReportModel): string {
  if (model.services.length === 0) return "";
  const items = model.services.map(
    (service) =>
      `<li>${escapeHtml(service.name ?? "other")} <span class="state ${service.verdict}">${service.word.toLowerCase()}</span></li>`,
  );
  return `<ul>${items.join("")}</ul>`;
}

function metricRow(metric: MetricModel, index: number): string {
  const mark = metric.charts.effect;
  const drawing = mark === null ? "no estimate" : effectSvg(mark, `effect-${index}`, metric.label, metric.sentence);
  const aside = metric.verdictCell.includes("(")
    ? metric.verdictCell.slice(metric.verdictCell.indexOf("(") + 1, -1)
    : "";
  const number = (label: string, value: string | null): string =>
    `<td class="number" data-label="${escapeHtml(label)}">${escapeHtml(value ?? "-")}</td>`;
  return `<tr class="${metric.verdict}"><th scope="row">${escapeHtml(metric.label)}${note(metric.tags.join(", "))}</th><td class="effect">${drawing}</td>${number("Change", metric.change)}${number(
    `${metric.level} interval`,
    metric.interval,
  )}${number("Margin", metric.margin)}${number("Would have seen", metric.detectable)}<td class="wide"><span class="state">${escapeHtml(metric.word.toLowerCase())}</span>${note(aside)}</td></tr>`;
}

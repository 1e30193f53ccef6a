import { effectSvg } from "../charts/effect.ts";
import { eventStudySvg } from "../charts/event-study.ts";
import { pathSvg } from "../charts/path.ts";
import { placeboSvg } from "../charts/placebo.ts";
import { escapeHtml, isWebAddress } from "../escape.ts";
import type { CheckModel, MetricModel, ReportModel } from "../model.ts";
import { changeHeader, minutesHeader } from "./headers.ts";
import { STYLE } from "./html-style.ts";

/**
 * One page that needs nothing but itself: no script, no request, one style sheet, so that it opens from a disk, an
 * artifact or a mail. The policy in its head forbids everything else even if an escape were wrong.
 */
export function renderHtml(model: ReportModel): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${escapeHtml(model.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${header(model)}
${metricsSection(model)}
${detailsSection(model)}
${evidenceSection(model)}
${footer(model)}
</main>
</body>
</html>
`;
}

/** Model sentences mark code with backticks. */
function inline(text: string): string {
  return text
    .split(/`([^`]+)`/)
    .map((part, index) => (index % 2 === 1 ? `<code>${escapeHtml(part)}</code>` : spaced(part)))
    .join("");
}

/** An interval in parentheses stays on one line. */
function unbroken(escaped: string): string {
  return escaped.replace(/\([^()]{1,40}\)/g, (interval) => interval.replaceAll(" ", "&nbsp;"));
}

function spaced(part: string): string {
  if (part.trim() === "") return part === "" ? "" : " ";
  return `${part.startsWith(" ") ? " " : ""}${escapeHtml(part)}${part.endsWith(" ") ? " " : ""}`;
}

function paragraph(className: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `<p class="${className}">${lines.map(inline).join(" ")}</p>`;
}

function list(lines: readonly string[]): string {
  return lines.length === 0 ? "" : `<ul>${lines.map((line) => `<li>${inline(line)}</li>`).join("")}</ul>`;
}

function header(model: ReportModel): string {
  const where = [model.environment, model.shortSha].filter((part): part is string => part !== null);
  const history = model.history === null ? "" : `<p class="note">${escapeHtml(model.history)}</p>`;
  const next =
    model.next.length === 0 ? "" : `<p class="next"><strong>Next:</strong> ${model.next.map(inline).join(" ")}</p>`;
  return `<header class="card verdict ${model.verdict}">
<p class="eyebrow">${["deploy impact", ...where].map(escapeHtml).join(" · ")}</p>
<h1><span class="word">${escapeHtml(model.word)}</span>: ${unbroken(escapeHtml(model.answer))}</h1>
${history}${model.alerts.map((line) => paragraph("next", [`⚠️ ${line}`])).join("")}${paragraph("lead", model.meaning)}
${next}
${paragraph("setting", model.setting)}${model.batch === null ? "" : paragraph("setting", [model.batch])}
</header>`;
}

function metricsSection(model: ReportModel): string {
  if (model.metrics.length === 0) return "";
  const rows = model.metrics.map((metric, index) => metricRow(metric, index)).join("\n");
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
  return `<section class="card" aria-labelledby="metrics">
<h2 id="metrics">${model.metrics.length === 1 ? "The metric" : `${model.metrics.length} metrics`}</h2>
${serviceList(model)}
<div class="scroll"><table class="stack">
<thead><tr>${heads.map((head) => `<th scope="col">${escapeHtml(head)}</th>`).join("")}</tr></thead>
<tbody>
${rows}
</tbody></table></div>
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

function note(text: string): string {
  return text === "" ? "" : `<span class="aside">${escapeHtml(text)}</span>`;
}

function detailsSection(model: ReportModel): string {
  if (model.metrics.length === 0) return "";
  const blocks = model.metrics.map((metric, index) => metricDetails(metric, index)).join("\n");
  return `<section class="card" aria-labelledby="evidence"><h2 id="evidence">Why, metric by metric</h2>
${blocks}
</section>`;
}

function metricDetails(metric: MetricModel, index: number): string {
  return `<details class="${metric.verdict}"${index === 0 ? " open" : ""}><summary>${escapeHtml(metric.label)}<span class="state">${escapeHtml(metric.word.toLowerCase())}</span></summary>
${paragraph("", metric.meaning)}
${charts(metric, index)}
${checkTable(metric)}
${partsTable(metric)}
${eventTable(metric)}
</details>`;
}

function charts(metric: MetricModel, index: number): string {
  const { path, eventStudy, placebos } = metric.charts;
  const figures = [
    path === null
      ? ""
      : figure(
          '<span class="key"></span>treated units <span class="key expected"></span>expected without the deploy',
          pathSvg(path, `path-${index}`),
        ),
    eventStudy === null
      ? ""
      : figure(
          "Effect by time: hollow before the deploy, solid after it",
          eventStudySvg(eventStudy, `event-${index}`, metric.label),
        ),
    placebos === null
      ? ""
      : figure("Fake deploys before the real one, each a dot", placeboSvg(placebos, `placebo-${index}`, metric.label)),
  ].filter((markup) => markup !== "");
  const facts = `<div class="facts">${metric.levels.map((line) => `<p>${inline(line)}</p>`).join("")}${list(metric.method)}</div>`;
  return `<div class="charts">${figures.join("\n")}${facts}</div>`;
}

/** The caption is markup of ours, never foreign text. */
function figure(caption: string, svg: string): string {
  return `<figure><figcaption>${caption}</figcaption>${svg}</figure>`;
}

const STATE_CLASS: Readonly<Record<CheckModel["state"], string>> = {
  passed: "passed",
  failed: "failed",
  noted: "noted",
  "not run": "not-run",
};
const STATE_WORD: Readonly<Record<CheckModel["state"], string>> = {
  passed: "passed",
  failed: "failed",
  noted: "for information",
  "not run": "not run",
};

function checkTable(metric: MetricModel): string {
  if (metric.checks.length === 0) return "";
  const rows = metric.checks.map(
    (check) =>
      `<tr><th scope="row">${escapeHtml(check.question)}</th><td><span class="state ${STATE_CLASS[check.state]}">${STATE_WORD[check.state]}</span></td><td class="wide">${inline(check.sentence)}</td></tr>`,
  );
  return `<h3>What was tried to break it</h3><div class="scroll"><table class="stack checks">
<thead><tr><th scope="col">Check</th><th scope="col">Result</th><th scope="col">Finding</th></tr></thead>
<tbody>${rows.join("\n")}</tbody></table></div>`;
}

function partsTable({ subgroups }: MetricModel): string {
  if (subgroups === null) return "";
  const { by, lines, rows } = subgroups;
  const heads = [
    by,
    "Change",
    "Interval, all at once",
    "Drawn together",
    "p after Holm",
    "Treated / control",
    "Finding",
  ];
  const body = rows.map(
    ({ name, change, interval, drawn, adjusted, units, finding }) =>
      `<tr><th scope="row">${escapeHtml(name)}</th>${[change, interval, drawn, adjusted, units]
        .map((text) => `<td class="number">${escapeHtml(text)}</td>`)
        .join("")}<td>${escapeHtml(finding)}</td></tr>`,
  );
  const table =
    rows.length === 0
      ? ""
      : `<div class="scroll"><table>
<thead><tr>${heads.map((head) => `<th scope="col">${escapeHtml(head)}</th>`).join("")}</tr></thead>
<tbody>${body.join("\n")}</tbody></table></div>`;
  return `<h3>By ${escapeHtml(by)}</h3>${list(lines)}${table}`;
}

function eventTable(metric: MetricModel): string {
  if (metric.eventStudy.length === 0) return "";
  const rows = metric.eventStudy.map(
    (point) =>
      `<tr><th scope="row">${escapeHtml(point.time)}</th><td class="number">${escapeHtml(point.effect)}</td><td class="number">${escapeHtml(point.interval)}</td></tr>`,
  );
  return `<details><summary>Effect by time, as numbers</summary><div class="scroll"><table>
<thead><tr><th scope="col">${minutesHeader(metric)}</th><th scope="col">Effect</th><th scope="col">${escapeHtml(metric.level)} interval</th></tr></thead>
<tbody>${rows.join("\n")}</tbody></table></div></details>`;
}

function evidenceSection(model: ReportModel): string {
  const queries =
    model.queries.length === 0
      ? ""
      : `<h3>Queries</h3><ul>${model.queries
          .map(
            (record) =>
              `<li>${escapeHtml(`${record.metric}, ${record.component}`)}: <code>${escapeHtml(record.query)}</code></li>`,
          )
          .join("")}</ul>`;
  return `<section class="card" aria-labelledby="method"><h2 id="method">Data, method, reproduce</h2>
<h3>Data quality</h3>${list(model.quality)}
<h3>Method</h3>${list(model.method)}
<h3>Reproduce</h3><pre>${model.reproduce.map(escapeHtml).join("\n")}</pre>${queries}
</section>`;
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
  return `<footer>${parts.join(" · ")}</footer>`;
}

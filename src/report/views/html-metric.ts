import { eventStudySvg } from "../charts/event-study.ts";
import { pathSvg } from "../charts/path.ts";
import { placeboSvg } from "../charts/placebo.ts";
import { unitsSvg } from "../charts/units.ts";
import { escapeHtml } from "../escape.ts";
import { significant } from "../format.ts";
import type { MetricModel, ReportModel } from "../model.ts";
import { minutesHeader } from "./headers.ts";
import { type Concern, concernOf } from "./html-on-call.ts";
import { checkState, figure, inline, list, namedTable, note, paragraph, pre, table } from "./html-text.ts";

/** Metric by metric: on-call sees what is hurt with its course and its units, the debug view everything. */
export function metricSections(model: ReportModel): string {
  if (model.metrics.length === 0) return "";
  const concern = concernOf(model);
  const isCalled = concern.metrics.length > 0;
  const blocks = model.metrics.map((metric, index) => metricBlock(metric, index, concern)).join("\n");
  return `<section class="card view ${isCalled ? "in-on-call " : ""}in-debug" aria-labelledby="evidence">
<h2 id="evidence"><span class="view in-on-call">How it went</span><span class="view in-debug">Metric by metric</span></h2>
${blocks}
</section>`;
}

function metricBlock(metric: MetricModel, index: number, { metrics }: Concern): string {
  const isCalled = metrics.includes(metric);
  return `<details class="view in-debug${isCalled ? " in-on-call" : ""} ${metric.verdict}"${isCalled || index === 0 ? " open" : ""}><summary>${escapeHtml(metric.label)}<span class="state">${escapeHtml(metric.word.toLowerCase())}</span></summary>
${paragraph("", metric.meaning)}
<div class="charts">${calledCharts(metric, index)}${debugCharts(metric, index)}</div>
<div class="view in-debug">
${metric.levels.map((line) => paragraph("note", [line])).join("")}${list(metric.method)}
${reasons(metric)}${checkTable(metric)}
${partsTable(metric)}
${unitsTable(metric)}${eventTable(metric)}${factsOf(metric)}${numbersTable(metric)}${seriesText(metric)}
</div>
</details>`;
}

function calledCharts({ charts, label }: MetricModel, index: number): string {
  const { path, units } = charts;
  return [
    path === null ? "" : figure(PATH_CAPTION, pathSvg(path, `path-${index}`)),
    units === null
      ? ""
      : figure("Each unit: solid with the deploy, hollow without it", unitsSvg(units, `units-${index}`, label)),
  ].join("");
}

const PATH_CAPTION =
  '<span class="key"></span>treated units <span class="key expected"></span>expected without the deploy';

const DEBUG_ONLY = "view in-debug";

function debugCharts({ charts, label }: MetricModel, index: number): string {
  const { eventStudy, placebos, placebosInSpace } = charts;
  const byTime = "Effect by time: hollow before the deploy, solid after it";
  const fakes = "Fake deploys before the real one, each a dot";
  const turns = "Each control unit treated in turn, each a dot";
  return [
    eventStudy === null ? "" : figure(byTime, eventStudySvg(eventStudy, `event-${index}`, label), DEBUG_ONLY),
    placebos === null ? "" : figure(fakes, placeboSvg(placebos, `placebo-${index}`, label, "fake deploys"), DEBUG_ONLY),
    placebosInSpace === null
      ? ""
      : figure(turns, placeboSvg(placebosInSpace, `space-${index}`, label, "controls in its place"), DEBUG_ONLY),
  ].join("");
}

function reasons({ reasons: all }: MetricModel): string {
  if (all.length === 0) return "";
  const items = all.map(
    ({ code, sentence, todo }) =>
      `<li>${inline(sentence)} ${inline(todo)} <span class="aside">${escapeHtml(code)}</span></li>`,
  );
  return `<h3>Reasons</h3><ul>${items.join("")}</ul>`;
}

function checkTable(metric: MetricModel): string {
  if (metric.checks.length === 0) return "";
  const rows = metric.checks.map(
    (check) =>
      `<tr><th scope="row">${escapeHtml(check.question)}</th><td>${checkState(check.state)}${note(check.required ? "required" : "")}</td><td class="wide">${inline(check.sentence)}${note(check.numbers)}</td></tr>`,
  );
  return `<h3>What was tried to break it</h3>${table(`Checks of ${metric.label}`, ["Check", "Result", "Finding"], rows, "stack checks")}`;
}

function factsOf({ checks, label }: MetricModel): string {
  const rows = checks.flatMap(({ id, facts }) => facts.map(({ name, text }) => ({ name: `${id} ${name}`, text })));
  if (rows.length === 0) return "";
  return `<details><summary>What the checks wrote down</summary>${namedTable(`Facts of the checks of ${label}`, ["Check and fact", "Value"], rows)}</details>`;
}

function partsTable({ subgroups, label }: MetricModel): string {
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
  return `<h3>By ${escapeHtml(by)}</h3>${list(lines)}${rows.length === 0 ? "" : table(`${label} by ${by}`, heads, body)}`;
}

function unitsTable({ units, label }: MetricModel): string {
  if (units.length === 0) return "";
  const rows = units.map(
    ({ name, group, change, weight }) =>
      `<tr><th scope="row">${escapeHtml(name)}</th><td>${group}</td><td>${escapeHtml(change)}</td><td>${escapeHtml(weight)}</td></tr>`,
  );
  return `<details><summary>Change of every unit, as numbers</summary>${table(`Units of ${label}`, ["Unit", "Group", "Own change", "Weight in its group"], rows)}</details>`;
}

function eventTable(metric: MetricModel): string {
  if (metric.eventStudy.length === 0) return "";
  const rows = metric.eventStudy.map(
    (point) =>
      `<tr><th scope="row">${escapeHtml(point.time)}</th><td>${escapeHtml(point.effect)}</td><td>${escapeHtml(point.interval)}</td></tr>`,
  );
  const heads = [minutesHeader(metric), "Effect", `${metric.level} interval`];
  return `<details><summary>Effect by time, as numbers</summary>${table(`Effect on ${metric.label} by time`, heads, rows)}</details>`;
}

function numbersTable({ numbers, label }: MetricModel): string {
  if (numbers.length === 0) return "";
  return `<details><summary>All numbers, as in result.json</summary>${namedTable(`Numbers of ${label}`, ["Name", "Value"], numbers)}</details>`;
}

/** What the chart draws, for those who do not see it and for a spreadsheet. */
function seriesText({ charts, label }: MetricModel): string {
  const { path } = charts;
  if (path === null) return "";
  const cell = (value: number | null | undefined): string =>
    value == null ? "" : significant(value, 4).replaceAll(",", "");
  const lines = path.offsets.map((offset, index) =>
    [cell(offset / 60), cell(path.treated[index]), cell(path.counterfactual[index]), cell(path.control?.[index])].join(
      ",",
    ),
  );
  return `<details><summary>The series as drawn, as numbers</summary>${pre(`Series of ${label}`, ["minutes,treated,expected,control", ...lines])}</details>`;
}

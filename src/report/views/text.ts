import { escapeTerminal } from "../escape.ts";
import type { MetricModel, ReportModel } from "../model.ts";
import { checkLine, checkLines, paragraphs } from "./blocks.ts";

export interface TextOptions {
  /** Columns; lines are wrapped at words and never below 40. */
  readonly width: number;
  readonly color: boolean;
}

type Paint = (text: string, style: Style) => string;
type Style = "bold" | "dim" | "red" | "green" | "yellow" | "blue";

const CODES: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34 };
const VERDICT_STYLE: Readonly<Record<ReportModel["verdict"], Style>> = {
  regression: "red",
  improvement: "blue",
  "no-impact": "green",
  inconclusive: "yellow",
  invalid: "dim",
};

interface Page {
  readonly width: number;
  readonly paint: Paint;
}

/** The terminal and the log: plain words, aligned columns, no symbol a log could break. */
export function renderText(model: ReportModel, options: TextOptions): string {
  const page: Page = {
    width: Math.max(40, options.width),
    paint: (text, style) => (options.color ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text),
  };
  return `${paragraphs([
    headline(model, page),
    serviceLines(model, page),
    metricTable(model.metrics, page),
    otherReasons(model, page),
    ...model.alerts.map((line) => alert(line, page)),
    section("Changed after the announcement", model.amendments, page),
    wrapped(model.meaning.join(" "), page),
    wrapped(model.setting.join(" "), page),
    next(model, page),
    model.batch === null ? null : wrapped(model.batch, page),
    checks(model, page),
    ...model.metrics.slice(0, MOST_ROWS).map((metric) => parts(metric, page)),
    section("Data", model.quality, page),
    footer(model, page),
  ])}\n`;
}

function headline(model: ReportModel, { paint, width }: Page): string {
  const where = model.environment === null ? "" : ` in ${escapeTerminal(model.environment)}`;
  const after = model.shortSha === null ? "" : ` after ${escapeTerminal(model.shortSha)}`;
  const word = model.word.toUpperCase();
  const lines = wrap(`${word}${where}${after}: ${escapeTerminal(model.answer)}`, width);
  const [first = "", ...rest] = lines;
  const painted = `${paint(paint(first.slice(0, word.length), VERDICT_STYLE[model.verdict]), "bold")}${first.slice(word.length)}`;
  return [painted, ...rest, ...(model.history === null ? [] : [paint(escapeTerminal(model.history), "dim")])].join(
    "\n",
  );
}

function serviceLines(model: ReportModel, { paint }: Page): string | null {
  if (model.services.length === 0) return null;
  const longest = Math.max(...model.services.map((service) => cells(service.name ?? "other")));
  return model.services
    .map(
      (service) =>
        `${pad(escapeTerminal(service.name ?? "other"), longest)}  ${paint(service.word.toLowerCase(), VERDICT_STYLE[service.verdict])}`,
    )
    .join("\n");
}

const MOST_ROWS = 40;

interface Column {
  readonly header: string;
  readonly right: boolean;
  readonly cell: (metric: MetricModel) => string;
}

/** Aligned columns when they fit, with the tags moved below when only that makes them fit; else one block per metric. */
function metricTable(metrics: readonly MetricModel[], page: Page): string | null {
  if (metrics.length === 0) return null;
  const shown = metrics.slice(0, MOST_ROWS);
  const rest = metrics.length > shown.length ? [`and ${metrics.length - shown.length} more metrics`] : [];
  const lines =
    alignedTable(shown, labelled, page) ??
    alignedTable(shown, (metric) => metric.label, page)?.concat(tagLines(shown, page)) ??
    shown.map((metric) => block(metric, page));
  return [...lines, ...rest].join("\n");
}

function alignedTable(
  metrics: readonly MetricModel[],
  name: (metric: MetricModel) => string,
  page: Page,
): readonly string[] | null {
  const columns: readonly Column[] = [
    { header: "metric", right: false, cell: name },
    { header: "change", right: true, cell: (metric) => metric.change },
    { header: `${metrics[0]?.level ?? ""} interval`, right: true, cell: (metric) => metric.interval ?? "-" },
    { header: "margin", right: true, cell: (metric) => metric.margin },
    { header: "would see", right: true, cell: (metric) => metric.detectable ?? "-" },
    { header: "verdict", right: false, cell: (metric) => metric.word.toLowerCase() },
  ];
  const texts = metrics.map((metric) => columns.map((column) => escapeTerminal(column.cell(metric))));
  const widths = columns.map((column, index) =>
    Math.max(cells(column.header), ...texts.map((row) => cells(row[index] ?? ""))),
  );
  if (widths.reduce((sum, width) => sum + width + 2, -2) > page.width) return null;
  const line = (row: readonly string[]): string =>
    row
      .map((text, index) => pad(text, widths[index] ?? 0, columns[index]?.right ?? false))
      .join("  ")
      .trimEnd();
  return [
    page.paint(line(columns.map((column) => column.header)), "dim"),
    ...metrics.map((metric, index) => paintVerdict(line(texts[index] ?? []), metric, page)),
  ];
}

function tagLines(metrics: readonly MetricModel[], page: Page): readonly string[] {
  return metrics
    .filter((metric) => metric.tags.length > 0)
    .flatMap((metric) => wrap(escapeTerminal(`${metric.label}: ${metric.tags.join(", ")}`), page.width));
}

/** The table has no room for why another metric has no answer; the first line has told it when all share one reason. */
function otherReasons(model: ReportModel, page: Page): string | null {
  if (new Set(model.metrics.map((metric) => metric.verdictCell)).size < 2) return null;
  const lines = model.metrics
    .slice(1, MOST_ROWS)
    .filter((metric) => metric.verdict === "invalid")
    .map((metric) => `${metric.label}: ${metric.verdictCell}`);
  return lines.length === 0 ? null : lines.flatMap((line) => wrap(escapeTerminal(line), page.width)).join("\n");
}

function labelled(metric: MetricModel): string {
  return `${metric.label}${metric.tags.length === 0 ? "" : ` (${metric.tags.join(", ")})`}`;
}

function paintVerdict(line: string, metric: MetricModel, { paint }: Page): string {
  const cell = metric.word.toLowerCase();
  return line.endsWith(cell)
    ? `${line.slice(0, line.length - cell.length)}${paint(cell, VERDICT_STYLE[metric.verdict])}`
    : line;
}

function block(metric: MetricModel, page: Page): string {
  const interval = metric.interval === null ? "" : ` (${metric.interval})`;
  const head = `${labelled(metric)}: ${metric.verdictCell}`;
  const body =
    metric.change === "-" ? `margin ${metric.margin}` : `${metric.change}${interval}, margin ${metric.margin}`;
  return [
    ...wrap(escapeTerminal(head), page.width),
    ...wrap(escapeTerminal(body), page.width - 2).map((line) => `  ${line}`),
  ].join("\n");
}

function next(model: ReportModel, page: Page): string | null {
  if (model.next.length === 0) return null;
  const [first = "", ...rest] = wrap(`Next: ${model.next.map(escapeTerminal).join(" ")}`, page.width);
  return [`${page.paint(first.slice(0, 5), "bold")}${first.slice(5)}`, ...rest].join("\n");
}

/** The lead metric in full; of the others what failed. */
function checks(model: ReportModel, page: Page): string | null {
  const [lead, ...others] = model.metrics;
  if (lead === undefined || (lead.checks.length === 0 && others.every((metric) => metric.checks.length === 0)))
    return null;
  const failed = others
    .flatMap((metric) =>
      metric.checks.filter((check) => check.state === "failed" && check.required).map((check) => ({ metric, check })),
    )
    .slice(0, MOST_ROWS)
    .map(({ metric, check }) => `${metric.label}: ${checkLine(check)}`);
  const title = others.length === 0 ? "Checks" : `Checks of ${lead.label}`;
  return section(title, [...checkLines(lead), ...failed], page);
}

function alert(line: string, page: Page): string {
  return wrap(`! ${escapeTerminal(line)}`, page.width)
    .map((part) => page.paint(part, "red"))
    .join("\n");
}

/** Parts printed at most; the file holds all. */
const MOST_PARTS = 10;

function parts({ label, subgroups }: MetricModel, page: Page): string | null {
  if (subgroups === null) return null;
  const { by, lines, rows } = subgroups;
  const shown = rows.slice(0, MOST_PARTS).map(({ name, change, interval, drawn, finding }) => {
    const found = finding === "-" ? "" : `, ${finding}`;
    return `${name}: ${change} (${interval}), drawn together ${drawn}${found}`;
  });
  const rest = rows.length > MOST_PARTS ? [`and ${rows.length - MOST_PARTS} more with less harm`] : [];
  return section(`${label} by ${by}`, [...lines, ...shown, ...rest], page);
}

function section(title: string, lines: readonly string[], page: Page): string | null {
  if (lines.length === 0) return null;
  const items = lines.flatMap((line) =>
    wrap(escapeTerminal(line), page.width - 4).map((part, index) => `${index === 0 ? "  - " : "    "}${part}`),
  );
  return [page.paint(escapeTerminal(title), "bold"), ...items].join("\n");
}

function footer(model: ReportModel, page: Page): string {
  const links = model.links.report === null ? [] : [escapeTerminal(model.links.report)];
  const config = model.configRef === null ? [] : [`config at ${model.configRef}`];
  const lines = wrap([...model.footer, ...config].map(escapeTerminal).join(", "), page.width);
  return [...lines, ...links].map((line) => page.paint(line, "dim")).join("\n");
}

function wrapped(text: string, page: Page): string | null {
  return text === "" ? null : wrap(escapeTerminal(text), page.width).join("\n");
}

/** Breaks at spaces; a word longer than the line stays whole, because a broken name cannot be searched for. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").filter((part) => part !== "")) {
    if (line !== "" && cells(line) + 1 + cells(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return line === "" ? lines : [...lines, line];
}

/** Terminal cells: wide scripts take two, combining marks none. */
export function cells(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{M}/u.test(character)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}]/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}

export function pad(text: string, width: number, right = false): string {
  const space = " ".repeat(Math.max(0, width - cells(text)));
  return right ? `${space}${text}` : `${text}${space}`;
}

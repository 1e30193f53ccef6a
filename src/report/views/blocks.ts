import { codeMarkdown, escapeMarkdown, linkMarkdown } from "../escape.ts";
import type { CheckModel, MetricModel, ReportModel } from "../model.ts";
import { changeHeader, minutesHeader } from "./headers.ts";

/** Paragraphs and tables of GitHub Markdown that several views share. Every foreign word is escaped here. */
export const MOST_UNFOLDED = 5;
/** Rows of a table of parts in Markdown. */
export const MOST_PARTS = 30;

export function paragraphs(blocks: readonly (string | null)[]): string {
  return blocks.filter((block): block is string => block !== null && block !== "").join("\n\n");
}

/** `🔴 Regression in production after a1b2c3d: p95 latency +12.4% (7.9 to 17.0), margin 5%`. */
export function firstLine(model: ReportModel): string {
  const where = model.environment === null ? "" : ` in ${escapeMarkdown(model.environment)}`;
  const after = model.shortSha === null ? "" : ` after ${codeMarkdown(model.shortSha)}`;
  return `${model.symbol} ${model.word}${where}${after}: ${escapeMarkdown(model.answer)}`;
}

export function heading(model: ReportModel): string {
  return `### ${firstLine(model)}`;
}

export function history(model: ReportModel): string | null {
  return model.history === null ? null : `<sub>${escapeMarkdown(model.history)}</sub>`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(header), `|${header.map(() => "---").join("|")}|`, ...rows.map(row)].join("\n");
}

function cell(text: string | null): string {
  return text === null || text === "-" ? "-" : escapeMarkdown(text);
}

function intervalHeader(metrics: readonly MetricModel[]): string {
  const levels = new Set(metrics.map((metric) => metric.level));
  return levels.size === 1 ? `${metrics[0]?.level ?? ""} interval` : "Interval";
}

function labelCell(metric: MetricModel): string {
  return `${escapeMarkdown(metric.label)}${metric.tags.length === 0 ? "" : ` (${metric.tags.join(", ")})`}`;
}

/** The table that everybody sees: at most five metrics. */
export function shortTable(model: ReportModel): string | null {
  const metrics = model.metrics.slice(0, MOST_UNFOLDED);
  if (metrics.length === 0) return null;
  const rows = metrics.map((metric) => [
    labelCell(metric),
    cell(metric.change),
    cell(metric.interval),
    cell(metric.margin),
    cell(metric.verdictCell),
  ]);
  return table(["Metric", changeHeader(metrics), intervalHeader(metrics), "Margin", "Verdict"], rows);
}

/** Said under the short table when it does not hold all metrics. */
export function remainder(model: ReportModel): string | null {
  const rest = model.metrics.length - MOST_UNFOLDED;
  return rest <= 0 ? null : `${rest} more metric${rest === 1 ? "" : "s"} below. In all: ${model.tally}.`;
}

export function fullTable(metrics: readonly MetricModel[]): string {
  const withOther = metrics.some((metric) => metric.otherScale !== null);
  const rows = metrics.map((metric) => [
    labelCell(metric),
    cell(metric.change),
    cell(metric.interval),
    ...(withOther ? [cell(metric.otherScale)] : []),
    cell(metric.margin),
    cell(metric.detectable),
    cell(metric.verdictCell),
  ]);
  const header = [
    "Metric",
    changeHeader(metrics),
    intervalHeader(metrics),
    ...(withOther ? ["On the other scale"] : []),
    "Margin",
    "Would have seen",
    "Verdict",
  ];
  return table(header, rows);
}

/** All metrics, by service where there are several. */
export function allTables(model: ReportModel): string | null {
  if (model.metrics.length === 0) return null;
  if (model.services.length === 0) return fullTable(model.metrics);
  return paragraphs(
    model.services.map((service) =>
      paragraphs([
        `**${service.symbol} ${escapeMarkdown(service.name ?? "other")}: ${service.word.toLowerCase()}**`,
        fullTable(service.metrics.flatMap((index) => model.metrics[index] ?? [])),
      ]),
    ),
  );
}

/** One line per service, for the unfolded part. */
export function serviceLines(model: ReportModel): string | null {
  if (model.services.length === 0) return null;
  return bullets(
    model.services
      .slice(0, 10)
      .map((service) => `${service.symbol} ${service.name ?? "other"}: ${service.word.toLowerCase()}`)
      .concat(model.services.length > 10 ? [`and ${model.services.length - 10} more services`] : []),
  );
}

/** A sentence of the model: pairs of backticks mark code. */
export function inline(line: string): string {
  return line
    .split(/`([^`]+)`/)
    .map((part, index) => (index % 2 === 1 ? codeMarkdown(part) : part === "" ? "" : padded(part)))
    .join("");
}

/** Escaping trims; the spaces around code belong to the sentence. */
function padded(part: string): string {
  return `${part.startsWith(" ") ? " " : ""}${escapeMarkdown(part)}${part.length > 1 && part.endsWith(" ") ? " " : ""}`;
}

export function prose(lines: readonly string[]): string | null {
  return lines.length === 0 ? null : lines.map(inline).join(" ");
}

export function bullets(lines: readonly string[]): string | null {
  return lines.length === 0 ? null : lines.map((line) => `- ${inline(line)}`).join("\n");
}

/** Around the block below, so that it can be found and written anew when a reaction comes to its end. */
export const REACTIONS_START = "<!-- deploy-impact:reactions -->";
export const REACTIONS_END = "<!-- /deploy-impact:reactions -->";

/** What was done about the verdict, or would have been. */
export function reactions({ reactions: done }: Pick<ReportModel, "reactions">): string | null {
  if (done === null || done.length === 0) return null;
  const lines = done.map(({ at, what, state, link }) => {
    const said = `- ${escapeMarkdown(at)}: ${inline(what)} (${escapeMarkdown(state)})`;
    return link === null ? said : `${said} ${linkMarkdown("open", link)}`;
  });
  return `${REACTIONS_START}\n**Done about it:**\n\n${lines.join("\n")}\n${REACTIONS_END}`;
}

export function next(model: ReportModel): string | null {
  return model.next.length === 0 ? null : `**Next:** ${model.next.map(inline).join(" ")}`;
}

export function folded(title: string, body: string | null): string | null {
  return body === null ? null : `<details><summary>${escapeMarkdown(title)}</summary>\n\n${body}\n\n</details>`;
}

const STATE_WORDS: Readonly<Record<CheckModel["state"], string>> = {
  passed: "passed",
  failed: "failed",
  noted: "for information",
  "not run": "not run",
};

export function checkLine(check: CheckModel): string {
  switch (check.state) {
    case "passed":
    case "noted":
      return check.sentence;
    case "failed":
      return check.required ? `Failed: ${check.sentence}` : check.sentence;
    case "not run":
      return `${check.id} (${check.sentence.replace(/\.$/, "")})`;
  }
}

/** The findings of one metric: failures first; what did not run is one line at the end. */
export function checkLines(metric: MetricModel): readonly string[] {
  const order = ["failed", "passed", "noted"] as const;
  const ran = order.flatMap((state) => metric.checks.filter((check) => check.state === state));
  const notRun = metric.checks.filter((check) => check.state === "not run");
  return [...ran.map(checkLine), ...(notRun.length === 0 ? [] : [`Not run: ${notRun.map(checkLine).join("; ")}.`])];
}

/** What was tried to break the result. */
export function checkBullets(metric: MetricModel): string | null {
  return bullets(checkLines(metric));
}

export function checkTable(metric: MetricModel): string | null {
  if (metric.checks.length === 0) return null;
  return table(
    ["Check", "Result", "Finding"],
    metric.checks.map((check) => [
      escapeMarkdown(check.question),
      `${STATE_WORDS[check.state]}${check.required && check.state !== "not run" ? " (required)" : ""}`,
      inline(check.sentence),
    ]),
  );
}

/** `9 of 10 checks passed on all metrics`; failed ones are named. */
export function checkCount(model: ReportModel): string | null {
  const checks = model.metrics.flatMap((metric) => metric.checks.map((check) => ({ metric, check })));
  if (checks.length === 0) return null;
  const of = (state: CheckModel["state"]): number => checks.filter(({ check }) => check.state === state).length;
  const failed = checks.filter(({ check }) => check.state === "failed" && check.required);
  const named = failed.slice(0, 5).map(({ metric, check }) => `${metric.label}: ${check.sentence}`);
  const amounts = `**Checks:** ${of("passed")} passed, ${of("failed")} failed, ${of("noted")} for information, ${of("not run")} not run.`;
  return paragraphs([amounts, bullets(named)]);
}

export function chart(model: ReportModel): string | null {
  if (model.mermaid === null) return null;
  return paragraphs([prose(model.mermaid.caption), `\`\`\`mermaid\n${model.mermaid.source}\n\`\`\``]);
}

export function eventStudyTable(metric: MetricModel): string | null {
  if (metric.eventStudy.length === 0) return null;
  return table(
    [minutesHeader(metric), "Effect", `${metric.level} interval`],
    metric.eventStudy.map((point) => [
      escapeMarkdown(point.time),
      escapeMarkdown(point.effect),
      escapeMarkdown(point.interval),
    ]),
  );
}

/** Everything about one metric, for the analyst. */
export function metricDetail(metric: MetricModel): string {
  return paragraphs([
    `#### ${metric.symbol} ${labelCell(metric)}: ${escapeMarkdown(metric.verdictCell)}`,
    prose(metric.meaning),
    prose(metric.levels),
    `<sub>${metric.method.map(escapeMarkdown).join(" · ")}</sub>`,
    checkTable(metric),
    subgroupTable(metric, MOST_PARTS),
    eventStudyTable(metric),
  ]);
}

/** What must not be missed beside the verdict. */
export function alerts(model: ReportModel): string | null {
  const most = 3;
  const rest = model.alerts.length - most;
  return paragraphs([
    ...model.alerts.slice(0, most).map((line) => `⚠️ ${inline(line)}`),
    rest > 0 ? `${rest} more metric${rest === 1 ? "" : "s"} got worse in a part.` : null,
  ]);
}

/** The parts of one metric: sentences, and a table of those with the most harm. */
export function subgroupTable({ subgroups }: MetricModel, most: number): string | null {
  if (subgroups === null) return null;
  const { by, lines, rows } = subgroups;
  const rest = rows.length - most;
  return paragraphs([
    bullets(lines),
    rows.length === 0
      ? null
      : table(
          [escapeMarkdown(by), "Change", "Interval, all at once", "Drawn together", "p after Holm", "Units", "Finding"],
          rows
            .slice(0, most)
            .map(({ name, change, interval, drawn, adjusted, units, finding }) =>
              [name, change, interval, drawn, adjusted, units, finding].map(cell),
            ),
        ),
    rest > 0 ? `${rest} more ${rest === 1 ? "value" : "values"} with less harm in result.json.` : null,
  ]);
}

export function quality(model: ReportModel): string | null {
  return paragraphs(["**Data quality**", bullets(model.quality)]);
}

export function method(model: ReportModel): string | null {
  return paragraphs(["**Method**", bullets(model.method)]);
}

export function reproduce(model: ReportModel): string {
  return paragraphs([
    "**Reproduce**",
    `\`\`\`text\n${model.reproduce.map((line) => line.replaceAll("`", "'")).join("\n")}\n\`\`\``,
  ]);
}

export function queries(model: ReportModel): string | null {
  if (model.queries.length === 0) return null;
  return paragraphs([
    "**Queries**",
    model.queries
      .map((record) => `- ${escapeMarkdown(`${record.metric}, ${record.component}`)}: ${codeMarkdown(record.query)}`)
      .join("\n"),
  ]);
}

export function footer(model: ReportModel): string {
  const link = model.links.report === null ? [] : [linkMarkdown("full report", model.links.report)];
  const config = model.configRef === null ? [] : [`config at ${codeMarkdown(model.configRef)}`];
  return `<sub>${[...model.footer.map(escapeMarkdown), ...config, ...link].join(" · ")}</sub>`;
}

/** The link of the smallest variant; it survives whatever has to go. */
export function reportLink(model: ReportModel): string | null {
  return model.links.report === null ? null : linkMarkdown("full report", model.links.report);
}

export function leftOut(model: ReportModel): string {
  const link = reportLink(model);
  return `<sub>Shortened to fit; ${link === null ? "result.json holds everything" : `everything is in the ${link}`}.</sub>`;
}

/** Changes of the announced plan that are shown one by one; the newest count most. */
const MOST_AMENDMENTS = 6;

export function amendments(model: ReportModel): string | null {
  return amendmentList(model.amendments);
}

export function amendmentList(lines: readonly string[]): string | null {
  if (lines.length === 0) return null;
  const left = lines.length - MOST_AMENDMENTS;
  return paragraphs([
    "**Changed after the announcement**",
    bullets([...(left > 0 ? [`${left} earlier changes.`] : []), ...lines.slice(-MOST_AMENDMENTS)]),
  ]);
}

export function batchLine(model: ReportModel): string | null {
  return model.batch === null ? null : escapeMarkdown(model.batch);
}

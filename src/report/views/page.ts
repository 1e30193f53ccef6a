import { escapeMarkdown, escapeTerminal } from "../escape.ts";
import type { Block, Column, Page } from "../pages/page.ts";
import { cells, pad, type TextOptions, wrap } from "./text.ts";

/** A page for a terminal or a log; tables that do not fit become one block per row. */
export function renderPageText(page: Page, { width, color }: TextOptions): string {
  const columns = Math.max(40, width);
  const bold = (text: string): string => (color ? `\u001b[1m${text}\u001b[0m` : text);
  const title = wrap(escapeTerminal(page.title), columns).map(bold).join("\n");
  return `${[title, ...page.blocks.map((block) => blockText(block, columns, bold))].join("\n\n")}\n`;
}

function blockText(block: Block, width: number, bold: (text: string) => string): string {
  switch (block.type) {
    case "text":
      return wrap(escapeTerminal(block.text), width).join("\n");
    case "list":
      return [
        bold(escapeTerminal(block.title)),
        ...block.items.flatMap((item, i) => itemLines(block, item, i, width)),
      ].join("\n");
    case "table":
      return tableText(block.columns, block.rows, width).join("\n");
  }
}

function itemLines(block: Extract<Block, { type: "list" }>, item: string, index: number, width: number): string[] {
  const mark = block.numbered ? `  ${index + 1}. ` : "  - ";
  return wrap(escapeTerminal(item), width - mark.length).map(
    (line, i) => `${i === 0 ? mark : " ".repeat(mark.length)}${line}`,
  );
}

function tableText(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string[] {
  const texts = [columns.map(({ header }) => header), ...rows.map((row) => row.map(escapeTerminal))];
  const widths = columns.map((_, c) => Math.max(...texts.map((row) => cells(row[c] ?? ""))));
  if (widths.reduce((sum, one) => sum + one + 2, -2) <= width) {
    return texts.map((row) =>
      row
        .map((cell, c) => pad(cell, widths[c] ?? 0, columns[c]?.right ?? false))
        .join("  ")
        .trimEnd(),
    );
  }
  return texts
    .slice(1)
    .flatMap(([name = "", ...row]) => [
      name,
      ...row.flatMap((cell, c) =>
        wrap(`${columns[c + 1]?.header ?? ""}: ${cell}`, width - 2).map((line) => `  ${line}`),
      ),
    ]);
}

/** A page for GitHub: a pull request, an issue, a job summary. */
export function renderPageMarkdown(page: Page): string {
  return `${[`## ${escapeMarkdown(page.title)}`, ...page.blocks.map(blockMarkdown)].join("\n\n")}\n`;
}

function blockMarkdown(block: Block): string {
  switch (block.type) {
    case "text":
      return escapeMarkdown(block.text);
    case "list":
      return [
        `### ${escapeMarkdown(block.title)}`,
        "",
        ...block.items.map((item, i) => `${block.numbered ? `${i + 1}.` : "-"} ${escapeMarkdown(item)}`),
      ].join("\n");
    case "table":
      return [
        block.columns.map(({ header }) => escapeMarkdown(header)),
        block.columns.map((column) => (column.right ? "---:" : "---")),
        ...block.rows.map((row) => row.map(escapeMarkdown)),
      ]
        .map((row) => `| ${row.join(" | ")} |`)
        .join("\n");
  }
}

import { escapeHtml } from "../escape.ts";
import type { Block, Column, Page } from "../pages/page.ts";
import { STYLE } from "./html-style.ts";

/** The same page for a browser: it needs nothing but itself, no script and no request. */
export function renderPageHtml(page: Page): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${escapeHtml(page.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<section class="card">
<h1>${escapeHtml(page.title)}</h1>
${page.blocks.map(blockHtml).join("\n")}
</section>
</main>
</body>
</html>
`;
}

function blockHtml(block: Block): string {
  switch (block.type) {
    case "text":
      return `<p class="note">${escapeHtml(block.text)}</p>`;
    case "list": {
      const tag = block.numbered ? "ol" : "ul";
      const items = block.items.map((item) => `<li>${escapeHtml(item)}</li>`).join("");
      return `<h2 class="small">${escapeHtml(block.title)}</h2>\n<${tag}>${items}</${tag}>`;
    }
    case "table":
      return tableHtml(block.columns, block.rows);
  }
}

function tableHtml(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const head = columns.map(({ header }) => `<th scope="col">${escapeHtml(header)}</th>`).join("");
  const body = rows.map(([first = "", ...rest]) => {
    const cells = rest.map(
      (cell, c) => `<td${columns[c + 1]?.right === true ? ' class="number"' : ""}>${escapeHtml(cell)}</td>`,
    );
    return `<tr><th scope="row">${escapeHtml(first)}</th>${cells.join("")}</tr>`;
  });
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>\n${body.join("\n")}\n</tbody></table></div>`;
}

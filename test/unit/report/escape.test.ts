import fc from "fast-check";
import { type DomDocument, JSDOM } from "jsdom";
import { marked } from "marked";
import { describe, expect, test } from "vitest";
import { buildReport } from "../../../src/report/build.ts";
import {
  codeMarkdown,
  escapeHtml,
  escapeMarkdown,
  escapeMermaid,
  escapeTerminal,
  plain,
} from "../../../src/report/escape.ts";
import { commentMarker } from "../../../src/report/marker.ts";
import { renderCheck } from "../../../src/report/views/check.ts";
import { renderComment } from "../../../src/report/views/comment.ts";
import { renderHtml } from "../../../src/report/views/html.ts";
import { renderSummary } from "../../../src/report/views/summary.ts";
import { renderText } from "../../../src/report/views/text.ts";
import { ON_GITHUB } from "../../surfaces/contexts.ts";
import { percent, resultDocument } from "../../surfaces/documents.ts";

const NASTY = [
  "a|b",
  "`code`",
  "``` fence",
  "<img src=x onerror=alert(1)>",
  "</details><script>alert(1)</script>",
  "@team",
  "cc @acme/ops",
  "#1",
  "fixes #12",
  "GH-7",
  "acme/shop#3",
  "https://evil.example/x",
  "www.evil.example",
  "[click](javascript:alert(1))",
  "![x](http://evil.example/x.png)",
  "**bold** _it_ ~~gone~~",
  "line\nbreak\r\n# heading",
  "- item",
  "1. item",
  "--- ",
  "=== ",
  "> quote",
  "| a | b |",
  "\u202Egnp.exe",
  "\u001b[31mred\u001b[0m",
  "\u0007bell\u0000",
  "a\u200Bb",
  "&lt;b&gt; &amp; &#64;team",
  ":tada: :+1:",
  "$x^2$ $$y$$",
  "\\| \\` \\@",
  `{{ template }} ${"$"}{{ secrets.X }}`,
  "-->",
  "lone \uD800 surrogate",
  "x".repeat(500),
];
const piece = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "grapheme", maxLength: 8 }),
);
const label = fc.array(piece, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(" "));

/** What GitHub links on its own, looked for in rendered text outside code. */
const LIVE = [/(?<![\p{L}\p{N}])@[a-z0-9]/iu, /#\d/, /\bgh-\d/i, /https?:\/\//i, /\bwww\./i, /:[\w+-]+:/];

const parser = new new JSDOM("").window.DOMParser();

function page(html: string): DomDocument {
  return parser.parseFromString(html, "text/html");
}

function rendered(markdown: string): DomDocument {
  return page(`<body>${marked.parse(markdown, { gfm: true, async: false })}</body>`);
}

function liveText(document: DomDocument): string {
  for (const code of document.querySelectorAll("code, pre, a")) code.remove();
  return document.body.textContent ?? "";
}

function withoutBreakers(text: string): string {
  return text.replaceAll("\u200B", "");
}

describe("Markdown", () => {
  test.each(NASTY)("%j is plain text in a sentence and in a cell", (text) => {
    for (const markdown of [
      `Before ${escapeMarkdown(text)} after`,
      `- ${escapeMarkdown(text)}`,
      `| a | b |\n|---|---|\n| ${escapeMarkdown(text)} | end |`,
    ]) {
      const document = rendered(markdown);
      const tags = [...document.body.querySelectorAll("*")].map((element) => element.tagName.toLowerCase());
      expect(
        tags.filter((tag) => !["p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"].includes(tag)),
      ).toEqual([]);
      for (const pattern of LIVE) expect(liveText(document)).not.toMatch(pattern);
    }
  });

  test("any text keeps its letters and its cell", () => {
    fc.assert(
      fc.property(label, (text) => {
        const document = rendered(`| a | b |\n|---|---|\n| x${escapeMarkdown(text)}x | end |`);
        const cells = [...document.querySelectorAll("td")].map((cell) => withoutBreakers(cell.textContent ?? ""));
        expect(cells.length).toBe(2);
        expect(cells[1]).toBe("end");
        expect((cells[0] ?? "").replace(/\s+/g, " ")).toBe(`x${plain(text)}x`.replace(/\s+/g, " "));
      }),
      { numRuns: 300 },
    );
  });

  test("code stays code", () => {
    fc.assert(
      fc.property(label, (text) => {
        const document = rendered(`a ${codeMarkdown(text)} b`);
        expect(document.querySelectorAll("body *:not(p):not(code)").length).toBe(0);
        expect(withoutBreakers(liveText(document)).replace(/\s+/g, " ").trim()).toBe("a b");
      }),
      { numRuns: 300 },
    );
  });
});

describe("other media", () => {
  test("HTML text and attributes", () => {
    fc.assert(
      fc.property(label, (text) => {
        const document = page(`<p title="${escapeHtml(text)}">${escapeHtml(text)}</p>`);
        const paragraph = document.querySelector("p");
        expect(document.body.children.length).toBe(1);
        expect(paragraph?.textContent).toBe(plain(text));
        expect(paragraph?.getAttribute("title")).toBe(plain(text));
      }),
      { numRuns: 200 },
    );
  });

  test("a terminal never receives a control or direction character", () => {
    fc.assert(
      fc.property(label, (text) => {
        expect(escapeTerminal(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      }),
    );
  });

  test("a Mermaid title cannot leave its quotes, its line or the fence", () => {
    fc.assert(
      fc.property(label, (text) => {
        expect(escapeMermaid(text)).not.toMatch(/["'`\n\r;#<>{}[\]\\|]|%%/);
      }),
    );
  });

  test("no environment name can end the marker's comment", () => {
    fc.assert(
      fc.property(label, (name) => {
        const marker = commentMarker(name);
        expect(marker.indexOf("-->")).toBe(marker.length - 3);
        expect(marker).toMatch(/^<!-- deploy-impact:v1 env=[^\s<>]* -->$/);
      }),
    );
    expect(commentMarker("production")).toBe("<!-- deploy-impact:v1 env=production -->");
    expect(commentMarker("a b")).not.toBe(commentMarker("a-b"));
  });
});

/** A result in which everything that comes from outside is hostile. */
function hostile(text: string) {
  const base = resultDocument("invalid", [
    {
      id: text,
      service: text,
      verdict: "invalid",
      margin: percent(5),
      level: 1,
      effect: [0.1, 0.05, 0.15],
      noSeries: true,
      codes: ["SPILLOVER", "NO_DATA"],
      reasons: [{ code: "NO_DATA", message: text, hint: text, facts: {} }],
    },
    {
      id: "calm",
      service: "calm",
      verdict: "no-impact",
      margin: percent(5),
      level: 1,
      effect: [0, -0.01, 0.01],
      noSeries: true,
    },
  ]);
  const units = { treated: [text], control: ["c"], excluded: [{ unit: text, reason: text }] };
  return {
    ...base,
    units,
    slis: base.slis.map((one) => ({ ...one, units })),
    provenance: {
      ...base.provenance,
      version: text,
      warnings: [{ sli: text, message: text }],
      queries: [{ sli: text, source: text, component: "value", query: text }],
    },
    deployment: { ...base.deployment, environment: text, sha: text },
  };
}

const ALLOWED = new Set([
  "h3",
  "h4",
  "p",
  "sub",
  "strong",
  "ul",
  "li",
  "table",
  "thead",
  "tbody",
  "tr",
  "th",
  "td",
  "details",
  "summary",
  "code",
  "pre",
  "a",
]);

test.each([":+", ":tada", "5:tada", ":100"])("%s does not become an emoji when a colon of ours follows", (label) => {
  expect(rendered(`#### ${escapeMarkdown(label)}: invalid`).body.textContent).not.toMatch(/:[\w+-]+:/);
});

test("a time at the end of a sentence keeps its letters", () => {
  expect(escapeMarkdown("was: regression at 14:05")).toBe("was: regression at 14:05");
});

test("hostile labels, units, messages and queries stay inert on every surface", () => {
  fc.assert(
    fc.property(label, (text) => {
      const model = buildReport(hostile(text), { ...ON_GITHUB, environment: text, sha: text, configRef: text });
      const check = renderCheck(model);
      for (const markdown of [renderComment(model), renderSummary(model), check.summary, check.text]) {
        const document = rendered(markdown);
        const tags = [...document.body.querySelectorAll("*")].map((element) => element.tagName.toLowerCase());
        expect(tags.filter((tag) => !ALLOWED.has(tag))).toEqual([]);
        expect(
          [...document.querySelectorAll("a")].every((link) => link.href.startsWith("https://git.example.com/")),
        ).toBe(true);
        const text = liveText(document);
        for (const pattern of LIVE) expect(text).not.toMatch(pattern);
      }
      expect(check.title).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      expect(renderText(model, { width: 80, color: false })).not.toMatch(/[^\P{Cc}\n]|\p{Cf}|\p{Cs}/u);
      const html = page(renderHtml(model));
      expect(html.querySelectorAll("script, img, iframe, link, object, embed, form, base").length).toBe(0);
      expect(
        [...html.querySelectorAll("*")]
          .flatMap((element) => element.getAttributeNames())
          .filter((name) => name.startsWith("on")),
      ).toEqual([]);
    }),
    { numRuns: 25 },
  );
});

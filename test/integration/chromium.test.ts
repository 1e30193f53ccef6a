/** The HTML report and the chart of the comment, drawn by a real browser. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildReport } from "../../src/report/build.ts";
import { LOCAL_CONTEXT } from "../../src/report/context.ts";
import { renderComment } from "../../src/report/views/comment.ts";
import { renderHtml } from "../../src/report/views/html.ts";
import { DOCUMENTS, type DocumentName } from "../surfaces/documents.ts";
import { availability, findProgram } from "./servers/programs.ts";

const { missing, note } = availability("chromium");
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"];

interface Opened {
  readonly page: Page;
  /** What the page complained about, and every address it asked for. */
  readonly complaints: string[];
  readonly requests: string[];
}

describe.skipIf(missing)(`in Chromium${note}`, () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: findProgram("chromium") ?? "", args: ARGUMENTS });
  });

  afterAll(async () => {
    await browser?.close();
  });

  async function open(html: string, width: number, colorScheme: "light" | "dark" = "light"): Promise<Opened> {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
    const page = await context.newPage();
    const [complaints, requests]: [string[], string[]] = [[], []];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => requests.push(request.url()));
    await page.setContent(html, { waitUntil: "load" });
    return { page, complaints, requests };
  }

  const page = (name: DocumentName): string => renderHtml(buildReport(DOCUMENTS[name], LOCAL_CONTEXT));

  test.for(Object.keys(DOCUMENTS) as DocumentName[])(
    "the page of %s loads nothing and complains about nothing",
    async (name) => {
      const opened = await open(page(name), 1100);
      expect(opened.complaints).toEqual([]);
      expect(opened.requests.filter((url) => !url.startsWith("data:") && url !== "about:blank")).toEqual([]);
      expect(await opened.page.locator("h1").count()).toBe(1);
      await opened.page.context().close();
    },
  );

  test.for([
    [400, "light"],
    [400, "dark"],
    [1100, "dark"],
  ] as const)("nothing is cut off at %i px, %s", async ([width, scheme]) => {
    const opened = await open(page("regression"), width, scheme);
    const overflow = await opened.page.evaluate("document.documentElement.scrollWidth - window.innerWidth");
    expect(overflow).toBeLessThanOrEqual(0);
    const [ink, paper] = (await opened.page.evaluate(
      "(() => { const s = getComputedStyle(document.querySelector('h1')); const b = getComputedStyle(document.body); return [s.color, b.backgroundColor]; })()",
    )) as [string, string];
    expect(contrast(ink, paper)).toBeGreaterThan(4.5);
    await opened.page.context().close();
  });

  test("the charts of the page have a size and a text for those who cannot see them", async () => {
    const opened = await open(page("regression"), 1100);
    const charts = opened.page.locator("svg[role=img]");
    expect(await charts.count()).toBeGreaterThan(2);
    for (const chart of await charts.all()) {
      expect(await chart.locator("title").first().textContent()).not.toBe("");
    }
    const box = await charts.first().boundingBox();
    expect(box?.width).toBeGreaterThan(20);
    await opened.page.context().close();
  });

  test("the chart of the comment draws its lines", async () => {
    const comment = renderComment(buildReport(DOCUMENTS.regression, LOCAL_CONTEXT), 65_536);
    const text = /```mermaid\n([\s\S]*?)```/.exec(comment)?.[1];
    expect(text).toBeDefined();
    const bundle = createRequire(import.meta.url).resolve("mermaid/dist/mermaid.min.js");
    const opened = await open("<!doctype html><pre class='mermaid'></pre>", 900);
    await opened.page.addScriptTag({ content: await readFile(bundle, "utf8") });
    const svg = await opened.page.evaluate(
      `mermaid.initialize({ startOnLoad: false }); mermaid.render("chart", ${JSON.stringify(text)}).then((drawn) => drawn.svg)`,
    );
    expect(String(svg)).toContain("<svg");
    expect(String(svg).match(/<path[^>]*d="M/g)?.length).toBeGreaterThanOrEqual(3);
    await opened.page.context().close();
  });
});

/** WCAG contrast of two `rgb(r, g, b)` colours. */
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(color: string): number {
  const [r = 0, g = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).slice(0, 3).map((part) => {
    const share = Number(part) / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * blue;
}

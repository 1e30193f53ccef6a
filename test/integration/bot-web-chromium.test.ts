/** The bot's pages and the report's views in a real browser, by mouse and by keyboard, with an accessibility checker. */

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type HttpServer, startHttp } from "../../src/bot/server/http.ts";
import { buildReport } from "../../src/report/build.ts";
import { LOCAL_CONTEXT } from "../../src/report/context.ts";
import { REPORT_VIEWS, renderHtml } from "../../src/report/views/html.ts";
import { DOCUMENTS, type DocumentName } from "../surfaces/documents.ts";
import { openPages } from "./bot-web-browser.ts";
import { type GithubSignIn, startGithubSignIn } from "./bot-web-github.ts";
import { addScenery, openPagesStore, type PagesStore } from "./bot-web-store.ts";
import { freePort } from "./servers/process.ts";
import { availability, findProgram } from "./servers/programs.ts";

const { missing, note } = availability("chromium");
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"];
/** Every kind of section is in one of them. */
const REPORTS: readonly DocumentName[] = ["regression", "inconclusive-time", "invalid-refusal", "monorepo"];
const OVERFLOW = "document.documentElement.scrollWidth - window.innerWidth";

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** Rules of WCAG 2.2 up to AA and good practice; run outside the page's own policy, which allows no script. */
async function violations(page: Page, axe: string): Promise<string[]> {
  await page.evaluate(axe);
  const found = (await page.evaluate("axe.run(document).then((result) => result.violations)")) as Violation[];
  return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`);
}

describe.skipIf(missing)(`in Chromium${note}`, () => {
  let browser: Browser;
  let store: PagesStore;
  let github: GithubSignIn;
  let server: HttpServer;
  let url: string;
  let axe: string;
  let scenery: Awaited<ReturnType<typeof addScenery>>;

  beforeAll(async () => {
    axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
    store = await openPagesStore();
    scenery = await addScenery(store.database);
    github = await startGithubSignIn({ ada: { id: 7, installations: { 1: [11, 12] } } });
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const { pages, log } = openPages(store, github, { publicUrl: url });
    server = await startHttp({ host: "127.0.0.1", port, publicUrl: url, routes: [], pages, log });
    browser = await chromium.launch({ executablePath: findProgram("chromium") ?? "", args: ARGUMENTS });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await github?.stop();
    await store?.close();
  });

  interface Visit {
    readonly page: Page;
    readonly context: BrowserContext;
    /** What the browser complained about; a page that asks to sign in answers 401, which it mentions. */
    readonly complaints: string[];
    readonly requests: string[];
  }

  async function visit(width = 1100, colorScheme: "light" | "dark" = "light"): Promise<Visit> {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
    const page = await context.newPage();
    const [complaints, requests]: [string[], string[]] = [[], []];
    page.on("console", (message) => message.text().includes("401") || complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => requests.push(request.url()));
    return { page, context, complaints, requests };
  }

  async function signIn(page: Page): Promise<void> {
    await page.goto(url);
    await page.getByRole("link", { name: "Sign in with GitHub" }).click();
    await page.getByRole("heading", { name: "Verdicts" }).waitFor();
  }

  test("a person signs in, filters, opens a verdict, looks at its three views and signs out", async () => {
    const { page, context, complaints, requests } = await visit();
    await signIn(page);
    expect(
      await page.getByRole("navigation", { name: "Pages" }).getByText("Verdicts").getAttribute("aria-current"),
    ).toBe("page");
    await page.getByLabel("Environment").selectOption("production");
    await page.getByLabel("Verdict", { exact: true }).selectOption("regression");
    await page.getByRole("button", { name: "Show" }).click();
    expect(new URL(page.url()).searchParams.get("verdict")).toBe("regression");
    const words = await page.locator(".list .state").allTextContents();
    expect(new Set(words)).toEqual(new Set(["Regression"]));

    await page.goto(`${url}/verdicts/${scenery.regression}`);
    const seen = {
      executive: page.getByRole("heading", { name: "The effect on p95 latency" }),
      "on-call": page.getByRole("heading", { name: "What is hurt, since when, and where" }),
      debug: page.getByRole("heading", { name: "Data and units" }),
    };
    for (const view of REPORT_VIEWS) {
      await page.locator(`#view-${view}`).check();
      for (const other of REPORT_VIEWS) expect(await seen[other].isVisible()).toBe(other === view);
      expect(await page.getByRole("heading", { level: 1 }).textContent()).toContain("Regression");
    }
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "You are signed out" }).waitFor();
    await page.goto(`${url}/waiting`);
    expect(await page.getByRole("link", { name: "Sign in with GitHub" }).isVisible()).toBe(true);
    expect(complaints).toEqual([]);
    const hosts = new Set(requests.map((request) => new URL(request).host));
    expect([...hosts].sort()).toEqual([new URL(url).host, new URL(github.url).host].sort());
    await context.close();
  });

  test("everything can be done with the keyboard", async () => {
    const { page, context } = await visit();
    await page.goto(url);
    const focused = (): Promise<string> =>
      page.evaluate("(document.activeElement.textContent || document.activeElement.value || '').trim()");
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("Skip to the content");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("Sign in with GitHub");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Verdicts" }).waitFor();
    await page.goto(`${url}/verdicts/${scenery.regression}`);
    await page.locator("#view-executive").focus();
    await page.keyboard.press("ArrowRight");
    expect(await page.locator("#view-on-call").isChecked()).toBe(true);
    expect(await page.getByRole("heading", { name: "What to do" }).isVisible()).toBe(true);
    await page.keyboard.press("ArrowRight");
    const before = await page.locator("details").nth(1).getAttribute("open");
    await page.locator("details > summary").nth(1).focus();
    await page.keyboard.press("Enter");
    expect(await page.locator("details").nth(1).getAttribute("open")).not.toBe(before);
    await context.close();
  });

  const ADDRESSES = (): string[] => [
    "/",
    "/?environment=nowhere",
    "/waiting",
    "/ledger",
    "/nowhere",
    `/acme/shop/analyses/${scenery.waiting}`,
    ...REPORT_VIEWS.map((view) => `/verdicts/${scenery.regression}?view=${view}`),
  ];

  test.for([
    [400, "light"],
    [400, "dark"],
    [1100, "light"],
    [1100, "dark"],
  ] as const)("no page is cut off or hard to use at %i px, %s", async ([width, scheme]) => {
    const { page, context } = await visit(width, scheme);
    await page.goto(url);
    expect(await violations(page, axe), "sign-in").toEqual([]);
    await signIn(page);
    for (const address of ADDRESSES()) {
      await page.goto(`${url}${address}`);
      expect(await page.evaluate(OVERFLOW), `at ${address}`).toBeLessThanOrEqual(0);
      expect(await violations(page, axe), `at ${address}`).toEqual([]);
    }
    await context.close();
  });

  test.for(REPORTS)("the report of %s passes in every view, also with all of it unfolded", async (name) => {
    const { page, context, complaints } = await visit(400);
    await page.setContent(renderHtml(buildReport(DOCUMENTS[name], LOCAL_CONTEXT)));
    for (const view of REPORT_VIEWS) {
      await page.locator(`#view-${view}`).check();
      await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
      expect(await page.evaluate(OVERFLOW), `in view ${view}`).toBeLessThanOrEqual(0);
      expect(await violations(page, axe), `in view ${view}`).toEqual([]);
    }
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("printed, the chosen view comes without its switch and unfolded", async () => {
    const { page, context } = await visit();
    await page.setContent(renderHtml(buildReport(DOCUMENTS.regression, LOCAL_CONTEXT), "debug"));
    await page.emulateMedia({ media: "print" });
    expect(await page.locator(".views").isVisible()).toBe(false);
    expect(await page.getByText("All numbers, as in result.json").first().isVisible()).toBe(true);
    expect(await page.getByText("relative.att").first().isVisible()).toBe(true);
    await context.close();
  });
});

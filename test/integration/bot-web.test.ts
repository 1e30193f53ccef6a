/** The bot's pages on an embedded store, with GitHub's sign-in played on the loopback. */
import { randomBytes } from "node:crypto";
import { JSDOM } from "jsdom";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ACCESS_KEPT_MS } from "../../src/bot/web/access.ts";
import { ownPath } from "../../src/bot/web/sign-in.ts";
import { DOCUMENTS } from "../surfaces/documents.ts";
import { browserFor, openPages, type PagesUnderTest, PUBLIC_URL } from "./bot-web-browser.ts";
import { type GithubSignIn, startGithubSignIn } from "./bot-web-github.ts";
import {
  addDeploy,
  addJudged,
  addScenery,
  BLOG,
  EMPTY,
  LONG,
  OTHER,
  openPagesStore,
  type PagesStore,
  SECRET,
  SHOP,
} from "./bot-web-store.ts";

let store: PagesStore;
let github: GithubSignIn;
let page: PagesUnderTest;
let scenery: Awaited<ReturnType<typeof addScenery>>;
let secret: string;
let other: string;
let blog: string;

beforeAll(async () => {
  store = await openPagesStore();
  scenery = await addScenery(store.database);
  secret = await addJudged(store.database, SECRET, "no-impact");
  other = await addJudged(store.database, OTHER, "regression", { environment: "globex-only" });
  blog = await addJudged(store.database, BLOG, "regression");
  github = await startGithubSignIn({
    ada: { id: 7, installations: { 1: [11, 12], 99: [1] } },
    gus: { id: 8, installations: { 2: [21] } },
    ian: { id: 12, installations: { 3: [31] } },
    joe: { id: 13, installations: { 4: [41] } },
    eve: { id: 9, installations: {}, publicRepositories: { "acme/blog": 12 } },
  });
});
afterAll(async () => {
  await github?.stop();
  await store?.close();
});
beforeEach(() => {
  github.clicking = "ada";
  github.asked.length = 0;
  page = openPages(store, github);
});
afterEach(() => {
  github.failing.clear();
  github.stale = false;
});

const textOf = async (response: Response): Promise<string> =>
  (new JSDOM(await response.text()).window.document.querySelector("main")?.textContent ?? "").replace(/\s+/g, " ");

describe("sign-in", () => {
  test("without it every address says the same and asks for it", async () => {
    const browser = browserFor(page);
    for (const path of [
      "/",
      "/waiting",
      "/ledger",
      `/verdicts/${scenery.regression}`,
      "/acme/shop/analyses/x",
      "/no",
    ]) {
      const response = await browser.get(path);
      expect(response.status).toBe(401);
      const text = await response.text();
      expect(text).toContain("Sign in with GitHub");
      expect(text).not.toContain("p95");
    }
    expect(github.asked).toEqual([]);
  });

  test("leads back to where the person wanted to be", async () => {
    const browser = browserFor(page);
    const response = await browser.signIn(`/verdicts/${scenery.regression}?view=debug`);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('value="debug" checked');
    expect(browser.cookies.size).toBe(1);
  });

  test("sets cookies that scripts and other sites cannot use", async () => {
    const response = await page.pages(new Request(`${PUBLIC_URL}/sign-in`));
    const [cookie = ""] = response.headers.getSetCookie();
    expect(cookie).toMatch(/^__Host-deploy-impact-sign-in=/);
    for (const flag of ["Path=/", "HttpOnly", "SameSite=Lax", "Secure", "Max-Age=600"]) expect(cookie).toContain(flag);
    const url = new URL(response.headers.get("location") ?? "");
    expect(url.searchParams.get("redirect_uri")).toBe(`${PUBLIC_URL}/sign-in/callback`);
    expect(url.searchParams.get("code_challenge_method")).toBe("S256");
  });

  test("on plain http works without the flags that need https", async () => {
    const plain = openPages(store, github, { publicUrl: "http://127.0.0.1:3000/impact" });
    const response = await plain.pages(new Request("http://127.0.0.1:3000/impact/sign-in"));
    expect(response.headers.getSetCookie()[0]).toMatch(/^deploy-impact-sign-in=(?!.*Secure)/);
    const browser = browserFor(plain, "http://127.0.0.1:3000/impact/");
    const away = await browser.get("/impact/sign-in?to=/ledger");
    const back = await fetch(away.headers.get("location") ?? "", { redirect: "manual" });
    const done = await browser.get(back.headers.get("location") ?? "");
    expect(done.headers.get("location")).toBe("/impact/ledger");
    expect((await browser.get("/impact/ledger")).status).toBe(200);
  });

  test("keeps nothing that opens the token without the key, nor the cookie's value", async () => {
    const browser = browserFor(page);
    await browser.signIn();
    const [value = ""] = browser.cookies.values();
    const rows = await store.database.query<{ id: string; token: Uint8Array }>("select id, token from web_sessions");
    const stored = rows.map((row) => `${row.id} ${Buffer.from(row.token).toString("latin1")}`).join("\n");
    expect(stored).not.toContain(value);
    expect(stored).not.toContain("ghu_");
    expect(page.log.lines.map((line) => JSON.stringify(line)).join()).not.toMatch(/ghu_|code-\d/);
  });

  test("cancelled at GitHub is said, and nothing is kept", async () => {
    github.clicking = null;
    const browser = browserFor(page);
    const response = await browser.signIn();
    expect(response.status).toBe(400);
    expect(await textOf(response)).toContain("GitHub was told not to sign you in");
    expect(browser.cookies.size).toBe(0);
  });

  test("begun elsewhere is refused before GitHub is asked: another state, no cookie, another browser's cookie", async () => {
    const [mine, theirs] = [browserFor(page), browserFor(page)];
    const back = new URL(await mine.begin());
    const forged = new URL(back);
    forged.searchParams.set("state", "f".repeat(43));
    github.asked.length = 0;
    for (const [browser, url] of [
      [mine, forged],
      [theirs, back],
    ] as const) {
      const response = await browser.get(String(url));
      expect(response.status).toBe(400);
      expect(await textOf(response)).toContain("not begun here");
    }
    await theirs.begin();
    github.asked.length = 0;
    expect((await theirs.get(String(back))).status).toBe(400);
    expect(github.asked).toEqual([]);
  });

  test("takes a code once, and none that is too old", async () => {
    const browser = browserFor(page);
    const back = await browser.begin();
    const kept = new Map(browser.cookies);
    expect((await browser.get(back)).status).toBe(303);
    browser.cookies.clear();
    for (const [name, value] of kept) browser.cookies.set(name, value);
    expect(await textOf(await browser.get(back))).toContain("took too long");
    github.stale = true;
    expect(await textOf(await browserFor(page).signIn())).toContain("took too long");
  });

  test("that is not finished in ten minutes is begun anew", async () => {
    const browser = browserFor(page);
    const back = await browser.begin();
    page.clock.now += 601_000;
    expect(await textOf(await browser.get(back))).toContain("more than ten minutes ago");
  });

  test("with a wrong client secret says who has to look, and tells the log", async () => {
    const wrong = openPages(store, github, { oauth: { clientId: "Iv1.stand-in", clientSecret: "nonsense" } as never });
    const response = await browserFor(wrong).signIn();
    expect(response.status).toBe(502);
    expect(await textOf(response)).toContain("incorrect_client_credentials");
    expect(wrong.log.lines.some(({ level }) => level === "error")).toBe(true);
  });

  test("leads to no other site", () => {
    for (const evil of [
      "https://evil.example",
      "//evil.example",
      "/\\evil.example",
      "javascript:alert(1)",
      "/sign-out",
      "",
      "/a b",
    ])
      expect(ownPath(evil)).toBe("/");
    expect(ownPath("/verdicts/x?view=debug")).toBe("/verdicts/x?view=debug");
  });

  test("ends after eight hours, and when the key is gone", async () => {
    const browser = browserFor(page);
    await browser.signIn();
    page.clock.now += 8 * 3600_000 + 1000;
    expect((await browser.get("/")).status).toBe(401);
    const fresh = browserFor(openPages(store, github, { encryptionKey: page.key }));
    await fresh.signIn();
    const rotated = browserFor(
      openPages(store, github, { encryptionKey: randomBytes(32), previousEncryptionKeys: [page.key] }),
    );
    const lost = browserFor(openPages(store, github));
    for (const [name, value] of fresh.cookies) for (const one of [rotated, lost]) one.cookies.set(name, value);
    expect((await rotated.get("/")).status).toBe(200);
    expect((await lost.get("/")).status).toBe(401);
  });
});

describe("sign-out", () => {
  const formToken = async (response: Response): Promise<string> =>
    new JSDOM(await response.text()).window.document.querySelector("input[name=token]")?.getAttribute("value") ?? "";

  test("deletes the session here and ends the token at GitHub", async () => {
    const browser = browserFor(page);
    const token = await formToken(await browser.signIn());
    const kept = new Map(browser.cookies);
    const response = await browser.post("/sign-out", { token });
    expect(await textOf(response)).toContain("You are signed out");
    expect([...github.revoked].at(-1)).toMatch(/^ghu_ada_/);
    for (const [name, value] of kept) browser.cookies.set(name, value);
    expect((await browser.get("/")).status).toBe(401);
  });

  test("is done by no form of another site, and by no link", async () => {
    const browser = browserFor(page);
    const token = await formToken(await browser.signIn());
    const stranger = browserFor(page);
    const foreign = await formToken(await stranger.signIn());
    expect((await browser.post("/sign-out", {})).status).toBe(403);
    expect((await browser.post("/sign-out", { token: foreign })).status).toBe(403);
    expect((await browser.post("/sign-out", { token }, { origin: "https://evil.example" })).status).toBe(403);
    expect((await browser.get("/sign-out")).status).toBe(405);
    expect((await browser.get("/")).status).toBe(200);
  });
});

describe("what a person sees", () => {
  test("is every repository of every page that GitHub lists, and no other", async () => {
    const browser = browserFor(page);
    const text = await textOf(await browser.signIn());
    expect(text).toContain("acme/shop");
    expect(text).toContain("acme/blog");
    expect(text).not.toMatch(/globex|acme\/plans/);
    for (const path of ["/waiting", "/ledger"])
      expect(await textOf(await browser.get(path))).not.toMatch(/globex|plans/);
    expect(github.asked.filter((path) => path.includes("/user/installations?")).length).toBe(1);
    // the bot does not know installation 99
    expect(github.asked.some((path) => path.includes("/installations/99"))).toBe(false);
  });

  test("follows pages of GitHub's lists to the end", async () => {
    github.people.wide = { id: 10, installations: { 1: [90, 91, 11], 3: [], 4: [], 5: [] } };
    github.clicking = "wide";
    expect(await textOf(await browserFor(page).signIn())).toContain("acme/shop");
    expect(github.asked.filter((path) => path.includes("page=2")).length).toBe(2);
  });

  test("what it may not see looks like what does not exist", async () => {
    const browser = browserFor(page);
    await browser.signIn();
    const missing = await browser.get("/verdicts/00000000-0000-4000-8000-000000000000");
    expect(missing.status).toBe(404);
    const nothing = await missing.text();
    for (const path of [
      `/verdicts/${secret}`,
      `/verdicts/${other}`,
      `/verdicts/${other}/result.json`,
      "/verdicts/x",
      "/nowhere",
    ]) {
      const response = await browser.get(path);
      expect(response.status, `at ${path}`).toBe(404);
      const text = await response.text();
      // nothing but the title, which is the same
      expect(text).toBe(nothing);
    }
    const analysis = await addDeploy(store.database, OTHER);
    expect((await browser.get(`/acme/shop/analyses/${analysis}`)).status).toBe(404);
  });

  test("a filter reaches no other tenant, whatever it names", async () => {
    const browser = browserFor(page);
    await browser.signIn();
    for (const query of [
      "?repository=globex/shop",
      "?environment=globex-only",
      "?repository=' or 1=1 --",
      "?after=1~x",
    ])
      expect(await textOf(await browser.get(`/${query}`))).not.toContain("globex/shop");
    const options = new JSDOM(await (await browser.get("/")).text()).window.document.querySelectorAll("option");
    expect([...options].map((option) => option.getAttribute("value"))).not.toContain("globex-only");
  });

  test("a public repository is shown to whoever signs in, without what names machines; a private one is not", async () => {
    github.clicking = "eve";
    const browser = browserFor(page);
    const list = await textOf(await browser.signIn());
    expect(list).toContain("No repository yet");
    const response = await browser.get(`/verdicts/${blog}`);
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text).not.toContain("histogram_quantile");
    expect(text).not.toMatch(/\beu-1\b/);
    expect(text).toContain("% of the level before the deploy");
    const data = (await (await browser.get(`/verdicts/${blog}/result.json`)).json()) as { plans: unknown[] };
    expect(data.plans).toEqual([]);
    expect((await browser.get(`/verdicts/${scenery.regression}`)).status).toBe(404);
  });

  test("the result of a private repository is the stored document, whole", async () => {
    const browser = browserFor(page);
    await browser.signIn();
    const response = await browser.get(`/verdicts/${scenery.regression}/result.json`);
    expect(response.headers.get("content-disposition")).toContain("attachment");
    expect(await response.json()).toEqual(JSON.parse(JSON.stringify(DOCUMENTS.regression)));
  });

  test("GitHub is asked again after minutes, so that a right that is gone is gone here", async () => {
    github.people.tom = { id: 11, installations: { 1: [11] } };
    github.clicking = "tom";
    const browser = browserFor(page);
    expect(await textOf(await browser.signIn())).toContain("acme/shop");
    github.people.tom = { id: 11, installations: { 1: [] } };
    github.asked.length = 0;
    expect((await browser.get(`/verdicts/${scenery.regression}`)).status).toBe(200);
    expect(github.asked).toEqual([]);
    page.clock.now += ACCESS_KEPT_MS + 1;
    expect((await browser.get(`/verdicts/${scenery.regression}`)).status).toBe(404);
    expect(await textOf(await browser.get("/"))).toContain("No repository yet");
  });
});

describe("when GitHub does not answer as it should", () => {
  test("a token that was taken back ends the session", async () => {
    const browser = browserFor(page);
    await browser.signIn();
    page.clock.now += ACCESS_KEPT_MS + 1;
    github.failing.set("/user/installations", { status: 401 });
    const response = await browser.get("/");
    expect(response.status).toBe(401);
    expect(await textOf(response)).toContain("no longer takes this sign-in");
    expect(browser.cookies.size).toBe(0);
    github.failing.clear();
    expect((await browser.get("/")).status).toBe(401);
  });

  test.each([
    [
      "a primary limit",
      { status: 403, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795197720" } },
      503,
    ],
    ["a secondary limit", { status: 429, headers: { "retry-after": "40" } }, 503],
    ["an outage", { status: 502 }, 502],
    ["half an answer", { status: 200, body: '{"total_count": 1, "instal' }, 502],
    ["another answer", { status: 200, body: "[]" }, 502],
  ])("%s shows nothing of anybody, and the next request asks again", async (_, failure, status) => {
    const browser = browserFor(page);
    await browser.signIn();
    page.clock.now += ACCESS_KEPT_MS + 1;
    github.failing.set("/user/installations", failure);
    for (const path of ["/", `/verdicts/${scenery.regression}`]) {
      const response = await browser.get(path);
      expect(response.status).toBe(status);
      expect(await response.text()).not.toContain("p95");
      if (status === 503) expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    }
    github.failing.clear();
    expect((await browser.get("/")).status).toBe(200);
  });
});

describe("pages", () => {
  test("list the newest first and turn over by key, while new verdicts come in", async () => {
    for (let index = 0; index < 65; index += 1) await addJudged(store.database, LONG, "no-impact");
    const sameMoment = "update verdicts set created_at = '2026-11-20T17:00:00.123456Z' where repository_id = $1";
    await store.database.query(sameMoment, [LONG.repositoryId]);
    github.clicking = "ian";
    const browser = browserFor(page);
    let document = new JSDOM(await (await browser.signIn()).text()).window.document;
    const seen: string[] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      seen.push(...[...document.querySelectorAll(".list tbody a")].map((link) => link.getAttribute("href") ?? ""));
      const next = document.querySelector(".pager a[rel=next]")?.getAttribute("href");
      if (next == null) break;
      await addJudged(store.database, LONG, "no-impact");
      document = new JSDOM(await (await browser.get(next)).text()).window.document;
    }
    expect(seen.length).toBe(65);
    expect(new Set(seen).size).toBe(65);
  });

  test("filter by repository, environment and verdict, and keep the filter on the next page", async () => {
    const browser = browserFor(page);
    await browser.signIn();
    const document = new JSDOM(
      await (await browser.get("/?repository=acme/shop&environment=staging&verdict=regression")).text(),
    ).window.document;
    const rows = [...document.querySelectorAll(".list tbody tr")];
    expect(rows.length).toBe(2);
    for (const row of rows) {
      expect(row.querySelector(".state")?.textContent).toBe("Regression");
      expect(row.textContent).toContain("acme/shop");
      expect(row.textContent).toContain("staging");
    }
    expect([...document.querySelectorAll("option[selected]")].map((one) => one.textContent)).toEqual([
      "acme/shop",
      "staging",
      "Regression",
    ]);
    expect(await textOf(await browser.get("/?verdict=improvement&environment=production"))).toContain(
      "Nothing fits this filter",
    );
  });

  test("say what to do where there is nothing yet", async () => {
    github.clicking = "joe";
    const browser = browserFor(page);
    expect(await textOf(await browser.signIn())).toContain("Commit .github/deploy-impact.yml");
    await addDeploy(store.database, EMPTY);
    expect(await textOf(await browser.get("/"))).toContain("One deploy waits");
    expect(await textOf(await browser.get("/ledger"))).toContain("Nothing to compare yet");
    expect(await textOf(await browser.get("/waiting"))).toContain("No gate waits");
  });

  test("a verdict has its report, the changes of its plan, what followed and what became of it", async () => {
    const browser = browserFor(page);
    const text = await textOf(await browser.signIn(`/verdicts/${scenery.regression}`));
    for (const part of [
      "Regression: p95 latency +12.4%",
      "Plan changed by ada",
      "would have started rollback",
      "reverted",
      "Revert of this commit on main",
      "All verdicts on this deploy",
    ])
      expect(text.replaceAll("\u00a0", " ")).toContain(part);
  });

  test("where checks point to leads to the newest verdict, or says when there will be one", async () => {
    const browser = browserFor(page);
    await browser.signIn();
    const [row] = await store.database.query<{ analysis_id: string }>(
      "select analysis_id from verdicts where id = $1",
      [scenery.regression],
    );
    const response = await browser.get(`/acme/shop/analyses/${row?.analysis_id}`);
    expect(response.headers.get("location")).toBe(`/verdicts/${scenery.regression}`);
    expect(await textOf(await browser.get(`/acme/shop/analyses/${scenery.waiting}`))).toContain("2026-11-20 18:45 UTC");
  });

  test("the ledger counts deploys by verdict and by what became of them", async () => {
    const browser = browserFor(page);
    await browser.signIn();
    const document = new JSDOM(await (await browser.get("/ledger")).text()).window.document;
    const card = [...document.querySelectorAll("section")].find(
      (section) => section.querySelector("h2")?.textContent === "acme/shop",
    );
    const regression = [...(card?.querySelectorAll("tbody tr") ?? [])].find((row) =>
      row.textContent?.includes("Regression"),
    );
    const cells = [...(regression?.querySelectorAll("td") ?? [])].map((cell) => cell.textContent);
    // the deploy that was inconclusive first counts once, as the regression it became
    expect(cells).toEqual(["4", "1", "0", "0", "0", "3"]);
  });

  test("hostile names stay text", async () => {
    const evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>';
    await addJudged(store.database, SHOP, "no-impact", { environment: evil });
    await store.database.query("update verdicts set title = $1 where environment = $1", [evil]);
    const browser = browserFor(page);
    const html = await (await browser.signIn()).text();
    expect(html).not.toContain("<script");
    expect(html).not.toContain("<img");
    expect(html).toContain("&lt;script&gt;");
    await store.database.query("delete from verdicts where environment = $1", [evil]);
  });

  test("every answer forbids scripts, frames, caches and other sites", async () => {
    const browser = browserFor(page);
    const answers = [
      await browser.get("/"),
      await browser.signIn(),
      await browser.get("/x"),
      await browser.get("/sign-in"),
    ];
    for (const { headers } of answers) {
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+'/);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("strict-transport-security")).toContain("max-age");
    }
  });

  test("are closed, and say what opens them, when a setting is missing", async () => {
    for (const options of [{ publicUrl: null }, { oauth: null }, { encryptionKey: null }]) {
      const closed = openPages(store, github, options);
      const response = await closed.pages(new Request("http://127.0.0.1/verdicts/x"));
      expect(response.status).toBe(404);
      expect(await response.text()).toContain("GITHUB_CLIENT_SECRET");
    }
  });

  test("a fault of ours tells the reader a reference and the log the cause", async () => {
    const broken = openPages(
      { ...store, database: { query: () => Promise.reject(new Error("disk on fire")) } as never },
      github,
    );
    const response = await broken.pages(
      new Request(`${PUBLIC_URL}/`, { headers: { cookie: `__Host-deploy-impact=${"a".repeat(43)}` } }),
    );
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(text).not.toContain("disk on fire");
    const [line] = broken.log.lines;
    expect(line?.fields.reason).toBe("disk on fire");
    expect(text).toContain(String(line?.fields.reference));
  });
});

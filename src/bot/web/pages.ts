import { randomUUID } from "node:crypto";
import { withoutAddresses } from "../../report/redact.ts";
import { knownRepositories, ledgerCounts, type Reach, waitingAnalyses, waitingGates } from "../store/pages.ts";
import type { TenantRepository } from "../tenant.ts";
import { type Answer, html, responseOf } from "./answers.ts";
import type { Pages, PagesContext } from "./contract.ts";
import { problemOfSession } from "./problems.ts";
import { type SignedIn, signedIn } from "./session.ts";
import { beginSignIn, finishSignIn, signOut } from "./sign-in.ts";
import { CALLBACK_PATH, openSite, type Site } from "./site.ts";
import { analysisPage, verdictData, verdictList, verdictPage } from "./verdicts.ts";
import { layout } from "./views/layout.ts";
import { ledgerBody } from "./views/ledger.ts";
import { messagePage, notFoundPage, signInPage } from "./views/message.ts";
import { MOST_WAITING, waitingBody } from "./views/waiting.ts";

const DAY = 86_400;
/** Days that the ledger looks back. */
const LEDGER_DAYS = 90;

/** @param send how GitHub is asked; another one in tests. */
export function createPages(context: PagesContext, send: typeof fetch = fetch): Pages {
  const site = openSite(context, send);
  const isHttps = context.settings.publicUrl?.startsWith("https:") ?? false;
  return async (request) => {
    try {
      return responseOf(site === null ? closed() : await answer(site, request), isHttps);
    } catch (error) {
      const reference = randomUUID();
      context.log.error("A page could not be made", { reference, reason: error instanceof Error ? error.message : "" });
      return responseOf(broken(reference), isHttps);
    }
  };
}

async function answer(site: Site, request: Request): Promise<Answer> {
  const url = new URL(request.url);
  const path = withoutBase(url.pathname, site.base);
  if (path === "/sign-out") return request.method === "POST" ? await signOut(site, request) : notAllowed(site, "POST");
  if (request.method !== "GET") return notAllowed(site, "GET");
  if (path === "/favicon.ico") return { status: 204, body: null };
  if (path === "/sign-in") return beginSignIn(site, url.searchParams.get("to") ?? "/");
  if (path === CALLBACK_PATH) return await finishSignIn(site, request);
  const person = await signedIn(site, request);
  if (person === null) return signInPage(site, `${path}${url.search}`);
  return await pageFor(site, person, path, url.searchParams);
}

/** A proxy may hand paths over with the public address's own path in front, or without it. */
function withoutBase(path: string, base: string): string {
  if (base === "" || !(path === base || path.startsWith(`${base}/`))) return path;
  return path.slice(base.length) || "/";
}

const VERDICT = /^\/verdicts\/([0-9a-f-]{36})(\/result\.json)?$/;
const ANALYSIS = /^\/[\w.-]+\/[\w.-]+\/analyses\/([0-9a-f-]{36})$/;

async function pageFor(site: Site, person: SignedIn, path: string, query: URLSearchParams): Promise<Answer> {
  const [, verdict, data] = VERDICT.exec(path) ?? [];
  if (verdict !== undefined)
    return data === undefined
      ? await verdictPage(site, person, verdict, query)
      : await verdictData(site, person, verdict);
  const [, analysis] = ANALYSIS.exec(path) ?? [];
  if (analysis !== undefined) return await analysisPage(site, person, analysis);
  const room = ROOMS[path];
  if (room === undefined) return notFoundPage(site, person);
  const asked = await site.access.reachOf(person.session, person.token);
  if (!asked.ok) return await problemOfSession(site, person, asked.problem);
  return await room(site, person, asked.value, query);
}

type RoomPage = (site: Site, person: SignedIn, reach: Reach, query: URLSearchParams) => Promise<Answer>;

const ROOMS: Readonly<Record<string, RoomPage | undefined>> = {
  "/": verdictList,
  "/waiting": waitingPage,
  "/ledger": ledgerPage,
};

async function waitingPage(site: Site, person: SignedIn, reach: Reach): Promise<Answer> {
  const analyses = await waitingAnalyses(site.database, reach, MOST_WAITING);
  const gates = await waitingGates(site.database, reach, MOST_WAITING);
  const body = waitingBody({
    serverUrl: site.settings.serverUrl,
    now: site.now() / 1000,
    analyses: analyses.map((one) => ({ ...one, lastError: told(one.tenant, one.lastError) })),
    gates: gates.map((one) => ({ ...one, lastReport: told(one.tenant, one.lastReport) })),
  });
  return html(200, layout(site, person, { title: "Waiting", room: "waiting", body }));
}

/** In a public repository nothing names a machine. */
function told({ isPrivate }: TenantRepository, text: string | null): string | null {
  return isPrivate || text === null ? text : withoutAddresses(text);
}

async function ledgerPage(site: Site, person: SignedIn, reach: Reach): Promise<Answer> {
  const known = await knownRepositories(site.database, reach);
  const counts = await ledgerCounts(site.database, known, site.now() / 1000 - LEDGER_DAYS * DAY);
  const body = ledgerBody(counts, LEDGER_DAYS);
  return html(200, layout(site, person, { title: "Ledger", room: "ledger", body }));
}

function closed(): Answer {
  return messagePage({ base: "" }, null, {
    status: 404,
    title: "This page is not open",
    lines: [
      "Whoever runs this bot opens it by setting `PUBLIC_URL`, `GITHUB_CLIENT_ID`, `GITHUB_CLIENT_SECRET` and `ENCRYPTION_KEY`; docs/web.md says how.",
    ],
  });
}

function broken(reference: string): Answer {
  return messagePage({ base: "" }, null, {
    status: 500,
    title: "This page could not be made",
    lines: [`The fault is ours. The log of the bot has it under \`${reference}\`.`],
  });
}

function notAllowed(site: Site, method: string): Answer {
  return messagePage(
    site,
    null,
    { status: 405, title: "Not this way", lines: [`This address takes ${method} only.`] },
    [["allow", method]],
  );
}

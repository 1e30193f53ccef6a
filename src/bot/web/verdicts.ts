import { VERDICTS, type Verdict } from "../../core/result.ts";
import { buildReport } from "../../report/build.ts";
import { publicResult } from "../../report/public-result.ts";
import { withoutAddresses } from "../../report/redact.ts";
import { REPORT_VIEWS, type ReportView } from "../../report/views/html.ts";
import { amendmentsOf } from "../store/amendments.ts";
import { type Analysis, findAnalysis } from "../store/analyses.ts";
import { listOutcomes } from "../store/outcomes.ts";
import {
  environmentsOf,
  isCursor,
  knownRepositories,
  ownerOf,
  type Reach,
  recentVerdicts,
  waitingAnalyses,
} from "../store/pages.ts";
import { reactionsOf } from "../store/reactions.ts";
import { findVerdict, latestVerdict, listVerdicts, type StoredVerdict, verdictDocument } from "../store/verdicts.ts";
import type { TenantRepository } from "../tenant.ts";
import { type Answer, html, redirect } from "./answers.ts";
import { problemOfSession } from "./problems.ts";
import { reportContext } from "./report.ts";
import type { SignedIn } from "./session.ts";
import type { Site } from "./site.ts";
import { analysisBody } from "./views/analysis.ts";
import { layout } from "./views/layout.ts";
import { listBody } from "./views/list.ts";
import { notFoundPage } from "./views/message.ts";
import { verdictBody } from "./views/verdict.ts";
import { MOST_WAITING } from "./views/waiting.ts";

const PAGE = 30;
/** Verdicts on one deploy that are linked from each other. */
const MOST_LOOKS = 25;

/** The list, newest first, of everything that this person may see. */
export async function verdictList(site: Site, person: SignedIn, reach: Reach, query: URLSearchParams): Promise<Answer> {
  const { database, base } = site;
  const text = (name: string): string | null => query.get(name) || null;
  const filter = {
    repository: text("repository"),
    environment: text("environment"),
    verdict: verdictOf(text("verdict")),
  };
  const after = text("after");
  const repositories = await knownRepositories(database, reach);
  const chosen =
    filter.repository === null ? repositories : repositories.filter((one) => one.repository === filter.repository);
  const found = await recentVerdicts(database, chosen, {
    environment: filter.environment,
    verdict: filter.verdict,
    after: after !== null && isCursor(after) ? after : null,
    most: PAGE + 1,
  });
  const verdicts = found.slice(0, PAGE);
  const waiting = found.length > 0 ? 0 : (await waitingAnalyses(database, chosen, MOST_WAITING)).length;
  const body = listBody({
    base,
    filter,
    repositories,
    // What was chosen stays chosen in the form, also when nothing has that name any more.
    environments: [
      ...new Set([
        ...(await environmentsOf(database, reach)),
        ...(filter.environment === null ? [] : [filter.environment]),
      ]),
    ],
    verdicts,
    next: found.length > PAGE ? (verdicts.at(-1)?.cursor ?? null) : null,
    isLater: after !== null,
    waiting,
  });
  return html(200, layout(site, person, { title: "Verdicts", room: "verdicts", body }));
}

function verdictOf(text: string | null): Verdict | null {
  return VERDICTS.find((verdict) => verdict === text) ?? null;
}

/** One verdict in full, in the view that the address names. */
export async function verdictPage(site: Site, person: SignedIn, id: string, query: URLSearchParams): Promise<Answer> {
  const found = await seen(site, person, "verdicts", id);
  if (isAnswer(found)) return found;
  const told = await tell(site, found, id);
  if (told === null) return notFoundPage(site, person);
  const { verdict, analysis, document, context } = told;
  const view = REPORT_VIEWS.find((name) => name === query.get("view")) ?? "executive";
  const model = buildReport(document, context);
  const outcomes = await listOutcomes(site.database, found, { sha: verdict.sha });
  const body = verdictBody({
    base: site.base,
    serverUrl: site.settings.serverUrl,
    verdict,
    model,
    view: view satisfies ReportView,
    checkUrl: analysis.checkUrl,
    looks: await listVerdicts(site.database, found, { analysisId: analysis.id }, MOST_LOOKS),
    outcomes: outcomes.filter(({ environment }) => environment === null || environment === verdict.environment),
  });
  return html(200, layout(site, person, { title: model.title, room: "verdicts", body }));
}

/** The document itself; of a public repository without what names machines and queries. */
export async function verdictData(site: Site, person: SignedIn, id: string): Promise<Answer> {
  const found = await seen(site, person, "verdicts", id);
  if (isAnswer(found)) return found;
  const told = await tell(site, found, id);
  if (told === null) return notFoundPage(site, person);
  const document = found.isPrivate ? told.document : publicResult(told.document, told.context);
  return {
    status: 200,
    body: `${JSON.stringify(document)}\n`,
    type: "application/json; charset=utf-8",
    headers: [["content-disposition", `attachment; filename="result-${told.verdict.sha.slice(0, 7)}.json"`]],
  };
}

/** Where checks point to: the newest verdict of an analysis, or when there will be one. */
export async function analysisPage(site: Site, person: SignedIn, id: string): Promise<Answer> {
  const found = await seen(site, person, "analyses", id);
  if (isAnswer(found)) return found;
  const verdict = await latestVerdict(site.database, found, id);
  if (verdict !== null) return redirect(`${site.base}/verdicts/${verdict.id}`);
  const analysis = await findAnalysis(site.database, found, id);
  if (analysis === null) return notFoundPage(site, person);
  const body = analysisBody({ base: site.base, analysis: shown(analysis), now: site.now() / 1000 });
  return html(200, layout(site, person, { title: "Waiting for its verdict", room: "waiting", body }));
}

/** An error may name a host of the metrics; in a public repository it is not told. */
function shown(analysis: Analysis): Analysis {
  const { lastError, tenant } = analysis;
  return tenant.isPrivate || lastError === null ? analysis : { ...analysis, lastError: withoutAddresses(lastError) };
}

interface Told {
  readonly verdict: StoredVerdict;
  readonly analysis: Analysis;
  readonly document: NonNullable<Awaited<ReturnType<typeof verdictDocument>>>;
  readonly context: ReturnType<typeof reportContext>;
}

async function tell({ database, settings }: Site, tenant: TenantRepository, id: string): Promise<Told | null> {
  const verdict = await findVerdict(database, tenant, id);
  const document = await verdictDocument(database, tenant, id);
  const analysis = verdict === null ? null : await findAnalysis(database, tenant, verdict.analysisId);
  if (verdict === null || document === null || analysis === null) return null;
  const context = reportContext(verdict, analysis, {
    serverUrl: settings.serverUrl,
    amendments: await amendmentsOf(database, tenant, analysis.id),
    reactions: await reactionsOf(database, tenant, id),
  });
  return { verdict, analysis, document, context };
}

/** Whose it is, when this person may see that; otherwise the page that says nothing. */
async function seen(
  site: Site,
  person: SignedIn,
  kind: "verdicts" | "analyses",
  id: string,
): Promise<TenantRepository | Answer> {
  const owner = await ownerOf(site.database, kind, id);
  if (owner === null) return notFoundPage(site, person);
  const asked = await site.access.mayRead(person.session, person.token, owner);
  if (!asked.ok) return await problemOfSession(site, person, asked.problem);
  return asked.value ? owner : notFoundPage(site, person);
}

function isAnswer(found: TenantRepository | Answer): found is Answer {
  return "status" in found;
}

import path from "node:path";
import { addAmendment } from "../../src/bot/store/amendments.ts";
import { addAnalysis } from "../../src/bot/store/analyses.ts";
import { changeAnalysis } from "../../src/bot/store/analysis-changes.ts";
import type { OpenDatabase } from "../../src/bot/store/database.ts";
import { requestGate } from "../../src/bot/store/gates.ts";
import { addRepository } from "../../src/bot/store/installations.ts";
import { openDatabase } from "../../src/bot/store/open.ts";
import { addOutcome } from "../../src/bot/store/outcomes.ts";
import { addReaction } from "../../src/bot/store/reactions.ts";
import { addVerdict } from "../../src/bot/store/verdicts.ts";
import type { TenantRepository } from "../../src/bot/tenant.ts";
import type { ResultDocument } from "../../src/core/result.ts";
import { buildReport } from "../../src/report/build.ts";
import { conclusionFor } from "../../src/report/conclusion.ts";
import { IN_PUBLIC, ON_GITHUB } from "../surfaces/contexts.ts";
import { DOCUMENTS, type DocumentName } from "../surfaces/documents.ts";
import { makeFolder } from "./servers/process.ts";

export const SHOP = { installationId: 1, repositoryId: 11, repository: "acme/shop", isPrivate: true };
export const BLOG = { installationId: 1, repositoryId: 12, repository: "acme/blog", isPrivate: false };
/** In the same installation, but not for everybody. */
export const SECRET = { installationId: 1, repositoryId: 13, repository: "acme/plans", isPrivate: true };
export const OTHER = { installationId: 2, repositoryId: 21, repository: "globex/shop", isPrivate: true };

/** One repository alone in its installation. */
export const LONG = { installationId: 3, repositoryId: 31, repository: "initech/long", isPrivate: true };
export const EMPTY = { installationId: 4, repositoryId: 41, repository: "initech/empty", isPrivate: true };

export const NOW = Date.parse("2026-11-20T18:00:00Z");
const CONFIG = `version: 1
source: { type: prometheus, url: "https://prometheus.example.com" }
units: { label: zone, treated: { match: { zone: [eu-1] } }, control: { match: { zone: [us-1] } } }
slis:
  - { id: p95-latency, kind: gauge, query: latency, worse: up, margin: 5% }
`;

export interface PagesStore {
  readonly database: OpenDatabase;
  readonly close: () => Promise<void>;
}

export async function openPagesStore(): Promise<PagesStore> {
  const folder = await makeFolder("pages");
  const database = await openDatabase(
    { kind: "embedded", folder: path.join(folder.path, "data") },
    { connections: 1, onError: () => undefined },
  );
  for (const tenant of [SHOP, BLOG, SECRET, OTHER, LONG, EMPTY])
    await addRepository(database, { ...tenant, defaultBranch: "main" });
  return {
    database,
    close: async () => {
      await database.close();
      await folder.remove();
    },
  };
}

export interface Deploy {
  readonly environment?: string;
  readonly sha?: string;
  /** Epoch seconds. */
  readonly deployedAt?: number;
}

let deployments = 0;

export async function addDeploy(
  database: OpenDatabase,
  tenant: TenantRepository,
  deploy: Deploy = {},
): Promise<string> {
  deployments += 1;
  const environment = deploy.environment ?? "production";
  const deployedAt = deploy.deployedAt ?? NOW / 1000 - 3600 - deployments;
  const id = await addAnalysis(database, tenant, {
    environment,
    deploymentId: 1000 + deployments,
    sha: deploy.sha ?? String(deployments).padStart(40, "a1b2c3d4"),
    subject: `di1:${1000 + deployments}:${environment}`,
    generation: 1,
    deployedAt,
    deployedAtSource: "the success status of the deployment",
    event: { payload: null, url: null, transient: false, statusAt: deployedAt, pullRequests: [77] },
    checksBefore: 0,
    at: deployedAt,
  });
  if (id === null) throw new Error("that deploy is known");
  await changeAnalysis(
    database,
    { id, tenant },
    {
      state: "waiting",
      nextAt: deployedAt + 3900,
      config: { path: ".github/deploy-impact.yml", text: CONFIG, reference: "main@9f8e7d6" },
      checkUrl: `https://git.example.com/${tenant.repository}/runs/${1000 + deployments}`,
    },
  );
  return id;
}

/** A verdict on a deploy of its own; its id. */
export async function addJudged(
  database: OpenDatabase,
  tenant: TenantRepository,
  name: DocumentName,
  deploy: Deploy & { readonly analysisId?: string; readonly document?: ResultDocument } = {},
): Promise<string> {
  const analysisId = deploy.analysisId ?? (await addDeploy(database, tenant, deploy));
  const document = deploy.document ?? DOCUMENTS[name];
  const policy = { mode: "enforcing", failOn: "regression", onInconclusive: "neutral", onInvalid: "neutral" } as const;
  const deployedAt = deploy.deployedAt ?? NOW / 1000 - 7200;
  deployments += 1;
  const { id } = await addVerdict(database, tenant, {
    analysisId,
    environment: deploy.environment ?? "production",
    sha: deploy.sha ?? String(deployments).padStart(40, "a1b2c3d4"),
    deployedAt,
    verdict: document.verdict,
    conclusion: conclusionFor(document, policy),
    mode: "enforcing",
    reasonCodes: document.reasonCodes,
    title: buildReport(document, tenant.isPrivate ? ON_GITHUB : IN_PUBLIC).title,
    look: 1,
    lateSeconds: 0,
    digest: `digest-${deployments}`,
    createdAt: NOW / 1000 - 600 + deployments,
    document,
  });
  await changeAnalysis(database, { id: analysisId, tenant }, { state: "done", nextAt: null });
  return id;
}

/** Everything that the pages show, for those who look at them. */
export async function addScenery(
  database: OpenDatabase,
): Promise<{ readonly regression: string; readonly waiting: string }> {
  const sha = "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678";
  const names = Object.keys(DOCUMENTS) as DocumentName[];
  for (const [index, name] of names.entries()) {
    await addJudged(database, index % 3 === 2 ? BLOG : SHOP, name, {
      environment: index % 2 === 0 ? "production" : "staging",
      deployedAt: NOW / 1000 - (names.length - index) * 7000,
    });
  }
  const analysisId = await addDeploy(database, SHOP, { sha });
  await addJudged(database, SHOP, "inconclusive-time", { analysisId, sha });
  const regression = await addJudged(database, SHOP, "regression", { analysisId, sha });
  await addAmendment(database, SHOP, {
    analysisId,
    origin: "comment 1",
    amendment: { kind: "extend", actor: "ada", at: NOW / 1000 - 1800, from: 3600, to: 7200, sawResult: true },
  });
  await addOutcome(database, SHOP, {
    environment: null,
    sha,
    kind: "reverted",
    origin: "commit 2",
    note: "Revert of this commit on main",
    at: NOW / 1000 - 300,
  });
  await addReactions(database, regression);
  const waiting = await addDeploy(database, SHOP, { environment: "production", deployedAt: NOW / 1000 - 1200 });
  await addDeploy(database, BLOG, { environment: "staging", deployedAt: NOW / 1000 - 9000 });
  await requestGate(database, SHOP, {
    runId: 42,
    environment: "production-eu",
    deploymentId: 9,
    sha,
    requestedAt: NOW / 1000 - 900,
    deadline: NOW / 1000 + 29 * 86_400,
  });
  return { regression, waiting };
}

async function addReactions(database: OpenDatabase, verdictId: string): Promise<void> {
  const common = { severity: "page" as const, entry: "first", request: null };
  const limit = { count: 3, per: 3600 };
  const alert = { to: "slack" as const, urlEnv: "SLACK_URL", when: "page" as const, dryRun: true, atMost: limit };
  const rollback = {
    how: "workflow-dispatch" as const,
    workflow: "rollback.yml",
    ref: null,
    eventType: "rollback",
    inputs: {},
    when: "after-click" as const,
    dryRun: true,
    atMost: limit,
  };
  const given = { verdictId, environment: "production", state: "dry-run" as const, at: NOW / 1000 - 500 };
  await addReaction(database, SHOP, {
    ...given,
    kind: "slack",
    key: "k1",
    detail: { does: "alert", alert, ...common },
  });
  await addReaction(database, SHOP, {
    ...given,
    kind: "rollback",
    key: "k2",
    detail: { does: "rollback", rollback, actor: null, ...common },
  });
}

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addAmendment, amendmentsOf } from "../../src/bot/store/amendments.ts";
import {
  analysisOfCheck,
  analysisOfSubject,
  findAnalysis,
  listAnalyses,
  loadAnalysis,
  namesInUse,
} from "../../src/bot/store/analyses.ts";
import {
  changeAnalysis,
  countRequests,
  deploysAround,
  openBefore,
  planLook,
} from "../../src/bot/store/analysis-changes.ts";
import { claimCommand, finishCommand, trafficOn } from "../../src/bot/store/commands.ts";
import type { OpenDatabase } from "../../src/bot/store/database.ts";
import { gatesWaitingFor } from "../../src/bot/store/gates.ts";
import { ledgerSummary } from "../../src/bot/store/ledger.ts";
import { judgedCommits, judgedPullRequest, listOutcomes } from "../../src/bot/store/outcomes.ts";
import {
  addReaction,
  countReactions,
  moveReaction,
  openPages,
  reactionsOf,
  rollbackOf,
} from "../../src/bot/store/reactions.ts";
import { secretsOf } from "../../src/bot/store/secrets.ts";
import {
  findVerdict,
  latestVerdict,
  listVerdicts,
  loadVerdict,
  setConclusion,
  verdictDocument,
} from "../../src/bot/store/verdicts.ts";
import type { TenantRepository } from "../../src/bot/tenant.ts";
import { filesUnder, textOf } from "../policy/repository.ts";
import { addScenery, NOW, OTHER, openPagesStore, type PagesStore, SHOP } from "./bot-web-store.ts";

let store: PagesStore;
let database: OpenDatabase;
/** Ids of the shop's rows, as a stranger may have seen them in a link. */
let ids: { analysis: string; verdict: string; reaction: string; command: string; sha: string };

beforeAll(async () => {
  store = await openPagesStore();
  database = store.database;
  const { regression } = await addScenery(database);
  const verdict = await loadVerdict(database, regression);
  if (verdict === null) throw new Error("the scene has no verdict");
  const command = await claimCommand(database, SHOP, {
    issue: 77,
    origin: "comment 9",
    actor: "ada",
    command: "rerun",
    at: NOW / 1000,
  });
  const [reaction] = await reactionsOf(database, SHOP, verdict.id);
  await changeAnalysis(database, { id: verdict.analysisId, tenant: SHOP }, { checkRunId: 4711 });
  await database.query(
    "insert into secrets (installation_id, repository_id, name, ciphertext, created_by) values ($1, $2, 'TOKEN', $3, 'ops')",
    [SHOP.installationId, SHOP.repositoryId, new Uint8Array([1, 2, 3])],
  );
  ids = {
    analysis: verdict.analysisId,
    verdict: verdict.id,
    reaction: reaction?.id ?? "",
    command: command?.id ?? "",
    sha: verdict.sha,
  };
});
afterAll(() => store?.close());

const ago = NOW / 1000 - 400 * 86_400;
const soon = NOW / 1000 + 86_400;

/** Every function of the store that takes a tenant, called with the ids of the shop. Writers must change nothing. */
const CALLS: Readonly<Record<string, (tenant: TenantRepository) => Promise<unknown>>> = {
  addAmendment: (tenant) =>
    addAmendment(database, tenant, {
      analysisId: ids.analysis,
      origin: "stranger",
      amendment: { kind: "rerun", actor: "mallory", at: NOW / 1000 },
    }),
  amendmentsOf: (tenant) => amendmentsOf(database, tenant, ids.analysis),
  findAnalysis: (tenant) => findAnalysis(database, tenant, ids.analysis),
  analysisOfSubject: async (tenant) =>
    analysisOfSubject(database, tenant, (await loadAnalysis(database, ids.analysis))?.subject ?? ""),
  analysisOfCheck: (tenant) => analysisOfCheck(database, tenant, 4711),
  listAnalyses: (tenant) => listAnalyses(database, tenant, {}, 100),
  namesInUse: (tenant) => namesInUse(database, tenant),
  changeAnalysis: (tenant) => changeAnalysis(database, { id: ids.analysis, tenant }, { lastError: "changed" }),
  countRequests: (tenant) => countRequests(database, { id: ids.analysis, tenant }, 5),
  planLook: (tenant) => planLook(database, tenant, ids.analysis, NOW / 1000),
  openBefore: (tenant) => openBefore(database, tenant, { environment: "production", deployedAt: soon }),
  deploysAround: (tenant) => deploysAround(database, tenant, { environment: "production", from: ago, to: soon }),
  finishCommand: (tenant) => finishCommand(database, tenant, ids.command, { outcome: "done", answered: true }),
  trafficOn: (tenant) =>
    trafficOn(database, tenant, { issue: 77, actor: "ada", since: ago, but: "00000000-0000-4000-8000-000000000000" }),
  gatesWaitingFor: (tenant) => gatesWaitingFor(database, tenant, "production"),
  // A summary of nothing is not nothing: it is told from that of a repository that nobody has.
  ledgerSummary: async (tenant) => {
    const question = { since: ago, fineBefore: soon };
    const nobody = { ...tenant, installationId: 999_999, repositoryId: 999_999 };
    const [theirs, empty] = [
      await ledgerSummary(database, tenant, question),
      await ledgerSummary(database, nobody, question),
    ];
    return JSON.stringify(theirs) === JSON.stringify(empty) ? null : theirs;
  },
  listOutcomes: (tenant) => listOutcomes(database, tenant, { since: ago }),
  judgedPullRequest: (tenant) => judgedPullRequest(database, tenant, 77),
  judgedCommits: (tenant) => judgedCommits(database, tenant, [ids.sha.slice(0, 7)]),
  addReaction: (tenant) =>
    addReaction(database, tenant, {
      verdictId: ids.verdict,
      environment: "production",
      kind: "rollback",
      key: "stranger",
      state: "planned",
      detail: {
        does: "rollback",
        rollback: {
          how: "deployment",
          workflow: null,
          ref: null,
          eventType: "x",
          inputs: {},
          when: "at-once",
          dryRun: false,
          atMost: { count: 1, per: 1 },
        },
        actor: "mallory",
        severity: "page",
        entry: "rollback",
        request: null,
      },
      at: NOW / 1000,
    }),
  countReactions: (tenant) =>
    countReactions(database, tenant, { environment: "production", entry: "rollback", since: ago }),
  reactionsOf: (tenant) => reactionsOf(database, tenant, ids.verdict),
  rollbackOf: (tenant) => rollbackOf(database, tenant, ids.analysis),
  openPages: (tenant) => openPages(database, tenant, { environment: "production", deployedAt: soon, services: [] }),
  moveReaction: async (tenant) => {
    const [reaction] = await reactionsOf(database, SHOP, ids.verdict);
    return moveReaction(database, { id: ids.reaction, tenant }, reaction?.state ?? "planned", { to: "sent" });
  },
  secretsOf: (tenant) => secretsOf(database, tenant),
  findVerdict: (tenant) => findVerdict(database, tenant, ids.verdict),
  listVerdicts: (tenant) => listVerdicts(database, tenant, {}, 100),
  latestVerdict: (tenant) => latestVerdict(database, tenant, ids.analysis),
  setConclusion: (tenant) => setConclusion(database, tenant, ids.verdict, "success"),
  verdictDocument: (tenant) => verdictDocument(database, tenant, ids.verdict),
};

/** They make rows of the tenant itself, from a webhook that GitHub signed; nothing of another one is read. */
const OWN_ROWS = ["addAnalysis", "addVerdict", "addOutcome", "requestGate", "claimCommand", "holdEnvironment"];

const STRANGERS: Readonly<Record<string, TenantRepository>> = {
  "another tenant": OTHER,
  "another installation with this repository's id": { ...SHOP, installationId: OTHER.installationId },
  "another repository of the same installation": { ...SHOP, repositoryId: 13, repository: "acme/plans" },
};

async function everything(): Promise<string> {
  const tables = ["analyses", "amendments", "verdicts", "outcomes", "gates", "reactions", "commands", "secrets"];
  const rows = tables.map((table) =>
    database.query(`select to_jsonb(t) - 'document' as row from ${table} t order by 1`),
  );
  return JSON.stringify(await Promise.all(rows));
}

/** Empty however it is said: null, false, nothing, zeros, empty lists. */
function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === 0) return true;
  if (Array.isArray(value)) return value.every(isEmpty);
  return typeof value === "object" && Object.values(value).every(isEmpty);
}

describe.each(Object.entries(STRANGERS))("%s", (_name, stranger) => {
  it.each(Object.entries(CALLS))("gets and changes nothing by %s", async (_function, call) => {
    const before = await everything();
    expect(isEmpty(await call(stranger))).toBe(true);
    expect(await everything()).toBe(before);
  });
});

describe("the store", () => {
  it.each([
    "findAnalysis",
    "listAnalyses",
    "listVerdicts",
    "reactionsOf",
    "verdictDocument",
    "secretsOf",
    "amendmentsOf",
    "listOutcomes",
    "latestVerdict",
    "analysisOfCheck",
    "trafficOn",
    "ledgerSummary",
  ])("gives it to its own tenant, so that there was something to find: %s", async (name) => {
    expect(isEmpty(await CALLS[name]?.(SHOP))).toBe(false);
  });

  it("has no function with a tenant that is not tried here", () => {
    const names = filesUnder("src/bot/store").flatMap((file) =>
      [...textOf(file).matchAll(/export async function (\w+)\(([\s\S]*?)\): Promise/g)]
        .filter(([, , parameters = ""]) => /\b(tenant: (Tenant|\{)|analysis: Own\b)|\{ id, tenant \}/.test(parameters))
        .map(([, name = ""]) => name),
    );
    expect(names.length).toBeGreaterThan(30);
    expect(names.filter((name) => CALLS[name] === undefined && !OWN_ROWS.includes(name))).toEqual([]);
  });
});

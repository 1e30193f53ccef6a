import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addAmendment, amendmentsOf } from "../../src/bot/store/amendments.ts";
import { findAnalysis, listAnalyses, namesInUse, overdueAnalyses } from "../../src/bot/store/analyses.ts";
import { countRequests, deploysAround, openBefore, planLook } from "../../src/bot/store/analysis-changes.ts";
import type { OpenDatabase } from "../../src/bot/store/database.ts";
import { ledgerSummary } from "../../src/bot/store/ledger.ts";
import { openDatabase } from "../../src/bot/store/open.ts";
import { judgedCommits, judgedPullRequest } from "../../src/bot/store/outcomes.ts";
import { latestVerdict, listVerdicts, setConclusion, verdictDocument } from "../../src/bot/store/verdicts.ts";
import { embeddedStore } from "./bot-database.ts";
import { DEPLOYED_AT, deployment, HOUR, makeWorld, READY_AT, SHA, type World } from "./bot-world.ts";
import { postgresqlAvailability, startPostgresql } from "./servers/postgresql.ts";

const { missing, note } = postgresqlAvailability();

interface Place {
  readonly database: OpenDatabase;
  readonly close: () => Promise<void>;
}

async function serverStore(): Promise<Place> {
  const server = await startPostgresql();
  const url = await server.createDatabase();
  const database = await openDatabase({ kind: "server", url }, { connections: 4, onError: () => undefined });
  return {
    database,
    close: async () => {
      await database.close();
      await server.stop();
    },
  };
}

const BACKENDS = [
  { name: "the embedded database", skip: false, place: () => embeddedStore("statements") },
  { name: `a PostgreSQL server${note}`, skip: missing, place: serverStore },
];

for (const { name, skip, place } of BACKENDS) {
  describe.skipIf(skip)(`analyses and verdicts on ${name}`, () => {
    let at: Place;
    let on: World;

    beforeAll(async () => {
      at = await place();
      on = await makeWorld(at.database);
      await on.deploy(deployment());
      await on.work();
      on.setNow(READY_AT);
      await on.work();
    }, 120_000);
    afterAll(async () => {
      await on?.close();
      await at?.close();
    });

    const only = async () => {
      const [analysis] = await listAnalyses(at.database, on.tenant, {}, 2);
      if (analysis === undefined) throw new Error("there is no analysis");
      return analysis;
    };

    test("one deploy has one verdict, and its evidence comes back as it went in", async () => {
      const analysis = await only();
      expect(analysis).toMatchObject({ state: "done", deployedAt: DEPLOYED_AT, deploymentId: 1234567 });
      const verdict = await latestVerdict(at.database, on.tenant, analysis.id);
      expect(verdict).toMatchObject({ verdict: "regression", sha: SHA, createdAt: READY_AT, services: [] });
      const document = await verdictDocument(at.database, on.tenant, verdict?.id ?? "");
      expect(document?.slis[0]?.estimate?.att).toBeGreaterThan(0);
      await setConclusion(at.database, on.tenant, verdict?.id ?? "", "neutral");
      expect(await listVerdicts(at.database, on.tenant, { since: DEPLOYED_AT }, 5)).toMatchObject([
        { conclusion: "neutral" },
      ]);
    });

    test("filters, look-ups and the ledger", async () => {
      const analysis = await only();
      const { database } = at;
      const filter = {
        environment: "production",
        sha: SHA,
        pullRequest: 77,
        state: "ended",
        since: DEPLOYED_AT,
        before: READY_AT,
      } as const;
      expect(await listAnalyses(database, on.tenant, filter, 5)).toHaveLength(1);
      expect(await findAnalysis(database, on.tenant, analysis.id)).toMatchObject({ id: analysis.id });
      expect(await namesInUse(database, on.tenant)).toEqual({ environments: ["production"], services: [] });
      expect(await judgedCommits(database, on.tenant, [SHA.slice(0, 7), "ffffffff"])).toEqual([SHA]);
      expect(await judgedPullRequest(database, on.tenant, 77)).toEqual([SHA]);
      const place = { environment: "production", from: DEPLOYED_AT - HOUR, to: DEPLOYED_AT + HOUR };
      expect(await deploysAround(database, on.tenant, place)).toMatchObject([{ sha: SHA, deploymentId: 1234567 }]);
      expect(await deploysAround(database, on.tenant, { ...place, from: DEPLOYED_AT + 60 })).toHaveLength(1);
      const summary = await ledgerSummary(database, on.tenant, { since: DEPLOYED_AT, fineBefore: READY_AT + HOUR });
      expect(summary).toMatchObject({ deploys: 1, assumedFine: 1 });
    });

    test("another look begins again with the same plan, in a new check", async () => {
      const { database } = at;
      const analysis = await only();
      const asked = {
        analysisId: analysis.id,
        amendment: { kind: "rerun", actor: "octocat", at: READY_AT },
        origin: "a",
      } as const;
      expect(await addAmendment(database, on.tenant, asked)).toBe(true);
      expect(await addAmendment(database, on.tenant, asked)).toBe(false);
      expect(await amendmentsOf(database, on.tenant, analysis.id)).toHaveLength(1);
      const other = { ...on.tenant, repositoryId: 1 };
      expect(await planLook(database, other, analysis.id, READY_AT)).toBe(false);
      expect(await planLook(database, on.tenant, analysis.id, READY_AT)).toBe(true);
      expect(await only()).toMatchObject({
        state: "waiting",
        checkRunId: null,
        checksBefore: analysis.checkRunId,
        nextAt: READY_AT,
        look: 0,
        registered: analysis.registered,
      });
      expect(await overdueAnalyses(database, READY_AT + 1, 5)).toMatchObject([{ id: analysis.id }]);
      const later = { environment: "production", deployedAt: READY_AT };
      expect(await openBefore(database, on.tenant, later)).toEqual([analysis.id]);
      await countRequests(database, analysis, 3);
      expect((await only()).requests).toBe(analysis.requests + 3);
    });
  });
}

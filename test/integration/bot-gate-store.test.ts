import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wakeGates } from "../../src/bot/gate/wake.ts";
import { addAmendment, amendmentsOf } from "../../src/bot/store/amendments.ts";
import { addAnalysis } from "../../src/bot/store/analyses.ts";
import { claimCommand, finishCommand, trafficOn } from "../../src/bot/store/commands.ts";
import type { OpenDatabase } from "../../src/bot/store/database.ts";
import {
  closeGate,
  gatesWaitingFor,
  intendDecision,
  keepGateOpen,
  loadGate,
  overdueGates,
  requestGate,
  takeReport,
} from "../../src/bot/store/gates.ts";
import { addRepository } from "../../src/bot/store/installations.ts";
import { openDatabase } from "../../src/bot/store/open.ts";
import { postgresqlAvailability, startPostgresql } from "./servers/postgresql.ts";
import { makeFolder } from "./servers/process.ts";

const { missing, note } = postgresqlAvailability();
const OPTIONS = { connections: 4, onError: () => undefined };
const NOW = Date.UTC(2026, 10, 20, 13) / 1000;
const SHA = "a".repeat(40);

const OURS = { installationId: 1, repositoryId: 11, repository: "acme/shop", isPrivate: true, defaultBranch: "main" };
const THEIRS = {
  installationId: 2,
  repositoryId: 22,
  repository: "other/shop",
  isPrivate: true,
  defaultBranch: "main",
};

async function folderPlace() {
  const folder = await makeFolder("gate-store");
  const data = join(folder.path, "data");
  return { open: () => openDatabase({ kind: "embedded", folder: data }, OPTIONS), remove: folder.remove };
}

async function serverPlace() {
  const server = await startPostgresql();
  const url = await server.createDatabase();
  return { open: () => openDatabase({ kind: "server", url }, OPTIONS), remove: server.stop };
}

const BACKENDS = [
  { name: "the embedded database", skip: false, place: folderPlace },
  { name: `a PostgreSQL server${note}`, skip: missing, place: serverPlace },
];

for (const { name, skip, place } of BACKENDS) {
  describe.skipIf(skip)(`gates in ${name}`, () => {
    let at: Awaited<ReturnType<typeof place>>;
    let database: OpenDatabase;
    let runs = 0;

    beforeAll(async () => {
      at = await place();
      database = await at.open();
      await addRepository(database, OURS);
      await addRepository(database, THEIRS);
    });
    afterAll(async () => {
      await database?.close();
      await at?.remove();
    });

    const request = (more: object = {}) => ({
      runId: runs,
      environment: "production",
      deploymentId: 7,
      sha: SHA,
      requestedAt: NOW,
      deadline: NOW + 86_400,
      ...more,
    });

    async function asked(tenant = OURS) {
      runs += 1;
      const id = await requestGate(database, tenant, request());
      const gate = id === null ? null : await loadGate(database, id);
      if (gate === null) throw new Error("no gate");
      return gate;
    }

    test("a question is asked once; a new attempt of the same run begins anew", async () => {
      const gate = await asked();
      expect(gate).toMatchObject({ tenant: { repository: "acme/shop" }, state: "waiting", reports: 0, decision: null });
      expect(await requestGate(database, OURS, request())).toBeNull();
      await intendDecision(database, gate, { decision: "approved", reason: "fine" });
      await closeGate(database, gate, { state: "approved", at: NOW });
      expect(await requestGate(database, OURS, request())).toBeNull();
      expect(await requestGate(database, OURS, request({ deploymentId: 8 }))).toBe(gate.id);
      expect(await loadGate(database, gate.id)).toMatchObject({ state: "waiting", decision: null, reason: null });
    });

    test("without the id of a deployment, one that waits is not asked twice and one that was answered is", async () => {
      runs += 1;
      const id = await requestGate(database, OURS, request({ deploymentId: null }));
      expect(await requestGate(database, OURS, request({ deploymentId: null }))).toBeNull();
      const gate = await loadGate(database, id ?? "");
      if (gate === null) throw new Error("no gate");
      await closeGate(database, gate, { state: "expired", at: NOW });
      expect(await requestGate(database, OURS, request({ deploymentId: null }))).toBe(id);
    });

    test("of several workers that see the same count, one sends the report", async () => {
      const gate = await asked();
      const tries = Array.from({ length: 8 }, () => takeReport(database, gate, { text: "waiting", at: NOW }));
      expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
      expect(await loadGate(database, gate.id)).toMatchObject({ reports: 1, lastReport: "waiting", reportedAt: NOW });
    });

    test("of several decisions the first one stands, also its words", async () => {
      const gate = await asked();
      const all = await Promise.all([
        intendDecision(database, gate, { decision: "rejected", reason: "harm" }),
        intendDecision(database, gate, { decision: "approved", reason: "fine" }),
      ]);
      expect(all[0]).toEqual(all[1]);
      await closeGate(database, gate, { state: all[0]?.decision ?? "expired", at: NOW });
      expect(await intendDecision(database, gate, { decision: "approved", reason: "late" })).toBeNull();
      expect(await takeReport(database, { ...gate, reports: 0 }, { text: "late", at: NOW })).toBe(false);
    });

    test("a verdict wakes the gates that watch its environment, of its own tenant only", async () => {
      const [ours, theirs] = [await asked(), await asked(THEIRS)];
      for (const gate of [ours, theirs]) {
        await keepGateOpen(database, gate, {
          watches: "staging",
          analysisId: null,
          failingSince: null,
          nextAt: NOW + 60,
          reason: "waiting",
          state: "left-to-people",
        });
      }
      const waiting = (await gatesWaitingFor(database, OURS, "staging")).map(({ id }) => id);
      expect(waiting).toContain(ours.id);
      expect(waiting).not.toContain(theirs.id);
      expect((await gatesWaitingFor(database, OURS, "elsewhere")).map(({ id }) => id)).not.toContain(ours.id);
      const sent: string[] = [];
      const queue = { send: async (_name: string, _data: object, { key }: { key: string }) => void sent.push(key) };
      await wakeGates({ queue, inside: database }, THEIRS, "staging");
      expect(sent).toContain(theirs.id);
      expect(sent).not.toContain(ours.id);
      expect((await overdueGates(database, NOW + 61, 100)).map(({ id }) => id)).toContain(ours.id);
    });

    test("nobody writes into another tenant's gate", async () => {
      const gate = await asked();
      const stolen = { ...gate, tenant: THEIRS };
      expect(await takeReport(database, stolen, { text: "x", at: NOW })).toBe(false);
      expect(await intendDecision(database, stolen, { decision: "approved", reason: "x" })).toBeNull();
      await closeGate(database, stolen, { state: "approved", at: NOW });
      expect(await loadGate(database, gate.id)).toMatchObject({ state: "waiting", reports: 0, decision: null });
    });

    test("a change of a plan counts once, belongs to its tenant and comes back as it was", async () => {
      const analysisId = await addAnalysis(database, OURS, {
        environment: "staging",
        deploymentId: 7,
        sha: SHA,
        subject: "di1:7:staging",
        generation: 1,
        deployedAt: NOW,
        deployedAtSource: "status",
        event: { payload: null, url: null, transient: false, statusAt: NOW, pullRequests: [] },
        checksBefore: 0,
        at: NOW,
      });
      if (analysisId === null) throw new Error("no analysis");
      const extended = { kind: "extend", actor: "alice", at: NOW, from: 3600, to: 7200, sawResult: false } as const;
      const acknowledged = { kind: "acknowledge", actor: "bob", at: NOW + 1, reason: "known" } as const;
      const add = (tenant: typeof OURS, origin: string, amendment: typeof extended | typeof acknowledged) =>
        addAmendment(database, tenant, { analysisId, amendment, origin });
      expect(await add(THEIRS, "comment:1", extended)).toBe(false);
      expect(await add(OURS, "comment:1", extended)).toBe(true);
      expect(await add(OURS, "comment:1", extended)).toBe(false);
      expect(await add(OURS, "comment:2", acknowledged)).toBe(true);
      expect(await amendmentsOf(database, OURS, analysisId)).toEqual([extended, acknowledged]);
      expect(await amendmentsOf(database, THEIRS, analysisId)).toEqual([]);
    });

    test("a command is claimed by one, taken up again when that one died, and not again when it is over", async () => {
      const asked = { issue: 5, origin: "comment:9", actor: "alice", command: "rerun", at: NOW };
      const claims = await Promise.all([claimCommand(database, OURS, asked), claimCommand(database, OURS, asked)]);
      expect(claims.map((claim) => claim?.isRepeated).toSorted()).toEqual([false, true]);
      const id = claims[0]?.id ?? "";
      await finishCommand(database, THEIRS, id, { outcome: "done", answered: true });
      expect(await claimCommand(database, OURS, asked)).toEqual({ id, isRepeated: true });
      await finishCommand(database, OURS, id, { outcome: "done", answered: true });
      expect(await claimCommand(database, OURS, asked)).toBeNull();
      const traffic = (tenant: typeof OURS) =>
        trafficOn(database, tenant, {
          issue: 5,
          actor: "alice",
          since: NOW - 3600,
          but: "00000000-0000-0000-0000-000000000000",
        });
      expect(await traffic(OURS)).toEqual({ byActor: 1, accepted: 1, answers: 1 });
      expect(await traffic(THEIRS)).toEqual({ byActor: 0, accepted: 0, answers: 0 });
    });
  });
}

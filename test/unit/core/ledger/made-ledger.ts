import type { DeployOutcome, LedgerEntry, LedgerMark } from "../../../../src/core/ledger/entry.ts";
import type { Verdict } from "../../../../src/core/result.ts";

/** Deploys of a made ledger: one a day from 2026-03-01 on, judged an hour later. */
export const FIRST_DEPLOY = Date.UTC(2026, 2, 1, 12);
const DAY_MS = 86_400_000;

export function shaOf(day: number): string {
  return (0xa000000 + day).toString(16).padEnd(40, "0");
}

export function entryOf(day: number, verdict: Verdict, changes: Partial<LedgerEntry> = {}): LedgerEntry {
  const deployedAt = FIRST_DEPLOY + day * DAY_MS;
  return {
    schemaVersion: 1,
    type: "verdict",
    id: `id-${day}-${verdict}-${changes.time ?? ""}${changes.environment ?? ""}`,
    time: new Date(deployedAt + 3_600_000).toISOString(),
    repository: "owner/name",
    environment: "production",
    service: null,
    sha: shaOf(day),
    deployedAt: new Date(deployedAt).toISOString(),
    verdict,
    reasonCodes: [],
    mode: "enforcing",
    alpha: 0.05,
    look: null,
    slis: [sliOf(verdict === "regression" ? 0.001 : 0.9)],
    configHash: null,
    dataHash: "d",
    version: "1.2.3",
    ...changes,
  };
}

export function sliOf(
  pMarginAdjusted: number | null,
  role: "primary" | "informational" = "primary",
): LedgerEntry["slis"][number] {
  return {
    id: "latency",
    role,
    direction: "up",
    verdict: "no-impact",
    design: "did",
    att: 1,
    confLow: 0,
    confHigh: 2,
    level: 0.95,
    relative: null,
    margin: "5%",
    pMargin: pMarginAdjusted,
    pMarginAdjusted,
  };
}

export function markOn(day: number, outcome: DeployOutcome, changes: Partial<LedgerMark> = {}): LedgerMark {
  return {
    schemaVersion: 1,
    type: "outcome",
    time: "2026-05-01T00:00:00.000Z",
    outcome,
    sha: shaOf(day),
    id: null,
    repository: null,
    environment: null,
    service: null,
    at: null,
    note: "",
    ...changes,
  };
}

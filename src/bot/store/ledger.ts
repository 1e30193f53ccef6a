import type { LedgerEntry, LedgerMark } from "../../core/ledger/entry.ts";
import { LEDGER_VERSION } from "../../core/ledger/entry.ts";
import { type LedgerSummary, summarizeLedger } from "../../core/ledger/summary.ts";
import type { Tenant } from "../tenant.ts";
import type { Database } from "./database.ts";
import { listOutcomes } from "./outcomes.ts";
import { dateOf } from "./values.ts";

export interface LedgerQuestion {
  /** Verdicts since then, epoch seconds. */
  readonly since: number;
  readonly environment?: string;
  /** Deploys before it that nobody marked count as fine, epoch seconds; null: they stay unknown. */
  readonly fineBefore: number | null;
}

/** How the verdicts of a repository turned out. */
export async function ledgerSummary(
  database: Database,
  tenant: Tenant,
  { since, environment, fineBefore }: LedgerQuestion,
): Promise<LedgerSummary> {
  const rows = await database.query<{ ledger: readonly LedgerEntry[] }>(
    `select ledger from verdicts
     where installation_id = $1 and repository_id = $2 and created_at >= $3 and ($4::text is null or environment = $4)
     order by created_at, id`,
    [tenant.installationId, tenant.repositoryId, dateOf(since), environment ?? null],
  );
  const marks = await ledgerMarks(database, tenant, since);
  return summarizeLedger(
    rows.flatMap(({ ledger }) => ledger),
    marks,
    { fineBefore: fineBefore === null ? null : fineBefore * 1000 },
  );
}

async function ledgerMarks(database: Database, tenant: Tenant, since: number): Promise<LedgerMark[]> {
  const outcomes = await listOutcomes(database, tenant, { since });
  return outcomes.map(({ environment, sha, kind, note, at }) => ({
    schemaVersion: LEDGER_VERSION,
    type: "outcome",
    time: new Date(at * 1000).toISOString(),
    outcome: kind,
    sha,
    id: null,
    repository: null,
    environment,
    service: null,
    at: new Date(at * 1000).toISOString(),
    note,
  }));
}

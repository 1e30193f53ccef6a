import { gunzipSync, gzipSync } from "node:zlib";
import { z } from "zod";
import { entriesOf } from "../../app/ledger/append.ts";
import { readResult } from "../../app/read-result.ts";
import type { Mode } from "../../core/plan.ts";
import type { ReasonCode } from "../../core/reasons.ts";
import type { ResultDocument, Verdict } from "../../core/result.ts";
import type { Conclusion } from "../../report/conclusion.ts";
import type { Tenant, TenantRepository } from "../tenant.ts";
import type { Database, Parameter } from "./database.ts";
import { dateOf } from "./values.ts";

/** One verdict without its evidence. Instants are epoch seconds. */
export interface StoredVerdict {
  readonly id: string;
  readonly analysisId: string;
  readonly tenant: TenantRepository;
  readonly environment: string;
  /** Names of the services it is about; empty: the config has none. */
  readonly services: readonly string[];
  readonly sha: string;
  readonly deployedAt: number;
  readonly verdict: Verdict;
  readonly conclusion: Conclusion;
  readonly mode: Mode;
  readonly reasonCodes: readonly ReasonCode[];
  /** As the check says it. */
  readonly title: string;
  readonly look: number;
  readonly lateSeconds: number;
  readonly digest: string;
  readonly createdAt: number;
}

export type NewVerdict = Omit<StoredVerdict, "id" | "tenant" | "services"> & { readonly document: ResultDocument };

/** Its id, and whether it is new: the same result is stored once, however often a step is repeated. */
export async function addVerdict(
  database: Database,
  tenant: Tenant,
  given: NewVerdict,
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  const services = given.document.plans.flatMap(({ service }) => (service === null ? [] : [service]));
  const values: Parameter[] = [
    given.analysisId,
    tenant.installationId,
    tenant.repositoryId,
    given.environment,
    services,
    given.sha,
    dateOf(given.deployedAt),
    given.verdict,
    given.conclusion,
    given.mode,
    [...given.reasonCodes],
    given.title,
    given.look,
    given.lateSeconds,
    given.digest,
    gzipSync(JSON.stringify(given.document)),
    JSON.stringify(entriesOf(given.document)),
    dateOf(given.createdAt),
  ];
  const [added] = await database.query<{ id: string }>(
    `insert into verdicts (analysis_id, installation_id, repository_id, environment, services, sha, deployed_at, verdict,
       conclusion, mode, reason_codes, title, look, late_seconds, digest, document, ledger, created_at)
     select id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17::jsonb, $18
     from analyses where id = $1 and installation_id = $2 and repository_id = $3
     on conflict (analysis_id, digest) do nothing
     returning id`,
    values,
  );
  if (added !== undefined) return { id: added.id, isNew: true };
  const [known] = await database.query<{ id: string }>(
    `select id from verdicts where analysis_id = $1 and digest = $2 and installation_id = $3 and repository_id = $4`,
    [given.analysisId, given.digest, tenant.installationId, tenant.repositoryId],
  );
  if (known === undefined) throw new Error("The analysis of this verdict is gone.");
  return { id: known.id, isNew: false };
}

const SELECT = `select verdicts.id, verdicts.analysis_id, verdicts.installation_id, verdicts.repository_id,
    verdicts.environment, verdicts.services, verdicts.sha, verdicts.deployed_at, verdicts.verdict, verdicts.conclusion,
    verdicts.mode, verdicts.reason_codes, verdicts.title, verdicts.look, verdicts.late_seconds, verdicts.digest,
    verdicts.created_at, repositories.full_name, repositories.is_private
  from verdicts join repositories on repositories.id = verdicts.repository_id
    and repositories.installation_id = verdicts.installation_id`;

const OF_TENANT = "verdicts.installation_id = $1 and verdicts.repository_id = $2";

/** The id comes from a job, and the row says whose it is. null: it is gone. */
export async function loadVerdict(database: Database, id: string): Promise<StoredVerdict | null> {
  return first(await database.query<Row>(`${SELECT} where verdicts.id = $1`, [id]));
}

/** null: there is none, or it is another tenant's. */
export async function findVerdict(database: Database, tenant: Tenant, id: string): Promise<StoredVerdict | null> {
  if (!z.uuid().safeParse(id).success) return null;
  const sql = `${SELECT} where ${OF_TENANT} and verdicts.id = $3`;
  return first(await database.query<Row>(sql, [tenant.installationId, tenant.repositoryId, id]));
}

export interface VerdictFilter {
  readonly analysisId?: string;
  readonly environment?: string;
  readonly service?: string;
  readonly sha?: string;
  readonly verdict?: Verdict;
  /** Made before this moment, for the next page. */
  readonly before?: number;
  /** Made at this moment or later. */
  readonly since?: number;
}

/** Newest first. */
export async function listVerdicts(
  database: Database,
  tenant: Tenant,
  filter: VerdictFilter,
  most: number,
): Promise<readonly StoredVerdict[]> {
  const values: Parameter[] = [tenant.installationId, tenant.repositoryId];
  const where = [OF_TENANT];
  const add = (value: Parameter | undefined, condition: (place: string) => string): void => {
    if (value !== undefined) where.push(condition(`$${values.push(value)}`));
  };
  add(filter.analysisId, (place) => `verdicts.analysis_id = ${place}`);
  add(filter.environment, (place) => `verdicts.environment = ${place}`);
  add(filter.service, (place) => `${place} = any(verdicts.services)`);
  add(filter.sha, (place) => `verdicts.sha = ${place}`);
  add(filter.verdict, (place) => `verdicts.verdict = ${place}`);
  add(filter.before === undefined ? undefined : dateOf(filter.before), (place) => `verdicts.created_at < ${place}`);
  add(filter.since === undefined ? undefined : dateOf(filter.since), (place) => `verdicts.created_at >= ${place}`);
  const limit = `$${values.push(most)}`;
  const sql = `${SELECT} where ${where.join(" and ")} order by verdicts.created_at desc, verdicts.id limit ${limit}`;
  return (await database.query<Row>(sql, values)).map(verdictOf);
}

/** The verdict that counts for one analysis: its newest. */
export async function latestVerdict(
  database: Database,
  tenant: Tenant,
  analysisId: string,
): Promise<StoredVerdict | null> {
  const [newest] = await listVerdicts(database, tenant, { analysisId }, 1);
  return newest ?? null;
}

/** A person decided that the verdict blocks nothing any more; the verdict itself stays. */
export async function setConclusion(
  database: Database,
  tenant: Tenant,
  verdictId: string,
  conclusion: Conclusion,
): Promise<void> {
  await database.query(
    "update verdicts set conclusion = $4 where id = $1 and installation_id = $2 and repository_id = $3",
    [verdictId, tenant.installationId, tenant.repositoryId, conclusion],
  );
}

/** The whole result with its evidence; null: there is none, or it is another tenant's. */
export async function verdictDocument(database: Database, tenant: Tenant, id: string): Promise<ResultDocument | null> {
  if (!z.uuid().safeParse(id).success) return null;
  const [row] = await database.query<{ document: Uint8Array }>(
    "select document from verdicts where id = $1 and installation_id = $2 and repository_id = $3",
    [id, tenant.installationId, tenant.repositoryId],
  );
  return row === undefined ? null : readResult(gunzipSync(row.document).toString("utf8"), "The stored result");
}

interface Row {
  readonly id: string;
  readonly analysis_id: string;
  readonly installation_id: number;
  readonly repository_id: number;
  readonly full_name: string;
  readonly is_private: boolean;
  readonly environment: string;
  readonly services: readonly string[];
  readonly sha: string;
  readonly deployed_at: Date;
  readonly verdict: Verdict;
  readonly conclusion: Conclusion;
  readonly mode: Mode;
  readonly reason_codes: readonly ReasonCode[];
  readonly title: string;
  readonly look: number;
  readonly late_seconds: number;
  readonly digest: string;
  readonly created_at: Date;
}

function first(rows: readonly Row[]): StoredVerdict | null {
  const [row] = rows;
  return row === undefined ? null : verdictOf(row);
}

function verdictOf(row: Row): StoredVerdict {
  return {
    id: row.id,
    analysisId: row.analysis_id,
    tenant: {
      installationId: row.installation_id,
      repositoryId: row.repository_id,
      repository: row.full_name,
      isPrivate: row.is_private,
    },
    environment: row.environment,
    services: row.services,
    sha: row.sha,
    deployedAt: row.deployed_at.getTime() / 1000,
    verdict: row.verdict,
    conclusion: row.conclusion,
    mode: row.mode,
    reasonCodes: row.reason_codes,
    title: row.title,
    look: row.look,
    lateSeconds: row.late_seconds,
    digest: row.digest,
    createdAt: row.created_at.getTime() / 1000,
  };
}

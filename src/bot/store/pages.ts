import { z } from "zod";
import type { Verdict } from "../../core/result.ts";
import type { Conclusion } from "../../report/conclusion.ts";
import type { Tenant, TenantRepository } from "../tenant.ts";
import { type AnalysisState, OPEN_STATES } from "./analyses.ts";
import type { Database, Parameter } from "./database.ts";
import type { GateState } from "./gates.ts";
import { dateOf, secondsOf } from "./values.ts";

/**
 * What the web page reads, over all repositories that one person may see. Every statement starts from that list and
 * joins to it by installation and repository, so that no row of another tenant can come out. Instants are epoch seconds.
 */
export type Reach = readonly Tenant[];

const ALLOWED = `unnest($1::bigint[], $2::bigint[]) as allowed(installation_id, repository_id)
  join repositories on repositories.id = allowed.repository_id
    and repositories.installation_id = allowed.installation_id`;

function allowedOf(reach: Reach): Parameter[] {
  return [reach.map((one) => one.installationId), reach.map((one) => one.repositoryId)];
}

/** Those of the installations that the bot knows. */
export async function knownInstallations(database: Database, ids: readonly number[]): Promise<number[]> {
  const rows = await database.query<{ id: number }>("select id from installations where id = any($1::bigint[])", [ids]);
  return rows.map(({ id }) => id);
}

/** Those of the repositories that the bot knows, by name. */
export async function knownRepositories(database: Database, reach: Reach): Promise<TenantRepository[]> {
  const rows = await database.query<RepositoryRow>(
    `select repositories.id as repository_id, repositories.installation_id, repositories.full_name,
       repositories.is_private
     from ${ALLOWED} order by lower(repositories.full_name)`,
    allowedOf(reach),
  );
  return rows.map(repositoryOf);
}

/** Environments in use, for the filter. */
export async function environmentsOf(database: Database, reach: Reach): Promise<string[]> {
  const rows = await database.query<{ environment: string }>(
    `select distinct analyses.environment
     from ${ALLOWED} join analyses on analyses.repository_id = repositories.id
       and analyses.installation_id = repositories.installation_id
     order by 1 limit 200`,
    allowedOf(reach),
  );
  return rows.map(({ environment }) => environment);
}

/** One line of the list. */
export interface ListedVerdict {
  readonly id: string;
  readonly tenant: TenantRepository;
  readonly environment: string;
  readonly sha: string;
  readonly verdict: Verdict;
  readonly conclusion: Conclusion;
  readonly title: string;
  readonly deployedAt: number;
  readonly createdAt: number;
  readonly look: number;
  /** Where the next page begins. */
  readonly cursor: string;
}

export interface VerdictPage {
  readonly environment: string | null;
  readonly verdict: Verdict | null;
  /** `cursor` of the last line of the page before; null: from the newest. */
  readonly after: string | null;
  readonly most: number;
}

/** `<microseconds since the epoch>~<id>` */
const CURSOR = /^(\d{1,17})~([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export function isCursor(text: string): boolean {
  return CURSOR.test(text);
}

/** Exact, where a moment that went through JavaScript has lost its last three digits. */
const MICROSECONDS = "(extract(epoch from verdicts.created_at) * 1000000)::bigint";

/** Newest first, by key and not by offset: a page stays what it is while new verdicts come in. */
export async function recentVerdicts(
  database: Database,
  reach: Reach,
  { environment, verdict, after, most }: VerdictPage,
): Promise<ListedVerdict[]> {
  const [, time = null, id = null] = (after === null ? null : CURSOR.exec(after)) ?? [];
  const rows = await database.query<ListedRow>(
    `select recent.*, repositories.full_name, repositories.is_private
     from ${ALLOWED} cross join lateral (
       select verdicts.id, verdicts.installation_id, verdicts.repository_id, verdicts.environment, verdicts.sha,
         verdicts.verdict, verdicts.conclusion, verdicts.title, verdicts.deployed_at, verdicts.created_at, verdicts.look,
         ${MICROSECONDS}::text as micros
       from verdicts
       where verdicts.repository_id = repositories.id and verdicts.installation_id = repositories.installation_id
         and ($3::text is null or verdicts.environment = $3) and ($4::text is null or verdicts.verdict = $4)
         and ($5::bigint is null
           or (verdicts.created_at, verdicts.id) < (timestamptz 'epoch' + $5::bigint * interval '1 microsecond', $6::uuid))
       order by verdicts.created_at desc, verdicts.id desc limit $7
     ) as recent
     order by recent.created_at desc, recent.id desc limit $7`,
    [...allowedOf(reach), environment, verdict, time, id, most],
  );
  return rows.map((row) => ({
    id: row.id,
    tenant: repositoryOf(row),
    environment: row.environment,
    sha: row.sha,
    verdict: row.verdict,
    conclusion: row.conclusion,
    title: row.title,
    deployedAt: row.deployed_at.getTime() / 1000,
    createdAt: row.created_at.getTime() / 1000,
    look: row.look,
    cursor: `${row.micros}~${row.id}`,
  }));
}

/** Whose a verdict or an analysis is, and nothing else of it; null: there is none. */
export async function ownerOf(
  database: Database,
  kind: "verdicts" | "analyses",
  id: string,
): Promise<TenantRepository | null> {
  if (!z.uuid().safeParse(id).success) return null;
  const [row] = await database.query<RepositoryRow>(
    `select ${kind}.repository_id, ${kind}.installation_id, repositories.full_name, repositories.is_private
     from ${kind} join repositories on repositories.id = ${kind}.repository_id
       and repositories.installation_id = ${kind}.installation_id
     where ${kind}.id = $1`,
    [id],
  );
  return row === undefined ? null : repositoryOf(row);
}

export interface WaitingAnalysis {
  readonly id: string;
  readonly tenant: TenantRepository;
  readonly environment: string;
  readonly sha: string;
  readonly state: AnalysisState;
  readonly deployedAt: number;
  readonly nextAt: number | null;
  readonly look: number;
  readonly checkUrl: string | null;
  readonly lastError: string | null;
}

/** The next one to be looked at first. */
export async function waitingAnalyses(database: Database, reach: Reach, most: number): Promise<WaitingAnalysis[]> {
  const rows = await database.query<WaitingRow>(
    `select analyses.id, analyses.installation_id, analyses.repository_id, repositories.full_name,
       repositories.is_private, analyses.environment, analyses.sha, analyses.state, analyses.deployed_at,
       analyses.next_at, analyses.look, analyses.check_url, analyses.last_error
     from ${ALLOWED} join analyses on analyses.repository_id = repositories.id
       and analyses.installation_id = repositories.installation_id
     where analyses.state in ${OPEN_STATES}
     order by analyses.next_at nulls last, analyses.id limit $3`,
    [...allowedOf(reach), most],
  );
  return rows.map((row) => ({
    id: row.id,
    tenant: repositoryOf(row),
    environment: row.environment,
    sha: row.sha,
    state: row.state,
    deployedAt: row.deployed_at.getTime() / 1000,
    nextAt: secondsOf(row.next_at),
    look: row.look,
    checkUrl: row.check_url,
    lastError: row.last_error,
  }));
}

export interface WaitingGate {
  readonly tenant: TenantRepository;
  readonly environment: string;
  readonly watches: string | null;
  readonly sha: string;
  readonly state: GateState;
  readonly runId: number;
  readonly lastReport: string | null;
  readonly requestedAt: number;
  readonly deadline: number;
}

/** The one that waits longest first. */
export async function waitingGates(database: Database, reach: Reach, most: number): Promise<WaitingGate[]> {
  const rows = await database.query<GateRow>(
    `select gates.installation_id, gates.repository_id, repositories.full_name, repositories.is_private,
       gates.environment, gates.watches, gates.sha, gates.state, gates.run_id, gates.last_report, gates.requested_at,
       gates.deadline
     from ${ALLOWED} join gates on gates.repository_id = repositories.id
       and gates.installation_id = repositories.installation_id
     where gates.state in ('waiting', 'left-to-people')
     order by gates.requested_at, gates.id limit $3`,
    [...allowedOf(reach), most],
  );
  return rows.map((row) => ({
    tenant: repositoryOf(row),
    environment: row.environment,
    watches: row.watches,
    sha: row.sha,
    state: row.state,
    runId: row.run_id,
    lastReport: row.last_report,
    requestedAt: row.requested_at.getTime() / 1000,
    deadline: row.deadline.getTime() / 1000,
  }));
}

/** How many deploys of one repository had a verdict, and what became of them. */
export interface LedgerCount {
  readonly repository: string;
  readonly verdict: Verdict;
  /** null: nobody said. */
  readonly outcome: "reverted" | "hotfix" | "incident" | "fine" | null;
  readonly deploys: number;
}

/**
 * Of several verdicts of one deploy the first that decided counts, because people acted on it, else the last; of
 * several outcomes the last.
 */
export async function ledgerCounts(database: Database, reach: Reach, since: number): Promise<LedgerCount[]> {
  return await database.query<LedgerCount>(
    `with counting as (
       select distinct on (verdicts.analysis_id) repositories.full_name, verdicts.installation_id,
         verdicts.repository_id, verdicts.environment, verdicts.sha, verdicts.verdict
       from ${ALLOWED} join verdicts on verdicts.repository_id = repositories.id
         and verdicts.installation_id = repositories.installation_id
       where verdicts.deployed_at >= $3
       order by verdicts.analysis_id, verdicts.verdict in ('inconclusive', 'invalid'),
         case when verdicts.verdict in ('inconclusive', 'invalid') then -extract(epoch from verdicts.created_at)
           else extract(epoch from verdicts.created_at) end
     )
     select counting.full_name as repository, counting.verdict, known.kind as outcome, count(*)::int as deploys
     from counting left join lateral (
       select outcomes.kind from outcomes
       where outcomes.installation_id = counting.installation_id and outcomes.repository_id = counting.repository_id
         and outcomes.sha = counting.sha
         and (outcomes.environment is null or outcomes.environment = counting.environment)
       order by outcomes.at desc, outcomes.id limit 1
     ) as known on true
     group by 1, 2, 3 order by lower(counting.full_name), 2, 3`,
    [...allowedOf(reach), dateOf(since)],
  );
}

interface RepositoryRow {
  readonly repository_id: number;
  readonly installation_id: number;
  readonly full_name: string;
  readonly is_private: boolean;
}

interface ListedRow extends RepositoryRow {
  readonly id: string;
  readonly environment: string;
  readonly sha: string;
  readonly verdict: Verdict;
  readonly conclusion: Conclusion;
  readonly title: string;
  readonly deployed_at: Date;
  readonly created_at: Date;
  readonly look: number;
  readonly micros: string;
}

interface WaitingRow extends RepositoryRow {
  readonly id: string;
  readonly environment: string;
  readonly sha: string;
  readonly state: AnalysisState;
  readonly deployed_at: Date;
  readonly next_at: Date | null;
  readonly look: number;
  readonly check_url: string | null;
  readonly last_error: string | null;
}

interface GateRow extends RepositoryRow {
  readonly environment: string;
  readonly watches: string | null;
  readonly sha: string;
  readonly state: GateState;
  readonly run_id: number;
  readonly last_report: string | null;
  readonly requested_at: Date;
  readonly deadline: Date;
}

function repositoryOf(row: RepositoryRow): TenantRepository {
  return {
    installationId: row.installation_id,
    repositoryId: row.repository_id,
    repository: row.full_name,
    isPrivate: row.is_private,
  };
}

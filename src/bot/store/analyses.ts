import { z } from "zod";
import type { JsonValue } from "../../core/outcome.ts";
import { type PendingState, pendingStateSchema } from "../../github/state.ts";
import type { Tenant, TenantRepository } from "../tenant.ts";
import type { Database, Parameter } from "./database.ts";
import { dateOf, secondsOf } from "./values.ts";

/**
 * `announced`: the deployment is known, its plan is not written down yet; `waiting`: the plan is on GitHub, the next
 * look is due at `nextAt`. The others are ends: a verdict, a newer deploy inside the window, a failure that was said,
 * or nothing to judge.
 */
export type AnalysisState = "announced" | "waiting" | "done" | "overtaken" | "given-up" | "cancelled";

export const OPEN_STATES = "('announced', 'waiting')";

/** What the event said about the deployment. */
export interface DeployEvent {
  readonly payload: JsonValue;
  readonly url: string | null;
  readonly transient: boolean;
  /** Epoch seconds of the success status that this analysis came from; null: no status did. */
  readonly statusAt: number | null;
  readonly pullRequests: readonly number[];
}

/** The config as it was when the plan was announced. */
export interface AnnouncedConfig {
  readonly path: string;
  readonly text: string;
  /** `main@9f8e7d6` */
  readonly reference: string;
}

/** One deployment that is judged. Instants are epoch seconds. */
export interface Analysis {
  readonly id: string;
  readonly tenant: TenantRepository;
  readonly defaultBranch: string;
  readonly environment: string;
  readonly deploymentId: number | null;
  readonly sha: string;
  readonly subject: string;
  readonly generation: number;
  readonly deployedAt: number;
  readonly deployedAtSource: string;
  readonly state: AnalysisState;
  readonly event: DeployEvent;
  /** What was written down before the data existed; null: nothing yet. */
  readonly registered: PendingState | null;
  readonly config: AnnouncedConfig | null;
  readonly checkRunId: number | null;
  /** Check runs up to this id are of earlier analyses of the same deployment. */
  readonly checksBefore: number;
  readonly checkUrl: string | null;
  /** Id of a stored verdict that is not on GitHub yet. */
  readonly publishing: string | null;
  readonly nextAt: number | null;
  /** Looks at the data so far. */
  readonly look: number;
  readonly attempts: number;
  /** Requests to GitHub so far, those for tokens included. */
  readonly requests: number;
  readonly lateSeconds: number;
  readonly failingSince: number | null;
  readonly lastError: string | null;
  readonly createdAt: number;
  readonly finishedAt: number | null;
}

export interface NewAnalysis {
  readonly environment: string;
  readonly deploymentId: number | null;
  readonly sha: string;
  /** external_id of the check run. */
  readonly subject: string;
  readonly generation: number;
  readonly deployedAt: number;
  readonly deployedAtSource: string;
  readonly event: DeployEvent;
  /** The newest check run of earlier analyses of the same deployment; 0: none. */
  readonly checksBefore: number;
  /** When it became known. */
  readonly at: number;
}

/** The new analysis's id; null when it is known already. */
export async function addAnalysis(database: Database, tenant: Tenant, given: NewAnalysis): Promise<string | null> {
  const rows = await database.query<{ id: string }>(
    `insert into analyses (installation_id, repository_id, environment, deployment_id, sha, subject, generation,
       deployed_at, deployed_at_source, state, event, checks_before, next_at, created_at)
     select $1, id, $3, $4, $5, $6, $7, $8, $9, 'announced', $10::jsonb, $11, $12, $12
     from repositories where id = $2 and installation_id = $1
     on conflict (repository_id, subject, generation) do nothing
     returning id`,
    [
      tenant.installationId,
      tenant.repositoryId,
      given.environment,
      given.deploymentId,
      given.sha,
      given.subject,
      given.generation,
      dateOf(given.deployedAt),
      given.deployedAtSource,
      JSON.stringify(given.event),
      given.checksBefore,
      dateOf(given.at),
    ],
  );
  return rows[0]?.id ?? null;
}

const SELECT = `select analyses.*, repositories.full_name, repositories.is_private, repositories.default_branch
  from analyses join repositories on repositories.id = analyses.repository_id
    and repositories.installation_id = analyses.installation_id`;

const OF_TENANT = "analyses.installation_id = $1 and analyses.repository_id = $2";

/** null: it is gone, with its repository. The id comes from a job, and the row says whose it is. */
export async function loadAnalysis(database: Database, id: string): Promise<Analysis | null> {
  return first(await database.query<Row>(`${SELECT} where analyses.id = $1`, [id]));
}

/** null: there is none, or it is another tenant's. */
export async function findAnalysis(database: Database, tenant: Tenant, id: string): Promise<Analysis | null> {
  if (!z.uuid().safeParse(id).success) return null;
  const rows = await database.query<Row>(`${SELECT} where ${OF_TENANT} and analyses.id = $3`, [...ownOf(tenant), id]);
  return first(rows);
}

/** Newest generation of one deployment. */
export async function analysisOfSubject(database: Database, tenant: Tenant, subject: string): Promise<Analysis | null> {
  const sql = `${SELECT} where ${OF_TENANT} and analyses.subject = $3 order by analyses.generation desc limit 1`;
  return first(await database.query<Row>(sql, [...ownOf(tenant), subject]));
}

/** The analysis that wrote a check run. */
export async function analysisOfCheck(
  database: Database,
  tenant: Tenant,
  checkRunId: number,
): Promise<Analysis | null> {
  const sql = `${SELECT} where ${OF_TENANT} and analyses.check_run_id = $3 order by analyses.generation desc limit 1`;
  return first(await database.query<Row>(sql, [...ownOf(tenant), checkRunId]));
}

export interface AnalysisFilter {
  readonly environment?: string;
  readonly sha?: string;
  /** A service that one of its verdicts is about. */
  readonly service?: string;
  readonly state?: "open" | "ended";
  /** Of this pull request, as it was found when the plan was written down. */
  readonly pullRequest?: number;
  /** Deployed before this moment, for the next page. */
  readonly before?: number;
  /** Deployed at this moment or later. */
  readonly since?: number;
}

/** History of a repository, last deploy first. */
export async function listAnalyses(
  database: Database,
  tenant: Tenant,
  filter: AnalysisFilter,
  most: number,
): Promise<readonly Analysis[]> {
  const values: Parameter[] = [...ownOf(tenant)];
  const where = [OF_TENANT];
  const add = (value: Parameter | undefined, condition: (place: string) => string): void => {
    if (value !== undefined) where.push(condition(`$${values.push(value)}`));
  };
  add(filter.environment, (place) => `analyses.environment = ${place}`);
  add(filter.sha, (place) => `analyses.sha = ${place}`);
  add(filter.service, (place) => {
    const about = `select 1 from verdicts where verdicts.analysis_id = analyses.id and ${place} = any(verdicts.services)`;
    return `exists (${about})`;
  });
  add(filter.pullRequest, (place) => `analyses.registered -> 'pullRequests' @> to_jsonb(${place}::int)`);
  add(filter.before === undefined ? undefined : dateOf(filter.before), (place) => `analyses.deployed_at < ${place}`);
  add(filter.since === undefined ? undefined : dateOf(filter.since), (place) => `analyses.deployed_at >= ${place}`);
  if (filter.state !== undefined)
    where.push(`analyses.state ${filter.state === "open" ? "in" : "not in"} ${OPEN_STATES}`);
  const limit = `$${values.push(most)}`;
  const sql = `${SELECT} where ${where.join(" and ")}
    order by analyses.deployed_at desc, analyses.generation desc, analyses.id limit ${limit}`;
  return (await database.query<Row>(sql, values)).map(analysisOf);
}

/** Environments and services that a repository has analyses of, for filters. */
export async function namesInUse(
  database: Database,
  tenant: Tenant,
): Promise<{ readonly environments: readonly string[]; readonly services: readonly string[] }> {
  const environments = await database.query<{ name: string }>(
    `select distinct environment as name from analyses where ${OF_TENANT} order by 1`,
    ownOf(tenant),
  );
  const services = await database.query<{ name: string }>(
    `select distinct unnest(services) as name from verdicts where installation_id = $1 and repository_id = $2 order by 1`,
    ownOf(tenant),
  );
  return { environments: environments.map(({ name }) => name), services: services.map(({ name }) => name) };
}

/** Analyses whose job was lost: due since `before`. Over all tenants, for housekeeping; a paused one is not due. */
export async function overdueAnalyses(
  database: Database,
  before: number,
  most: number,
): Promise<readonly { readonly id: string; readonly installationId: number }[]> {
  const rows = await database.query<{ id: string; installation_id: number }>(
    `select analyses.id, analyses.installation_id
     from analyses join installations on installations.id = analyses.installation_id
     where analyses.state in ${OPEN_STATES} and analyses.next_at < $1 and installations.suspended_at is null
     order by analyses.next_at limit $2`,
    [dateOf(before), most],
  );
  return rows.map((row) => ({ id: row.id, installationId: row.installation_id }));
}

interface Row {
  readonly id: string;
  readonly installation_id: number;
  readonly repository_id: number;
  readonly full_name: string;
  readonly is_private: boolean;
  readonly default_branch: string;
  readonly environment: string;
  readonly deployment_id: number | null;
  readonly sha: string;
  readonly subject: string;
  readonly generation: number;
  readonly deployed_at: Date;
  readonly deployed_at_source: string;
  readonly state: AnalysisState;
  readonly event: DeployEvent;
  readonly registered: unknown;
  readonly config: AnnouncedConfig | null;
  readonly check_run_id: number | null;
  readonly checks_before: number;
  readonly check_url: string | null;
  readonly publishing: string | null;
  readonly next_at: Date | null;
  readonly look: number;
  readonly attempts: number;
  readonly requests: number;
  readonly late_seconds: number;
  readonly failing_since: Date | null;
  readonly last_error: string | null;
  readonly created_at: Date;
  readonly finished_at: Date | null;
}

function first(rows: readonly Row[]): Analysis | null {
  const [row] = rows;
  return row === undefined ? null : analysisOf(row);
}

function analysisOf(row: Row): Analysis {
  return {
    id: row.id,
    tenant: {
      installationId: row.installation_id,
      repositoryId: row.repository_id,
      repository: row.full_name,
      isPrivate: row.is_private,
    },
    defaultBranch: row.default_branch,
    environment: row.environment,
    deploymentId: row.deployment_id,
    sha: row.sha,
    subject: row.subject,
    generation: row.generation,
    deployedAt: row.deployed_at.getTime() / 1000,
    deployedAtSource: row.deployed_at_source,
    state: row.state,
    event: row.event,
    registered: row.registered === null ? null : pendingStateSchema.parse(row.registered),
    config: row.config,
    checkRunId: row.check_run_id,
    checksBefore: row.checks_before,
    checkUrl: row.check_url,
    publishing: row.publishing,
    nextAt: secondsOf(row.next_at),
    look: row.look,
    attempts: row.attempts,
    requests: row.requests,
    lateSeconds: row.late_seconds,
    failingSince: secondsOf(row.failing_since),
    lastError: row.last_error,
    createdAt: row.created_at.getTime() / 1000,
    finishedAt: secondsOf(row.finished_at),
  };
}

function ownOf({ installationId, repositoryId }: Tenant): readonly Parameter[] {
  return [installationId, repositoryId];
}

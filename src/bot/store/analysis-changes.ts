import type { PendingState } from "../../github/state.ts";
import type { Tenant } from "../tenant.ts";
import { type Analysis, type AnalysisState, type AnnouncedConfig, OPEN_STATES } from "./analyses.ts";
import type { Database, Parameter } from "./database.ts";
import { dateOf } from "./values.ts";

/** What one step of an analysis learned; left out: as it was. Instants are epoch seconds. */
export interface AnalysisChanges {
  readonly state?: AnalysisState;
  readonly deployedAt?: number;
  readonly deployedAtSource?: string;
  readonly registered?: PendingState;
  readonly config?: AnnouncedConfig;
  readonly checkRunId?: number | null;
  readonly checkUrl?: string | null;
  readonly publishing?: string | null;
  readonly nextAt?: number | null;
  readonly look?: number;
  readonly attempts?: number;
  readonly lateSeconds?: number;
  readonly failingSince?: number | null;
  readonly lastError?: string | null;
  readonly finishedAt?: number | null;
}

type Column = (changes: AnalysisChanges) => Parameter | undefined;

const instant = (value: number | null | undefined): Date | null | undefined =>
  value === undefined || value === null ? value : dateOf(value);
const json = (value: object | undefined): string | undefined =>
  value === undefined ? undefined : JSON.stringify(value);

const COLUMNS: Readonly<Record<string, Column>> = {
  state: ({ state }) => state,
  deployed_at: ({ deployedAt }) => instant(deployedAt),
  deployed_at_source: ({ deployedAtSource }) => deployedAtSource,
  registered: ({ registered }) => json(registered),
  config: ({ config }) => json(config),
  check_run_id: ({ checkRunId }) => checkRunId,
  check_url: ({ checkUrl }) => checkUrl,
  publishing: ({ publishing }) => publishing,
  next_at: ({ nextAt }) => instant(nextAt),
  look: ({ look }) => look,
  attempts: ({ attempts }) => attempts,
  late_seconds: ({ lateSeconds }) => lateSeconds,
  failing_since: ({ failingSince }) => instant(failingSince),
  last_error: ({ lastError }) => lastError,
  finished_at: ({ finishedAt }) => instant(finishedAt),
};

const JSON_COLUMNS: ReadonlySet<string> = new Set(["registered", "config"]);

type Own = Pick<Analysis, "id" | "tenant">;

/** Writes down what a step learned. False: the analysis is gone. */
export async function changeAnalysis(database: Database, analysis: Own, changes: AnalysisChanges): Promise<boolean> {
  const values: Parameter[] = [...ownOf(analysis)];
  const sets = Object.entries(COLUMNS).flatMap(([name, read]) => {
    const value = read(changes);
    if (value === undefined) return [];
    return [`${name} = $${values.push(value)}${JSON_COLUMNS.has(name) ? "::jsonb" : ""}`];
  });
  if (sets.length === 0) return true;
  const sql = `update analyses set ${sets.join(", ")} where ${OWN} returning id`;
  return (await database.query(sql, values)).length > 0;
}

/** Requests to GitHub that a step made, whether it succeeded or not. */
export async function countRequests(database: Database, analysis: Own, requests: number): Promise<void> {
  if (requests <= 0) return;
  const values = [...ownOf(analysis), requests];
  await database.query(`update analyses set requests = requests + $4 where ${OWN}`, values);
}

/**
 * Plans another look: a person asked for it (rerun, a longer window), or another deploy came. One that has ended begins
 * again with the plan that was announced and gets a new check run, because a completed one cannot be opened. False: it
 * is not this tenant's. The caller sends the job, in the same transaction.
 */
export async function planLook(database: Database, tenant: Tenant, analysisId: string, at: number): Promise<boolean> {
  const rows = await database.query(
    `update analyses set
       next_at = $4,
       checks_before = case when state in ${OPEN_STATES} then checks_before
         else greatest(checks_before, coalesce(check_run_id, 0)) end,
       check_run_id = case when state in ${OPEN_STATES} then check_run_id end,
       check_url = case when state in ${OPEN_STATES} then check_url end,
       publishing = case when state in ${OPEN_STATES} then publishing end,
       look = case when state in ${OPEN_STATES} then look else 0 end,
       failing_since = null,
       finished_at = null,
       state = case when state in ${OPEN_STATES} then state when registered is null then 'announced' else 'waiting' end
     where ${OWN} returning id`,
    [analysisId, tenant.installationId, tenant.repositoryId, dateOf(at)],
  );
  return rows.length > 0;
}

/** Open analyses of an environment that a deploy at `deployedAt` may have reached before their window was over. */
export async function openBefore(
  database: Database,
  tenant: Tenant,
  { environment, deployedAt }: { readonly environment: string; readonly deployedAt: number },
): Promise<readonly string[]> {
  const rows = await database.query<{ id: string }>(
    `select id from analyses
     where installation_id = $1 and repository_id = $2 and environment = $3 and deployed_at < $4
       and state in ${OPEN_STATES}
     order by deployed_at`,
    [tenant.installationId, tenant.repositoryId, environment, dateOf(deployedAt)],
  );
  return rows.map(({ id }) => id);
}

export interface KnownDeploy {
  readonly id: string;
  readonly deploymentId: number | null;
  readonly environment: string;
  readonly sha: string;
  readonly deployedAt: number;
}

/** Every deploy to an environment between two moments, oldest first, with the last one before them. */
export async function deploysAround(
  database: Database,
  tenant: Tenant,
  { environment, from, to }: { readonly environment: string; readonly from: number; readonly to: number },
): Promise<readonly KnownDeploy[]> {
  const rows = await database.query<{ id: string; deployment_id: number | null; sha: string; deployed_at: Date }>(
    `select id, deployment_id, sha, deployed_at from analyses
     where installation_id = $1 and repository_id = $2 and environment = $3 and deployed_at <= $5
       and deployed_at >= coalesce((select max(deployed_at) from analyses
         where installation_id = $1 and repository_id = $2 and environment = $3 and deployed_at < $4), $4)
     order by deployed_at, id`,
    [tenant.installationId, tenant.repositoryId, environment, dateOf(from), dateOf(to)],
  );
  return rows.map((row) => ({
    id: row.id,
    deploymentId: row.deployment_id,
    environment,
    sha: row.sha,
    deployedAt: row.deployed_at.getTime() / 1000,
  }));
}

/** Jobs of everything open, for an installation that may work again. */
export async function openAnalyses(
  database: Database,
  installationId: number,
): Promise<readonly { readonly id: string; readonly nextAt: number | null }[]> {
  const rows = await database.query<{ id: string; next_at: Date | null }>(
    `select id, next_at from analyses where installation_id = $1 and state in ${OPEN_STATES} order by next_at`,
    [installationId],
  );
  return rows.map((row) => ({ id: row.id, nextAt: row.next_at === null ? null : row.next_at.getTime() / 1000 }));
}

const OWN = "id = $1 and installation_id = $2 and repository_id = $3";

function ownOf({ id, tenant }: Own): readonly Parameter[] {
  return [id, tenant.installationId, tenant.repositoryId];
}

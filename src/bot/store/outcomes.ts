import type { Tenant } from "../tenant.ts";
import type { Database } from "./database.ts";
import { dateOf } from "./values.ts";

export type OutcomeKind = "reverted" | "hotfix" | "incident" | "fine";

/** What became of a deploy later. */
export interface Outcome {
  /** null: of every environment that the commit reached. */
  readonly environment: string | null;
  readonly sha: string;
  readonly kind: OutcomeKind;
  /** Where it is known from; the same one is written down once. */
  readonly origin: string;
  readonly note: string;
  /** Epoch seconds. */
  readonly at: number;
}

/** True when it is new. */
export async function addOutcome(database: Database, tenant: Tenant, given: Outcome): Promise<boolean> {
  const rows = await database.query(
    `insert into outcomes (installation_id, repository_id, environment, sha, kind, origin, note, at)
     select $1, id, $3, $4, $5, $6, $7, $8 from repositories where id = $2 and installation_id = $1
     on conflict (repository_id, sha, kind, origin) do nothing
     returning id`,
    [
      tenant.installationId,
      tenant.repositoryId,
      given.environment,
      given.sha,
      given.kind,
      given.origin,
      given.note,
      dateOf(given.at),
    ],
  );
  return rows.length > 0;
}

interface Row {
  readonly environment: string | null;
  readonly sha: string;
  readonly kind: OutcomeKind;
  readonly origin: string;
  readonly note: string;
  readonly at: Date;
}

/** Oldest first. `sha` left out: of every commit since `since`. */
export async function listOutcomes(
  database: Database,
  tenant: Tenant,
  { sha, since }: { readonly sha?: string; readonly since?: number },
): Promise<readonly Outcome[]> {
  const rows = await database.query<Row>(
    `select environment, sha, kind, origin, note, at from outcomes
     where installation_id = $1 and repository_id = $2 and ($3::text is null or sha = $3)
       and ($4::timestamptz is null or at >= $4)
     order by at, id`,
    [tenant.installationId, tenant.repositoryId, sha ?? null, since === undefined ? null : dateOf(since)],
  );
  return rows.map((row) => ({
    environment: row.environment,
    sha: row.sha,
    kind: row.kind,
    origin: row.origin,
    note: row.note,
    at: row.at.getTime() / 1000,
  }));
}

/** Deployed commits whose deploy this pull request was part of. */
export async function judgedPullRequest(database: Database, tenant: Tenant, pullRequest: number): Promise<string[]> {
  const rows = await database.query<{ sha: string }>(
    `select distinct sha from analyses
     where installation_id = $1 and repository_id = $2 and registered -> 'pullRequests' @> to_jsonb($3::int)`,
    [tenant.installationId, tenant.repositoryId, pullRequest],
  );
  return rows.map(({ sha }) => sha);
}

/** Full ids of judged commits that start with the digits somebody wrote. */
export async function judgedCommits(
  database: Database,
  tenant: Tenant,
  prefixes: readonly string[],
): Promise<string[]> {
  if (prefixes.length === 0) return [];
  const rows = await database.query<{ sha: string }>(
    `select distinct sha from analyses
     where installation_id = $1 and repository_id = $2
       and exists (select 1 from unnest($3::text[]) as prefix where sha like prefix || '%')`,
    [tenant.installationId, tenant.repositoryId, prefixes],
  );
  return rows.map(({ sha }) => sha);
}

import type { Tenant, TenantRepository } from "../tenant.ts";
import type { Database } from "./database.ts";
import { dateOf } from "./values.ts";

export interface Installation {
  readonly id: number;
  /** Login of the user or organization. */
  readonly account: string;
}

/** Known from now on, under its present name. */
export async function addInstallation(database: Database, { id, account }: Installation): Promise<void> {
  await database.query(
    `insert into installations (id, account) values ($1, $2)
     on conflict (id) do update set account = excluded.account`,
    [id, account],
  );
}

/** `at`: epoch seconds; null: it may work again. */
export async function suspendInstallation(database: Database, id: number, at: number | null): Promise<void> {
  await database.query("update installations set suspended_at = $2 where id = $1", [
    id,
    at === null ? null : dateOf(at),
  ]);
}

export async function isSuspended(database: Database, id: number): Promise<boolean> {
  const rows = await database.query("select 1 from installations where id = $1 and suspended_at is not null", [id]);
  return rows.length > 0;
}

export type KnownRepository = TenantRepository & { readonly defaultBranch: string };

/**
 * What GitHub said about a repository, and when (epoch seconds; left out: nobody said anything newer). The id stays when
 * it is renamed; when it moves to an account with another installation, what we know of it stays with the old account's
 * data and is deleted: secrets and verdicts belong to whoever installed the App. A webhook that comes late, after the
 * repository moved on, changes nothing.
 */
export async function addRepository(database: Database, given: KnownRepository, toldAt?: number): Promise<void> {
  const { installationId, repositoryId, repository, isPrivate, defaultBranch } = given;
  const told = toldAt === undefined ? null : dateOf(toldAt);
  const [account = ""] = repository.split("/");
  await database.query("insert into installations (id, account) values ($1, $2) on conflict (id) do nothing", [
    installationId,
    account,
  ]);
  await database.query(
    "delete from repositories where id = $1 and installation_id <> $2 and told_at <= coalesce($3, told_at)",
    [repositoryId, installationId, told],
  );
  await database.query(
    `insert into repositories (id, installation_id, full_name, is_private, default_branch, told_at)
     values ($1, $2, $3, $4, $5, coalesce($6, 'epoch'::timestamptz))
     on conflict (id) do update set full_name = excluded.full_name, is_private = excluded.is_private,
       default_branch = excluded.default_branch, told_at = coalesce($6, repositories.told_at)
     where repositories.installation_id = excluded.installation_id
       and repositories.told_at <= coalesce($6, repositories.told_at)`,
    [repositoryId, installationId, repository, isPrivate, defaultBranch, told],
  );
}

/** Deletes a repository with everything that hangs on it. */
export async function removeRepository(database: Database, { installationId, repositoryId }: Tenant): Promise<void> {
  await database.query("delete from repositories where id = $1 and installation_id = $2", [
    repositoryId,
    installationId,
  ]);
}

/** Deletes an installation with everything that hangs on it. */
export async function removeInstallation(database: Database, id: number): Promise<void> {
  await database.query("delete from repositories where installation_id = $1", [id]);
  await database.query("delete from installations where id = $1", [id]);
}

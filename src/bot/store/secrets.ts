import { DeployImpactError } from "../../core/errors.ts";
import type { Database } from "./database.ts";

/** A secret as it lies in the store: sealed, for one repository or (null) for all of the installation. */
export interface StoredSecret {
  readonly installationId: number;
  readonly repositoryId: number | null;
  readonly name: string;
  readonly ciphertext: Uint8Array;
}

export interface SecretListing {
  readonly repository: string | null;
  readonly name: string;
  readonly createdBy: string;
  readonly createdAt: Date;
}

/** Secrets that this repository may use: those of its installation and its own. */
export async function secretsOf(
  database: Database,
  tenant: { readonly installationId: number; readonly repositoryId: number },
): Promise<StoredSecret[]> {
  return await database.query<StoredSecret>(
    `select installation_id as "installationId", repository_id as "repositoryId", name, ciphertext
       from secrets
      where installation_id = $1 and (repository_id is null or repository_id = $2)`,
    [tenant.installationId, tenant.repositoryId],
  );
}

export async function putSecret(
  database: Database,
  secret: StoredSecret,
  written: { readonly by: string; readonly at: Date },
): Promise<void> {
  await database.query(
    `insert into secrets (installation_id, repository_id, name, ciphertext, created_by, created_at)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (installation_id, repository_id, name)
     do update set ciphertext = excluded.ciphertext, created_by = excluded.created_by, created_at = excluded.created_at`,
    [secret.installationId, secret.repositoryId, secret.name, secret.ciphertext, written.by, written.at],
  );
}

/** True when there was one. */
export async function removeSecret(
  database: Database,
  { installationId, repositoryId, name }: Omit<StoredSecret, "ciphertext">,
): Promise<boolean> {
  const gone = await database.query(
    `delete from secrets
      where installation_id = $1 and repository_id is not distinct from $2 and name = $3
      returning id`,
    [installationId, repositoryId, name],
  );
  return gone.length > 0;
}

/** Names only. */
export async function listSecrets(database: Database, installationId: number): Promise<SecretListing[]> {
  return await database.query<SecretListing>(
    `select r.full_name as repository, s.name, s.created_by as "createdBy", s.created_at as "createdAt"
       from secrets s left join repositories r on r.id = s.repository_id and r.installation_id = s.installation_id
      where s.installation_id = $1
      order by r.full_name nulls first, s.name`,
    [installationId],
  );
}

/** Of all tenants: for the rotation of the key alone. */
export async function allSecrets(database: Database): Promise<StoredSecret[]> {
  return await database.query<StoredSecret>(
    `select installation_id as "installationId", repository_id as "repositoryId", name, ciphertext from secrets`,
  );
}

interface Installed {
  readonly installationId: number;
  readonly repositoryId: number | null;
}

/**
 * Installation of the account, and the repository of that name in it; null: the App is not installed there. Names are
 * given to others when somebody renames: one that means two places means none.
 */
export async function findInstallation(
  database: Database,
  { owner, repository }: { readonly owner: string; readonly repository: string | null },
): Promise<Installed | null> {
  const found =
    repository === null
      ? await database.query<Installed>(
          `select id as "installationId", null as "repositoryId" from installations where lower(account) = lower($1)`,
          [owner],
        )
      : await database.query<Installed>(
          `select installation_id as "installationId", id as "repositoryId" from repositories
            where lower(full_name) = lower($1)`,
          [`${owner}/${repository}`],
        );
  const [only, ...others] = found;
  if (only === undefined || others.length === 0) return only ?? null;
  const ids = found.map(({ installationId }) => installationId).sort((a, b) => a - b);
  throw new DeployImpactError(
    "USAGE",
    `${repository === null ? owner : `${owner}/${repository}`} is known in the installations ${ids.join(" and ")}.`,
    {
      hint: "GitHub gave the name to somebody else. Uninstall the App where it is no longer meant, or let a webhook of the renamed account arrive; until then nobody gets the secret.",
    },
  );
}

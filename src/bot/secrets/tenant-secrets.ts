import type { BotSettings } from "../settings.ts";
import type { Database } from "../store/database.ts";
import { type StoredSecret, secretsOf } from "../store/secrets.ts";
import type { TenantRepository } from "../tenant.ts";
import { environmentSecrets } from "./environment.ts";
import { folderSecrets } from "./folder.ts";
import { scopeOf } from "./scope.ts";
import type { Vault } from "./vault.ts";

export interface SecretPlaces {
  readonly database: Database;
  readonly vault: Vault;
  readonly settings: Pick<BotSettings, "secretsFolder">;
  /** Environment of this process; read by the tenant's own prefix only. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * The secrets of one repository and nothing else, as an environment. What is stated for the repository wins over what
 * is stated for its account; at each level the store wins over the folder, the folder over the environment.
 */
export async function tenantSecrets(
  { database, vault, settings, environment }: SecretPlaces,
  tenant: TenantRepository,
): Promise<Readonly<Record<string, string>>> {
  const own = scopeOf(tenant.repository);
  const account = { owner: own.owner, repository: null };
  const stored = await secretsOf(database, tenant);
  const opened = (rows: readonly StoredSecret[]): ReadonlyMap<string, string> =>
    new Map(rows.map((row) => [row.name, vault.open(row.ciphertext, placeOf(row))]));
  const weakestFirst = [
    environmentSecrets(environment, account),
    await folderSecrets(settings.secretsFolder, account),
    opened(stored.filter(({ repositoryId }) => repositoryId === null)),
    environmentSecrets(environment, own),
    await folderSecrets(settings.secretsFolder, own),
    opened(stored.filter(({ repositoryId }) => repositoryId !== null)),
  ];
  // Without a prototype: a config may ask for a variable called `constructor`.
  const secrets = Object.create(null) as Record<string, string>;
  for (const level of weakestFirst) for (const [name, value] of level) secrets[name] = value;
  return Object.freeze(secrets);
}

/** What a stored secret is authenticated with: whose it is, and its name. */
export function placeOf({ installationId, repositoryId, name }: Omit<StoredSecret, "ciphertext">): string {
  return `deploy-impact secret\n${installationId}\n${repositoryId ?? "*"}\n${name}`;
}

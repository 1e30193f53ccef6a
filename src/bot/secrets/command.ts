import { DeployImpactError } from "../../core/errors.ts";
import type { Database } from "../store/database.ts";
import { allSecrets, findInstallation, listSecrets, putSecret, removeSecret } from "../store/secrets.ts";
import { variablePrefix } from "./environment.ts";
import { isSecretName, parseScope, type SecretScope } from "./scope.ts";
import { placeOf } from "./tenant-secrets.ts";
import type { Vault } from "./vault.ts";

export const SECRETS_USAGE = `npm run bot -- secrets set OWNER[/REPOSITORY] NAME       store a secret; its value is read from standard input
npm run bot -- secrets remove OWNER[/REPOSITORY] NAME    delete it
npm run bot -- secrets list OWNER                        names, never values
npm run bot -- secrets rotate                            encrypt everything anew with the current key
npm run bot -- secrets variable OWNER[/REPOSITORY] NAME  environment variable that would hold it
`;

/** Longest secret, characters: a service account key or a certificate chain fits. */
const LONGEST = 65_536;

export interface SecretsCommand {
  readonly database: Database;
  readonly vault: Vault;
  readonly now: () => number;
  /** Login of the person at this machine, for the record. */
  readonly person: string;
  readonly readValue: () => Promise<string>;
}

/** What to print. A value is never printed, nor quoted in an error. */
export async function secretsCommand(
  [verb, target = "", name = "", ...rest]: readonly string[],
  command: SecretsCommand,
): Promise<string> {
  const wanted = verb === undefined ? undefined : ARGUMENTS[verb];
  const given = [target, name, ...rest].filter((argument) => argument !== "").length;
  if (verb === undefined || wanted === undefined || given !== wanted)
    throw usage("These are not the arguments of `secrets`.");
  if (verb === "rotate") return await rotate(command);
  const scope = parseScope(target);
  if (scope === null) throw usage(`"${target}" is neither an account nor a repository.`);
  if (verb === "list") return await list(scope, command);
  if (!isSecretName(name)) throw usage(`"${name}" is not the name of a variable.`);
  if (verb === "variable") return `${variablePrefix(scope)}${name}\n`;
  return verb === "set" ? await set(scope, name, command) : await remove(scope, name, command);
}

const ARGUMENTS: Readonly<Record<string, number>> = { set: 2, remove: 2, list: 1, rotate: 0, variable: 2 };

async function set(scope: SecretScope, name: string, command: SecretsCommand): Promise<string> {
  const { database, vault, person } = command;
  const place = { ...(await installed(scope, command)), name };
  const value = (await command.readValue()).trim();
  if (value === "") throw usage("Standard input holds no value.");
  if (value.length > LONGEST) throw usage("The value is longer than 64 KiB.");
  const ciphertext = vault.seal(value, placeOf(place));
  await putSecret(database, { ...place, ciphertext }, { by: person, at: new Date(command.now()) });
  return `${name} is stored for ${described(scope)}.\n`;
}

async function remove(scope: SecretScope, name: string, command: SecretsCommand): Promise<string> {
  const gone = await removeSecret(command.database, { ...(await installed(scope, command)), name });
  if (!gone) throw usage(`There is no secret ${name} for ${described(scope)}.`);
  return `${name} of ${described(scope)} is deleted.\n`;
}

async function list(scope: SecretScope, command: SecretsCommand): Promise<string> {
  const { installationId } = await installed({ owner: scope.owner, repository: null }, command);
  const rows = await listSecrets(command.database, installationId);
  const lines = rows.map(({ repository, name, createdBy, createdAt }) =>
    [repository ?? scope.owner, name, createdAt.toISOString(), createdBy].join("\t"),
  );
  return lines.length === 0 ? "no secrets\n" : `${lines.join("\n")}\n`;
}

async function rotate({ database, vault, now, person }: SecretsCommand): Promise<string> {
  return await database.transaction(async (inside) => {
    const rows = await allSecrets(inside);
    const outdated = rows.filter(({ ciphertext }) => vault.isOutdated(ciphertext));
    for (const row of outdated) {
      const place = placeOf(row);
      const ciphertext = vault.seal(vault.open(row.ciphertext, place), place);
      await putSecret(inside, { ...row, ciphertext }, { by: person, at: new Date(now()) });
    }
    return `${outdated.length} of ${rows.length} secrets were encrypted anew; the old key can go.\n`;
  });
}

async function installed(
  scope: SecretScope,
  { database }: SecretsCommand,
): Promise<{ readonly installationId: number; readonly repositoryId: number | null }> {
  const found = await findInstallation(database, scope);
  if (found !== null) return found;
  throw new DeployImpactError("USAGE", `The bot is not installed for ${described(scope)}.`, {
    hint: "Install the GitHub App there first, or check the spelling.",
  });
}

function described({ owner, repository }: SecretScope): string {
  return repository === null ? `all repositories of ${owner}` : `${owner}/${repository}`;
}

function usage(problem: string): DeployImpactError {
  return new DeployImpactError("USAGE", problem, { hint: `Usage:\n${SECRETS_USAGE}` });
}

import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { DeployImpactError } from "../../core/errors.ts";
import { isSecretName, type SecretScope } from "./scope.ts";

/** Larger files are not secrets. */
const MOST_BYTES = 65_536;

/** Secrets of exactly this scope: files of `<folder>/<owner>` or `<folder>/<owner>/<repository>`, read anew each time. */
export async function folderSecrets(folder: string | null, scope: SecretScope): Promise<ReadonlyMap<string, string>> {
  if (folder === null) return new Map();
  const own = await inside(folder, scope.repository === null ? [scope.owner] : [scope.owner, scope.repository]);
  if (own === null) return new Map();
  const names = (await entries(own)).filter(isSecretName);
  const read = await Promise.all(names.map(async (name) => [name, await readSecretFile(own, name)] as const));
  return new Map(read.flatMap(([name, value]): [string, string][] => (value === null ? [] : [[name, value]])));
}

/** Names of GitHub mean the same in capitals and in small letters, folders may not. null: there is none. */
async function inside(folder: string, names: readonly string[]): Promise<string | null> {
  let current = folder;
  for (const name of names) {
    const found = (await entries(current)).filter((entry) => entry.toLowerCase() === name.toLowerCase());
    const [only] = found;
    if (only === undefined) return null;
    if (found.length > 1) throw ambiguous(name);
    current = path.join(current, only);
  }
  return current;
}

async function entries(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
    // A file where a folder could be is a secret of the level above.
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw unreadable(error);
  }
}

/** null: a folder. Mounted secrets are links, which are followed: the folder is the operator's. */
async function readSecretFile(folder: string, name: string): Promise<string | null> {
  const file = path.join(folder, name);
  try {
    const found = await stat(file);
    if (!found.isFile()) return null;
    if (found.size > MOST_BYTES) throw tooLarge(name);
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    throw error instanceof DeployImpactError ? error : unreadable(error);
  }
}

function ambiguous(name: string): DeployImpactError {
  return new DeployImpactError(
    "CREDENTIAL_MISSING",
    `The secrets folder holds ${name} twice, in capitals and in small letters.`,
    {
      hint: "Keep one of the two folders.",
    },
  );
}

function tooLarge(name: string): DeployImpactError {
  return new DeployImpactError("CREDENTIAL_MISSING", `The file ${name} of the secrets folder is larger than 64 KiB.`, {
    hint: "Let the file hold the bare secret.",
  });
}

function unreadable(cause: unknown): DeployImpactError {
  return new DeployImpactError("CREDENTIAL_MISSING", "The secrets folder of the bot cannot be read.", {
    hint: "Let the operator of the bot check SECRETS_FOLDER and its permissions.",
    cause,
  });
}

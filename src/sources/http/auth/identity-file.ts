import { readFile } from "node:fs/promises";
import { DeployImpactError } from "../../../core/errors.ts";
import { requireOwnMachine } from "../../local-files.ts";
import type { AuthContext } from "./contract.ts";

/** Reads a file that a platform writes for this process; `setting` is what named it. Its content is a secret. */
export async function readIdentityFile(setting: string, path: string, context: AuthContext): Promise<string> {
  requireOwnMachine(
    context.ports,
    `The file that ${setting} names`,
    "Give the credentials themselves as secrets: keys for sigv4, `credentials-env` for google, `client-secret-env` for azure.",
  );
  try {
    const text = (await readFile(path, "utf8")).trim();
    context.keepSecret(text);
    return text;
  } catch (error) {
    throw unreadable(setting, error);
  }
}

function unreadable(setting: string, cause: unknown): DeployImpactError {
  return new DeployImpactError("CREDENTIAL_MISSING", `The file that ${setting} names cannot be read.`, {
    hint: `Let ${setting} name a file that exists and may be read by this process.`,
    cause,
  });
}

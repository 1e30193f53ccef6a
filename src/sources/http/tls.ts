import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { DeployImpactError } from "../../core/errors.ts";
import type { Ports } from "../../ports.ts";
import { requireOwnMachine } from "../local-files.ts";
import { environmentNameSchema, textSchema } from "./fields.ts";
import { readSecretText } from "./secrets.ts";

/** Own certificates, as PEM: paths are relative to the config file. */
export const tlsSchema = z.strictObject({
  "ca-file": textSchema.optional(),
  "ca-env": environmentNameSchema.optional(),
  "certificate-file": textSchema.optional(),
  "certificate-env": environmentNameSchema.optional(),
  "key-file": textSchema.optional(),
  "key-env": environmentNameSchema.optional(),
  "passphrase-env": environmentNameSchema.optional(),
});

export type TlsOptions = z.infer<typeof tlsSchema>;

/** Combinations of keys inside `tls` that contradict each other. */
export function tlsProblems(tls: TlsOptions): readonly { readonly key: string; readonly message: string }[] {
  const problems: { key: string; message: string }[] = [];
  for (const part of ["ca", "certificate", "key"] as const) {
    if (tls[`${part}-file`] !== undefined && tls[`${part}-env`] !== undefined) {
      problems.push({ key: `${part}-file`, message: `give either \`${part}-file\` or \`${part}-env\`` });
    }
  }
  const hasCertificate = tls["certificate-file"] !== undefined || tls["certificate-env"] !== undefined;
  const hasKey = tls["key-file"] !== undefined || tls["key-env"] !== undefined;
  if (hasCertificate && !hasKey) problems.push({ key: "key-file", message: "is needed beside the certificate" });
  if (hasKey && !hasCertificate) problems.push({ key: "certificate-file", message: "is needed beside the key" });
  return problems;
}

export function tlsSecretNames(tls: TlsOptions): string[] {
  return [tls["key-env"], tls["passphrase-env"]].filter((name) => name !== undefined);
}

export function resolveTlsPaths(tls: TlsOptions, folder: string): TlsOptions {
  const resolved = { ...tls };
  for (const key of ["ca-file", "certificate-file", "key-file"] as const) {
    const file = tls[key];
    if (file !== undefined) resolved[key] = path.resolve(folder, file);
  }
  return resolved;
}

/** What TLS needs; null: nothing of our own. */
export interface TlsMaterial {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  readonly passphrase: string | null;
}

export async function readTlsMaterial(
  tls: TlsOptions,
  ports: Pick<Ports, "env" | "confinement">,
): Promise<TlsMaterial> {
  const { env } = ports;
  const [ca, certificate, key] = await Promise.all([
    readPem("ca", tls["ca-file"], ports),
    readPem("certificate", tls["certificate-file"], ports),
    readPem("key", tls["key-file"], ports),
  ]);
  const fromEnvironment = (name: string | undefined, setting: string): string | null =>
    name === undefined ? null : readSecretText(`tls: ${setting}`, name, env);
  return {
    ca: ca ?? fromEnvironment(tls["ca-env"], "ca-env"),
    cert: certificate ?? fromEnvironment(tls["certificate-env"], "certificate-env"),
    key: key ?? fromEnvironment(tls["key-env"], "key-env"),
    passphrase: fromEnvironment(tls["passphrase-env"], "passphrase-env"),
  };
}

async function readPem(
  part: string,
  file: string | undefined,
  ports: Pick<Ports, "confinement">,
): Promise<string | null> {
  if (file === undefined) return null;
  requireOwnMachine(ports, `\`tls: ${part}-file\``, `Store the PEM as a secret and name it in \`tls: ${part}-env\`.`);
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw unreadable(part, file, error);
  }
}

function unreadable(part: string, file: string, cause: unknown): DeployImpactError {
  const name = path.basename(file);
  return new DeployImpactError("FILE_UNREADABLE", `The file ${name} of \`tls: ${part}-file\` cannot be read.`, {
    hint: `Let \`${part}-file\` name a PEM file; a relative path starts at the config file.`,
    cause,
  });
}

import { Buffer } from "node:buffer";
import { DeployImpactError } from "../../core/errors.ts";
import type { Ports } from "../../ports.ts";
import type { HttpOptions } from "./options.ts";

/** Headers that sign a request in, and every text that must never be shown. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

/** Names of the environment variables that the options refer to. */
export function credentialNames(options: HttpOptions): string[] {
  const names = [
    options["token-env"],
    options["username-env"],
    options["password-env"],
    ...Object.values(options["headers-env"] ?? {}),
  ];
  return [...new Set(names.filter((name) => name !== undefined))];
}

export function readCredentials(options: HttpOptions, env: Ports["env"]): Credentials {
  const headers: Record<string, string> = { ...options.headers };
  const secrets: string[] = [];
  const read = (setting: string, name: string): string => {
    const value = readSecret(setting, name, env);
    secrets.push(value);
    return value;
  };
  for (const [header, name] of Object.entries(options["headers-env"] ?? {})) {
    headers[header] = read(`headers-env: ${header}`, name);
  }
  if (options["token-env"] !== undefined) {
    headers.authorization = `Bearer ${read("token-env", options["token-env"])}`;
  }
  if (options["password-env"] !== undefined) {
    const user = options.username ?? read("username-env", options["username-env"] ?? "");
    const pair = Buffer.from(`${user}:${read("password-env", options["password-env"])}`, "utf8").toString("base64");
    secrets.push(pair);
    headers.authorization = `Basic ${pair}`;
  }
  return { headers, secrets };
}

function readSecret(setting: string, name: string, env: Ports["env"]): string {
  // A secret stored from a file often ends with a line break that no header can carry.
  const value = env[name]?.trim() ?? "";
  if (value === "") {
    throw new DeployImpactError(
      "CREDENTIAL_MISSING",
      `The environment variable ${name}, named by \`${setting}\` of the source, is not set.`,
      { hint: `Set ${name} where deploy-impact runs (in a workflow: \`env: ${name}: \${{ secrets.${name} }}\`).` },
    );
  }
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
    throw new DeployImpactError(
      "CREDENTIAL_MISSING",
      `The environment variable ${name}, named by \`${setting}\` of the source, holds characters that cannot be sent.`,
      { hint: `Store the bare secret in ${name}, on one line.` },
    );
  }
  return value;
}

/** What a person should look at when the server does not accept the credentials. */
export function describeCredentials(options: HttpOptions): string | null {
  const names = credentialNames(options);
  return names.length === 0 ? null : names.join(", ");
}

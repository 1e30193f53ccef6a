import { Buffer } from "node:buffer";
import type { Ports } from "../../ports.ts";
import { authSecretNames } from "./auth/options.ts";
import type { ConnectOptions, HttpOptions } from "./options.ts";
import { readSecret } from "./secrets.ts";
import { tlsSecretNames } from "./tls.ts";

/** Headers that sign a request in, and every text that must never be shown. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

/** Names of the environment variables that the options refer to. */
export function credentialNames(options: HttpOptions | ConnectOptions): string[] {
  const { auth, tls } = options;
  const names = [
    options["token-env"],
    options["username-env"],
    options["password-env"],
    ...Object.values(options["headers-env"] ?? {}),
    ...(auth === undefined ? [] : authSecretNames(auth)),
    ...(tls === undefined ? [] : tlsSecretNames(tls)),
  ];
  return [...new Set(names.filter((name) => name !== undefined))];
}

export function readCredentials(options: ConnectOptions, env: Ports["env"]): Credentials {
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
    headers.authorization = `${options.tokenScheme ?? "Bearer"} ${read("token-env", options["token-env"])}`;
  }
  if (options["password-env"] !== undefined) {
    const user = options.username ?? read("username-env", options["username-env"] ?? "");
    const pair = Buffer.from(`${user}:${read("password-env", options["password-env"])}`, "utf8").toString("base64");
    secrets.push(pair);
    headers.authorization = `Basic ${pair}`;
  }
  return { headers, secrets };
}

/** What a person should look at when the server does not accept the credentials. */
export function describeCredentials(options: ConnectOptions): string | null {
  if (options.auth !== undefined) return `\`auth\` (${options.auth.kind})`;
  const names = credentialNames(options);
  return names.length === 0 ? null : names.join(", ");
}

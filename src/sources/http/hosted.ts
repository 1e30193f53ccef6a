import type { z } from "zod";
import { type AuthDefaults, completeAuth } from "./auth/complete.ts";
import type { HttpPorts } from "./contract.ts";
import { addressSchema } from "./fields.ts";
import { type ConnectOptions, type HttpOptions, limitsShape } from "./options.ts";
import { resolveTlsPaths, type TlsOptions, tlsProblems } from "./tls.ts";

interface WithTls {
  readonly tls?: TlsOptions | undefined;
}

/** Keys of a service whose address and sign-in are known; `url` is for a relay of one's own. */
export const hostedShape = { url: addressSchema.optional(), ...limitsShape } as const;

/** Combinations of keys inside `tls` that contradict each other; a `superRefine`. */
export function refineTls({ tls }: WithTls, context: z.RefinementCtx): void {
  for (const { key, message } of tls === undefined ? [] : tlsProblems(tls)) {
    context.addIssue({ code: "custom", path: ["tls", key], message });
  }
}

/** Paths of certificates start from the folder of the config file. */
export function withTlsPaths<Options extends WithTls>(options: Options, folder: string): Options {
  return options.tls === undefined ? options : { ...options, tls: resolveTlsPaths(options.tls, folder) };
}

/** Where a service has no signing name or scope of its own. */
const GENERAL: AuthDefaults = { awsService: "execute-api", azureScope: "https://management.azure.com/.default" };

/** Options as the client takes them, with what the config may leave out of `auth`. */
export function withCompleteAuth(
  options: HttpOptions,
  env: HttpPorts["env"],
  defaults: Partial<AuthDefaults> = {},
): ConnectOptions {
  const { auth, url } = options;
  const all = { ...GENERAL, ...defaults };
  return { ...options, auth: auth === undefined ? undefined : completeAuth(auth, { url, env, defaults: all }) };
}

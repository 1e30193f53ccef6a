import { openVault, type Vault } from "../secrets/vault.ts";
import { type Access, openAccess } from "./access.ts";
import type { PagesContext } from "./contract.ts";
import { type CookieNames, cookieNames } from "./cookies.ts";
import { type PersonalGithub, personalGithub } from "./github-person.ts";

/** Everything that pages share once the operator has opened them. */
export interface Site extends PagesContext {
  readonly github: PersonalGithub;
  readonly access: Access;
  readonly vault: Vault;
  readonly cookies: CookieNames;
  readonly isHttps: boolean;
  /** Path of the public address, without a slash at the end: `""`, `/deploy-impact`. */
  readonly base: string;
  /** Where GitHub sends a person back to; the App's settings name the same. */
  readonly callback: string;
}

export const CALLBACK_PATH = "/sign-in/callback";

/** null: a setting without which nobody can sign in is missing, so that the pages stay closed. */
export function openSite(context: PagesContext, send: typeof fetch): Site | null {
  const { settings, database, now, version } = context;
  const { publicUrl, oauth, encryptionKey, apiUrl, serverUrl } = settings;
  if (publicUrl === null || oauth === null || encryptionKey === null) return null;
  const github = personalGithub({ oauth, apiUrl, serverUrl, version, now, fetch: send });
  const { protocol, pathname } = new URL(publicUrl);
  const isHttps = protocol === "https:";
  return {
    ...context,
    github,
    access: openAccess(database, github, now),
    vault: openVault(settings),
    cookies: cookieNames(isHttps),
    isHttps,
    base: pathname.replace(/\/+$/, ""),
    callback: `${publicUrl}${CALLBACK_PATH}`,
  };
}

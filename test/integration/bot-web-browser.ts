import { randomBytes } from "node:crypto";
import type { PagesContext } from "../../src/bot/web/contract.ts";
import { createPages } from "../../src/bot/web/pages.ts";
import { recordingLog } from "./bot-log.ts";
import { CLIENT, type GithubSignIn } from "./bot-web-github.ts";
import { NOW, type PagesStore } from "./bot-web-store.ts";

export const PUBLIC_URL = "https://impact.example.com";

export interface PagesOptions {
  readonly publicUrl?: string | null;
  readonly oauth?: typeof CLIENT | null;
  readonly encryptionKey?: Uint8Array | null;
  readonly previousEncryptionKeys?: readonly Uint8Array[];
}

export interface PagesUnderTest {
  readonly pages: ReturnType<typeof createPages>;
  readonly log: ReturnType<typeof recordingLog>;
  /** Milliseconds; tests move it on. */
  readonly clock: { now: number };
  readonly key: Uint8Array;
}

export function openPages(store: PagesStore, github: GithubSignIn, options: PagesOptions = {}): PagesUnderTest {
  const log = recordingLog();
  const clock = { now: NOW };
  const key = options.encryptionKey === undefined ? randomBytes(32) : (options.encryptionKey ?? randomBytes(32));
  const settings = {
    publicUrl: options.publicUrl === undefined ? PUBLIC_URL : options.publicUrl,
    oauth: options.oauth === undefined ? CLIENT : options.oauth,
    encryptionKey: options.encryptionKey === null ? null : key,
    previousEncryptionKeys: options.previousEncryptionKeys ?? [],
    apiUrl: `${github.url}/api/v3`,
    serverUrl: github.url,
  } as unknown as PagesContext["settings"];
  const pages = createPages({ settings, database: store.database, now: () => clock.now, log, version: "1.0.0" });
  return { pages, log, clock, key };
}

/** A browser without a screen: keeps cookies, follows our redirects and GitHub's. */
export interface Browser {
  readonly cookies: Map<string, string>;
  readonly get: (path: string) => Promise<Response>;
  readonly post: (path: string, fields: Record<string, string>, headers?: Record<string, string>) => Promise<Response>;
  /** Goes to `path`, signs in as whoever clicks, and is where it wanted to be. */
  readonly signIn: (path?: string) => Promise<Response>;
  /** Begins a sign-in and clicks at GitHub; the address that GitHub sends the person back to. */
  readonly begin: (path?: string) => Promise<string>;
}

export function browserFor({ pages }: Pick<PagesUnderTest, "pages">, publicUrl = PUBLIC_URL): Browser {
  const cookies = new Map<string, string>();
  const send = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    const sent = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    if (sent !== "") headers.set("cookie", sent);
    const response = await pages(new Request(new URL(path, publicUrl), { ...init, headers }));
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (/Max-Age=0/.test(cookie)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  };
  const begin = async (path = "/"): Promise<string> => {
    const away = await send(`/sign-in?to=${encodeURIComponent(path)}`);
    const github = await fetch(away.headers.get("location") ?? "", { redirect: "manual" });
    return github.headers.get("location") ?? "";
  };
  return {
    cookies,
    get: (path) => send(path),
    post: (path, fields, headers = { origin: new URL(publicUrl).origin }) =>
      send(path, { method: "POST", body: new URLSearchParams(fields), headers }),
    begin,
    signIn: async (path = "/") => {
      const done = await send(await begin(path));
      return done.status === 303 ? send(done.headers.get("location") ?? "") : done;
    },
  };
}

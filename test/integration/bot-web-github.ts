import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** GitHub's web flow and what a person's token may ask, on the loopback; strict about state, PKCE and the secret. */
export interface GithubSignIn {
  /** Web site and, under /api/v3, the API. */
  readonly url: string;
  readonly people: Record<string, StandInPerson>;
  /** Who clicks "Authorize" next; null: that person clicks "Cancel". */
  clicking: string | null;
  /** Paths asked so far, with their query. */
  readonly asked: string[];
  /** Answers for the next request whose path contains the key. */
  readonly failing: Map<string, Failure>;
  /** Tokens that GitHub no longer takes. */
  readonly revoked: Set<string>;
  /** True: codes are refused as too old. */
  stale: boolean;
  readonly stop: () => Promise<void>;
}

export interface StandInPerson {
  readonly id: number;
  /** installation -> repositories; a second page begins after `pageSize`. */
  readonly installations: Record<number, number[]>;
  /** owner/name -> id of public repositories that are not among them. */
  readonly publicRepositories?: Record<string, number>;
}

export interface Failure {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export const CLIENT = { clientId: "Iv1.stand-in", clientSecret: "stand-in-secret" } as const;

interface Code {
  readonly login: string;
  readonly challenge: string;
  readonly back: string;
}

export async function startGithubSignIn(people: Record<string, StandInPerson>, pageSize = 2): Promise<GithubSignIn> {
  const codes = new Map<string, Code>();
  let issued = 0;
  const state = {
    people,
    clicking: Object.keys(people)[0] ?? null,
    asked: [] as string[],
    failing: new Map<string, Failure>(),
    revoked: new Set<string>(),
    stale: false,
  };
  const server = createServer((incoming, outgoing) => void serve(incoming, outgoing));

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? "/", "http://stand-in");
    // A test may block this process longer than an idle connection lives.
    outgoing.setHeader("connection", "close");
    state.asked.push(`${incoming.method} ${url.pathname}${url.search}`);
    const failing = [...state.failing].find(([part]) => url.pathname.includes(part));
    if (failing !== undefined) {
      outgoing.writeHead(failing[1].status, failing[1].headers).end(failing[1].body ?? "{}");
      return;
    }
    if (url.pathname === "/login/oauth/authorize") authorize(url, outgoing);
    else if (url.pathname === "/login/oauth/access_token") exchange(await bodyOf(incoming), outgoing);
    else if (url.pathname.startsWith("/api/v3/applications/")) revoke(incoming, await bodyOf(incoming), outgoing);
    else {
      const [status, body] = api(url, incoming);
      json(outgoing, status, body);
    }
  }

  function authorize(url: URL, outgoing: ServerResponse): void {
    const query = url.searchParams;
    const [back, given] = [query.get("redirect_uri") ?? "", query.get("state") ?? ""];
    const isPkce = query.get("code_challenge_method") === "S256" && (query.get("code_challenge") ?? "").length === 43;
    if (query.get("client_id") !== CLIENT.clientId || given.length < 40 || !isPkce) {
      outgoing.writeHead(400).end("a parameter is missing");
      return;
    }
    const answer = new URLSearchParams({ state: given });
    if (state.clicking === null) answer.set("error", "access_denied");
    else {
      issued += 1;
      const code = `code-${issued}`;
      codes.set(code, { login: state.clicking, challenge: query.get("code_challenge") ?? "", back });
      answer.set("code", code);
    }
    outgoing.writeHead(302, { location: `${back}?${answer}` }).end();
  }

  function exchange(body: string, outgoing: ServerResponse): void {
    const fields = new URLSearchParams(body);
    const code = fields.get("code") ?? "";
    const known = codes.get(code);
    codes.delete(code);
    const challenge = createHash("sha256")
      .update(fields.get("code_verifier") ?? "")
      .digest("base64url");
    if (fields.get("client_secret") !== CLIENT.clientSecret)
      json(outgoing, 200, { error: "incorrect_client_credentials" });
    else if (known === undefined || state.stale || challenge !== known.challenge)
      json(outgoing, 200, { error: "bad_verification_code" });
    else if (fields.get("redirect_uri") !== known.back) json(outgoing, 200, { error: "redirect_uri_mismatch" });
    else json(outgoing, 200, { access_token: `ghu_${known.login}_${code}`, expires_in: 28800, token_type: "bearer" });
  }

  function revoke(incoming: IncomingMessage, body: string, outgoing: ServerResponse): void {
    const basic = Buffer.from(`${CLIENT.clientId}:${CLIENT.clientSecret}`).toString("base64");
    if (incoming.method !== "DELETE" || incoming.headers.authorization !== `Basic ${basic}`) {
      json(outgoing, 401, {});
      return;
    }
    state.revoked.add(String((JSON.parse(body) as { access_token: string }).access_token));
    outgoing.writeHead(204).end();
  }

  function api(url: URL, incoming: IncomingMessage): readonly [status: number, body: unknown] {
    const token = incoming.headers.authorization?.replace("Bearer ", "") ?? "";
    const login = /^ghu_(\w+)_code-\d+$/.exec(token)?.[1] ?? "";
    const person = state.people[login];
    if (person === undefined || state.revoked.has(token)) return [401, { message: "Bad credentials" }];
    const path = url.pathname.replace("/api/v3", "");
    const page = Number(url.searchParams.get("page") ?? 1);
    const slice = <T>(all: readonly T[]): readonly T[] => all.slice((page - 1) * pageSize, page * pageSize);
    if (path === "/user") return [200, { id: person.id, login }];
    const installations = Object.keys(person.installations).map(Number);
    if (path === "/user/installations") {
      const items = slice(installations).map((id) => ({ id, suspended_at: null }));
      return [200, { total_count: installations.length, installations: items }];
    }
    const [, installation] = /^\/user\/installations\/(\d+)\/repositories$/.exec(path) ?? [];
    if (installation !== undefined) {
      const all = person.installations[Number(installation)];
      if (all === undefined) return [404, { message: "Not Found" }];
      const items = slice(all).map((id) => ({ id }));
      return [200, { total_count: all.length, repositories: items }];
    }
    const found = person.publicRepositories?.[path.replace("/repos/", "")];
    return found === undefined ? [404, { message: "Not Found" }] : [200, { id: found }];
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
}

function json(outgoing: ServerResponse, status: number, body: unknown): void {
  outgoing.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of incoming) text += String(part);
  return text;
}

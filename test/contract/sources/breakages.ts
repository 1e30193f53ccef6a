import type { ServerResponse } from "node:http";
import type { ErrorCode } from "../../../src/core/errors.ts";
import { type Loopback, replyJson, startLoopback } from "../../integration/servers/loopback.ts";
import type { Breakage, Served } from "./harnesses.ts";

/** Options of a source that reads from a loopback server. */
export type OptionsFor = (url: string) => Readonly<Record<string, unknown>>;

export function served(server: Loopback, optionsFor: OptionsFor): Served {
  return { options: { retries: 0, ...optionsFor(server.url) }, stop: server.stop };
}

/** A server that answers every request with this status and body. */
export function answering(
  optionsFor: OptionsFor,
  name: string,
  code: ErrorCode,
  status: number,
  body: unknown,
): Breakage {
  return {
    name,
    code,
    start: async () => served(await startLoopback((_asked, to) => reply(to, status, body)), optionsFor),
  };
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  if (typeof body === "string") response.writeHead(status, { "content-type": "text/html" }).end(body);
  else replyJson(response, status, body);
}

/** What every source over HTTP must tell apart; `words` puts a text where the service has its own. */
export function usualBreakages(optionsFor: OptionsFor, words: (text: string) => unknown): readonly Breakage[] {
  const failing = (name: string, code: ErrorCode, status: number, body: unknown): Breakage =>
    answering(optionsFor, name, code, status, body);
  return [
    failing("a query that the server rejects", "SOURCE_REJECTED", 400, words("no such metric")),
    failing("credentials that are not accepted", "SOURCE_UNAUTHORIZED", 401, words("who are you")),
    failing("missing rights", "SOURCE_FORBIDDEN", 403, words("not yours")),
    failing("a path that does not exist", "SOURCE_NOT_FOUND", 404, "<html>Not found</html>"),
    failing("too many requests", "SOURCE_RATE_LIMITED", 429, words("slow down")),
    failing("a server in trouble", "SOURCE_UNAVAILABLE", 503, words("later")),
    failing("a gateway that gave up", "SOURCE_TIMEOUT", 504, "<html>Gateway timeout</html>"),
    failing("a page where data should be", "SOURCE_MALFORMED", 200, "<html>Sign in</html>"),
    failing("an answer that breaks off", "SOURCE_MALFORMED", 200, '{"results": [{"fra'),
    failing("an answer of another form", "SOURCE_MALFORMED", 200, "7"),
    {
      name: "nobody listening",
      code: "SOURCE_UNAVAILABLE",
      start: async () => {
        const server = await startLoopback(() => undefined);
        await server.stop();
        return { ...served(server, optionsFor), stop: async () => undefined };
      },
    },
  ];
}

/** The same source, whose key is in a variable that is not set. */
export function withoutKey(optionsFor: OptionsFor, setting: string): Breakage {
  return {
    name: "a key that is not set",
    code: "CREDENTIAL_MISSING",
    start: async () => {
      const one = served(await startLoopback((_asked, response) => replyJson(response, 200, {})), optionsFor);
      return { ...one, options: { ...one.options, [setting]: "NOT_SET_ANYWHERE" } };
    },
  };
}

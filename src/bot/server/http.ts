import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { BotLog } from "../context.ts";
import type { Pages } from "../web/contract.ts";
import { BodyError, bodyReader, type ReadBody } from "./body.ts";
import { json, type Route } from "./route.ts";

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  /** Scheme and host that browsers see; null: whatever they asked for. */
  readonly publicUrl: string | null;
  readonly routes: readonly Route[];
  /** Answers every other address; null: there are no pages. */
  readonly pages: Pages | null;
  readonly log: BotLog;
}

export interface HttpServer {
  readonly port: number;
  /** Takes no more requests and ends when those that run are answered. */
  stop(): Promise<void>;
}

/** Forms of the pages are small. */
const PAGE_BODY_LIMIT = 64 * 1024;

/** Clients that are slow on purpose hold a connection for this long at the most, milliseconds. */
const TIMEOUTS = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 75_000 } as const;
const IDLE_SOCKET_MS = 120_000;
const MOST_CONNECTIONS = 2000;

/** For answers that set none of their own: programs read them, a browser is to do nothing with them. */
const HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const read = bodyReader();
  const server = createServer({ ...TIMEOUTS, connectionsCheckingInterval: 2000 }, (incoming, outgoing) => {
    void serve(options, read, incoming, outgoing);
  });
  server.setTimeout(IDLE_SOCKET_MS);
  server.maxConnections = MOST_CONNECTIONS;
  server.listen(options.port, options.host);
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, stop: () => stop(server) };
}

async function stop(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  await closed;
}

async function serve(
  options: HttpOptions,
  read: ReadBody,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  try {
    await send(options, outgoing, await answer(options, read, incoming), incoming.method === "HEAD");
  } catch (error) {
    options.log.error("A request could not be answered", {
      error: error instanceof Error ? error.message : String(error),
    });
    if (outgoing.headersSent) outgoing.destroy();
    else await send(options, outgoing, json(500, { error: "Internal error." }), false).catch(() => undefined);
  }
}

async function answer(options: HttpOptions, read: ReadBody, incoming: IncomingMessage): Promise<Response> {
  const url = urlOf(options, incoming);
  if (url === null) return json(400, { error: "The address cannot be read." });
  const method = incoming.method === "HEAD" ? "GET" : (incoming.method ?? "");
  const here = options.routes.filter((route) => route.path === url.pathname);
  const route = here.find((one) => one.method === method);
  if (route === undefined && here.length > 0) {
    return json(405, { error: "Not this method." }, { allow: here.map((one) => one.method).join(", ") });
  }
  const handle = route?.handle ?? options.pages;
  if (handle === null) return json(404, { error: "Nothing is here." });
  try {
    const body = await read(incoming, route?.bodyLimit ?? PAGE_BODY_LIMIT);
    const headers = headersOf(incoming);
    const withBody = method !== "GET" && body.length > 0;
    return await handle(new Request(url, { method, headers, ...(withBody ? { body } : {}) }));
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    // What is left of the body is not read: the connection ends with the answer.
    return json(error.status, { error: error.message }, { connection: "close" });
  }
}

function urlOf({ publicUrl }: HttpOptions, incoming: IncomingMessage): URL | null {
  const base = publicUrl === null ? `http://${incoming.headers.host ?? "localhost"}` : new URL(publicUrl).origin;
  const path = incoming.url ?? "/";
  // "//host/path" and absolute forms would name another host.
  if (!path.startsWith("/") || path.startsWith("//") || !URL.canParse(`${base}${path}`)) return null;
  return new URL(`${base}${path}`);
}

function headersOf(incoming: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    for (const one of [value ?? []].flat()) headers.append(name, one);
  }
  return headers;
}

async function send(
  { publicUrl }: HttpOptions,
  outgoing: ServerResponse,
  response: Response,
  headOnly: boolean,
): Promise<void> {
  for (const [name, value] of Object.entries(HEADERS)) outgoing.setHeader(name, value);
  if (publicUrl?.startsWith("https:")) outgoing.setHeader("strict-transport-security", "max-age=31536000");
  for (const [name, value] of response.headers) if (name !== "set-cookie") outgoing.setHeader(name, value);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader("set-cookie", cookies);
  outgoing.statusCode = response.status;
  const body = Buffer.from(await response.arrayBuffer());
  outgoing.setHeader("content-length", body.length);
  outgoing.end(headOnly ? undefined : body);
}

import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttpsServer, type ServerOptions as TlsOptions } from "node:https";

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface Loopback {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  readonly stop: () => Promise<void>;
}

export type Respond = (request: SeenRequest, response: ServerResponse, count: number) => void | Promise<void>;

export interface ServerTls {
  readonly key: string;
  readonly cert: string;
  /** The certificate that clients must show; absent: none is wanted. */
  readonly clients?: string;
}

/** A server on a free loopback port that answers what the test says; `count` is 1 for the first request. */
export async function startLoopback(respond: Respond, tls?: ServerTls): Promise<Loopback> {
  const seen: SeenRequest[] = [];
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await readRequest(incoming);
    seen.push(request);
    await respond(request, response, seen.length);
  };
  const listener = (incoming: IncomingMessage, response: ServerResponse): void => {
    handle(incoming, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  };
  const server = tls === undefined ? createHttpServer(listener) : createHttpsServer(tlsSettings(tls), listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${portOf(server)}`,
    seen,
    stop: () => stop(server),
  };
}

function tlsSettings({ key, cert, clients }: ServerTls): TlsOptions {
  return clients === undefined
    ? { key, cert }
    : { key, cert, ca: clients, requestCert: true, rejectUnauthorized: true };
}

async function readRequest(incoming: IncomingMessage): Promise<SeenRequest> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part);
  return {
    method: incoming.method ?? "",
    path: incoming.url ?? "",
    headers: incoming.headers,
    body: Buffer.concat(parts).toString(),
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server does not listen");
  return address.port;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
}

export function replyJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";

export interface LoopbackProxy {
  readonly url: string;
  /** What clients asked to be connected with, and the credentials that they showed. */
  readonly seen: readonly { readonly target: string; readonly authorization: string | undefined }[];
  readonly stop: () => Promise<void>;
}

/** A proxy that tunnels every host name to the given port of this machine. */
export async function startProxy(port: number): Promise<LoopbackProxy> {
  const seen: { target: string; authorization: string | undefined }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer();
  server.on("connection", (socket) => sockets.add(socket));
  server.on("connect", (request: IncomingMessage, client: Socket) => {
    seen.push({ target: request.url ?? "", authorization: request.headers["proxy-authorization"] });
    const upstream = connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      upstream.pipe(client).pipe(upstream);
    });
    sockets.add(upstream);
    for (const socket of [client, upstream]) socket.on("error", () => socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy does not listen");
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  };
  return { url: `http://127.0.0.1:${address.port}`, seen, stop };
}

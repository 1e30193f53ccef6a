/** One address of the server. What a person's browser asks for is not here: see `Pages`. */
export interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Largest body that is read, bytes; 0: none. */
  readonly bodyLimit: number;
  readonly handle: (request: Request) => Promise<Response>;
}

/** An answer for programs. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
  });
}

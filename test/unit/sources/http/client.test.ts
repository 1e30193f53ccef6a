import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import type { DeployImpactError } from "../../../../src/core/errors.ts";
import { createHttpClient } from "../../../../src/sources/http/client.ts";
import type { HttpRequest } from "../../../../src/sources/http/contract.ts";
import { parseJson } from "../../../../src/sources/http/json.ts";
import type { ConnectOptions } from "../../../../src/sources/http/options.ts";
import { selfSigned } from "../../../integration/servers/certificate.ts";
import { type Loopback, type Respond, replyJson, startLoopback } from "../../../integration/servers/loopback.ts";
import { realPorts } from "../../../integration/servers/ports.ts";
import { freePort } from "../../../integration/servers/process.ts";

const SECRET = "s3cr3t-t0ken-value";
const open: Loopback[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.stop()));
});

async function serve(respond: Respond, tls?: { key: string; cert: string }): Promise<Loopback> {
  const server = await startLoopback(respond, tls);
  open.push(server);
  return server;
}

const request: HttpRequest<unknown> = {
  path: "/api/v1/query",
  parameters: [["query", "up"]],
  what: "the query of SLI errors",
  read: parseJson,
  explain: () => null,
};

function ask(options: ConnectOptions, ports = realPorts({ TOKEN: SECRET }), signal?: AbortSignal): Promise<unknown> {
  return createHttpClient("Prometheus", options, ports, signal).send(request);
}

async function failure(promise: Promise<unknown>): Promise<DeployImpactError> {
  try {
    await promise;
  } catch (error) {
    return error as DeployImpactError;
  }
  throw new Error("expected a failure");
}

describe("credentials", () => {
  const cases: readonly [string, Partial<ConnectOptions>, Record<string, string>][] = [
    ["bearer", { "token-env": "TOKEN" }, { authorization: `Bearer ${SECRET}` }],
    [
      "basic with both from the environment",
      { "username-env": "WHO", "password-env": "TOKEN" },
      { authorization: `Basic ${btoa(`reader:${SECRET}`)}` },
    ],
    [
      "basic with a user name in the config",
      { username: "tenant-7", "password-env": "TOKEN" },
      { authorization: `Basic ${btoa(`tenant-7:${SECRET}`)}` },
    ],
    [
      "tenant header and a secret header",
      { headers: { "X-Scope-OrgID": "team" }, "headers-env": { "X-Key": "TOKEN" } },
      { "x-scope-orgid": "team", "x-key": SECRET },
    ],
  ];
  test.each(cases)("%s is sent", async (_name, options, headers) => {
    const server = await serve((_request, response) => replyJson(response, 200, {}));
    await ask({ url: server.url, ...options }, realPorts({ TOKEN: `${SECRET}\n`, WHO: "reader" }));
    expect(server.seen[0]?.headers).toMatchObject(headers);
  });

  test("a variable that is not set is named together with its setting, before anything is sent", async () => {
    const server = await serve((_request, response) => replyJson(response, 200, {}));
    const missing = { url: server.url, "headers-env": { "X-Key": "ABSENT_KEY" } };
    expect(() => createHttpClient("Prometheus", missing, realPorts())).toThrow(
      /variable ABSENT_KEY, named by `headers-env: X-Key`/,
    );
    expect(server.seen).toHaveLength(0);
  });

  test("a secret that no header can carry is refused without being shown", () => {
    const ports = realPorts({ TOKEN: "päss\nwörd" });
    const options = { url: "http://127.0.0.1:9", "token-env": "TOKEN" };
    expect(() => createHttpClient("Prometheus", options, ports)).toThrow(/TOKEN.*holds characters/);
    expect(() => createHttpClient("Prometheus", options, ports)).not.toThrow(/wörd/);
  });
});

describe("answers of the server", () => {
  const statuses: readonly [number, string, RegExp][] = [
    [400, "SOURCE_REJECTED", /Change the query of SLI errors/],
    [401, "SOURCE_UNAUTHORIZED", /Check that TOKEN holds credentials/],
    [403, "SOURCE_FORBIDDEN", /X-Scope-OrgID/],
    [404, "SOURCE_NOT_FOUND", /`url` of the source/],
    [422, "SOURCE_REJECTED", /Change the query of SLI errors/],
    [429, "SOURCE_RATE_LIMITED", /`concurrency`/],
    [500, "SOURCE_UNAVAILABLE", /`deadline`/],
    [503, "SOURCE_UNAVAILABLE", /`deadline`/],
    [504, "SOURCE_TIMEOUT", /`timeout`/],
  ];
  test.each(statuses)("status %i is %s, with the server's words and without the secret", async (status, code, hint) => {
    const server = await serve((_request, response) => {
      response.writeHead(status);
      response.end(`no, "${SECRET}" at http://reader:pw@host/x?token=abc is wrong`);
    });
    const error = await failure(ask({ url: server.url, "token-env": "TOKEN", retries: 0 }));
    expect(error).toMatchObject({ code, hint: expect.stringMatching(hint) });
    expect(error.message).toContain('no, "***" at http://***@host/x?token=*** is wrong');
    expect(error.message).toContain("the query of SLI errors");
  });

  test("401 without configured credentials says which settings to add", async () => {
    const server = await serve((_request, response) => replyJson(response, 401, {}));
    const error = await failure(ask({ url: server.url }));
    expect(error.hint).toContain("Set `token-env`, `username-env` and `password-env`, or `auth`");
  });

  test("words of the server are bounded and on one line", async () => {
    const server = await serve((_request, response) => {
      response.writeHead(400);
      response.end(`line one\n${"x".repeat(5000)}`);
    });
    const error = await failure(ask({ url: server.url }));
    expect(error.message).toContain("line one xxx");
    expect(error.message.length).toBeLessThan(500);
    expect(error.message).not.toContain("\n");
  });

  test("a proxy's error page is not repeated", async () => {
    const server = await serve((_request, response) => {
      response.writeHead(403, { "content-type": "text/html" });
      response.end("<html><body>Access denied by gateway</body></html>");
    });
    expect((await failure(ask({ url: server.url }))).message).not.toContain("<html>");
  });

  test("a redirect is not followed, and its target is named without its query", async () => {
    const other = await serve((_request, response) => replyJson(response, 200, {}));
    const server = await serve((_request, response) => {
      response.writeHead(302, { location: `${other.url}/login?state=abc123` });
      response.end();
    });
    const error = await failure(ask({ url: server.url, "token-env": "TOKEN" }));
    expect(error).toMatchObject({ code: "SOURCE_REJECTED", hint: expect.stringContaining("`url`") });
    expect(error.message).toContain("/login");
    expect(error.message).not.toContain("abc123");
    expect(other.seen).toHaveLength(0);
  });

  test.each([
    ["a web page", "<!doctype html><title>Sign in</title>", /web page/, 1],
    [
      "JSON that stops in the middle",
      '{"status":"success","data":{"resu',
      /ends after 33 characters, in the middle/,
      3,
    ],
    ["an empty body", "", /it is empty/, 3],
    ["something else", "}{}", /not JSON/, 3],
  ])("%s with status 200 is SOURCE_MALFORMED", async (_name, body, message, requests) => {
    const server = await serve((_request, response) => {
      response.writeHead(200);
      response.end(body);
    });
    const error = await failure(ask({ url: server.url, retries: 2 }));
    expect(error).toMatchObject({ code: "SOURCE_MALFORMED", message: expect.stringMatching(message) });
    expect(server.seen).toHaveLength(requests);
  });

  test("a connection that ends inside the body is SOURCE_MALFORMED, and asked again", async () => {
    const server = await serve((_request, response, count) => {
      if (count > 1) return replyJson(response, 200, { good: true });
      response.writeHead(200, { "content-length": "1000" });
      response.write('{"status":', () => response.destroy());
    });
    expect(await ask({ url: server.url })).toEqual({ good: true });
    const once = await serve((_request, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write('{"status":', () => response.destroy());
    });
    const error = await failure(ask({ url: once.url, retries: 0 }));
    expect(error).toMatchObject({ code: "SOURCE_MALFORMED", message: expect.stringContaining("cut off") });
  });

  test("an answer above the cap is given up while it arrives", async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200);
      const part = Buffer.alloc(2 ** 18, 32);
      const more = (): void => {
        while (!response.destroyed && response.write(part));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    });
    const error = await failure(ask({ url: server.url, "max-response-mib": 1 }));
    expect(error).toMatchObject({ code: "SOURCE_TOO_LARGE", hint: expect.stringContaining("`max-response-mib`") });
  });
});

describe("trying again", () => {
  test("429 with Retry-After waits as long as asked, 500 backs off, then the answer counts", async () => {
    const server = await serve((_request, response, count) => {
      if (count === 1) return replyJson(response, 429, {}, { "retry-after": "7" });
      if (count === 2) return replyJson(response, 500, {});
      replyJson(response, 200, { good: true });
    });
    const ports = realPorts();
    expect(await ask({ url: server.url }, ports)).toEqual({ good: true });
    expect(ports.slept).toEqual([7000, 750]);
  });

  test("Retry-After may be a date", async () => {
    const now = Date.parse("2026-03-01T10:00:00Z");
    const server = await serve((_request, response, count) =>
      count === 1
        ? replyJson(response, 503, {}, { "retry-after": "Sun, 01 Mar 2026 10:00:20 GMT" })
        : replyJson(response, 200, {}),
    );
    const ports = { ...realPorts(), now: () => now };
    await ask({ url: server.url }, ports);
    expect(ports.slept).toEqual([20_000]);
  });

  test("a wait beyond the deadline is not begun", async () => {
    const server = await serve((_request, response) => replyJson(response, 429, {}, { "retry-after": "600" }));
    const ports = realPorts();
    const error = await failure(ask({ url: server.url, deadline: 60 }, ports));
    expect(error).toMatchObject({ code: "SOURCE_RATE_LIMITED", message: expect.stringContaining("due in 600 s") });
    expect(ports.slept).toEqual([]);
  });

  test("the number of attempts is bounded, and 400 is asked once", async () => {
    const down = await serve((_request, response) => replyJson(response, 502, {}));
    await failure(ask({ url: down.url, retries: 2 }));
    expect(down.seen).toHaveLength(3);
    const strict = await serve((_request, response) => replyJson(response, 400, {}));
    await failure(ask({ url: strict.url }));
    expect(strict.seen).toHaveLength(1);
  });

  test("a refused connection is tried again and then says what to check", async () => {
    const ports = realPorts();
    const error = await failure(ask({ url: `http://127.0.0.1:${await freePort()}`, retries: 1 }, ports));
    expect(error).toMatchObject({
      code: "SOURCE_UNAVAILABLE",
      hint: expect.stringContaining("host and port in `url`"),
    });
    expect(error.message).toContain("refuses the connection");
    expect(ports.slept).toHaveLength(1);
  });

  test("an unknown host is not tried again", async () => {
    const ports = realPorts();
    const unknown = Object.assign(new TypeError("fetch failed"), {
      cause: Object.assign(new Error(), { code: "ENOTFOUND" }),
    });
    const error = await failure(
      ask({ url: "http://nowhere.invalid" }, { ...ports, fetch: () => Promise.reject(unknown) }),
    );
    expect(error).toMatchObject({
      code: "SOURCE_UNAVAILABLE",
      message: expect.stringContaining("host name is not known"),
    });
    expect(ports.slept).toEqual([]);
  });
});

describe("limits of time", () => {
  test("a server that does not answer is a timeout", async () => {
    const server = await serve(() => delay(60_000, undefined, { ref: false }));
    const error = await failure(ask({ url: server.url, timeout: "50ms", retries: 1 }));
    expect(error).toMatchObject({ code: "SOURCE_TIMEOUT", message: expect.stringContaining("within 50 ms") });
    expect(server.seen).toHaveLength(2);
  });

  test("a body that never ends is a timeout too", async () => {
    const server = await serve((_request, response) => void response.write("{"));
    expect(await failure(ask({ url: server.url, timeout: "50ms", retries: 0 }))).toMatchObject({
      code: "SOURCE_TIMEOUT",
    });
  });

  test("cancelling ends the request with the caller's reason", async () => {
    const stop = new AbortController();
    const server = await serve(() => stop.abort(new Error("the job was cancelled")));
    const error = await failure(ask({ url: server.url }, realPorts(), stop.signal));
    expect(error.message).toBe("the job was cancelled");
    expect(server.seen).toHaveLength(1);
  });

  test("no more requests run at the same time than allowed", async () => {
    let running = 0;
    let most = 0;
    const server = await serve(async (_request, response) => {
      running += 1;
      most = Math.max(most, running);
      await delay(10);
      running -= 1;
      replyJson(response, 200, {});
    });
    const client = createHttpClient("Prometheus", { url: server.url, concurrency: 2 }, realPorts());
    await Promise.all(Array.from({ length: 8 }, () => client.send(request)));
    expect(most).toBe(2);
    expect(server.seen).toHaveLength(8);
  });
});

describe("TLS", () => {
  const day = 86_400_000;
  const times = { notBefore: new Date(Date.now() - 10 * day), notAfter: new Date(Date.now() + 10 * day) };

  test("a self-signed certificate is told apart and not tried again", async () => {
    const server = await serve(
      (_request, response) => replyJson(response, 200, {}),
      selfSigned({ host: "localhost", ...times }),
    );
    const ports = realPorts({ TOKEN: SECRET });
    const error = await failure(ask({ url: server.url, "token-env": "TOKEN" }, ports));
    expect(error).toMatchObject({ code: "SOURCE_TLS", hint: expect.stringContaining("NODE_EXTRA_CA_CERTS") });
    expect(error.message).toContain("self-signed");
    expect(ports.slept).toEqual([]);
    expect(server.seen).toHaveLength(0);
  });

  test("https on a plain port hints at http", async () => {
    const server = await serve((_request, response) => replyJson(response, 200, {}));
    const error = await failure(ask({ url: server.url.replace("http:", "https:"), retries: 0 }));
    expect(error).toMatchObject({ code: "SOURCE_TLS", hint: expect.stringContaining("http:// instead of https://") });
  });
});

test("a long question goes as a form, a short one in the address", async () => {
  const server = await serve((_request, response) => replyJson(response, 200, {}));
  const client = createHttpClient("Prometheus", { url: `${server.url}/prefix/` }, realPorts());
  await client.send(request);
  await client.send({ ...request, parameters: [["query", "x".repeat(3000)]] });
  expect(server.seen.map((seen) => [seen.method, seen.path, seen.body.length])).toEqual([
    ["GET", "/prefix/api/v1/query?query=up", 0],
    ["POST", "/prefix/api/v1/query", 3006],
  ]);
  expect(server.seen[1]?.headers["content-type"]).toBe("application/x-www-form-urlencoded");
});

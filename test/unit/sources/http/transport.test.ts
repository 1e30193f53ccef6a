import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { DeployImpactError } from "../../../../src/core/errors.ts";
import { createHttpClient } from "../../../../src/sources/http/client.ts";
import { parseJson } from "../../../../src/sources/http/json.ts";
import type { ConnectOptions } from "../../../../src/sources/http/options.ts";
import { proxyFor } from "../../../../src/sources/http/proxy.ts";
import { selfSigned } from "../../../integration/servers/certificate.ts";
import { replyJson, startLoopback } from "../../../integration/servers/loopback.ts";
import { realPorts } from "../../../integration/servers/ports.ts";
import { startProxy } from "../../../integration/servers/proxy.ts";

const day = 86_400_000;
const times = { notBefore: new Date(Date.now() - 10 * day), notAfter: new Date(Date.now() + 10 * day) };
const server = selfSigned({ host: "metrics.test", ...times });
const local = selfSigned({ host: "localhost", ...times });
const client = selfSigned({ host: "deploy-impact", ...times });
const stranger = selfSigned({ host: "stranger", ...times });

let folder: string;
const files: Record<string, string> = {};
const running: { stop: () => Promise<void> }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "deploy-impact-tls-"));
  const contents = { local: local.cert, server: server.cert, cert: client.cert, key: client.key };
  for (const [name, text] of Object.entries(contents)) {
    files[name] = path.join(folder, `${name}.pem`);
    await writeFile(files[name], text);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

async function serve(tls: Parameters<typeof startLoopback>[1]) {
  const one = await startLoopback((_request, response) => replyJson(response, 200, { answer: 42 }), tls);
  running.push(one);
  return { ...one, port: Number(new URL(one.url).port) };
}

function ask(options: ConnectOptions, env: Record<string, string> = {}): Promise<unknown> {
  const request = { path: "/api", parameters: [], what: "the query", read: parseJson, explain: () => null } as const;
  return createHttpClient("Prometheus", { retries: 0, ...options }, realPorts(env)).send(request);
}

async function failure(promise: Promise<unknown>): Promise<DeployImpactError> {
  try {
    await promise;
  } catch (error) {
    return error as DeployImpactError;
  }
  throw new Error("expected a failure");
}

describe("own certificates", () => {
  test("a server with a certificate of one's own authority is trusted", async () => {
    const { port } = await serve(local);
    expect(await ask({ url: `https://localhost:${port}`, tls: { "ca-file": files.local } })).toEqual({ answer: 42 });
  });

  test("another server's certificate is not", async () => {
    const { port, seen } = await serve(server);
    const error = await failure(ask({ url: `https://localhost:${port}`, tls: { "ca-file": files.local } }));
    expect(error.code).toBe("SOURCE_TLS");
    expect(seen).toHaveLength(0);
  });

  test.each(["files", "environment"])("a client shows its certificate, from %s", async (place) => {
    const { port } = await serve({ ...local, clients: client.cert });
    const tls =
      place === "files"
        ? { "ca-file": files.local, "certificate-file": files.cert, "key-file": files.key }
        : { "ca-file": files.local, "certificate-env": "CERT", "key-env": "KEY" };
    const env = { CERT: client.cert, KEY: client.key };
    expect(await ask({ url: `https://localhost:${port}`, tls }, env)).toEqual({ answer: 42 });
  });

  test("a client that the server does not know is turned away", async () => {
    const { port, seen } = await serve({ ...local, clients: client.cert });
    const url = `https://localhost:${port}`;
    const tls = { "ca-file": files.local, "certificate-env": "CERT", "key-env": "KEY" };
    const wrong = await failure(ask({ url, tls }, { CERT: stranger.cert, KEY: stranger.key }));
    const without = await failure(ask({ url, tls: { "ca-file": files.local } }));
    for (const error of [wrong, without]) expect(["SOURCE_TLS", "SOURCE_UNAVAILABLE"]).toContain(error.code);
    expect(seen).toHaveLength(0);
  });

  test("a file that is not there, and a key that is none, are named and not shown", async () => {
    const url = "https://localhost:1";
    const lost = await failure(ask({ url, tls: { "ca-file": path.join(folder, "lost.pem") } }));
    expect(lost).toMatchObject({ code: "FILE_UNREADABLE", message: expect.stringContaining("lost.pem") });
    expect(lost.message).not.toContain(folder);
    const tls = { "certificate-env": "CERT", "key-env": "KEY" };
    const broken = await failure(ask({ url, tls }, { CERT: client.cert, KEY: "no key at all" }));
    expect(broken).toMatchObject({ code: "CREDENTIAL_MISSING", message: expect.stringContaining("`tls`") });
    expect(`${broken.message} ${broken.hint}`).not.toContain("no key at all");
  });
});

describe("proxies of the environment", () => {
  test("requests go through the tunnel, with its credentials, and reach the server by TLS", async () => {
    const { port, seen } = await serve(server);
    const proxy = await startProxy(port);
    running.push(proxy);
    const env = { HTTPS_PROXY: proxy.url.replace("http://", "http://me:pass%40word@") };
    expect(await ask({ url: "https://metrics.test:8443", tls: { "ca-file": files.server } }, env)).toEqual({
      answer: 42,
    });
    expect(proxy.seen).toEqual([{ target: "metrics.test:8443", authorization: `Basic ${btoa("me:pass@word")}` }]);
    expect(seen[0]?.headers.host).toBe("metrics.test:8443");
    expect(seen[0]?.headers["proxy-authorization"]).toBeUndefined();
  });

  test("the client's certificate goes through the tunnel to the server", async () => {
    const { port } = await serve({ ...server, clients: client.cert });
    const proxy = await startProxy(port);
    running.push(proxy);
    const tls = { "ca-file": files.server, "certificate-file": files.cert, "key-file": files.key };
    expect(await ask({ url: "https://metrics.test", tls }, { https_proxy: proxy.url })).toEqual({ answer: 42 });
  });

  test("a proxy that is none is named without its credentials", async () => {
    const error = await failure(ask({ url: "https://metrics.test" }, { HTTPS_PROXY: "socks9://me:hunter2@nowhere" }));
    expect(error.code).toMatch(/CONFIG_INVALID|SOURCE_UNAVAILABLE/);
    expect(`${error.message} ${error.hint}`).not.toContain("hunter2");
  });

  test.each([
    ["https://a.example.com", { HTTPS_PROXY: "http://p:1" }, "http://p:1"],
    ["https://a.example.com", { https_proxy: "http://low:1", HTTPS_PROXY: "http://up:1" }, "http://low:1"],
    ["https://a.example.com", { HTTPS_PROXY: "p:3128" }, "http://p:3128"],
    ["http://a.example.com", { HTTPS_PROXY: "http://p:1" }, null],
    ["http://a.example.com", { HTTP_PROXY: "http://p:1" }, "http://p:1"],
    ["https://a.example.com", { HTTPS_PROXY: "http://p:1", NO_PROXY: "*" }, null],
    ["https://a.example.com", { HTTPS_PROXY: "http://p:1", NO_PROXY: "other.org, example.com" }, null],
    ["https://a.example.com", { HTTPS_PROXY: "http://p:1", NO_PROXY: ".example.com" }, null],
    ["https://a.example.com", { HTTPS_PROXY: "http://p:1", NO_PROXY: "ample.com" }, "http://p:1"],
    ["https://a.example.com:8443", { HTTPS_PROXY: "http://p:1", NO_PROXY: "a.example.com:443" }, "http://p:1"],
    ["https://a.example.com:8443", { HTTPS_PROXY: "http://p:1", NO_PROXY: "A.example.com:8443" }, null],
    ["https://localhost:9090", { HTTPS_PROXY: "http://p:1" }, null],
    ["http://127.0.0.1:9090", { HTTP_PROXY: "http://p:1" }, null],
    ["https://a.example.com", {}, null],
  ])("%s with %o goes by %s", (url, env, proxy) => {
    expect(proxyFor(url, env)).toBe(proxy);
  });
});

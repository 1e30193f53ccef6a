import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { parseNetwork } from "../../../../src/bot/net/address.ts";
import type { ResolvedAddress } from "../../../../src/bot/net/connector.ts";
import { type Egress, type EgressOptions, openEgress } from "../../../../src/bot/net/egress.ts";
import type { DeployImpactError } from "../../../../src/core/errors.ts";
import { createHttpClient } from "../../../../src/sources/http/client.ts";
import { parseJson } from "../../../../src/sources/http/json.ts";
import type { ConnectOptions } from "../../../../src/sources/http/options.ts";
import { selfSigned } from "../../../integration/servers/certificate.ts";
import { type Respond, replyJson, startLoopback } from "../../../integration/servers/loopback.ts";
import { realPorts } from "../../../integration/servers/ports.ts";
import { startProxy } from "../../../integration/servers/proxy.ts";

const running: { stop: () => Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

const HERE = [parseNetwork("127.0.0.1")].flatMap((network) => network ?? []);
const WRONG: ResolvedAddress = { address: "169.254.169.254", family: 4 };
const RIGHT: ResolvedAddress = { address: "127.0.0.1", family: 4 };

function open(options: Partial<EgressOptions> = {}): Egress {
  const egress = openEgress({ allowed: HERE, proxy: null, ...options });
  running.push({ stop: egress.close });
  return egress;
}

async function serve(respond: Respond, tls?: Parameters<typeof startLoopback>[1]) {
  const server = await startLoopback(respond, tls);
  running.push(server);
  return { ...server, port: new URL(server.url).port };
}

const closing = { connection: "close" };

describe("the way out for a tenant's config", () => {
  it("reaches what is allowed", async () => {
    const server = await serve((_request, response) => replyJson(response, 200, { answer: 42 }));
    const response = await open().fetch(`${server.url}/api`, { method: "POST", body: "x" });
    expect(await response.json()).toEqual({ answer: 42 });
    expect(server.seen).toMatchObject([{ method: "POST", path: "/api", body: "x" }]);
  });

  it("sends not one byte to an address that is not", async () => {
    const server = await serve((_request, response) => replyJson(response, 200, {}));
    const egress = open({ allowed: [], resolve: async () => [RIGHT] });
    const paths = [server.url, `http://metrics.test:${server.port}`, `http://[::ffff:127.0.0.1]:${server.port}`];
    for (const url of paths) await expect(egress.fetch(url)).rejects.toMatchObject({ code: "SOURCE_REJECTED" });
    expect(server.seen).toEqual([]);
  });

  it.each(["http://2130706433", "http://0x7f.1", "http://127.1", "http://017700000001"])(
    "knows the loopback in %s",
    async (url) => {
      await expect(open({ allowed: [] }).fetch(url)).rejects.toThrow("127.0.0.1 is out of bounds");
    },
  );

  it.each(["file:///etc/passwd", "ftp://example.com", "data:text/plain,x", "blob:nodedata:1"])(
    "is for HTTP only: %s",
    async (url) => {
      await expect(open().fetch(url)).rejects.toThrow("not a server on HTTP");
    },
  );

  it("connects to the address it has checked, by one look-up a connection", async () => {
    const server = await serve((_request, response) => replyJson(response, 200, {}, closing));
    const asked: string[] = [];
    // What a name service under attack does: harmless when it is checked, harmful when it is asked again.
    const answers = [RIGHT, WRONG];
    const egress = open({
      resolve: async (host) => {
        asked.push(host);
        return [answers[asked.length - 1] ?? WRONG];
      },
    });
    const url = `http://metrics.test:${server.port}/`;
    expect((await egress.fetch(url)).status).toBe(200);
    expect(asked).toEqual(["metrics.test"]);
    await expect(egress.fetch(url)).rejects.toThrow("metrics.test is out of bounds");
    expect(server.seen).toHaveLength(1);
  });

  it("takes the allowed ones of several addresses", async () => {
    const server = await serve((_request, response) => replyJson(response, 200, { ok: true }));
    const egress = open({ resolve: async () => [{ address: "::1", family: 6 }, WRONG, RIGHT] });
    expect(await (await egress.fetch(`http://metrics.test:${server.port}`)).json()).toEqual({ ok: true });
  });

  it("checks every hop of a redirect", async () => {
    const target = await serve((_request, response) => replyJson(response, 200, { secret: "inside" }));
    const hops = [`http://inner.test:${target.port}/`, `http://127.0.0.2:${target.port}/`];
    const server = await serve((request, response) => {
      const location = hops[Number(request.path.slice(1))] ?? "";
      response.writeHead(302, { location }).end();
    });
    const egress = open({ resolve: async (host) => [host === "inner.test" ? WRONG : RIGHT] });
    for (const index of hops.keys()) {
      await expect(egress.fetch(`http://outer.test:${server.port}/${index}`)).rejects.toThrow("out of bounds");
    }
    expect(target.seen).toEqual([]);
  });

  it("does not say which address a name has", async () => {
    const egress = open({ allowed: [], resolve: async () => [{ address: "10.11.12.13", family: 4 }] });
    const error: unknown = await egress.fetch("http://vault.corp.test").catch((thrown: unknown) => thrown);
    expect(String(error)).toContain("a private network");
    expect(`${String(error)}${JSON.stringify(error)}`).not.toContain("10.11.12.13");
  });

  it("ends an answer that is too large or too slow", async () => {
    const large = await serve((_request, response) => {
      response.end("x".repeat(300_000));
    });
    const slow = await serve((_request, response) => {
      response.writeHead(200).write("x");
    });
    const egress = open({ maxResponseBytes: 100_000, maxTimeMs: 300 });
    await expect(egress.fetch(large.url).then((answer) => answer.text())).rejects.toThrow("terminated");
    await expect(egress.fetch(slow.url).then((answer) => answer.text())).rejects.toThrow("timeout");
  });

  it("goes through the operator's proxy, which gets names and no inner address", async () => {
    const { cert, key } = selfSigned({
      host: "metrics.test",
      notBefore: new Date(Date.now() - 86_400_000),
      notAfter: new Date(Date.now() + 86_400_000),
    });
    const server = await serve((_request, response) => replyJson(response, 200, { via: "proxy" }), { cert, key });
    const proxy = await startProxy(Number(server.port));
    running.push(proxy);
    const egress = open({ allowed: [], proxy: proxy.url });
    const response = await egress.fetchWith({ ca: cert })("https://metrics.test/api");
    expect(await response.json()).toEqual({ via: "proxy" });
    expect(proxy.seen).toMatchObject([{ target: "metrics.test:443" }]);
    await expect(egress.fetch("http://169.254.169.254/latest/meta-data")).rejects.toThrow("out of bounds");
    expect(proxy.seen).toHaveLength(1);
  });
});

describe("a source behind it", () => {
  const request = { path: "/api", parameters: [], what: "the query", read: parseJson, explain: () => null } as const;
  const ask = (egress: Egress, options: ConnectOptions, env: Record<string, string> = {}): Promise<unknown> => {
    const ports = { ...realPorts(env), fetch: egress.fetch, confinement: egress };
    return createHttpClient("Prometheus", { retries: 2, ...options }, ports).send(request);
  };

  it("is refused once, with what to do", async () => {
    const failure = (await ask(open({ allowed: [] }), { url: "http://127.0.0.1:9090" }).catch(
      (error: unknown) => error,
    )) as DeployImpactError;
    expect(failure).toMatchObject({ code: "SOURCE_REJECTED", retryable: false });
    expect(failure.hint).toContain("operator");
  });

  it("ignores a proxy that stands among the tenant's secrets", async () => {
    const server = await serve((_request, response) => replyJson(response, 200, { direct: true }));
    const proxy = await startProxy(Number(server.port));
    running.push(proxy);
    const egress = open({ resolve: async () => [RIGHT] });
    const env = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url };
    expect(await ask(egress, { url: `http://metrics.test:${server.port}` }, env)).toEqual({ direct: true });
    expect(proxy.seen).toEqual([]);
  });

  it("uses certificates from secrets within the same bounds, and none from files", async () => {
    const times = { notBefore: new Date(Date.now() - 86_400_000), notAfter: new Date(Date.now() + 86_400_000) };
    const { cert, key } = selfSigned({ host: "metrics.test", ...times });
    const server = await serve((_request, response) => replyJson(response, 200, { trusted: true }), { cert, key });
    const url = `https://metrics.test:${server.port}`;
    const egress = open({ resolve: async () => [RIGHT] });
    expect(await ask(egress, { url, tls: { "ca-env": "CA" } }, { CA: cert })).toEqual({ trusted: true });
    const closed = open({ allowed: [], resolve: async () => [RIGHT] });
    await expect(ask(closed, { url, tls: { "ca-env": "CA" } }, { CA: cert })).rejects.toThrow("out of bounds");
    await expect(ask(egress, { url, tls: { "ca-file": "/etc/passwd" } })).rejects.toThrow("`tls: ca-file`");
  });

  it("cannot ask for more than the operator gives", async () => {
    const packed = gzipSync(JSON.stringify({ text: "x".repeat(300_000) }));
    const server = await serve((_request, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(packed);
    });
    const egress = open({ maxResponseBytes: 100_000 });
    await expect(ask(egress, { url: server.url, "max-response-mib": 480 })).rejects.toMatchObject({
      code: "SOURCE_TOO_LARGE",
    });
  });
});

import nock from "nock";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  ANSWER,
  failureOf,
  fetchOnce,
  GITHUB,
  mockGithubIdentity,
  NOW,
  parameters,
  providerPorts,
  shownBy,
} from "./providers.ts";

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  const pending = nock.pendingMocks();
  nock.cleanAll();
  nock.enableNetConnect();
  expect(pending).toEqual([]);
});

const HOST = "https://shop-abcd.westeurope.prometheus.monitor.azure.com";
const azure = { type: "azure-managed-prometheus", url: HOST };
const identity = { "tenant-id": "72f988bf-86f1", "client-id": "00001111-aaaa" };

/** Microsoft's own example of an answer. */
const token = (value: string, seconds: number | string = 3599) => ({
  token_type: "Bearer",
  expires_in: seconds,
  access_token: value,
});

function mockEntra(asked: Record<string, string>[], status: number, body: nock.Body): nock.Scope {
  return nock("https://login.microsoftonline.com", {
    reqheaders: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    badheaders: ["authorization"],
  })
    .post("/72f988bf-86f1/oauth2/v2.0/token", (form) => asked.push(parameters(form)) > 0)
    .reply(status, body);
}

function mockMetrics(bearer: string, status = 200, body: nock.Body = ANSWER): nock.Scope {
  return nock(HOST, { reqheaders: { authorization: `Bearer ${bearer}` } })
    .get("/api/v1/query_range")
    .query({ query: "up", start: "6000", end: "6000", step: "60", timeout: "29s" })
    .reply(status, body);
}

describe("Azure Monitor workspaces", () => {
  test("a client secret becomes a token for the scope of the service", async () => {
    const asked: Record<string, string>[] = [];
    mockEntra(asked, 200, token("entra-token"));
    mockMetrics("entra-token");
    const options = { ...azure, auth: { kind: "azure", ...identity, "client-secret-env": "AZ_SECRET" } };
    const series = await fetchOnce(options, providerPorts({ AZ_SECRET: "azure-secret" }));
    expect(series.map((one) => [...one.values])).toEqual([[1.5]]);
    expect(asked).toEqual([
      {
        grant_type: "client_credentials",
        client_id: "00001111-aaaa",
        scope: "https://prometheus.monitor.azure.com/.default",
        client_secret: "azure-secret",
      },
    ]);
  });

  test("without a secret the GitHub job signs in with its identity; ids may come from the environment", async () => {
    const asked: Record<string, string>[] = [];
    mockGithubIdentity("api://AzureADTokenExchange");
    mockEntra(asked, 200, token("federated"));
    mockMetrics("federated");
    await fetchOnce(
      azure,
      providerPorts({ ...GITHUB, AZURE_TENANT_ID: "72f988bf-86f1", AZURE_CLIENT_ID: "00001111-aaaa" }),
    );
    expect(asked[0]).toMatchObject({
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: "header.identity.signature",
    });
    expect(asked[0]).not.toHaveProperty("client_secret");
  });

  test("a token is used until shortly before it ends, and then fetched again", async () => {
    const clock = { ms: NOW };
    const ports = providerPorts({ AZ_SECRET: "azure-secret" }, clock);
    const options = { ...azure, auth: { kind: "azure", ...identity, "client-secret-env": "AZ_SECRET" } };
    const asked: Record<string, string>[] = [];
    mockEntra(asked, 200, token("first", "600"));
    for (const minutes of [0, 8]) {
      clock.ms = NOW + minutes * 60_000;
      mockMetrics("first");
      await fetchOnce(options, ports);
    }
    expect(asked).toHaveLength(1);
    clock.ms = NOW + 9.5 * 60_000;
    mockEntra(asked, 200, token("second"));
    mockMetrics("second");
    await fetchOnce(options, ports);
    expect(asked).toHaveLength(2);
  });

  test("a token that is refused before its time is renewed once; then the provider's words are shown", async () => {
    const options = { ...azure, auth: { kind: "azure", ...identity, "client-secret-env": "AZ_SECRET" } };
    const refusal = {
      error: { code: "InvalidAuthenticationToken", message: "The access token has expired: old-token." },
    };
    const asked: Record<string, string>[] = [];
    mockEntra(asked, 200, token("old-token"));
    mockMetrics("old-token", 401, refusal);
    mockEntra(asked, 200, token("new-token"));
    mockMetrics("new-token");
    expect(await fetchOnce(options, providerPorts({ AZ_SECRET: "azure-secret" }))).toHaveLength(1);

    mockEntra(asked, 200, token("old-token"));
    mockMetrics("old-token", 401, refusal);
    mockEntra(asked, 200, token("new-token"));
    mockMetrics("new-token", 401, refusal);
    const error = await failureOf(fetchOnce(options, providerPorts({ AZ_SECRET: "azure-secret" })));
    expect(error).toMatchObject({
      code: "SOURCE_UNAUTHORIZED",
      message: expect.stringContaining("InvalidAuthenticationToken: The access token has expired: ***"),
      hint: expect.stringContaining("`auth` (azure)"),
    });
    expect(asked).toHaveLength(4);
    expect(shownBy(error)).not.toMatch(/old-token|new-token|azure-secret/);
  });

  test("rights that are missing are said in Azure's words, and not tried again", async () => {
    const asked: Record<string, string>[] = [];
    mockEntra(asked, 200, token("entra-token"));
    mockMetrics("entra-token", 403, { error: { code: "Forbidden", message: "Assign Monitoring Data Reader." } });
    const options = { ...azure, auth: { kind: "azure", ...identity, "client-secret-env": "AZ_SECRET" } };
    expect(await failureOf(fetchOnce(options, providerPorts({ AZ_SECRET: "azure-secret" })))).toMatchObject({
      code: "SOURCE_FORBIDDEN",
      message: expect.stringContaining("Forbidden: Assign Monitoring Data Reader."),
    });
  });

  test("a secret that Entra refuses is a matter of credentials", async () => {
    mockEntra([], 401, {
      error: "invalid_client",
      error_description: "AADSTS7000215: Invalid client secret provided: azure-secret",
      error_codes: [7000215],
    });
    const options = { ...azure, auth: { kind: "azure", ...identity, "client-secret-env": "AZ_SECRET" } };
    const error = await failureOf(fetchOnce(options, providerPorts({ AZ_SECRET: "azure-secret" })));
    expect(error).toMatchObject({
      code: "SOURCE_UNAUTHORIZED",
      message: expect.stringContaining("invalid_client: AADSTS7000215: Invalid client secret provided: ***"),
    });
    expect(shownBy(error)).not.toContain("azure-secret");
  });

  test("ids that stand nowhere are named", async () => {
    expect(await failureOf(fetchOnce(azure, providerPorts(GITHUB)))).toMatchObject({
      code: "CREDENTIAL_MISSING",
      hint: expect.stringContaining("AZURE_TENANT_ID"),
    });
  });
});

describe("OAuth 2 client credentials", () => {
  const auth = {
    kind: "oauth2",
    "token-url": "https://login.example.com/oauth/token",
    "client-id": "reader:1",
    "client-secret-env": "SECRET",
    scopes: ["metrics.read", "offline"],
    audience: "https://metrics.example.com",
  };
  const options = { type: "mimir", url: "https://metrics.example.com", auth, tenant: "team-a" };
  const env = { SECRET: "p@ss word/+" };

  test("the client signs in by basic authentication, form encoded (RFC 6749, section 2.3.1)", async () => {
    const asked: Record<string, string>[] = [];
    const pair = btoa("reader%3A1:p%40ss+word%2F%2B");
    nock("https://login.example.com", { reqheaders: { authorization: `Basic ${pair}` } })
      .post("/oauth/token", (form) => asked.push(parameters(form)) > 0)
      .reply(200, { access_token: "opaque-token", token_type: "bearer", expires_in: 300 });
    nock("https://metrics.example.com", {
      reqheaders: { authorization: "Bearer opaque-token", "x-scope-orgid": "team-a" },
    })
      .get(/^\/api\/v1\/query_range/)
      .reply(200, ANSWER);
    expect(await fetchOnce(options, providerPorts(env))).toHaveLength(1);
    expect(asked).toEqual([
      { grant_type: "client_credentials", scope: "metrics.read offline", audience: "https://metrics.example.com" },
    ]);
  });

  test("or in the body, for servers that want it there", async () => {
    const asked: Record<string, string>[] = [];
    nock("https://login.example.com", { badheaders: ["authorization"] })
      .post("/oauth/token", (form) => asked.push(parameters(form)) > 0)
      .reply(200, { access_token: "opaque-token" });
    nock("https://metrics.example.com")
      .get(/query_range/)
      .reply(200, ANSWER);
    await fetchOnce({ ...options, auth: { ...auth, "client-auth": "body" } }, providerPorts(env));
    expect(asked[0]).toMatchObject({ client_id: "reader:1", client_secret: env.SECRET });
  });

  test("queries side by side ask for one token", async () => {
    nock("https://login.example.com")
      .post("/oauth/token")
      .reply(200, { access_token: "opaque-token", expires_in: 300 });
    nock("https://metrics.example.com")
      .get(/query_range/)
      .times(3)
      .reply(200, ANSWER);
    const ports = providerPorts(env);
    await Promise.all([1, 2, 3].map(() => fetchOnce(options, ports)));
  });

  test("a fetch that is cancelled does not wait for the sign-in, which others still get", async () => {
    nock("https://login.example.com").post("/oauth/token").delay(150).reply(200, { access_token: "opaque-token" });
    nock("https://metrics.example.com")
      .get(/query_range/)
      .reply(200, ANSWER);
    const ports = providerPorts(env);
    const stop = new AbortController();
    const cancelled = fetchOnce(options, ports, "up", stop.signal);
    const other = fetchOnce(options, ports);
    stop.abort(new Error("cancelled"));
    await expect(cancelled).rejects.toThrow("cancelled");
    expect(await other).toHaveLength(1);
  });

  test("an answer without a token is malformed, and is not shown", async () => {
    nock("https://login.example.com").post("/oauth/token").reply(200, { token: "half-a-secret" });
    const error = await failureOf(fetchOnce(options, providerPorts(env)));
    expect(error).toMatchObject({ code: "SOURCE_MALFORMED", message: expect.stringContaining("not an access token") });
    expect(shownBy(error)).not.toMatch(/half-a-secret|p@ss/);
  });

  test("a failure is not remembered", async () => {
    const ports = providerPorts(env);
    nock("https://login.example.com").post("/oauth/token").reply(503, "down");
    expect(await failureOf(fetchOnce(options, ports))).toMatchObject({ code: "SOURCE_UNAVAILABLE" });
    nock("https://login.example.com").post("/oauth/token").reply(200, { access_token: "opaque-token" });
    nock("https://metrics.example.com")
      .get(/query_range/)
      .reply(200, ANSWER);
    expect(await fetchOnce(options, ports)).toHaveLength(1);
  });
});

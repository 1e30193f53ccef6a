import { createVerify, generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import nock from "nock";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
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

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "deploy-impact-google-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  const pending = nock.pendingMocks();
  nock.cleanAll();
  nock.enableNetConnect();
  expect(pending).toEqual([]);
});

const HOST = "https://monitoring.googleapis.com";
const google = {
  type: "google-managed-prometheus",
  url: `${HOST}/v1/projects/shop/location/global/prometheus`,
};
const READ_METRICS = "https://www.googleapis.com/auth/monitoring.read";
const PROVIDER = "projects/123456/locations/global/workloadIdentityPools/github/providers/deploys";
const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PEM = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const serviceAccount = {
  type: "service_account",
  project_id: "shop",
  private_key_id: "key-1",
  private_key: PEM,
  client_email: "reader@shop.iam.gserviceaccount.com",
  token_uri: "https://oauth2.googleapis.com/token",
};

/** HOME without gcloud's files, so that the machine of whoever runs the tests has no say. */
const ports = (env: Record<string, string>) => providerPorts({ HOME: folder, ...env });

function mockMetrics(bearer: string, status = 200, body: nock.Body = ANSWER): nock.Scope {
  return nock(HOST, { reqheaders: { authorization: `Bearer ${bearer}` } })
    .get("/v1/projects/shop/location/global/prometheus/api/v1/query_range")
    .query({ query: "up", start: "6000", end: "6000", step: "60", timeout: "29s" })
    .reply(status, body);
}

function mockToken(asked: Record<string, string>[], host: string, route: string, token: string): nock.Scope {
  return nock(host, { badheaders: ["authorization"] })
    .post(route, (form) => asked.push(parameters(form)) > 0)
    .reply(200, { access_token: token, token_type: "Bearer", expires_in: 3599 });
}

async function keyFile(name: string, key: unknown): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, JSON.stringify(key));
  return file;
}

describe("Google Cloud", () => {
  test("a service account signs its own request for a token (RFC 7523)", async () => {
    const asked: Record<string, string>[] = [];
    mockToken(asked, "https://oauth2.googleapis.com", "/token", "ya29.account");
    mockMetrics("ya29.account");
    const file = await keyFile("account.json", serviceAccount);
    const series = await fetchOnce(google, ports({ GOOGLE_APPLICATION_CREDENTIALS: file }));
    expect(series.map((one) => [...one.values])).toEqual([[1.5]]);
    expect(asked[0]?.grant_type).toBe("urn:ietf:params:oauth:grant-type:jwt-bearer");
    const [head = "", claims = "", signature = ""] = (asked[0]?.assertion ?? "").split(".");
    const decode = (part: string): unknown => JSON.parse(Buffer.from(part, "base64url").toString());
    expect(decode(head)).toEqual({ alg: "RS256", typ: "JWT", kid: "key-1" });
    expect(decode(claims)).toEqual({
      iss: serviceAccount.client_email,
      scope: READ_METRICS,
      aud: "https://oauth2.googleapis.com/token",
      iat: NOW / 1000,
      exp: NOW / 1000 + 3600,
    });
    expect(createVerify("RSA-SHA256").update(`${head}.${claims}`).verify(publicKey, signature, "base64url")).toBe(true);
  });

  test("the key may stand in a variable, with its line breaks", async () => {
    mockToken([], "https://oauth2.googleapis.com", "/token", "ya29.account");
    mockMetrics("ya29.account");
    const auth = { kind: "google", "credentials-env": "GCP_KEY" };
    await fetchOnce({ ...google, auth }, ports({ GCP_KEY: JSON.stringify(serviceAccount, null, 2) }));
  });

  test("the GitHub job becomes a service account by workload identity federation", async () => {
    const asked: Record<string, string>[] = [];
    mockGithubIdentity(`https://iam.googleapis.com/${PROVIDER}`);
    mockToken(asked, "https://sts.googleapis.com", "/v1/token", "federated-token");
    nock("https://iamcredentials.googleapis.com", {
      reqheaders: { authorization: "Bearer federated-token", "content-type": "application/json" },
    })
      .post("/v1/projects/-/serviceAccounts/reader%40shop.iam.gserviceaccount.com:generateAccessToken", {
        scope: [READ_METRICS],
        lifetime: "3600s",
      })
      .reply(200, { accessToken: "ya29.impersonated", expireTime: "2026-02-01T13:00:00Z" });
    mockMetrics("ya29.impersonated");
    const auth = {
      kind: "google",
      "workload-identity-provider": PROVIDER,
      "service-account": "reader@shop.iam.gserviceaccount.com",
    };
    await fetchOnce({ ...google, auth }, ports(GITHUB));
    expect(asked).toEqual([
      {
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
        audience: `//iam.googleapis.com/${PROVIDER}`,
        scope: "https://www.googleapis.com/auth/cloud-platform",
        subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
        subject_token: "header.identity.signature",
      },
    ]);
  });

  test("without a service account the federated token reads the metrics itself", async () => {
    const asked: Record<string, string>[] = [];
    mockGithubIdentity(`https://iam.googleapis.com/${PROVIDER}`);
    mockToken(asked, "https://sts.googleapis.com", "/v1/token", "federated-token");
    mockMetrics("federated-token");
    await fetchOnce({ ...google, auth: { kind: "google", "workload-identity-provider": PROVIDER } }, ports(GITHUB));
    expect(asked[0]?.scope).toBe(READ_METRICS);
  });

  test.each(["url", "file"])(
    "reads what google-github-actions/auth writes, with the identity from a %s",
    async (kind) => {
      const asked: Record<string, string>[] = [];
      const identity = await keyFile("identity.json", { value: "header.identity.signature" });
      const format = { type: "json", subject_token_field_name: "value" };
      if (kind === "url") mockGithubIdentity(`https://iam.googleapis.com/${PROVIDER}`);
      const url = `${GITHUB.ACTIONS_ID_TOKEN_REQUEST_URL}&audience=${encodeURIComponent(`https://iam.googleapis.com/${PROVIDER}`)}`;
      const headers = { Authorization: `Bearer ${GITHUB.ACTIONS_ID_TOKEN_REQUEST_TOKEN}` };
      const file = await keyFile("external.json", {
        type: "external_account",
        audience: `//iam.googleapis.com/${PROVIDER}`,
        subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
        token_url: "https://sts.googleapis.com/v1/token",
        credential_source: kind === "url" ? { url, headers, format } : { file: identity, format },
      });
      mockToken(asked, "https://sts.googleapis.com", "/v1/token", "federated-token");
      mockMetrics("federated-token");
      await fetchOnce(google, ports({ GOOGLE_APPLICATION_CREDENTIALS: file }));
      expect(asked[0]?.subject_token).toBe("header.identity.signature");
    },
  );

  test("the login of gcloud is refreshed", async () => {
    const asked: Record<string, string>[] = [];
    mockToken(asked, "https://oauth2.googleapis.com", "/token", "ya29.user");
    mockMetrics("ya29.user");
    const key = {
      type: "authorized_user",
      client_id: "gcloud",
      client_secret: "d-secret",
      refresh_token: "1//refresh",
    };
    await keyFile("application_default_credentials.json", key);
    await fetchOnce(google, ports({ CLOUDSDK_CONFIG: folder }));
    expect(asked).toEqual([
      { grant_type: "refresh_token", client_id: "gcloud", client_secret: "d-secret", refresh_token: "1//refresh" },
    ]);
  });

  test("a machine of Google asks its own account", async () => {
    nock("http://metadata.google.internal", { reqheaders: { "metadata-flavor": "Google" } })
      .get("/computeMetadata/v1/instance/service-accounts/default/token")
      .query({ scopes: READ_METRICS })
      .reply(200, { access_token: "ya29.machine", expires_in: 1800 });
    mockMetrics("ya29.machine");
    await fetchOnce(google, ports({}));
  });

  test("a long query goes as JSON, since Google takes no form", async () => {
    mockToken([], "https://oauth2.googleapis.com", "/token", "ya29.account");
    const query = `up + ${"1 + ".repeat(700)}1`;
    nock(HOST, { reqheaders: { "content-type": "application/json" } })
      .post("/v1/projects/shop/location/global/prometheus/api/v1/query_range", {
        query,
        start: "6000",
        end: "6000",
        step: "60",
        timeout: "29s",
      })
      .reply(200, ANSWER);
    const auth = { kind: "google", "credentials-env": "GCP_KEY" };
    await fetchOnce({ ...google, auth }, ports({ GCP_KEY: JSON.stringify(serviceAccount) }), query);
  });

  test("an expired token is fetched again, once; missing rights are said in Google's words", async () => {
    const asked: Record<string, string>[] = [];
    const auth = { kind: "google", "credentials-env": "GCP_KEY" };
    mockToken(asked, "https://oauth2.googleapis.com", "/token", "ya29.old");
    mockMetrics("ya29.old", 401, {
      error: { code: 401, message: "Expected OAuth 2 access token.", status: "UNAUTHENTICATED" },
    });
    mockToken(asked, "https://oauth2.googleapis.com", "/token", "ya29.new");
    mockMetrics("ya29.new", 403, {
      error: { code: 403, message: "Permission monitoring.timeSeries.list denied.", status: "PERMISSION_DENIED" },
    });
    const error = await failureOf(fetchOnce({ ...google, auth }, ports({ GCP_KEY: JSON.stringify(serviceAccount) })));
    expect(error).toMatchObject({
      code: "SOURCE_FORBIDDEN",
      message: expect.stringContaining("PERMISSION_DENIED: Permission monitoring.timeSeries.list denied."),
    });
    expect(asked).toHaveLength(2);
    expect(shownBy(error)).not.toMatch(/ya29|PRIVATE KEY/);
  });

  test("a refused exchange is a matter of credentials, in Google's words", async () => {
    mockGithubIdentity(`https://iam.googleapis.com/${PROVIDER}`);
    nock("https://sts.googleapis.com").post("/v1/token").reply(400, {
      error: "unauthorized_client",
      error_description: "The given credential is rejected by the attribute condition.",
    });
    const auth = { kind: "google", "workload-identity-provider": PROVIDER };
    const error = await failureOf(fetchOnce({ ...google, auth }, ports(GITHUB)));
    expect(error).toMatchObject({
      code: "SOURCE_UNAUTHORIZED",
      message: expect.stringContaining(
        "unauthorized_client: The given credential is rejected by the attribute condition.",
      ),
      hint: expect.stringContaining("workload identity provider"),
    });
    expect(shownBy(error)).not.toContain("header.identity.signature");
  });

  test.each([
    ["no JSON", "not json {", /is not a Google credential\.$/],
    ["an unknown type", JSON.stringify({ type: "gdch_service_account" }), /is not a Google credential/],
    ["a key without a key", JSON.stringify({ ...serviceAccount, private_key: undefined }), /\(private_key\)/],
    [
      "a token address that is not Google's",
      JSON.stringify({ ...serviceAccount, token_uri: "https://evil.example.com/token" }),
      /\(token_uri\)/,
    ],
  ])("%s is a missing credential that is not shown", async (_name, text, message) => {
    const auth = { kind: "google", "credentials-env": "GCP_KEY" };
    const error = await failureOf(fetchOnce({ ...google, auth }, ports({ GCP_KEY: text })));
    expect(error).toMatchObject({ code: "CREDENTIAL_MISSING", message: expect.stringMatching(message) });
    expect(shownBy(error)).not.toMatch(/PRIVATE KEY|evil/);
  });

  test("a private key that is none is a missing credential", async () => {
    const auth = { kind: "google", "credentials-env": "GCP_KEY" };
    const text = JSON.stringify({ ...serviceAccount, private_key: "not-a-pem-at-all" });
    const error = await failureOf(fetchOnce({ ...google, auth }, ports({ GCP_KEY: text })));
    expect(error).toMatchObject({ code: "CREDENTIAL_MISSING", message: expect.stringContaining("private key") });
    expect(shownBy(error)).not.toContain("not-a-pem-at-all");
  });

  test("in a job with an identity but no provider the provider is asked for", async () => {
    expect(await failureOf(fetchOnce(google, ports({ HOME: path.join(folder, "none"), ...GITHUB })))).toMatchObject({
      code: "CREDENTIAL_MISSING",
      hint: expect.stringContaining("workload-identity-provider"),
    });
  });
});

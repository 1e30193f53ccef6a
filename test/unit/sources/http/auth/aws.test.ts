import nock from "nock";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { naiveSignature } from "./naive-signature.ts";
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

const HOST = "https://aps-workspaces.eu-west-1.amazonaws.com";
const WORKSPACE = "/workspaces/ws-b226cc2a-a446-46a9-933a-ac50479a5568";
const amazon = { type: "amazon-managed-prometheus", url: `${HOST}${WORKSPACE}` };
const keys = { AWS_ACCESS_KEY_ID: "AKIAENVIRONMENT", AWS_SECRET_ACCESS_KEY: "env-secret-key/+abc" };
const ROLE = "arn:aws:iam::123456789012:role/metrics-reader";

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  const pending = nock.pendingMocks();
  nock.cleanAll();
  nock.enableNetConnect();
  expect(pending).toEqual([]);
});

interface Signed {
  readonly method: string;
  readonly url: URL;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

async function asSigned(request: Request): Promise<Signed> {
  const body = request.method === "GET" ? "" : await request.text();
  return { method: request.method, url: new URL(request.url), body, headers: Object.fromEntries(request.headers) };
}

/** Answers range queries and keeps what was asked, header for header. */
function mockWorkspace(
  seen: Signed[],
  status = 200,
  body: nock.Body = ANSWER,
  method: "GET" | "POST" = "GET",
): nock.Scope {
  return nock(HOST)
    .intercept(new RegExp(`^${WORKSPACE}/api/v1/query_range`), method)
    .reply(async (request: Request) => {
      seen.push(await asSigned(request));
      return [status, body] as const;
    });
}

function expectSigned(request: Signed | undefined, secret: string, service = "aps"): void {
  if (request === undefined) throw new Error("no request came");
  const { headers } = request;
  const [, names = "", signature = ""] =
    /SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(headers.authorization ?? "") ?? [];
  const signed = Object.fromEntries(
    names.split(";").map((name) => [name, name === "host" ? request.url.host : (headers[name] ?? "")]),
  );
  expect(names.split(";")).toEqual(expect.arrayContaining(["host", "x-amz-date"]));
  expect(signature).toBe(naiveSignature(request, signed, { secret, region: "eu-west-1", service }));
}

/** Amazon's own example of an answer, shortened. */
function roleAnswer(action: string, key: string, expires: string): string {
  return `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>
    <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/metrics-reader/deploy-impact</Arn></AssumedRoleUser>
    <Credentials><SessionToken>session-of-${key}=</SessionToken><SecretAccessKey>secret-of-${key}</SecretAccessKey>
    <Expiration>${expires}</Expiration><AccessKeyId>${key}</AccessKeyId></Credentials>
    </${action}Result><ResponseMetadata><RequestId>ad4156e9</RequestId></ResponseMetadata></${action}Response>`;
}

const STS = "https://sts.eu-west-1.amazonaws.com";

describe("Amazon Managed Service for Prometheus", () => {
  test("signs with the keys of the environment; region and service come with the type", async () => {
    const seen: Signed[] = [];
    mockWorkspace(seen);
    const series = await fetchOnce(
      amazon,
      providerPorts(keys),
      'sum by (zone) (rate(errors_total{code=~"5..|4*"}[1m]))',
    );
    expect(series.map((one) => [...one.values])).toEqual([[1.5]]);
    expect(seen[0]?.url.searchParams.get("query")).toBe('sum by (zone) (rate(errors_total{code=~"5..|4*"}[1m]))');
    expect(seen[0]?.url.search).not.toContain("+");
    expect(seen[0]?.headers.authorization).toContain(
      "Credential=AKIAENVIRONMENT/20260201/eu-west-1/aps/aws4_request, SignedHeaders=host;x-amz-date,",
    );
    expectSigned(seen[0], keys.AWS_SECRET_ACCESS_KEY);
  });

  test("a session token of the environment is sent and signed", async () => {
    const seen: Signed[] = [];
    mockWorkspace(seen);
    await fetchOnce(amazon, providerPorts({ ...keys, AWS_SESSION_TOKEN: "session-token" }));
    expect(seen[0]?.headers["x-amz-security-token"]).toBe("session-token");
    expectSigned(seen[0], keys.AWS_SECRET_ACCESS_KEY);
  });

  test("keys with names of their own do not take over the session of others", async () => {
    const seen: Signed[] = [];
    mockWorkspace(seen);
    const auth = { kind: "sigv4", "access-key-id-env": "METRICS_ID", "secret-access-key-env": "METRICS_KEY" };
    const env = { ...keys, AWS_SESSION_TOKEN: "not-mine", METRICS_ID: "AKIAMETRICS", METRICS_KEY: "metrics-secret" };
    await fetchOnce({ ...amazon, auth }, providerPorts(env));
    expect(seen[0]?.headers["x-amz-security-token"]).toBeUndefined();
    expect(seen[0]?.headers.authorization).toContain("Credential=AKIAMETRICS/");
    expectSigned(seen[0], "metrics-secret");
  });

  test("a long query is signed as a form", async () => {
    const seen: Signed[] = [];
    mockWorkspace(seen, 200, ANSWER, "POST");
    await fetchOnce(amazon, providerPorts(keys), `up + ${"1 + ".repeat(700)}1`);
    expect(parameters(seen[0]?.body).query).toMatch(/^up \+ 1 \+ /);
    expectSigned(seen[0], keys.AWS_SECRET_ACCESS_KEY);
  });

  test("takes the role over with the identity of the GitHub job, once for all queries", async () => {
    const seen: Signed[] = [];
    mockGithubIdentity("sts.amazonaws.com");
    const asked: Record<string, string>[] = [];
    nock(STS, { badheaders: ["authorization"] })
      .post("/", (body) => asked.push(parameters(body)) > 0)
      .reply(200, roleAnswer("AssumeRoleWithWebIdentity", "ASIAROLE", "2026-02-01T13:00:00Z"));
    mockWorkspace(seen);
    mockWorkspace(seen);
    const ports = providerPorts(GITHUB);
    const options = { ...amazon, auth: { kind: "sigv4", role: ROLE } };
    await fetchOnce(options, ports);
    await fetchOnce(options, ports);
    expect(asked).toEqual([
      {
        Action: "AssumeRoleWithWebIdentity",
        Version: "2011-06-15",
        RoleArn: ROLE,
        RoleSessionName: "deploy-impact",
        WebIdentityToken: "header.identity.signature",
      },
    ]);
    for (const request of seen) {
      expect(request.headers["x-amz-security-token"]).toBe("session-of-ASIAROLE=");
      expectSigned(request, "secret-of-ASIAROLE");
    }
    expect(seen).toHaveLength(2);
  });

  test("takes a role over with keys: the request for it is signed for the token service", async () => {
    const seen: Signed[] = [];
    const asked: Signed[] = [];
    nock(STS)
      .post("/")
      .reply(async (request: Request) => {
        asked.push(await asSigned(request));
        return [200, roleAnswer("AssumeRole", "ASIACROSS", "2026-02-01T13:00:00Z")] as const;
      });
    mockWorkspace(seen);
    await fetchOnce({ ...amazon, auth: { kind: "sigv4", role: ROLE } }, providerPorts({ ...keys, ...GITHUB }));
    expect(parameters(asked[0]?.body)).toMatchObject({ Action: "AssumeRole", RoleArn: ROLE });
    expectSigned(asked[0], keys.AWS_SECRET_ACCESS_KEY, "sts");
    expectSigned(seen[0], "secret-of-ASIACROSS");
  });

  test("credentials of a role that run out are taken again before they do", async () => {
    const clock = { ms: NOW };
    const ports = providerPorts(GITHUB, clock);
    const options = { ...amazon, auth: { kind: "sigv4", role: ROLE } };
    const seen: Signed[] = [];
    for (const [key, expires] of [
      ["ASIAONE", "2026-02-01T12:15:00Z"],
      ["ASIATWO", "2026-02-01T12:45:00Z"],
    ] as const) {
      mockGithubIdentity("sts.amazonaws.com");
      nock(STS)
        .post("/")
        .reply(200, roleAnswer("AssumeRoleWithWebIdentity", key, expires));
      mockWorkspace(seen);
      await fetchOnce(options, ports);
      clock.ms += 14.5 * 60_000;
    }
    expectSigned(seen[1], "secret-of-ASIATWO");
  });

  test("an expired session (403) is renewed once, and once only", async () => {
    const expired = { message: "The security token included in the request is expired" };
    const options = { ...amazon, auth: { kind: "sigv4", role: ROLE } };
    for (const last of [200, 403] as const) {
      const seen: Signed[] = [];
      for (const key of ["ASIAOLD", "ASIANEW"]) {
        mockGithubIdentity("sts.amazonaws.com");
        nock(STS)
          .post("/")
          .reply(200, roleAnswer("AssumeRoleWithWebIdentity", key, "2026-02-01T13:00:00Z"));
      }
      mockWorkspace(seen, 403, expired);
      mockWorkspace(seen, last, last === 200 ? ANSWER : expired);
      const fetching = fetchOnce(options, providerPorts(GITHUB));
      if (last === 200) expect(await fetching).toHaveLength(1);
      else expect(await failureOf(fetching)).toMatchObject({ code: "SOURCE_FORBIDDEN" });
      expect(seen.map((request) => request.headers["x-amz-security-token"])).toEqual([
        "session-of-ASIAOLD=",
        "session-of-ASIANEW=",
      ]);
    }
  });

  test("keys of the environment are not asked for twice", async () => {
    const seen: Signed[] = [];
    mockWorkspace(seen, 403, { message: "The security token included in the request is expired" });
    const error = await failureOf(fetchOnce(amazon, providerPorts(keys)));
    expect(error).toMatchObject({ code: "SOURCE_FORBIDDEN", message: expect.stringContaining("is expired") });
    expect(seen).toHaveLength(1);
  });

  test("what Amazon says is shown, without any secret", async () => {
    mockWorkspace([], 403, { message: `User: arn:aws:iam::1:user/x may not; key ${keys.AWS_SECRET_ACCESS_KEY}` });
    const error = await failureOf(fetchOnce(amazon, providerPorts(keys)));
    expect(error.message).toContain("User: arn:aws:iam::1:user/x may not");
    expect(error.hint).toContain("`auth` (sigv4)");
    expect(shownBy(error)).not.toContain(keys.AWS_SECRET_ACCESS_KEY);
  });

  test("a role that does not trust the job is a matter of credentials, in Amazon's words", async () => {
    mockGithubIdentity("sts.amazonaws.com");
    nock(STS)
      .post("/")
      .reply(
        403,
        `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>Not authorized to perform sts:AssumeRoleWithWebIdentity</Message></Error></ErrorResponse>`,
      );
    const error = await failureOf(fetchOnce({ ...amazon, auth: { kind: "sigv4", role: ROLE } }, providerPorts(GITHUB)));
    expect(error).toMatchObject({
      code: "SOURCE_UNAUTHORIZED",
      message: expect.stringContaining("AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"),
      hint: expect.stringContaining("trust policy"),
    });
    expect(shownBy(error)).not.toContain("header.identity.signature");
  });

  test.each([
    ["nothing at all", {}, {}, /no credentials to sign/],
    ["a role without an identity", { role: ROLE }, {}, /no identity of its own/],
    ["half a pair", {}, { AWS_ACCESS_KEY_ID: "AKIA" }, /AWS_SECRET_ACCESS_KEY/],
  ])("%s is a missing credential", async (_name, auth, env, message) => {
    const error = await failureOf(fetchOnce({ ...amazon, auth: { kind: "sigv4", ...auth } }, providerPorts(env)));
    expect(error).toMatchObject({ code: "CREDENTIAL_MISSING", message: expect.stringMatching(message) });
  });

  test("behind an address of one's own the region comes from the config or AWS_REGION", async () => {
    const options = { type: "prometheus", url: "https://metrics.example.com", auth: { kind: "sigv4" } };
    expect(await failureOf(fetchOnce(options, providerPorts(keys)))).toMatchObject({
      code: "CONFIG_INVALID",
      hint: expect.stringContaining("region: eu-west-1"),
    });
    nock("https://metrics.example.com", { reqheaders: { authorization: /\/ap-south-1\/aps\/aws4_request/ } })
      .get(/query_range/)
      .reply(200, ANSWER);
    await fetchOnce(options, providerPorts({ ...keys, AWS_REGION: "ap-south-1" }));
  });
});

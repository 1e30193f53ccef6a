import { describe, expect, test } from "vitest";
import { httpLimits } from "../../../../src/sources/http/options.ts";
import { prometheusOptionsSchema } from "../../../../src/sources/prometheus/options.ts";

const good = { type: "prometheus", url: "https://prometheus.example.com/prom" };

function problems(extra: Record<string, unknown>): string[] {
  const parsed = prometheusOptionsSchema.safeParse({ ...good, ...extra });
  return parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
}

describe("options of a source on HTTP", () => {
  test.each([
    ["an address that is none", { url: "prometheus:9090" }, /^url: must be an address that starts with http/],
    [
      "a password in the address",
      { url: "https://me:pw@prometheus.example.com" },
      /^url: must not hold a user name or password/,
    ],
    ["a query in the address", { url: "https://prometheus.example.com/?a=b" }, /^url: .*without \? and #/],
    [
      "a secret where a variable's name belongs",
      { "token-env": "glsa_ab/cd==" },
      /^token-env: must be the name of an environment variable/,
    ],
    ["both kinds of sign-in", { "token-env": "T", username: "u", "password-env": "P" }, /^token-env: give either/],
    ["a user without a password", { username: "u" }, /^password-env: is needed/],
    ["a password without a user", { "password-env": "P" }, /^username-env: is needed/],
    ["two user names", { username: "u", "username-env": "U", "password-env": "P" }, /^username: give either/],
    ["a secret header in the open", { headers: { Authorization: "Bearer x" } }, /headers/],
    ["a header of the connection", { headers: { Host: "x" } }, /headers/],
    [
      "one header twice",
      { headers: { "X-Key": "a" }, "headers-env": { "x-key": "K" } },
      /^headers-env: the header x-key stands in `headers`/,
    ],
    [
      "two Authorizations",
      { "token-env": "T", "headers-env": { Authorization: "A" } },
      /^headers-env: Authorization is already made/,
    ],
    ["a key that does not exist", { tokn: "T" }, /Unrecognized key: "tokn"/],
    [
      "a duration that is none",
      { timeout: "soon" },
      /^timeout: must be a number of seconds above zero, or a text such as/,
    ],
    ["more points than the server gives", { "max-points": 20_000 }, /^max-points/],
  ])("%s is refused", (_name, extra, message) => {
    expect(problems(extra)).toEqual(expect.arrayContaining([expect.stringMatching(message)]));
  });

  test("errors never repeat a value that could be a secret", () => {
    expect(problems({ "token-env": "glsa_ab/cd==", url: "https://me:hunter2@x" }).join()).not.toMatch(/glsa|hunter2/);
  });

  test("the same options parse to themselves, so that they can be stored and read again", () => {
    const full = { ...good, "token-env": "T", timeout: "10s", deadline: 90, headers: { "X-Scope-OrgID": "team" } };
    expect(prometheusOptionsSchema.parse(prometheusOptionsSchema.parse(full))).toEqual(full);
  });

  test("limits have defaults and read spans", () => {
    expect(httpLimits({})).toEqual({
      timeoutMs: 30_000,
      deadlineMs: 120_000,
      retries: 3,
      concurrency: 4,
      maxResponseBytes: 256 * 2 ** 20,
    });
    expect(httpLimits({ timeout: "250ms", deadline: "1.5m" })).toMatchObject({
      timeoutMs: 250,
      deadlineMs: 90_000,
    });
  });
});

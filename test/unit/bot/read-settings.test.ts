import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readSettings, secretsOf } from "../../../src/bot/read-settings.ts";
import { DeployImpactError } from "../../../src/core/errors.ts";

const KEY = generateKeyPairSync("rsa", { modulusLength: 1024 })
  .privateKey.export({ type: "pkcs1", format: "pem" })
  .toString();
const SECRET = "0123456789abcdef0123";
const LEAST = { APP_ID: "12", PRIVATE_KEY: KEY, WEBHOOK_SECRET: SECRET };
const folder = mkdtempSync(join(tmpdir(), "settings-"));

afterAll(() => rmSync(folder, { recursive: true }));

const problemsOf = (environment: Record<string, string>): readonly string[] => {
  try {
    readSettings(environment);
  } catch (error) {
    if (error instanceof DeployImpactError) return error.problems.map(({ message, hint }) => `${message} ${hint}`);
    throw error;
  }
  return [];
};

test("the least that is needed, everything else has a default", () => {
  expect(readSettings(LEAST)).toEqual({
    appId: 12,
    privateKey: KEY,
    webhookSecret: SECRET,
    apiUrl: "https://api.github.com",
    serverUrl: "https://github.com",
    store: { kind: "embedded", folder: "data" },
    host: "0.0.0.0",
    port: 3000,
    publicUrl: null,
    oauth: null,
    encryptionKey: null,
    previousEncryptionKeys: [],
    secretsFolder: null,
    allowedNetworks: [],
    egressProxy: null,
    role: "all",
    concurrency: 8,
    metricsToken: null,
    retention: 400 * 86_400,
    logLevel: "info",
  });
});

test("everything set", () => {
  const hex = "ab".repeat(32);
  const base64 = Buffer.alloc(32, 7).toString("base64");
  expect(
    readSettings({
      ...LEAST,
      GITHUB_API_URL: "https://ghe.example.com/api/v3/",
      GITHUB_SERVER_URL: "https://ghe.example.com",
      DATABASE_URL: "postgresql://bot:pw@db:5432/bot",
      HOST: "127.0.0.1",
      PORT: "0",
      PUBLIC_URL: "https://impact.example.com/",
      GITHUB_CLIENT_ID: "Iv1.x",
      GITHUB_CLIENT_SECRET: "very secret",
      ENCRYPTION_KEY: hex,
      PREVIOUS_ENCRYPTION_KEYS: `${base64}, ${hex}`,
      SECRETS_FOLDER: "/run/secrets",
      ALLOWED_NETWORKS: "10.0.0.0/8, fd00::/8",
      EGRESS_PROXY: "http://proxy:3128",
      ROLE: "worker",
      CONCURRENCY: "16",
      METRICS_TOKEN: "0123456789abcdef",
      RETENTION: "90d",
      LOG_LEVEL: "debug",
    }),
  ).toMatchObject({
    apiUrl: "https://ghe.example.com/api/v3",
    store: { kind: "server", url: "postgresql://bot:pw@db:5432/bot" },
    port: 0,
    publicUrl: "https://impact.example.com",
    oauth: { clientId: "Iv1.x", clientSecret: "very secret" },
    encryptionKey: new Uint8Array(32).fill(0xab),
    previousEncryptionKeys: [new Uint8Array(32).fill(7), new Uint8Array(32).fill(0xab)],
    allowedNetworks: ["10.0.0.0/8", "fd00::/8"],
    role: "worker",
    concurrency: 16,
    retention: 90 * 86_400,
  });
});

test("all that is wrong is said at once, each with what it takes, and no value is repeated", () => {
  const wrong = {
    APP_ID: "my-secret-app",
    PRIVATE_KEY: "-----BEGIN OPENSSH PRIVATE KEY-----\nmy-secret-key",
    PORT: "99999",
    RETENTION: "1h",
    ROLE: "my-secret-role",
    ENCRYPTION_KEY: "my-secret-short",
    ALLOWED_NETWORKS: "my-secret-network",
    DATABASE_URL: "mysql://my-secret",
    GITHUB_CLIENT_ID: "Iv1.x",
  };
  const problems = problemsOf(wrong);
  expect(problems.map((one) => one.split(" ")[0]).sort()).toEqual([
    "ALLOWED_NETWORKS",
    "APP_ID",
    "DATABASE_URL",
    "ENCRYPTION_KEY",
    "GITHUB_CLIENT_SECRET",
    "PORT",
    "PRIVATE_KEY",
    "RETENTION",
    "ROLE",
    "WEBHOOK_SECRET",
  ]);
  expect(problems.join("\n")).not.toContain("my-secret");
  expect(problems.join("\n")).toContain("ROLE is not all, web (webhooks and pages) or worker (jobs).");
});

test("it does not start without a webhook secret, or with a guessable one", () => {
  for (const secret of ["", "development", "short"]) {
    expect(problemsOf({ ...LEAST, WEBHOOK_SECRET: secret })[0]).toMatch(/^WEBHOOK_SECRET is not (set|at least 16)/);
  }
});

test("a value may be in a file, and the line ends of a key may be written out", () => {
  const path = join(folder, "key.pem");
  writeFileSync(path, KEY);
  writeFileSync(join(folder, "hook"), `${SECRET}\n`);
  const read = readSettings({ APP_ID: "12", PRIVATE_KEY_FILE: path, WEBHOOK_SECRET_FILE: join(folder, "hook") });
  expect([read.privateKey, read.webhookSecret]).toEqual([KEY, SECRET]);
  expect(readSettings({ ...LEAST, PRIVATE_KEY: KEY.replaceAll("\n", "\\n") }).privateKey).toBe(KEY);
  expect(problemsOf({ ...LEAST, PRIVATE_KEY: "", PRIVATE_KEY_FILE: join(folder, "none") })[0]).toMatch(
    /^The file of PRIVATE_KEY_FILE cannot be read \(ENOENT\)\./,
  );
});

test("what must not be printed", () => {
  const settings = readSettings({
    ...LEAST,
    DATABASE_URL: "postgresql://bot:p%40ss@db/bot",
    METRICS_TOKEN: "m".repeat(16),
  });
  expect(secretsOf(settings)).toEqual([KEY, SECRET, "", "m".repeat(16), "p@ss", "postgresql://bot:p%40ss@db/bot"]);
});

import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openEgress } from "../../src/bot/net/egress.ts";
import { secretsCommand } from "../../src/bot/secrets/command.ts";
import { createPortsFor } from "../../src/bot/secrets/tenant-ports.ts";
import { openVault, type VaultKeys } from "../../src/bot/secrets/vault.ts";
import type { OpenDatabase } from "../../src/bot/store/database.ts";
import { openDatabase } from "../../src/bot/store/open.ts";
import { allSecrets, listSecrets, removeSecret, secretsOf } from "../../src/bot/store/secrets.ts";
import type { DeployImpactError } from "../../src/core/errors.ts";
import { SOURCES } from "../../src/sources/index.ts";
import { recordingLog } from "./bot-log.ts";
import { makeFolder } from "./servers/process.ts";

const SHOP = { installationId: 1, repositoryId: 11, repository: "acme/shop", isPrivate: true };
const BLOG = { installationId: 1, repositoryId: 12, repository: "acme/blog", isPrivate: true };
const EVIL = { installationId: 2, repositoryId: 21, repository: "evil/shop", isPrivate: true };
const TENANTS = [SHOP, BLOG, EVIL];

const KEYS: VaultKeys = { encryptionKey: randomBytes(32), previousEncryptionKeys: [] };
const egress = openEgress({ allowed: [], proxy: null });
const log = recordingLog();

let data: { path: string; remove: () => Promise<void> };
let folder: { path: string; remove: () => Promise<void> };
let database: OpenDatabase;

beforeAll(async () => {
  data = await makeFolder("secrets-store");
  folder = await makeFolder("secrets-folder");
  database = await openDatabase(
    { kind: "embedded", folder: path.join(data.path, "data") },
    { connections: 1, onError: () => undefined },
  );
  await database.query("insert into installations (id, account) values (1, 'acme'), (2, 'evil')");
  for (const { installationId, repositoryId, repository } of TENANTS) {
    await database.query(
      `insert into repositories (id, installation_id, full_name, is_private, default_branch)
       values ($1, $2, $3, true, 'main')`,
      [repositoryId, installationId, repository],
    );
  }
});
afterAll(async () => {
  await database?.close();
  await egress.close();
  await Promise.all([data?.remove(), folder?.remove()]);
});

const command = (text: string, value = "", keys = KEYS): Promise<string> =>
  secretsCommand(text.split(" "), {
    database,
    vault: openVault(keys),
    now: () => Date.parse("2026-03-01T12:00:00Z"),
    person: "ops",
    readValue: async () => value,
  });

const portsFor = (environment: Record<string, string> = {}, keys = KEYS) =>
  createPortsFor({
    database,
    vault: openVault(keys),
    settings: { secretsFolder: folder.path },
    environment,
    egress,
    now: Date.now,
    log,
  });

const secretsSeen = async (tenant: typeof SHOP, environment: Record<string, string> = {}) => ({
  ...(await portsFor(environment)(tenant)).env,
});

describe("secrets of tenants", () => {
  it("are stored by a command that never prints them", async () => {
    const said = await command("secrets set acme/shop PROM_TOKEN".slice(8), "shop-s3cret\n");
    expect(said).toBe("PROM_TOKEN is stored for acme/shop.\n");
    await command("set acme ORG_TOKEN", "org-s3cret");
    await command("set evil/shop PROM_TOKEN", "evil-s3cret");
    const listed = await command("list acme");
    expect(listed).toContain("acme/shop\tPROM_TOKEN\t2026-03-01T12:00:00.000Z\tops");
    expect(listed).toContain("acme\tORG_TOKEN");
    expect(listed).not.toContain("evil");
    const rows = JSON.stringify(await database.query("select encode(ciphertext, 'escape') as text, name from secrets"));
    expect(`${said}${listed}${rows}`).not.toContain("s3cret");
  });

  it("reach their own repository only", async () => {
    expect(await secretsSeen(SHOP)).toEqual({ PROM_TOKEN: "shop-s3cret", ORG_TOKEN: "org-s3cret" });
    expect(await secretsSeen(BLOG)).toEqual({ ORG_TOKEN: "org-s3cret" });
    expect(await secretsSeen(EVIL)).toEqual({ PROM_TOKEN: "evil-s3cret" });
  });

  it("are found by both ids together: the id of another tenant's repository gives nothing", async () => {
    const crossed = { installationId: EVIL.installationId, repositoryId: SHOP.repositoryId };
    expect((await secretsOf(database, crossed)).map(({ repositoryId }) => repositoryId)).toEqual([]);
    expect(await removeSecret(database, { ...crossed, name: "PROM_TOKEN" })).toBe(false);
    expect((await listSecrets(database, EVIL.installationId)).map(({ repository }) => repository)).toEqual([
      "evil/shop",
    ]);
    expect(await secretsSeen(SHOP)).toMatchObject({ PROM_TOKEN: "shop-s3cret" });
  });

  it("do not open in a row that was moved to another tenant", async () => {
    const [row] = await secretsOf(database, EVIL);
    await database.query(
      "insert into secrets (installation_id, repository_id, name, ciphertext, created_by) values (1, 12, 'STOLEN', $1, 'x')",
      [row?.ciphertext ?? new Uint8Array(0)],
    );
    await expect(portsFor()(BLOG)).rejects.toThrow("another repository or name");
    await removeSecret(database, { installationId: 1, repositoryId: 12, name: "STOLEN" });
  });

  it("come from three places, the nearest to the repository first", async () => {
    await mkdir(path.join(folder.path, "acme/shop"), { recursive: true });
    await writeFile(path.join(folder.path, "acme/shop/ORG_TOKEN"), "folder-repository");
    await writeFile(path.join(folder.path, "acme/FROM_FOLDER"), "folder-account");
    const environment = {
      HOME: "/root",
      AWS_SECRET_ACCESS_KEY: "of the machine",
      DEPLOY_IMPACT_SECRET__ACME__SHOP__PROM_TOKEN: "environment",
      DEPLOY_IMPACT_SECRET__ACME_____FROM_ENVIRONMENT: "environment-account",
      DEPLOY_IMPACT_SECRET__EVIL__SHOP__OTHER: "evil",
    };
    expect(await secretsSeen(SHOP, environment)).toEqual({
      PROM_TOKEN: "shop-s3cret",
      ORG_TOKEN: "folder-repository",
      FROM_FOLDER: "folder-account",
      FROM_ENVIRONMENT: "environment-account",
    });
  });

  it("share no environment object between tenants or calls: sign-ins are kept by it", async () => {
    const make = portsFor();
    const [one, two, other] = [await make(SHOP), await make(SHOP), await make(EVIL)];
    expect(one.env).not.toBe(two.env);
    expect(one.env).not.toBe(other.env);
    expect(Reflect.get(one.env, "constructor")).toBeUndefined();
    expect(Object.isFrozen(one.env)).toBe(true);
  });

  it("survive a change of the key", async () => {
    const next = randomBytes(32);
    const both = { encryptionKey: next, previousEncryptionKeys: [KEYS.encryptionKey ?? next] };
    const all = (await allSecrets(database)).length;
    expect(await command("rotate", "", both)).toContain(`${all} of ${all} secrets`);
    expect(await command("rotate", "", both)).toContain(`0 of ${all} secrets`);
    const alone = { encryptionKey: next, previousEncryptionKeys: [] };
    expect((await portsFor({}, alone)(SHOP)).env.PROM_TOKEN).toBe("shop-s3cret");
    await expect(portsFor()(SHOP)).rejects.toThrow("no longer has");
    await command("rotate", "", { encryptionKey: KEYS.encryptionKey, previousEncryptionKeys: [next] });
  });

  it("go with the repository and with the installation", async () => {
    await database.query("insert into repositories values (13, 1, 'acme/gone', true, 'main')");
    await command("set acme/gone TOKEN", "gone-s3cret");
    await database.query("delete from repositories where id = 13");
    expect((await allSecrets(database)).filter(({ repositoryId }) => repositoryId === 13)).toEqual([]);
  });

  it.each([
    ["", "arguments"],
    ["set acme/shop", "arguments"],
    ["set acme/shop PROM-TOKEN", "not the name of a variable"],
    ["set ../x NAME", "neither an account nor a repository"],
    ["set nobody/shop NAME", "not installed for nobody/shop"],
    ["remove acme/shop NOTHING", "no secret NOTHING"],
    ["shout acme NAME", "arguments"],
  ])("`secrets %s` says what is wrong", async (text, problem) => {
    await expect(command(text, "v4lue")).rejects.toThrow(problem);
  });

  it("names the variable that would hold a secret, without a store", async () => {
    expect(await command("variable acme/web-shop PROM_TOKEN")).toBe(
      "DEPLOY_IMPACT_SECRET__ACME__WEB_hSHOP__PROM_TOKEN\n",
    );
  });
});

describe("a source in the bot", () => {
  const query = {
    sli: "errors",
    kind: "gauge",
    queries: { value: "up" },
    unitLabel: "zone",
    groupOf: () => null,
    from: 0,
    to: 600,
    step: 60,
  } as const;
  const prometheus = { type: "prometheus", url: "https://metrics.example.com", retries: 0 };
  const fails = async (options: Record<string, unknown>, secrets: Record<string, string> = {}) => {
    const environment = Object.fromEntries(
      Object.entries(secrets).map(([name, value]) => [`DEPLOY_IMPACT_SECRET__ACME__BLOG__${name}`, value]),
    );
    const source = SOURCES[String(options.type)]?.open(options, "/");
    const failure = await source
      ?.fetchSeries(query, await portsFor(environment)(BLOG))
      .catch((error: unknown) => error);
    return failure as DeployImpactError;
  };
  const key = (source: unknown): string =>
    JSON.stringify({
      type: "external_account",
      audience: "//iam.googleapis.com/x",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_url: "https://sts.googleapis.com/v1/token",
      credential_source: source,
    });

  it.each<[string, Record<string, unknown>, Record<string, string>, string]>([
    ["a file", { type: "file", path: "/etc/passwd" }, {}, "`file`"],
    ["a certificate file", { ...prometheus, tls: { "ca-file": "/etc/passwd" } }, {}, "`tls: ca-file`"],
    [
      "a key file",
      { ...prometheus, tls: { "certificate-env": "C", "key-file": "/etc/shadow" } },
      { C: "x" },
      "`tls: key-file`",
    ],
    ["the machine's Google account", { ...prometheus, auth: { kind: "google" } }, {}, "`auth: google`"],
    [
      "a Google key file",
      { ...prometheus, auth: { kind: "google" } },
      { GOOGLE_APPLICATION_CREDENTIALS: "/etc/passwd" },
      "GOOGLE_APPLICATION_CREDENTIALS",
    ],
    [
      "a Google key that names a file",
      { ...prometheus, auth: { kind: "google", "credentials-env": "KEY" } },
      { KEY: key({ file: "/etc/passwd" }) },
      "the Google credentials",
    ],
    [
      "a Google key that asks inside",
      { ...prometheus, auth: { kind: "google", "credentials-env": "KEY" } },
      { KEY: key({ url: "http://169.254.169.254/latest/api/token" }) },
      "169.254.169.254 is out of bounds",
    ],
    [
      "the identity of a pod at AWS",
      { ...prometheus, auth: { kind: "sigv4", region: "eu-west-1", role: "arn:aws:iam::123456789012:role/m" } },
      { AWS_WEB_IDENTITY_TOKEN_FILE: "/etc/passwd" },
      "AWS_WEB_IDENTITY_TOKEN_FILE",
    ],
    [
      "the identity of a job at AWS",
      { ...prometheus, auth: { kind: "sigv4", region: "eu-west-1", role: "arn:aws:iam::123456789012:role/m" } },
      {},
      "The identity of a GitHub job",
    ],
    [
      "keys of the machine at AWS",
      { ...prometheus, auth: { kind: "sigv4", region: "eu-west-1" } },
      {},
      "no credentials",
    ],
    [
      "the identity of a pod at Azure",
      { ...prometheus, auth: { kind: "azure", "tenant-id": "t", "client-id": "c" } },
      { AZURE_FEDERATED_TOKEN_FILE: "/etc/passwd" },
      "AZURE_FEDERATED_TOKEN_FILE",
    ],
    [
      "a token server inside",
      {
        ...prometheus,
        auth: { kind: "oauth2", "token-url": "http://127.0.0.1:8080/t", "client-id": "c", "client-secret-env": "S" },
      },
      { S: "s3cret-of-client" },
      "127.0.0.1 is out of bounds",
    ],
    ["a secret that is not stored", { ...prometheus, "token-env": "PATH" }, {}, "The environment variable PATH"],
  ])("is refused %s, with what to write instead", async (_what, options, secrets, subject) => {
    const error = await fails(options, secrets);
    expect(error.message).toContain(subject);
    expect(error.hint).not.toBe("");
    expect(error.owner).toBe("user");
    const said = `${error.message}${error.hint}${JSON.stringify(log.lines)}`;
    for (const value of Object.values(secrets).filter((text) => text.length > 8 && !text.startsWith("/"))) {
      expect(said).not.toContain(value);
    }
    expect(said).not.toContain("root:");
  });
});

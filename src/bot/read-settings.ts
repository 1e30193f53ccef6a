import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { DeployImpactError, type Problem } from "../core/errors.ts";
import { DEFAULT_API_URL, DEFAULT_SERVER_URL } from "../github/runner.ts";
import { parseNetwork } from "./net/address.ts";
import type { BotSettings } from "./settings.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** One variable: what it takes, for whoever reads docs/operating.md or an error. */
interface Variable<T> {
  readonly takes: string;
  readonly about: string;
  readonly example: string;
  /** Absent: it has to be set. */
  readonly fallback?: T;
  readonly schema: z.ZodType<T>;
}

const DAY = 86_400;
const SPAN = /^(\d+)([smhd])$/;
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: DAY };

const text = z.string().min(1);
const wholeFrom = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .pipe(z.number().min(least).max(most));
const span = z
  .string()
  .regex(SPAN)
  .transform((value) => {
    const [, count, unit] = SPAN.exec(value) ?? [];
    return Number(count) * (UNITS[unit ?? ""] ?? 0);
  });
const address = z
  .string()
  .refine((value) => /^https?:\/\/[^\s]+$/.test(value) && URL.canParse(value) && !value.includes("@"))
  .transform((value) => value.replace(/\/+$/, ""));
const database = z.string().regex(/^postgres(ql)?:\/\/\S+$/);
const key = z
  .string()
  .transform((value) => Uint8Array.from(Buffer.from(value, /^[0-9a-f]{64}$/i.test(value) ? "hex" : "base64")))
  .refine((bytes) => bytes.byteLength === 32);
const keys = text.transform((value) => value.split(",").map((one) => one.trim())).pipe(z.array(key));
const network = z.string().refine((value) => parseNetwork(value) !== null);
const networks = text.transform((value) => value.split(",").map((one) => one.trim())).pipe(z.array(network));
const pem = z
  .string()
  .refine((value) => /^-----BEGIN (RSA )?PRIVATE KEY-----\n[\s\S]+-----END (RSA )?PRIVATE KEY-----\s*$/.test(value))
  .refine(isPrivateKey);

const variable = <T>(schema: z.ZodType<T>, about: string, takes: string, example: string): Variable<T> => ({
  schema,
  about,
  takes,
  example,
});
const optional = <T>(given: Variable<T>, fallback: T): Variable<T> => ({ ...given, fallback });
const absent = <T>({ schema, ...given }: Variable<T>): Variable<T | null> => ({ ...given, schema, fallback: null });

const KEY_TAKES = "32 bytes as 64 hexadecimal digits or as base64";

/** Every variable that the bot reads. `NAME_FILE` is the path of a file that holds the value of `NAME`. */
export const VARIABLES = {
  APP_ID: variable(wholeFrom(1, Number.MAX_SAFE_INTEGER), "Id of the GitHub App.", "a whole number", "123456"),
  PRIVATE_KEY: variable(
    pem,
    "Private key of the App; line ends may be written as \\n.",
    "a PEM key",
    "-----BEGIN RSA PRIVATE KEY-----...",
  ),
  WEBHOOK_SECRET: variable(
    z
      .string()
      .min(16)
      .refine((value) => value !== "development"),
    "Secret with which GitHub signs webhooks.",
    "at least 16 characters, the same as in the App's settings",
    "(openssl rand -hex 32)",
  ),
  GITHUB_API_URL: optional(
    variable(
      address,
      "REST API of the GitHub that the App belongs to.",
      "an http(s) address",
      "https://ghe.example.com/api/v3",
    ),
    DEFAULT_API_URL,
  ),
  GITHUB_SERVER_URL: optional(
    variable(address, "Where people look at that GitHub.", "an http(s) address", "https://ghe.example.com"),
    DEFAULT_SERVER_URL,
  ),
  DATABASE_URL: absent(
    variable(
      database,
      "PostgreSQL server; any number of processes may share it.",
      "a postgresql:// address",
      "postgresql://bot:pw@db/bot",
    ),
  ),
  DATA_FOLDER: optional(
    variable(
      text,
      "Folder of the embedded database, used when DATABASE_URL is not set; one process.",
      "a path",
      "/var/lib/deploy-impact",
    ),
    "data",
  ),
  HOST: optional(variable(text, "Address to listen on.", "a host name or address", "127.0.0.1"), "0.0.0.0"),
  PORT: optional(variable(wholeFrom(0, 65_535), "Port to listen on.", "a port, 0 for any free one", "3000"), 3000),
  PUBLIC_URL: absent(
    variable(
      address,
      "Where people reach this server: links in checks, and sign-in.",
      "an http(s) address",
      "https://impact.example.com",
    ),
  ),
  GITHUB_CLIENT_ID: absent(
    variable(text, "OAuth client of the App, for sign-in to the web page.", "text", "Iv1.0123456789abcdef"),
  ),
  GITHUB_CLIENT_SECRET: absent(variable(text, "Secret of that client.", "text", "(from the App's settings)")),
  ENCRYPTION_KEY: absent(
    variable(
      key,
      "Encrypts secrets and sign-ins in the store; without it neither is possible.",
      KEY_TAKES,
      "(openssl rand -hex 32)",
    ),
  ),
  PREVIOUS_ENCRYPTION_KEYS: optional(
    variable(
      keys,
      "Keys that came before it, which can still read what they encrypted.",
      `a comma-separated list of keys, each ${KEY_TAKES}`,
      "(the old key)",
    ),
    [],
  ),
  SECRETS_FOLDER: absent(
    variable(
      text,
      "Folder of OWNER/REPOSITORY/NAME and OWNER/NAME files with credentials of sources.",
      "a path",
      "/run/secrets/deploy-impact",
    ),
  ),
  ALLOWED_NETWORKS: optional(
    variable(
      networks,
      "Private networks that analyses may reach.",
      "a comma-separated list of networks in CIDR form",
      "10.1.0.0/16, fd00::/8",
    ),
    [],
  ),
  EGRESS_PROXY: absent(
    variable(
      address,
      "Proxy for everything that a repository's config names.",
      "an http(s) address",
      "http://proxy.example.com:3128",
    ),
  ),
  ROLE: optional(
    variable(
      z.enum(["all", "web", "worker"]),
      "What this process does.",
      "all, web (webhooks and pages) or worker (jobs)",
      "worker",
    ),
    "all",
  ),
  CONCURRENCY: optional(
    variable(wholeFrom(1, 64), "Jobs that this process works on side by side.", "a whole number from 1 to 64", "8"),
    8,
  ),
  METRICS_TOKEN: absent(
    variable(
      z.string().min(16),
      "Bearer token that /metrics asks for; without it whoever reaches the port may read them.",
      "at least 16 characters",
      "(openssl rand -hex 32)",
    ),
  ),
  RETENTION: optional(
    variable(
      span.pipe(z.number().min(DAY)),
      "How long verdicts and their evidence are kept.",
      "a span of at least a day, such as 90d",
      "365d",
    ),
    400 * DAY,
  ),
  LOG_LEVEL: optional(
    variable(
      z.enum(["debug", "info", "warning", "error"]),
      "Least important messages that are logged.",
      "debug, info, warning or error",
      "info",
    ),
    "info",
  ),
} as const;

type Name = keyof typeof VARIABLES;
type Values = { [N in Name]: (typeof VARIABLES)[N] extends Variable<infer T> ? T : never };

/** The settings of the environment; what is wrong is said all at once, and no value is repeated in it. */
export function readSettings(environment: Environment): BotSettings {
  const problems: Problem[] = [];
  const values = Object.fromEntries(
    (Object.keys(VARIABLES) as Name[]).map((name) => [name, settingOf(environment, name, problems)]),
  ) as unknown as Values;
  if ((values.GITHUB_CLIENT_ID === null) !== (values.GITHUB_CLIENT_SECRET === null)) {
    const missing = values.GITHUB_CLIENT_ID === null ? "GITHUB_CLIENT_ID" : "GITHUB_CLIENT_SECRET";
    problems.push({
      message: `${missing} is not set.`,
      hint: "Sign-in needs both of them; set neither to close the page.",
    });
  }
  const [first] = problems;
  if (first !== undefined) {
    throw new DeployImpactError("USAGE", problems.map((one) => one.message).join(" "), { hint: first.hint, problems });
  }
  return settingsOf(values);
}

function settingOf(environment: Environment, name: Name, problems: Problem[]): unknown {
  const { schema, takes, about } = VARIABLES[name] as Variable<unknown>;
  const hint = `${name} takes ${takes}. ${about} See docs/operating.md.`;
  const given = read(environment, name);
  if (given instanceof Error) {
    problems.push({ message: `The file of ${name}_FILE cannot be read (${given.message}).`, hint });
    return null;
  }
  if (given === null) {
    if ("fallback" in VARIABLES[name]) return VARIABLES[name].fallback;
    problems.push({ message: `${name} is not set.`, hint });
    return null;
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  problems.push({ message: `${name} is not ${takes}.`, hint });
  return null;
}

/** null: not set; empty counts as not set, which is what compose files make of a variable that is not there. */
function read(environment: Environment, name: Name): string | null | Error {
  const inline = environment[name];
  if (inline !== undefined && inline !== "") return name === "PRIVATE_KEY" ? inline.replaceAll("\\n", "\n") : inline;
  const path = environment[`${name}_FILE`];
  if (path === undefined || path === "") return null;
  try {
    const content = readFileSync(path, "utf8");
    return name === "PRIVATE_KEY" ? content : content.trim();
  } catch (error) {
    // The system's code only: its message repeats the path, which is not ours to print.
    return new Error((error as { code?: string }).code ?? "unreadable");
  }
}

function settingsOf(values: Values): BotSettings {
  const { GITHUB_CLIENT_ID: clientId, GITHUB_CLIENT_SECRET: clientSecret } = values;
  return {
    appId: values.APP_ID,
    privateKey: values.PRIVATE_KEY,
    webhookSecret: values.WEBHOOK_SECRET,
    apiUrl: values.GITHUB_API_URL,
    serverUrl: values.GITHUB_SERVER_URL,
    store:
      values.DATABASE_URL === null
        ? { kind: "embedded", folder: values.DATA_FOLDER }
        : { kind: "server", url: values.DATABASE_URL },
    host: values.HOST,
    port: values.PORT,
    publicUrl: values.PUBLIC_URL,
    oauth: clientId === null || clientSecret === null ? null : { clientId, clientSecret },
    encryptionKey: values.ENCRYPTION_KEY,
    previousEncryptionKeys: values.PREVIOUS_ENCRYPTION_KEYS,
    secretsFolder: values.SECRETS_FOLDER,
    allowedNetworks: values.ALLOWED_NETWORKS,
    egressProxy: values.EGRESS_PROXY,
    role: values.ROLE,
    concurrency: values.CONCURRENCY,
    metricsToken: values.METRICS_TOKEN,
    retention: values.RETENTION,
    logLevel: values.LOG_LEVEL,
  };
}

/** Texts of the settings that must never be printed. */
export function secretsOf(settings: BotSettings): readonly string[] {
  const { privateKey, webhookSecret, oauth, metricsToken, store } = settings;
  const password = store.kind === "server" ? decodeURIComponent(new URL(store.url).password) : "";
  const url = store.kind === "server" ? [store.url] : [];
  return [privateKey, webhookSecret, oauth?.clientSecret ?? "", metricsToken ?? "", password, ...url];
}

/** Whether the text between the lines is a key as well. */
function isPrivateKey(value: string): boolean {
  try {
    return createPrivateKey(value).asymmetricKeyType === "rsa";
  } catch {
    return false;
  }
}

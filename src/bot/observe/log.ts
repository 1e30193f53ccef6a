import { type Logger, pino } from "pino";
import type { BotLog, LogFields } from "../context.ts";
import type { BotSettings } from "../settings.ts";

const LEVELS = { debug: "debug", info: "info", warning: "warn", error: "error" } as const;

/** Shapes of GitHub's tokens, of JSON web tokens, PEM keys, and of credentials in headers and addresses. */
const SECRETS: readonly [RegExp, string][] = [
  [/\b(gh[a-z]_|github_pat_)\w{10,}/g, "$1..."],
  [/\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g, "eyJ..."],
  [/-----BEGIN [A-Z ]+-----[\s\S]*?(-----END [A-Z ]+-----|$)/g, "(key)"],
  [/\b(bearer|basic|token)\s+[\w.~+/=-]{8,}/gi, "$1 ..."],
  [/(\w+:\/\/)[^\s/@]+@/g, "$1...@"],
];

/** One JSON line per message. Values are text of ours; what looks like a secret in them is blotted out all the same. */
export function createLog(
  settings: Pick<BotSettings, "logLevel">,
  /** Text that must never appear, whatever it looks like. */
  secrets: readonly string[],
  write: (line: string) => void = (line) => void process.stdout.write(line),
): BotLog {
  const logger = pino(
    {
      level: LEVELS[settings.logLevel],
      base: null,
      messageKey: "message",
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label === "warn" ? "warning" : label }) },
    },
    { write },
  );
  return logOf(logger, cleaner(secrets));
}

function cleaner(secrets: readonly string[]): (text: string) => string {
  // Very short ones would blot out ordinary words.
  const known = secrets.filter((secret) => secret.length >= 8);
  return (text) => {
    const without = known.reduce((rest, secret) => rest.replaceAll(secret, "..."), text);
    return SECRETS.reduce((rest, [shape, instead]) => rest.replaceAll(shape, instead), without);
  };
}

function logOf(logger: Logger, clean: (text: string) => string): BotLog {
  const cleaned = (fields: LogFields): LogFields =>
    Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [key, typeof value === "string" ? clean(value) : value]),
    );
  const at =
    (level: "debug" | "info" | "warn" | "error") =>
    (message: string, fields: LogFields = {}): void =>
      logger[level](cleaned(fields), clean(message));
  return {
    debug: at("debug"),
    info: at("info"),
    warning: at("warn"),
    error: at("error"),
    child: (fields) => logOf(logger.child(cleaned(fields)), clean),
  };
}

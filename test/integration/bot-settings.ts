import { generateKeyPairSync } from "node:crypto";
import type { BotSettings } from "../../src/bot/settings.ts";

export const WEBHOOK_SECRET = "a secret of sixteen characters or more";

let privateKey: string | undefined;

/** A key made on the spot, so that none lies in the repository. */
export function appKey(): string {
  privateKey ??= generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ type: "pkcs1", format: "pem" })
    .toString();
  return privateKey;
}

/** Settings of a bot on the loopback interface, with a free port. */
export function botSettings(given: Pick<BotSettings, "apiUrl" | "store"> & Partial<BotSettings>): BotSettings {
  return {
    appId: 12345,
    privateKey: appKey(),
    webhookSecret: WEBHOOK_SECRET,
    serverUrl: given.apiUrl,
    host: "127.0.0.1",
    port: 0,
    publicUrl: null,
    oauth: null,
    encryptionKey: null,
    previousEncryptionKeys: [],
    secretsFolder: null,
    allowedNetworks: ["127.0.0.0/8"],
    egressProxy: null,
    role: "all",
    concurrency: 4,
    metricsToken: null,
    retention: 86_400,
    logLevel: "error",
    ...given,
  };
}

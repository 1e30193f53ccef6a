import { pino } from "pino";
import { Probot, ProbotOctokit } from "probot";
import type { BotSettings } from "../settings.ts";

/** The App as GitHub knows it: signatures of webhooks, and calls that are signed with its private key. */
export interface AppAccess {
  /** Whether GitHub signed exactly these bytes with our secret. */
  readonly verify: (body: string, signature: string) => Promise<boolean>;
  /** A token for one installation, with everything that its account has granted. */
  readonly installationToken: (
    installationId: number,
  ) => Promise<{ readonly token: string; readonly expiresAt: number }>;
}

/** Probot's own limits wait a second before every write; ours are per installation and lie in `connect`. */
const PlainOctokit = ProbotOctokit.defaults((options: Readonly<Record<string, unknown>>) => ({
  ...options,
  throttle: { enabled: false },
}));

export async function openApp(
  settings: Pick<BotSettings, "appId" | "privateKey" | "webhookSecret" | "apiUrl">,
): Promise<AppAccess> {
  const probot = new Probot({
    appId: settings.appId,
    privateKey: settings.privateKey,
    secret: settings.webhookSecret,
    baseUrl: settings.apiUrl,
    Octokit: PlainOctokit as unknown as typeof ProbotOctokit,
    // What is worth saying is said by our own log, which blots out secrets.
    log: pino({ level: "silent" }),
  });
  await probot.ready();
  return {
    verify: (body, signature) => probot.webhooks.verify(body, signature),
    installationToken: async (installationId) => {
      const app = await probot.auth();
      const { data } = await app.request("POST /app/installations/{installation_id}/access_tokens", {
        installation_id: installationId,
      });
      return { token: data.token, expiresAt: Date.parse(data.expires_at) };
    },
  };
}

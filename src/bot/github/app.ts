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
  /** What GitHub tried to deliver to us, newest first, back to a moment (epoch seconds). */
  readonly deliveriesSince: (since: number) => Promise<readonly HookDelivery[]>;
  /** Has GitHub send one again, under the same `guid`. */
  readonly deliverAgain: (id: number) => Promise<void>;
}

/** One attempt of GitHub to deliver a webhook. */
export interface HookDelivery {
  readonly id: number;
  /** The same for every attempt; X-GitHub-Delivery. */
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  readonly installationId: number | null;
  /** False for one that somebody asked for again. */
  readonly isFirst: boolean;
  /** Epoch seconds. */
  readonly at: number;
}

/** Pages of a hundred that are read at the most: GitHub lists the newest first, and 5000 requests of an App an hour. */
const MOST_PAGES = 500;

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
    deliveriesSince: async (since) => deliveriesSince(await probot.auth(), since),
    deliverAgain: async (id) => {
      const app = await probot.auth();
      await app.request("POST /app/hook/deliveries/{delivery_id}/attempts", { delivery_id: id });
    },
  };
}

async function deliveriesSince(app: ProbotOctokit, since: number): Promise<readonly HookDelivery[]> {
  const found: HookDelivery[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { data, headers } = await app.request("GET /app/hook/deliveries", {
      per_page: 100,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const all = data.map((one) => ({
      id: Number(one.id),
      guid: one.guid,
      event: one.event,
      action: one.action,
      isFirst: !one.redelivery,
      installationId: one.installation_id === null ? null : Number(one.installation_id),
      at: Date.parse(one.delivered_at) / 1000,
    }));
    found.push(...all.filter((one) => one.at >= since));
    cursor = /[?&]cursor=([^&>]+)[^>]*>; rel="next"/.exec(headers.link ?? "")?.[1];
    if (cursor === undefined || all.some((one) => one.at < since)) break;
  }
  return found;
}

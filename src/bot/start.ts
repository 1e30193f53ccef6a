import { setTimeout as delay } from "node:timers/promises";
import type { BotContext, BotLog } from "./context.ts";
import { type AppAccess, openApp } from "./github/app.ts";
import { connectWith } from "./github/connect.ts";
import { installationTokens } from "./github/tokens.ts";
import type { JobHandlers } from "./jobs/contract.ts";
import { createPauses } from "./jobs/pauses.ts";
import { type OpenQueue, openQueue } from "./jobs/queue.ts";
import { startWorker } from "./jobs/worker.ts";
import { parseNetwork } from "./net/address.ts";
import { openEgress } from "./net/egress.ts";
import { createMeasure } from "./observe/gauges.ts";
import { createRegistry } from "./observe/registry.ts";
import { createPortsFor } from "./secrets/tenant-ports.ts";
import { openVault } from "./secrets/vault.ts";
import { healthRoutes } from "./server/health.ts";
import { startHttp } from "./server/http.ts";
import { webhookRoute } from "./server/intake.ts";
import type { BotSettings } from "./settings.ts";
import { openDatabase } from "./store/open.ts";
import { scheduleHousekeeping } from "./upkeep/housekeeping.ts";
import type { Pages } from "./web/contract.ts";

/** What the rooms of the bot put in: handlers of jobs, and pages for people. */
export interface BotParts {
  readonly jobs: (context: BotContext, inner: Inner) => JobHandlers;
  readonly pages: (context: BotContext) => Pages | null;
}

/** What only the foundation's own jobs need. */
export interface Inner {
  readonly app: AppAccess;
  readonly queue: OpenQueue;
}

/** What the process is given. */
export interface Outside {
  readonly version: string;
  readonly now: () => number;
  readonly log: BotLog;
  /** Holds secrets of tenants under their own prefixes; nothing else is read from it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface RunningBot {
  readonly port: number;
  readonly context: BotContext;
  /** Ends requests and jobs that run, within `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** Connections for what happens beside jobs: webhooks, pages, the queue's own look-ups. */
const SPARE_CONNECTIONS = 6;

const HOUSEKEEPING_ASKED_MS = 60_000;

export async function startBot(settings: BotSettings, parts: BotParts, outside: Outside): Promise<RunningBot> {
  const { log, now, version } = outside;
  const closing: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const one of closing.splice(0).reverse()) {
      await one().catch((error: unknown) => log.error("Closing failed", { error: String(error) }));
    }
  };
  try {
    const works = settings.role !== "web";
    const database = await openDatabase(settings.store, {
      connections: (works ? settings.concurrency : 4) + SPARE_CONNECTIONS,
      onError: (error) => log.error("A connection to the database broke", { error: error.message }),
    });
    closing.push(database.close);
    const queue = await openQueue(database, { supervise: works, log, now });
    closing.push(queue.stop);
    const egress = openEgress({
      allowed: settings.allowedNetworks.flatMap((text) => parseNetwork(text) ?? []),
      proxy: settings.egressProxy,
    });
    closing.push(egress.close);
    const registry = createRegistry();
    const pauses = createPauses(database, now);
    await pauses.refresh();
    const app = await openApp(settings);
    const tokens = installationTokens(app, now);
    const shared = { settings, database, now, log, metrics: registry, version };
    const sleep = (ms: number): Promise<void> => delay(ms);
    const context: BotContext = {
      ...shared,
      queue,
      connect: connectWith({ ...shared, tokens, pauses, sleep }),
      portsFor: createPortsFor({ ...shared, egress, vault: openVault(settings), environment: outside.environment }),
    };
    const { concurrency } = settings;
    const worker = works
      ? startWorker({ ...shared, queue, pauses, concurrency, handlers: parts.jobs(context, { app, queue }) })
      : null;
    if (works) closing.push(keepHousekeeping({ queue, now, log }));
    const health = healthRoutes({
      ...shared,
      worker,
      registry,
      measure: createMeasure(registry, database, now),
      metricsToken: settings.metricsToken,
    });
    const http = await startHttp({
      ...settings,
      routes: settings.role === "worker" ? health : [...health, webhookRoute({ ...shared, queue }, app.verify)],
      pages: settings.role === "worker" ? null : parts.pages(context),
      log,
    });
    log.info("Started", { version, role: settings.role, store: database.kind, port: http.port });
    return {
      port: http.port,
      context,
      stop: async (graceMs) => {
        // First nothing new, then what runs, then what it runs on.
        await Promise.all([http.stop(), worker?.stop(graceMs)]);
        await close();
        log.info("Stopped");
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Asks again and again that housekeeping be done; answers how to end that. */
function keepHousekeeping({ queue, now, log }: Pick<BotContext, "queue" | "now" | "log">): () => Promise<void> {
  const ask = (): void => {
    scheduleHousekeeping({ queue, now }).catch((error: unknown) => {
      log.error("Housekeeping could not be scheduled", { error: String(error) });
    });
  };
  ask();
  const timer = setInterval(ask, HOUSEKEEPING_ASKED_MS);
  return async () => clearInterval(timer);
}

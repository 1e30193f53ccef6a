import type { GithubConnection } from "../app/judge/desk.ts";
import type { Ports } from "../ports.ts";
import type { JobQueue } from "./jobs/contract.ts";
import type { Metrics } from "./observe/metrics.ts";
import type { BotSettings } from "./settings.ts";
import type { Database } from "./store/database.ts";
import type { TenantRepository } from "./tenant.ts";

/** Fields that every line about the same thing carries; never a secret, a payload or a query. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** Structured log, one JSON line each. */
export interface BotLog {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warning(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  child(fields: LogFields): BotLog;
}

/** What the bot's rooms share. A function takes the members it uses (`Pick<BotContext, "database" | "queue">`). */
export interface BotContext {
  readonly version: string;
  readonly settings: BotSettings;
  readonly database: Database;
  readonly queue: JobQueue;
  /** GitHub with the token of the installation; requests are counted per connection. */
  readonly connect: (tenant: TenantRepository) => Promise<GithubConnection>;
  /**
   * What an analysis of this repository may use: `env` holds the tenant's own secrets and nothing of this process,
   * `fetch` refuses addresses that the operator did not allow.
   */
  readonly portsFor: (tenant: TenantRepository) => Promise<Ports>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: BotLog;
  readonly metrics: Metrics;
}

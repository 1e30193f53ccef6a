import { setTimeout as delay } from "node:timers/promises";
import type { Ports } from "../../ports.ts";
import type { BotLog } from "../context.ts";
import type { Egress } from "../net/egress.ts";
import type { TenantRepository } from "../tenant.ts";
import { type SecretPlaces, tenantSecrets } from "./tenant-secrets.ts";

export interface PortsOptions extends SecretPlaces {
  readonly egress: Egress;
  readonly now: () => number;
  readonly log: BotLog;
}

/**
 * What an analysis of one repository may use. Each call makes an environment object of its own, because sign-ins are
 * shared by environment: two tenants, or two moments, never share one.
 */
export function createPortsFor(options: PortsOptions): (tenant: TenantRepository) => Promise<Ports> {
  const { egress, now } = options;
  return async (tenant) => {
    const log = options.log.child({ repository: tenant.repository });
    return {
      now,
      sleep: async (milliseconds, signal) => {
        await delay(milliseconds, undefined, signal === undefined ? {} : { signal });
      },
      env: await tenantSecrets(options, tenant),
      fetch: egress.fetch,
      log: {
        debug: (message) => log.debug(message),
        info: (message) => log.info(message),
        warning: (message) => log.warning(message),
      },
      random: Math.random,
      confinement: egress,
    };
  };
}

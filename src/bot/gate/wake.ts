import type { JobQueue } from "../jobs/contract.ts";
import type { Database } from "../store/database.ts";
import { gatesWaitingFor } from "../store/gates.ts";
import type { Tenant } from "../tenant.ts";

/**
 * Lets the gates that watch an environment look again: an analysis was announced there, got another time, or ended.
 * Call it inside the transaction that says so.
 */
export async function wakeGates(
  { queue, inside }: { readonly queue: JobQueue; readonly inside: Database },
  tenant: Tenant,
  environment: string,
): Promise<void> {
  for (const { id } of await gatesWaitingFor(inside, tenant, environment)) {
    // The job that waits for the next report is brought forward.
    await queue.send("gate", { gateId: id }, { key: id, installationId: tenant.installationId, inside });
  }
}

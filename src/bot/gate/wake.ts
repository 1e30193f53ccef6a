import type { JobQueue } from "../jobs/contract.ts";
import type { Database } from "../store/database.ts";
import { gatesWaitingFor } from "../store/gates.ts";
import type { Tenant } from "../tenant.ts";

/**
 * Lets the gates that watch an environment look again: an analysis was announced there, got another time, or ended.
 * Call it inside the transaction that says so. `occasion` names the event (`verdict:<id>`), because a job under the
 * gate's own key may already be planned for later and would swallow this one.
 */
export async function wakeGates(
  { queue, inside }: { readonly queue: JobQueue; readonly inside: Database },
  tenant: Tenant,
  { environment, occasion }: { readonly environment: string; readonly occasion: string },
): Promise<void> {
  for (const { id } of await gatesWaitingFor(inside, tenant, environment)) {
    await queue.send(
      "gate",
      { gateId: id },
      { key: `${id}:${occasion}`, installationId: tenant.installationId, inside },
    );
  }
}

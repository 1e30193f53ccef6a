import { z } from "zod";
import type { Delivery } from "../webhooks/contract.ts";
import type { Database } from "./database.ts";
import { dateOf } from "./values.ts";

/** A webhook as it is written down before it is answered. */
export interface NewDelivery {
  readonly id: string;
  readonly event: string;
  readonly action: string | null;
  readonly installationId: number;
  readonly repositoryId: number | null;
  readonly payload: unknown;
  readonly receivedAt: number;
}

/** False when a webhook with this id is already there: then there is nothing to do. */
export async function addDelivery(database: Database, delivery: NewDelivery): Promise<boolean> {
  const rows = await database.query(
    `insert into deliveries (id, installation_id, repository_id, event, action, payload, received_at)
     values ($1, $2, $3, $4, $5, $6::jsonb, $7) on conflict (id) do nothing returning id`,
    [
      delivery.id,
      delivery.installationId,
      delivery.repositoryId,
      delivery.event,
      delivery.action,
      JSON.stringify(delivery.payload),
      dateOf(delivery.receivedAt),
    ],
  );
  return rows.length > 0;
}

const repositorySchema = z.object({
  repository: z.object({
    id: z.number(),
    full_name: z.string(),
    private: z.boolean(),
    default_branch: z.string().default("main"),
  }),
});

interface Row {
  readonly installation_id: number;
  readonly event: string;
  readonly action: string | null;
  readonly payload: unknown;
  readonly received_at: Date;
  readonly processed_at: Date | null;
}

/** A delivery that is still to be handled; null: it was, or it is not there any more. */
export async function pendingDelivery(database: Database, id: string): Promise<Delivery | null> {
  const [row] = await database.query<Row>("select * from deliveries where id = $1", [id]);
  if (row === undefined || row.processed_at !== null) return null;
  const found = repositorySchema.safeParse(row.payload);
  const repository = found.success ? found.data.repository : null;
  return {
    id,
    event: row.event,
    action: row.action,
    installationId: row.installation_id,
    repository:
      repository === null
        ? null
        : {
            installationId: row.installation_id,
            repositoryId: repository.id,
            repository: repository.full_name,
            isPrivate: repository.private,
            defaultBranch: repository.default_branch,
          },
    payload: row.payload,
    receivedAt: row.received_at.getTime() / 1000,
  };
}

/** Handled: what was done is kept, what was sent to us is not. */
export async function finishDelivery(database: Database, id: string, outcome: string, at: number): Promise<void> {
  await database.query("update deliveries set processed_at = $2, outcome = $3, payload = null where id = $1", [
    id,
    dateOf(at),
    outcome,
  ]);
}

/** Which of these webhooks have arrived. */
export async function knownDeliveries(database: Database, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ id: string }>("select id from deliveries where id = any($1)", [ids]);
  return new Set(rows.map((row) => row.id));
}

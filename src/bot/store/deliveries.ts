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

/** Ids of those that were not there before: with the others there is nothing to do. */
export async function addDeliveries(
  database: Database,
  deliveries: readonly NewDelivery[],
): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ id: string }>(
    `insert into deliveries (id, installation_id, repository_id, event, action, payload, received_at)
     select id, installation_id, repository_id, event, action, payload, to_timestamp(received_at)
     from jsonb_to_recordset($1::jsonb) as given (
       id text, installation_id bigint, repository_id bigint, event text, action text, payload jsonb,
       received_at double precision)
     on conflict (id) do nothing returning id`,
    [
      JSON.stringify(
        deliveries.map((one) => ({
          id: one.id,
          installation_id: one.installationId,
          repository_id: one.repositoryId,
          event: one.event,
          action: one.action,
          payload: one.payload,
          received_at: one.receivedAt,
        })),
      ),
    ],
  );
  return new Set(rows.map((row) => row.id));
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

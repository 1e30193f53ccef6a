import type { Database } from "./database.ts";
import { dateOf } from "./values.ts";

/** Rows that one statement deletes, so that none holds its locks for long. */
const BATCH = 500;

/** Each deletes up to $2 rows that were over before $1. What hangs on them goes with them. */
const OVER = {
  analyses: `delete from analyses where id in (
    select id from analyses where state not in ('announced', 'waiting') and coalesce(finished_at, created_at) < $1 limit $2)`,
  gates: `delete from gates where id in (
    select id from gates where coalesce(decided_at, deadline) < $1 and deadline < $1 limit $2)`,
  outcomes: "delete from outcomes where id in (select id from outcomes where at < $1 limit $2)",
  commands: "delete from commands where id in (select id from commands where at < $1 limit $2)",
  deliveries: `delete from deliveries where id in (
    select id from deliveries where received_at < $1 limit $2)`,
  web_sessions: "delete from web_sessions where id in (select id from web_sessions where expires_at < $1 limit $2)",
} as const;

/** Deletes, over all tenants, what was over before `before` (epoch seconds); answers how many rows. */
export async function deleteOver(database: Database, what: keyof typeof OVER, before: number): Promise<number> {
  let deleted = 0;
  for (;;) {
    const rows = await database.query(`${OVER[what]} returning 1 as one`, [dateOf(before), BATCH]);
    deleted += rows.length;
    if (rows.length < BATCH) return deleted;
  }
}

/** Something whose job may have been lost. */
export interface Overdue {
  readonly id: string;
  readonly installationId: number;
}

/** Reactions planned before `before` without an end: not begun, or cut off; the job knows which it may send again. */
export async function lostReactions(database: Database, before: number, most: number): Promise<readonly Overdue[]> {
  const rows = await database.query<{ id: string; installation_id: number }>(
    "select id, installation_id from reactions where state in ('planned', 'sending') and created_at < $1 order by created_at limit $2",
    [dateOf(before), most],
  );
  return rows.map((row) => ({ id: row.id, installationId: row.installation_id }));
}

/** Webhooks that arrived before `before` and were not handled. */
export async function unhandledDeliveries(
  database: Database,
  before: number,
  most: number,
): Promise<readonly Overdue[]> {
  const rows = await database.query<{ id: string; installation_id: number }>(
    `select id, installation_id from deliveries where processed_at is null and received_at < $1
     order by received_at limit $2`,
    [dateOf(before), most],
  );
  return rows.map((row) => ({ id: row.id, installationId: row.installation_id }));
}

/**
 * What webhooks of an account, or of one of its repositories, left. Their ids stay for as long as all the others, or they
 * would look like webhooks that never arrived, and GitHub would be asked to send everything again.
 */
export async function forgetDeliveries(
  database: Database,
  installationId: number,
  repositoryId: number | null,
): Promise<void> {
  await database.query(
    `update deliveries set payload = null, action = null, repository_id = null, outcome = 'forgotten',
       processed_at = coalesce(processed_at, received_at)
     where installation_id = $1 and ($2::bigint is null or repository_id = $2)`,
    [installationId, repositoryId],
  );
}

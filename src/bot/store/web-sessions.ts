import type { Database } from "./database.ts";
import { dateOf } from "./values.ts";

/** A person who signed in to the web page. Instants are epoch seconds. */
export interface WebSession {
  /** SHA-256 of the cookie's value, hex: whoever reads the store cannot sign in with it. */
  readonly id: string;
  readonly userId: number;
  readonly login: string;
  /** The person's own token, sealed. */
  readonly token: Uint8Array;
  readonly expiresAt: number;
}

/** Written down; those that are over go at the same time. */
export async function addSession(database: Database, session: WebSession, now: number): Promise<void> {
  await database.query("delete from web_sessions where expires_at <= $1", [dateOf(now)]);
  await database.query(
    `insert into web_sessions (id, user_id, login, token, expires_at, created_at) values ($1, $2, $3, $4, $5, $6)`,
    [session.id, session.userId, session.login, session.token, dateOf(session.expiresAt), dateOf(now)],
  );
}

/** null: there is none, or it is over. */
export async function findSession(database: Database, id: string, now: number): Promise<WebSession | null> {
  const [row] = await database.query<{ user_id: number; login: string; token: Uint8Array; expires_at: Date }>(
    "select user_id, login, token, expires_at from web_sessions where id = $1 and expires_at > $2",
    [id, dateOf(now)],
  );
  if (row === undefined) return null;
  const { login, token } = row;
  return { id, userId: row.user_id, login, token, expiresAt: row.expires_at.getTime() / 1000 };
}

export async function removeSession(database: Database, id: string): Promise<void> {
  await database.query("delete from web_sessions where id = $1", [id]);
}

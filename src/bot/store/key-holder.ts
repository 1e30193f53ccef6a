import pg from "pg";
import type { Hold, OpenDatabase } from "./database.ts";
import { oneByOne } from "./one-by-one.ts";

interface Session {
  readonly query: (sql: string, key: string) => Promise<Record<string, unknown>[]>;
  readonly end: () => Promise<void>;
  readonly lost: AbortController;
}

/** Longest that taking or releasing a key may take. A server that vanished without a word would hold up every job. */
const PATIENCE_MS = 15_000;

/**
 * Keys held by this process on a server: advisory locks of one connection of their own, so that they end with the
 * process. If the connection breaks, all of them are lost at once and their holders are told.
 */
export function keyHolder(
  settings: pg.ClientConfig,
  onError: (error: Error) => void,
): Pick<OpenDatabase, "hold" | "close"> {
  const held = new Set<string>();
  let session: Promise<Session> | null = null;
  let closed = false;

  const forget = (broken: Session, error: Error): void => {
    if (broken.lost.signal.aborted) return;
    broken.lost.abort(error);
    session = null;
    held.clear();
    if (!closed) onError(error);
  };

  const open = async (): Promise<Session> => {
    const client = new pg.Client({ ...settings, query_timeout: PATIENCE_MS });
    const turn = oneByOne();
    const opened: Session = {
      query: (sql, key) => turn(async () => (await client.query(sql, [key])).rows),
      end: () => client.end(),
      lost: new AbortController(),
    };
    client.on("error", (error) => forget(opened, error));
    client.on("end", () => forget(opened, new Error("The connection that holds keys was closed.")));
    await client.connect();
    return opened;
  };

  const current = (): Promise<Session> => {
    session ??= open().catch((error: unknown) => {
      session = null;
      throw error;
    });
    return session;
  };

  const hold = async (key: string): Promise<Hold | null> => {
    // The server lets a session take its own lock twice, so this process has to say no itself.
    if (held.has(key)) return null;
    held.add(key);
    let own: Session | null = null;
    try {
      own = await current();
      const [row] = await own.query("select pg_try_advisory_lock(hashtextextended($1, 0)) as taken", key);
      if (row?.taken === true) return holdOn(own, key);
      held.delete(key);
      return null;
    } catch (error) {
      held.delete(key);
      if (own !== null) giveUp(own, error);
      throw error;
    }
  };

  /** A connection that does not answer may never do so again: all keys on it are lost, and the next one is a new one. */
  const giveUp = (broken: Session, error: unknown): void => {
    forget(broken, error instanceof Error ? error : new Error(String(error)));
    broken.end().catch(() => undefined);
  };

  const holdOn = (own: Session, key: string): Hold => ({ lost: own.lost.signal, release: () => release(own, key) });

  const release = async (own: Session, key: string): Promise<void> => {
    if (own.lost.signal.aborted) return;
    try {
      await own.query("select pg_advisory_unlock(hashtextextended($1, 0))", key);
    } catch (error) {
      giveUp(own, error);
      throw error;
    } finally {
      if (!own.lost.signal.aborted) held.delete(key);
    }
  };

  return {
    hold,
    close: async () => {
      closed = true;
      const last = session;
      session = null;
      await (await last?.catch(() => null))?.end();
    },
  };
}

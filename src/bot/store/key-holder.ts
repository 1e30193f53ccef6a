import pg from "pg";
import type { Hold, OpenDatabase } from "./database.ts";

interface Session {
  readonly client: pg.Client;
  readonly lost: AbortController;
}

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
    const client = new pg.Client(settings);
    const opened: Session = { client, lost: new AbortController() };
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
    try {
      const { client, lost } = await current();
      const [row] = (await client.query("select pg_try_advisory_lock(hashtextextended($1, 0)) as taken", [key])).rows;
      if (row?.taken === true) return { lost: lost.signal, release: () => release(client, lost, key) };
      held.delete(key);
      return null;
    } catch (error) {
      held.delete(key);
      throw error;
    }
  };

  const release = async (client: pg.Client, lost: AbortController, key: string): Promise<void> => {
    if (lost.signal.aborted) return;
    try {
      await client.query("select pg_advisory_unlock(hashtextextended($1, 0))", [key]);
    } finally {
      if (!lost.signal.aborted) held.delete(key);
    }
  };

  return {
    hold,
    close: async () => {
      closed = true;
      const last = session;
      session = null;
      await (await last?.catch(() => null))?.client.end();
    },
  };
}

import type { BotSettings } from "../settings.ts";
import type { OpenDatabase } from "./database.ts";
import { openEmbedded } from "./embedded.ts";
import { migrate } from "./migrate.ts";
import { openServer, type ServerOptions } from "./server.ts";

/** Opens the store of the settings and brings its schema up to date. */
export async function openDatabase(store: BotSettings["store"], options: ServerOptions): Promise<OpenDatabase> {
  const database = store.kind === "server" ? openServer(store.url, options) : await openEmbedded(store.folder);
  try {
    await migrate(database);
    return database;
  } catch (error) {
    await database.close().catch(() => undefined);
    throw error;
  }
}

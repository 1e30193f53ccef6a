import path from "node:path";
import type { OpenDatabase } from "../../src/bot/store/database.ts";
import { openDatabase } from "../../src/bot/store/open.ts";
import { makeFolder } from "./servers/process.ts";

/** An embedded store in a folder of its own; starting one takes seconds, so a test file shares it. */
export async function embeddedStore(
  name: string,
): Promise<{ readonly database: OpenDatabase; readonly close: () => Promise<void> }> {
  const folder = await makeFolder(name);
  const database = await openDatabase(
    { kind: "embedded", folder: path.join(folder.path, "data") },
    { connections: 1, onError: () => undefined },
  );
  return {
    database,
    close: async () => {
      await database.close();
      await folder.remove();
    },
  };
}

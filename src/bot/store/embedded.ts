import { join } from "node:path";
import { PGlite, type Transaction, types } from "@electric-sql/pglite";
import type { Hold, OpenDatabase, Parameter } from "./database.ts";
import { lockFolder } from "./folder-lock.ts";
import { transactionScope } from "./transactions.ts";

/** PostgreSQL inside this process, with its files in a folder that this process alone has open. */
export async function openEmbedded(folder: string): Promise<OpenDatabase> {
  const lock = lockFolder(folder);
  try {
    const lite = await PGlite.create(join(folder, "postgresql"), { parsers: { [types.INT8]: Number } });
    return databaseOf(lite, lock.release);
  } catch (error) {
    lock.release();
    throw error;
  }
}

type Runner = Pick<Transaction, "query">;

const run = async <Row extends object>(on: Runner, sql: string, parameters: readonly Parameter[]): Promise<Row[]> =>
  (await on.query<Row>(sql, [...parameters])).rows;

function databaseOf(lite: PGlite, released: () => void): OpenDatabase {
  const scope = transactionScope();
  const held = new Set<string>();
  const gone = new AbortController();
  return {
    kind: "embedded",
    query: async (sql, parameters = []) => {
      scope.assertOutside();
      return run(lite, sql, parameters);
    },
    transaction: async (work) => {
      scope.assertOutside();
      return lite.transaction((session) =>
        scope.enter({ query: (sql, parameters) => run(session, sql, parameters) }, work),
      );
    },
    script: async (sql) => {
      scope.assertOutside();
      return script(lite, sql);
    },
    hold: async (key): Promise<Hold | null> => {
      if (held.has(key)) return null;
      held.add(key);
      return { lost: gone.signal, release: async () => void held.delete(key) };
    },
    close: async () => {
      gone.abort(new Error("The database was closed."));
      await lite.close();
      released();
    },
  };
}

/** One session serves everybody, so a script that failed inside its own `begin` must not leave it open. */
async function script(lite: PGlite, sql: string): Promise<object[]> {
  try {
    return (await lite.exec(sql)).flatMap((result) => result.rows);
  } catch (error) {
    await lite.exec("rollback").catch(() => undefined);
    throw error;
  }
}

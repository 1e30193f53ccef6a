import pg from "pg";
import type { OpenDatabase, Parameter } from "./database.ts";
import { keyHolder } from "./key-holder.ts";
import { oneByOne } from "./one-by-one.ts";
import { transactionScope } from "./transactions.ts";

/** Longest wait for a connection before a statement fails, milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000;
/** A statement that takes longer is a fault of ours; it must not hold a connection for ever. */
const STATEMENT_TIMEOUT_MS = 60_000;
/** A server that has not answered by then is gone without a word, and its connection with it. */
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 10_000;

/** The bigint columns are counts and ids of GitHub, far below 2^53. */
const TYPES: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: "text" | "binary") =>
    oid === pg.types.builtins.INT8
      ? Number
      : pg.types.getTypeParser(oid, format as "text")) as pg.CustomTypesConfig["getTypeParser"],
};

export interface ServerOptions {
  /** Connections of this process at most, beside the one that holds keys. */
  readonly connections: number;
  /** Told about connections that broke while nobody used them. */
  readonly onError: (error: Error) => void;
}

/** A PostgreSQL server, shared with any number of other processes. */
export function openServer(url: string, options: ServerOptions): OpenDatabase {
  const settings: pg.ClientConfig = {
    connectionString: url,
    types: TYPES,
    application_name: "deploy-impact",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  };
  const pool = new pg.Pool({
    ...settings,
    max: options.connections,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
  });
  pool.on("error", options.onError);
  const keys = keyHolder(settings, options.onError);
  const scope = transactionScope();
  return {
    kind: "server",
    query: async (sql, parameters = []) => {
      scope.assertOutside();
      return run(pool, sql, parameters);
    },
    transaction: async (work) => {
      scope.assertOutside();
      const client = await pool.connect();
      const turn = oneByOne();
      return onClient(client, options.onError, () =>
        scope.enter({ query: (sql, parameters) => turn(() => run(client, sql, parameters)) }, work),
      );
    },
    script: async (sql) => {
      scope.assertOutside();
      const results: unknown = await pool.query(sql);
      return [results].flat().flatMap((result) => (result as pg.QueryResult<object>).rows ?? []);
    },
    hold: keys.hold,
    close: async () => {
      await keys.close();
      await pool.end();
    },
  };
}

async function run<Row extends object>(
  on: pg.Pool | pg.PoolClient,
  sql: string,
  parameters: readonly Parameter[],
): Promise<Row[]> {
  return (await on.query<Row>(sql, [...parameters])).rows;
}

/** A connection whose transaction could not be ended is thrown away: the next one to use it would be inside it. */
async function onClient<T>(client: pg.PoolClient, report: (error: Error) => void, work: () => Promise<T>): Promise<T> {
  // While a connection is lent out, the pool does not listen for its errors, and an error nobody hears ends the process.
  client.on("error", report);
  let broken: Error | undefined;
  try {
    await client.query("begin");
    const result = await work();
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.off("error", report);
    client.release(broken);
  }
}

import { AsyncLocalStorage } from "node:async_hooks";
import type { Database, Parameter } from "./database.ts";

/** One session: statements on it run one after the other, in the transaction that is open on it. */
export interface Session {
  readonly query: <Row extends object>(sql: string, parameters: readonly Parameter[]) => Promise<Row[]>;
}

export interface TransactionScope {
  /** Refuses a statement that goes around the transaction in which it was called. */
  readonly assertOutside: () => void;
  readonly enter: <T>(session: Session, work: (inside: Database) => Promise<T>) => Promise<T>;
}

/** What both databases do with a session on which a transaction was begun. */
export function transactionScope(): TransactionScope {
  const open = new AsyncLocalStorage<{ ended: boolean }>();
  return {
    assertOutside: () => {
      if (open.getStore()?.ended === false) {
        throw new Error("A statement inside a transaction has to go through the transaction's own handle.");
      }
    },
    enter: async (session, work) => {
      const scope = { ended: false };
      try {
        return await open.run(scope, () => work(insideOf(session, scope)));
      } finally {
        scope.ended = true;
      }
    },
  };
}

function insideOf(session: Session, scope: { readonly ended: boolean }): Database {
  let savepoints = 0;
  const query: Database["query"] = (sql, parameters = []) => {
    if (scope.ended) throw new Error("The transaction has ended; a statement came after it.");
    return session.query(sql, parameters);
  };
  const inside: Database = {
    query,
    transaction: async (work) => {
      savepoints += 1;
      const name = `nested_${savepoints}`;
      await query(`savepoint ${name}`);
      try {
        const result = await work(inside);
        await query(`release savepoint ${name}`);
        return result;
      } catch (error) {
        await query(`rollback to savepoint ${name}`);
        throw error;
      }
    },
  };
  return inside;
}

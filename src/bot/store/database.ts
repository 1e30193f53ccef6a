/**
 * The one door to PostgreSQL, the same for the embedded one and a server. Values come back as: `bigint` columns as
 * numbers (GitHub's ids are far below 2^53), `timestamptz` as `Date`, `jsonb` parsed, `bytea` as `Uint8Array`.
 */
export interface Database {
  /** Rows of one statement with `$1` parameters; a JSON parameter is given as text and cast (`$1::jsonb`). */
  query<Row extends object>(sql: string, parameters?: readonly Parameter[]): Promise<Row[]>;
  /**
   * Everything in `work` happens, or nothing does; `work` may be called once only. Inside it every statement goes
   * through `inside`: one that goes around it would wait for the transaction that waits for it, and is refused.
   */
  transaction<T>(work: (inside: Database) => Promise<T>): Promise<T>;
}

export type Parameter = string | number | boolean | null | Date | Uint8Array | readonly string[] | readonly number[];

/** A key that nobody else holds, in any process, until it is released or the process that holds it dies. */
export interface Hold {
  readonly release: () => Promise<void>;
  /** Aborted when the database no longer keeps it for us: whoever holds it stops. */
  readonly lost: AbortSignal;
}

/** A database that this process opened and has to close. */
export interface OpenDatabase extends Database {
  /** `embedded`: in this process, one process at a time; `server`: any number of workers. */
  readonly kind: "embedded" | "server";
  /** Several statements without parameters in one text, and the rows of all of them; for the queue's own schema. */
  script(sql: string): Promise<object[]>;
  /** Takes the key, or answers null when somebody holds it. */
  hold(key: string): Promise<Hold | null>;
  close(): Promise<void>;
}

import { createHash } from "node:crypto";
import { DeployImpactError } from "../../core/errors.ts";
import type { Database, OpenDatabase } from "./database.ts";
import { MIGRATIONS, type Migration } from "./migrations.ts";

/** Any number that nothing else in the database uses as an advisory lock. */
const LOCK = 7_418_259_301;

/**
 * Brings the schema to what this version needs. Any number of processes may start at once: one does the work, the
 * others wait for it. All steps that are missing happen in one transaction, so a failure leaves nothing half done.
 */
export async function migrate(database: OpenDatabase, steps: readonly Migration[] = MIGRATIONS): Promise<number> {
  return database.transaction(async (inside) => {
    await inside.query("select pg_advisory_xact_lock($1)", [LOCK]);
    await inside.query(
      `create table if not exists schema_migrations (
         id integer primary key, name text not null, digest text not null, applied_at timestamptz not null default now()
       )`,
    );
    const done = await inside.query<Done>("select id, name, digest from schema_migrations order by id");
    assertSuits(done, steps);
    const missing = steps.slice(done.length);
    for (const step of missing) await apply(inside, step);
    return missing.length;
  });
}

/** True when the schema is the one that this version works with. */
export async function isMigrated(database: Database, steps: readonly Migration[] = MIGRATIONS): Promise<boolean> {
  const [row] = await database.query<{ last: number | null }>("select max(id) as last from schema_migrations");
  return row?.last === (steps.at(-1)?.id ?? null);
}

interface Done {
  readonly id: number;
  readonly name: string;
  readonly digest: string;
}

function assertSuits(done: readonly Done[], steps: readonly Migration[]): void {
  const newest = done.at(-1);
  if (done.length > steps.length && newest !== undefined) {
    throw new DeployImpactError(
      "USAGE",
      `The database was made by a newer version (step ${newest.id}, ${newest.name}).`,
      {
        hint: "Start that version again, or restore the backup that was taken before the upgrade.",
      },
    );
  }
  for (const [index, { id, name, digest }] of done.entries()) {
    const step = steps[index];
    if (step !== undefined && step.id === id && digestOf(step) === digest) continue;
    throw new DeployImpactError("USAGE", `The database was made by another build (step ${id}, ${name}, differs).`, {
      hint: "Start the version that made it, or begin with an empty database.",
    });
  }
}

async function apply(inside: Database, step: Migration): Promise<void> {
  // Statement by statement: a parameterised protocol takes one at a time, and the steps hold no functions.
  for (const statement of statementsOf(step.sql)) await inside.query(statement);
  await inside.query("insert into schema_migrations (id, name, digest) values ($1, $2, $3)", [
    step.id,
    step.name,
    digestOf(step),
  ]);
}

/** Statements of a step, which end with a semicolon at the end of a line; comments are left out. */
function statementsOf(sql: string): string[] {
  return sql
    .replaceAll(/^\s*--.*$/gm, "")
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
}

function digestOf(step: Migration): string {
  return createHash("sha256").update(step.sql).digest("hex");
}

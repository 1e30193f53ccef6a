import type { Database } from "./database.ts";
import { dateOf } from "./values.ts";

/** When a task of the housekeeping last got to its end, epoch seconds; null: never. Of the process, not of a tenant. */
export async function taskDoneAt(database: Database, task: string): Promise<number | null> {
  const [row] = await database.query<{ done_at: Date }>("select done_at from upkeep where task = $1", [task]);
  return row === undefined ? null : row.done_at.getTime() / 1000;
}

export async function noteTaskDone(database: Database, task: string, at: number): Promise<void> {
  await database.query(
    "insert into upkeep (task, done_at) values ($1, $2) on conflict (task) do update set done_at = excluded.done_at",
    [task, dateOf(at)],
  );
}

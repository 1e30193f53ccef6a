import type { Database } from "../store/database.ts";

/** Installations that GitHub asked to wait. The store carries it, so that every process keeps to it. */
export interface Pauses {
  /** Until when (epoch seconds) nothing of this installation starts; null: it may. */
  until(installationId: number): number | null;
  /** Never makes a pause shorter. */
  pause(installationId: number, until: number): Promise<void>;
  /** Installations that wait at this moment, as the store said last. */
  paused(): readonly string[];
  /** Asks the store again. */
  refresh(): Promise<void>;
}

export function createPauses(database: Database, now: () => number): Pauses {
  const known = new Map<number, number>();
  const note = (id: number, until: number): void => void known.set(id, Math.max(until, known.get(id) ?? 0));
  const still = (until: number | undefined): until is number => until !== undefined && until * 1000 > now();
  return {
    until: (id) => {
      const until = known.get(id);
      return still(until) ? until : null;
    },
    pause: async (id, until) => {
      note(id, until);
      await database.query(
        "update installations set paused_until = $2 where id = $1 and (paused_until is null or paused_until < $2)",
        [id, new Date(until * 1000)],
      );
    },
    paused: () => [...known].filter(([, until]) => still(until)).map(([id]) => String(id)),
    refresh: async () => {
      const rows = await database.query<{ id: number; paused_until: Date }>(
        "select id, paused_until from installations where paused_until > $1",
        [new Date(now())],
      );
      for (const [id, until] of known) if (!still(until)) known.delete(id);
      for (const row of rows) note(row.id, row.paused_until.getTime() / 1000);
    },
  };
}

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DeployImpactError } from "../../core/errors.ts";

/**
 * One process per data folder. Node has no file locks of its own, so an empty SQLite file is held in an exclusive
 * transaction: the operating system lets go of it when the process ends, however it ends, and it is seen by other
 * containers on the same volume. A note beside it says who holds it, for people only.
 */
export function lockFolder(folder: string): { readonly release: () => void } {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const note = join(folder, "lock.json");
  const file = new DatabaseSync(join(folder, "lock"), { timeout: 0 });
  try {
    file.exec("pragma locking_mode = exclusive; begin exclusive");
  } catch (error) {
    file.close();
    throw inUse(folder, note, error);
  }
  writeFileSync(note, JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString() }));
  return {
    release: () => {
      if (file.isOpen) file.close();
    },
  };
}

function inUse(folder: string, note: string, cause: unknown): DeployImpactError {
  return new DeployImpactError("USAGE", `The data folder ${folder} is in use${holder(note)}.`, {
    hint: "Stop the other process, give this one another DATA_FOLDER, or set DATABASE_URL: a PostgreSQL server takes any number of processes.",
    cause,
  });
}

function holder(note: string): string {
  try {
    const { pid, host, since } = JSON.parse(readFileSync(note, "utf8"));
    return ` by process ${pid} on ${host} since ${since}`;
  } catch {
    return " by another process";
  }
}

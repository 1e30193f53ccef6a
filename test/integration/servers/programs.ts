import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Path of a program, or null when it is not installed. */
export function findProgram(name: string): string | null {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not here
    }
  }
  return null;
}

export interface Availability {
  readonly missing: boolean;
  /** Ends the name of a suite, so that a skipped one says why. */
  readonly note: string;
}

/**
 * Whether real servers can be started. On a developer's machine a missing one skips its tests by name; in CI, where the
 * servers belong to the set-up, it is a failure.
 */
export function availability(...programs: readonly string[]): Availability {
  const absent = programs.filter((name) => findProgram(name) === null);
  if (absent.length === 0) return { missing: false, note: "" };
  if (process.env.CI === "true") throw new Error(`CI needs ${absent.join(" and ")}, which are not installed.`);
  return { missing: true, note: ` (skipped: ${absent.join(" and ")} not installed)` };
}

import { isAmbiguous } from "./errors.ts";
import { TRIES } from "./limits.ts";

/**
 * Creates something that must exist once. After a failure that leaves open whether it was created, it is looked for
 * before the next try.
 */
export async function createOnce<T>(create: () => Promise<T>, lookUp: () => Promise<T | null>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await create();
    } catch (error) {
      if (!isAmbiguous(error) || attempt >= TRIES) throw error;
      const existing = await lookUp();
      if (existing !== null) return existing;
    }
  }
}

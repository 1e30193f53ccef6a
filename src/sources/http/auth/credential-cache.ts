import type { HttpPorts } from "../contract.ts";

/** Something that signs requests in until it expires. */
export interface Expiring {
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface CredentialCache<T extends Expiring> {
  readonly get: () => Promise<T>;
  /** Drops the credential if it is still the one at hand; true when there was one to drop. */
  readonly forget: (isTheOne: (credential: T) => boolean) => boolean;
}

/** Renewed this long before it expires: clocks differ and requests take their time. */
const LEEWAY_MS = 60_000;

/** Caches of one process, by the ports that it runs with: SLIs are read side by side and share one sign-in. */
const shared = new WeakMap<HttpPorts["env"], Map<string, unknown>>();

/**
 * The cache with that name, for all clients with the same environment. A credential is asked for once, however many
 * requests wait for it; a failure is not kept.
 */
export function sharedCredential<T extends Expiring>(
  ports: HttpPorts,
  name: string,
  obtain: () => Promise<T>,
): CredentialCache<T> {
  const caches = shared.get(ports.env) ?? new Map<string, unknown>();
  shared.set(ports.env, caches);
  const known = caches.get(name) as CredentialCache<T> | undefined;
  if (known !== undefined) return known;
  const made = createCache(ports.now, obtain);
  caches.set(name, made);
  return made;
}

function createCache<T extends Expiring>(now: () => number, obtain: () => Promise<T>): CredentialCache<T> {
  let current: T | null = null;
  let asking: Promise<T> | null = null;
  const ask = async (): Promise<T> => {
    try {
      current = await obtain();
      return current;
    } finally {
      asking = null;
    }
  };
  return {
    get: async () => {
      if (current !== null && now() < current.expiresAt - LEEWAY_MS) return current;
      asking ??= ask();
      return await asking;
    },
    forget: (isTheOne) => {
      if (current === null || !isTheOne(current)) return false;
      current = null;
      return true;
    },
  };
}

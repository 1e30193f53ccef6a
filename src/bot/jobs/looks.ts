import { setTimeout as delay } from "node:timers/promises";

/** Waits after looks that found nothing, milliseconds: short at first, since work often comes in bursts. */
const WAITS_MS = [100, 250, 500, 1000, 2000] as const;

/** When to look into which queue again. */
export interface Looks<Name> {
  /** Queues that are worth a look now, another one first each time, so that none waits for another to be empty. */
  due(): readonly Name[];
  /** The look found nothing: the next one is later, each time a little more. */
  empty(name: Name): void;
  /** There may be something: look at once. */
  soon(name: Name): void;
  /** Ends when a queue is due or `soon` was called; `ms` at the longest. */
  wait(ms?: number): Promise<void>;
}

export function createLooks<Name>(names: readonly Name[]): Looks<Name> {
  const at = new Map<Name, { due: number; misses: number }>(names.map((name) => [name, { due: 0, misses: 0 }]));
  let first = 0;
  let woken = false;
  let wake = (): void => undefined;
  return {
    due: () => {
      first = (first + 1) % names.length;
      const now = performance.now();
      return [...names.slice(first), ...names.slice(0, first)].filter((name) => (at.get(name)?.due ?? 0) <= now);
    },
    empty: (name) => {
      const misses = (at.get(name)?.misses ?? 0) + 1;
      at.set(name, { misses, due: performance.now() + (WAITS_MS[Math.min(misses, WAITS_MS.length) - 1] ?? 0) });
    },
    soon: (name) => {
      at.set(name, { misses: 0, due: 0 });
      woken = true;
      wake();
    },
    wait: async (ms) => {
      const next = Math.min(...[...at.values()].map(({ due }) => due)) - performance.now();
      if (!woken) {
        const timer = new AbortController();
        const called = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const timeout = delay(Math.max(0, ms ?? next), undefined, { signal: timer.signal }).catch(() => undefined);
        await Promise.race([called, timeout]);
        timer.abort();
      }
      woken = false;
    },
  };
}

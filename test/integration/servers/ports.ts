import { setTimeout as delay } from "node:timers/promises";
import type { Ports } from "../../../src/ports.ts";

/** Ports of a real process; sleeps are recorded and last no time, so that retries do not slow the tests down. */
export function realPorts(env: Ports["env"] = {}): Ports & { readonly slept: number[] } {
  const slept: number[] = [];
  return {
    now: Date.now,
    sleep: async (milliseconds, signal) => {
      slept.push(milliseconds);
      await delay(0, undefined, signal === undefined ? {} : { signal });
    },
    env,
    fetch,
    log: { debug: () => undefined, info: () => undefined, warning: () => undefined },
    random: () => 0.5,
    slept,
  };
}

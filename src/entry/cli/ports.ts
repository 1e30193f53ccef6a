import type { Log, Ports } from "../../ports.ts";

/** The outside world of the command line. */
export function commandLinePorts(): Ports {
  return {
    now: () => Date.now(),
    sleep,
    env: process.env,
    fetch: globalThis.fetch,
    log: terminalLog(),
    random: Math.random,
  };
}

/** Progress is for people who watch: on a terminal, on standard error. Warnings of sources are part of the report. */
function terminalLog(): Log {
  const say = (message: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`${message}\n`);
  };
  return { debug: () => undefined, info: say, warning: say };
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

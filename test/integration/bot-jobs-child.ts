/** A worker process that begins a job, says so and never ends it: for the test that kills it. */
import type { BotLog } from "../../src/bot/context.ts";
import { createPauses } from "../../src/bot/jobs/pauses.ts";
import { openQueue } from "../../src/bot/jobs/queue.ts";
import { startWorker } from "../../src/bot/jobs/worker.ts";
import { createRegistry } from "../../src/bot/observe/registry.ts";
import { openDatabase } from "../../src/bot/store/open.ts";

const silent: BotLog = {
  debug: () => undefined,
  info: () => undefined,
  warning: () => undefined,
  error: () => undefined,
  child: () => silent,
};
const hang = (): Promise<void> => {
  process.stdout.write("begun\n");
  return new Promise(() => undefined);
};
const database = await openDatabase(
  { kind: "server", url: process.argv[2] ?? "" },
  { connections: 4, onError: () => undefined },
);
const queue = await openQueue(database, { supervise: false, log: silent });
startWorker({
  queue,
  database,
  handlers: {
    delivery: hang,
    judge: hang,
    gate: hang,
    react: hang,
    reaction: hang,
    forget: hang,
    housekeeping: hang,
    dead: hang,
  },
  pauses: createPauses(database, Date.now),
  concurrency: 2,
  now: Date.now,
  log: silent,
  metrics: createRegistry(),
});

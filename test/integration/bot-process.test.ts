/** The bot as `npm start` runs it: a process of its own, from its settings to its end. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../policy/repository.ts";
import { appKey, WEBHOOK_SECRET } from "./bot-settings.ts";
import { makeFolder } from "./servers/process.ts";

interface Line {
  readonly message: string;
  readonly port?: number;
}

let folder: Awaited<ReturnType<typeof makeFolder>>;
const started: ChildProcess[] = [];

beforeAll(async () => {
  folder = await makeFolder("process");
});
afterAll(async () => {
  for (const child of started) child.kill("SIGKILL");
  await folder?.remove();
});

function start(environment: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [join(ROOT, "src/entry/bot.ts")], {
    env: {
      APP_ID: "12345",
      PRIVATE_KEY: appKey(),
      WEBHOOK_SECRET,
      HOST: "127.0.0.1",
      PORT: "0",
      DATA_FOLDER: join(folder.path, "data"),
      GITHUB_API_URL: "http://127.0.0.1:9",
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(child);
  return child;
}

/** The line with this message; what comes after it is read and dropped, so that the process is never held up. */
function until(child: ChildProcess, message: string): Promise<Line> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout as Readable }).on("line", (line) => {
      const said = JSON.parse(line) as Line;
      if (said.message === message) resolve(said);
    });
    child.once("exit", (code) => reject(new Error(`it ended with ${code} without saying "${message}"`)));
  });
}

test("it starts, is ready, refuses a second one in its folder, and survives kill -9; SIGTERM ends it cleanly", async () => {
  const first = start();
  const { port } = await until(first, "Started");
  expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
  // No address is public, so nobody can sign in.
  expect((await fetch(`http://127.0.0.1:${port}/`)).ok).toBe(false);

  const second = start();
  const [said, [code]] = await Promise.all([text(second.stderr as Readable), once(second, "exit")]);
  expect(code).toBe(64);
  expect(said).toContain(`in use by process ${first.pid} on`);
  expect(said).toContain("DATABASE_URL");

  first.kill("SIGKILL");
  await once(first, "exit");
  const third = start();
  await until(third, "Started");
  const ended = once(third, "exit");
  third.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
}, 300_000);

test("without its settings it says what is missing, and starts nothing", async () => {
  const child = start({ WEBHOOK_SECRET: "", APP_ID: "x" });
  const [said, [code]] = await Promise.all([text(child.stderr as Readable), once(child, "exit")]);
  expect(code).toBe(64);
  expect(said).toContain("WEBHOOK_SECRET is not set.");
  expect(said).toContain("APP_ID is not a whole number.");
});

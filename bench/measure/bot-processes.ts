import { type ChildProcess, spawn } from "node:child_process";
import { createHmac, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { APP_ID } from "./bot-deploys.ts";

const ENTRY = path.join(import.meta.dirname, "../../src/entry/bot.ts");
const WORLD = path.join(import.meta.dirname, "../children/bot-world.ts");
const SECRET = "the secret of a benchmark, long enough";
const KEY = generateKeyPairSync("rsa", { modulusLength: 2048 })
  .privateKey.export({ type: "pkcs1", format: "pem" })
  .toString();

export interface Tally {
  readonly all: number;
  readonly different: number;
  readonly repeated: number;
}

/** What GitHub holds at the end. */
export interface WorldReport {
  readonly checks: Tally;
  readonly states: Readonly<Record<string, number>>;
  readonly comments: Tally;
  readonly requests: number;
  readonly violations: readonly string[];
}

export interface BotWorld {
  readonly github: string;
  readonly report: () => Promise<WorldReport>;
  readonly stop: () => void;
}

/** GitHub and Prometheus with so many deploys, in a process of their own. */
export async function startWorld(deploys: number, deployedAt: number): Promise<BotWorld> {
  const child = spawn(process.execPath, [WORLD, String(deploys), String(deployedAt)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout as Readable })[Symbol.asyncIterator]();
  const next = async <T>(): Promise<T> => JSON.parse((await lines.next()).value ?? "null") as T;
  const { github } = await next<{ github: string }>();
  return {
    github,
    report: () => {
      child.stdin?.write("report\n");
      return next<WorldReport>();
    },
    stop: () => void child.kill("SIGKILL"),
  };
}

export interface BotProcess {
  readonly child: ChildProcess;
  /** Resident memory, MiB; 0 when it has ended. */
  readonly memory: () => number;
  readonly port: number;
}

/** One process of the bot, as `npm start` runs it, on a PostgreSQL server. */
export async function startBotProcess(given: {
  readonly github: string;
  readonly database: string;
  readonly role: "all" | "web" | "worker";
  readonly concurrency?: number;
  readonly onLine?: (line: string) => void;
}): Promise<BotProcess> {
  const child = spawn(process.execPath, [ENTRY], {
    env: {
      PATH: process.env.PATH ?? "",
      // For instance a limit of the heap.
      NODE_OPTIONS: process.env.NODE_OPTIONS ?? "",
      APP_ID: String(APP_ID),
      PRIVATE_KEY: KEY,
      WEBHOOK_SECRET: SECRET,
      GITHUB_API_URL: given.github,
      GITHUB_SERVER_URL: given.github,
      DATABASE_URL: given.database,
      HOST: "127.0.0.1",
      PORT: "0",
      ROLE: given.role,
      CONCURRENCY: String(given.concurrency ?? 8),
      ALLOWED_NETWORKS: "127.0.0.0/8",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const started = new Promise<number>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the bot ended with ${code} before it started`)));
    createInterface({ input: child.stdout as Readable }).on("line", (line) => {
      given.onLine?.(line);
      const { message, port } = JSON.parse(line) as { message: string; port?: number };
      if (message === "Started") resolve(port ?? 0);
    });
  });
  const port = await started;
  return { child, port, memory: () => residentMemory(child) };
}

function residentMemory({ pid, exitCode }: ChildProcess): number {
  if (exitCode !== null) return 0;
  try {
    const [, kib] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Math.round(Number(kib ?? 0) / 1024);
  } catch {
    return 0;
  }
}

export async function kill(process: BotProcess): Promise<void> {
  if (process.child.exitCode !== null || process.child.signalCode !== null) return;
  const ended = once(process.child, "exit");
  process.child.kill("SIGKILL");
  await ended;
}

/** Sends one signed webhook; answers its status and how long the answer took, milliseconds. */
export async function send(port: number, id: string, body: string): Promise<{ status: number; ms: number }> {
  const signature = createHmac("sha256", SECRET).update(body).digest("hex");
  const began = performance.now();
  const response = await fetch(`http://127.0.0.1:${port}/api/github/webhooks`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-github-event": "deployment_status",
      "x-github-delivery": id,
      "x-hub-signature-256": `sha256=${signature}`,
    },
    body,
  });
  await response.arrayBuffer();
  return { status: response.status, ms: performance.now() - began };
}

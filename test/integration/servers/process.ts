import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** A server of somebody else's making that runs beside the tests. */
export interface RunningServer {
  /** http://127.0.0.1:PORT */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

export async function makeFolder(name: string): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), `deploy-impact-${name}-`));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

/** Runs a program to its end; throws with its output when it fails. */
export async function run(command: string, args: readonly string[], folder: string): Promise<void> {
  const child = spawn(command, args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  const output = collectOutput(child);
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${output()}`);
}

/** Starts a server and waits until `readyPath` answers 200. */
export async function startProcess(
  command: string,
  args: readonly string[],
  options: { readonly folder: string; readonly port: number; readonly readyPath: string },
): Promise<RunningServer> {
  const child = spawn(command, args, { cwd: options.folder, stdio: ["ignore", "ignore", "pipe"] });
  const output = collectOutput(child);
  const closed = once(child, "close");
  // A test run that is cut short must not leave the server behind.
  const killWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", killWithUs);
  const url = `http://127.0.0.1:${options.port}`;
  const stop = async (): Promise<void> => {
    process.off("exit", killWithUs);
    child.kill("SIGTERM");
    await closed;
  };
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}: ${output()}`);
    if (await answers(`${url}${options.readyPath}`)) return { url, stop };
    await delay(100);
  }
  await stop();
  throw new Error(`${command} did not become ready: ${output()}`);
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}

function collectOutput(child: ChildProcess): () => string {
  let text = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-2000);
  });
  return () => text;
}

import { type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, globSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { freePort, makeFolder } from "./process.ts";
import { type Availability, findProgram } from "./programs.ts";

/** Debian keeps the server's programs out of PATH, one folder per major version. */
const DEBIAN = "/usr/lib/postgresql/*/bin/postgres";

export interface PostgresqlServer {
  /** A database of its own on the server, empty. */
  readonly createDatabase: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

function programFolder(): string | null {
  const path = globSync(DEBIAN).sort().at(-1) ?? findProgram("postgres");
  return path === null ? null : dirname(path);
}

export function postgresqlAvailability(): Availability {
  if (programFolder() !== null) return { missing: false, note: "" };
  if (process.env.CI === "true") throw new Error("CI needs postgresql, which is not installed.");
  return { missing: true, note: " (skipped: postgresql not installed)" };
}

/** The server refuses to run as root: then it runs as the user that its package made. */
function identity(): Pick<SpawnOptions, "uid" | "gid"> {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(spawnSync("id", [flag, "postgres"]).stdout.toString());
  return { uid: id("-u"), gid: id("-g") };
}

/** A real PostgreSQL on a free loopback port, with its data in a folder that is deleted afterwards. */
export async function startPostgresql(): Promise<PostgresqlServer> {
  const programs = programFolder();
  if (programs === null) throw new Error("postgresql is not installed");
  const folder = await makeFolder("postgresql");
  const as = identity();
  if (as.uid !== undefined && as.gid !== undefined) chownSync(folder.path, as.uid, as.gid);
  const data = `${folder.path}/data`;
  const options: SpawnOptions = { ...as, cwd: folder.path, stdio: ["ignore", "ignore", "pipe"] };
  const init = ["-D", data, "-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-sync"];
  const made = spawn(`${programs}/initdb`, init, options);
  const [code] = await once(made, "close");
  if (code !== 0) throw new Error(`initdb ended with ${code}`);
  const port = await freePort();
  const settings = { listen_addresses: "127.0.0.1", fsync: "off", max_connections: "200" };
  const server = spawn(
    `${programs}/postgres`,
    [
      "-D",
      data,
      "-p",
      String(port),
      "-k",
      folder.path,
      ...Object.entries(settings).flatMap(([k, v]) => ["-c", `${k}=${v}`]),
    ],
    options,
  );
  let output = "";
  server.stderr?.on("data", (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-2000);
  });
  const closed = once(server, "close");
  const killWithUs = (): void => void server.kill("SIGKILL");
  process.once("exit", killWithUs);
  const urlOf = (name: string): string => `postgresql://postgres@127.0.0.1:${port}/${name}`;
  await untilReady(urlOf("postgres"), () => {
    if (server.exitCode !== null) throw new Error(`postgres ended with ${server.exitCode}: ${output}`);
  });
  let databases = 0;
  return {
    createDatabase: async () => {
      databases += 1;
      const name = `test_${databases}`;
      await runOnce(urlOf("postgres"), `create database ${name}`);
      return urlOf(name);
    },
    stop: async () => {
      process.off("exit", killWithUs);
      // Immediate: clients of killed processes must not hold it up, and nobody reads the data again.
      server.kill("SIGQUIT");
      await closed;
      await folder.remove();
    },
  };
}

async function untilReady(url: string, assertRuns: () => void): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    assertRuns();
    try {
      await runOnce(url, "select 1");
      return;
    } catch {
      await delay(100);
    }
  }
  throw new Error("postgres did not become ready");
}

async function runOnce(connectionString: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort, makeFolder, type RunningServer, startProcess } from "./process.ts";
import type { Sample } from "./telemetry.ts";

export const INFLUXDB_PROGRAMS = ["influxd"] as const;
export const DATABASE = "fleet";

/** Points of one request; InfluxDB advises at most so many. */
const BATCH = 5000;

/** A real InfluxDB 1 on a free loopback port with the given samples in the field `value`. */
export async function startInfluxdb(samples: Iterable<Sample>): Promise<RunningServer> {
  const folder = await makeFolder("influxdb");
  try {
    const [port, backupPort] = [await freePort(), await freePort()];
    await writeFile(join(folder.path, "influxdb.conf"), configuration(folder.path, port, backupPort));
    const args = ["run", "-config", "influxdb.conf"];
    const readyPath = "/query?q=SHOW+DATABASES";
    const server = await startProcess("influxd", args, { folder: folder.path, port, readyPath });
    await post(`${server.url}/query`, new URLSearchParams({ q: `CREATE DATABASE ${DATABASE} WITH DURATION INF` }));
    const lines = [...samples].filter(({ value }) => value !== "NaN").map(lineOf);
    for (let first = 0; first < lines.length; first += BATCH) {
      await post(`${server.url}/write?db=${DATABASE}&precision=s`, lines.slice(first, first + BATCH).join("\n"));
    }
    return { url: server.url, stop: () => server.stop().then(folder.remove) };
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

function configuration(folder: string, port: number, backupPort: number): string {
  return `
reporting-disabled = true
bind-address = "127.0.0.1:${backupPort}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${port}"
  log-enabled = false
`;
}

/** Line protocol; InfluxDB has no NaN. */
function lineOf({ metric, labels, time, value }: Sample): string {
  const tags = Object.entries(labels).map(([name, text]) => `,${name}=${text}`);
  return `${metric}${tags.join("")} value=${value} ${time}`;
}

async function post(url: string, body: string | URLSearchParams): Promise<void> {
  const response = await fetch(url, { method: "POST", body });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
}

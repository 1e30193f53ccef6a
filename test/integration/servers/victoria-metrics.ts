import { freePort, makeFolder, type RunningServer, startProcess } from "./process.ts";

export const VICTORIA_METRICS_PROGRAMS = ["victoria-metrics"] as const;

/** A real VictoriaMetrics on a free loopback port with the given text (stamps in milliseconds) imported. */
export async function startVictoriaMetrics(text: Iterable<string>): Promise<RunningServer> {
  const folder = await makeFolder("victoria-metrics");
  try {
    const port = await freePort();
    const args = [
      `-storageDataPath=${folder.path}`,
      `-httpListenAddr=127.0.0.1:${port}`,
      "-retentionPeriod=100y",
      "-loggerLevel=ERROR",
    ];
    const server = await startProcess("victoria-metrics", args, { folder: folder.path, port, readyPath: "/health" });
    await post(`${server.url}/api/v1/import/prometheus`, [...text].join(""));
    // Imported rows are searchable only after a flush.
    await post(`${server.url}/internal/force_flush`, "");
    return { url: server.url, stop: () => server.stop().then(folder.remove) };
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

async function post(url: string, body: string): Promise<void> {
  const response = await fetch(url, { method: "POST", body });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
}

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort, makeFolder, type RunningServer, run, startProcess } from "./process.ts";

export const PROMETHEUS_PROGRAMS = ["prometheus", "promtool"] as const;

/** A real, empty Prometheus that keeps native histograms and takes remote writes. */
export async function startPrometheusReceiver(): Promise<RunningServer> {
  const folder = await makeFolder("prometheus");
  try {
    return await startIn(folder, ["--enable-feature=native-histograms", "--web.enable-remote-write-receiver"]);
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

/** A real Prometheus on a free loopback port whose history is the given OpenMetrics text. */
export async function startPrometheus(openMetrics: Iterable<string>): Promise<RunningServer> {
  const folder = await makeFolder("prometheus");
  try {
    await writeFile(join(folder.path, "history.txt"), openMetrics);
    await run("promtool", ["tsdb", "create-blocks-from", "openmetrics", "history.txt", "data"], folder.path);
    return await startIn(folder, []);
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

async function startIn(
  folder: Awaited<ReturnType<typeof makeFolder>>,
  flags: readonly string[],
): Promise<RunningServer> {
  await writeFile(join(folder.path, "prometheus.yml"), "global: {}\n");
  const port = await freePort();
  const args = [
    "--config.file=prometheus.yml",
    "--storage.tsdb.path=data",
    // The history lies at a fixed date, so that it must not grow too old.
    "--storage.tsdb.retention.time=100y",
    `--web.listen-address=127.0.0.1:${port}`,
    "--log.level=error",
    ...flags,
  ];
  const server = await startProcess("prometheus", args, { folder: folder.path, port, readyPath: "/-/ready" });
  return { url: server.url, stop: () => server.stop().then(folder.remove) };
}

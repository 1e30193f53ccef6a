import os from "node:os";

/** What the figures were measured on, and how busy it was: a loaded machine makes every time longer. */
export function machineLine(): string {
  const cpus = os.cpus();
  const memory = Math.round(os.totalmem() / 2 ** 30);
  const load = (os.loadavg()[0] ?? 0).toFixed(1);
  return `Node ${process.versions.node}, ${cpus.length} cores (${cpus[0]?.model.trim() ?? "unknown"}), ${memory} GiB, ${os.platform()} ${os.arch()}, load ${load} at the end`;
}

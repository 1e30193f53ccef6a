import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort, makeFolder, type RunningServer, startProcess } from "./process.ts";
import { type Sample, START, STEP } from "./telemetry.ts";

/** Debian's package graphite-web brings Django, whisper and this program; all run in the system's Python. */
export const GRAPHITE_PROGRAMS = ["graphite-manage"] as const;
const PYTHON = "/usr/bin/python3";

/** Reads lines `path time value` and writes one whisper file per path that reaches back to the oldest of them. */
const FILL = `
import os, sys, whisper
folder, step, points = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
series = {}
for line in sys.stdin:
    path, time, value = line.split()
    series.setdefault(path, []).append((int(time), float(value)))
for path, samples in series.items():
    file = os.path.join(folder, path.replace(".", "/") + ".wsp")
    os.makedirs(os.path.dirname(file), exist_ok=True)
    whisper.create(file, [(step, points)], sparse=True)
    whisper.update_many(file, samples)
`;

/** A real Graphite on a free loopback port; a sample lies at METRIC.TRACK.ZONE. */
export async function startGraphite(samples: Iterable<Sample>): Promise<RunningServer> {
  const folder = await makeFolder("graphite");
  try {
    const whisper = join(folder.path, "whisper");
    await Promise.all([whisper, join(folder.path, "log"), join(folder.path, "conf")].map((path) => mkdir(path)));
    await fill(whisper, samples);
    await writeFile(join(folder.path, "loopback_settings.py"), settings(folder.path));
    const port = await freePort();
    const paths = [`PYTHONPATH=${folder.path}`, "DJANGO_SETTINGS_MODULE=loopback_settings"];
    const django = [...paths, PYTHON, "-W", "ignore", "-m", "django"];
    await pipe("env", [...django, "migrate", "--run-syncdb", "-v", "0"], "");
    const args = [...django, "runserver", "--noreload", `127.0.0.1:${port}`];
    const server = await startProcess("env", args, { folder: folder.path, port, readyPath: "/metrics/find?query=*" });
    return { url: server.url, stop: () => server.stop().then(folder.remove) };
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

async function fill(folder: string, samples: Iterable<Sample>): Promise<void> {
  // Whisper counts back from now, and the samples lie at a fixed date.
  const points = Math.ceil((Date.now() / 1000 - START) / STEP) + 10_000;
  const lines = [...samples]
    .filter(({ value }) => value !== "NaN")
    .map(({ metric, labels, time, value }) => `${metric}.${labels.track}.${labels.zone} ${time} ${value}`);
  await pipe(PYTHON, ["-c", FILL, folder, String(STEP), String(points)], `${lines.join("\n")}\n`);
}

function settings(folder: string): string {
  return `
from graphite.settings import *
SECRET_KEY = "loopback"
TIME_ZONE = "UTC"
ALLOWED_HOSTS = ["127.0.0.1"]
CONF_DIR = "${folder}/conf"
STORAGE_DIR = "${folder}"
WHISPER_DIR = "${folder}/whisper"
STANDARD_DIRS = [WHISPER_DIR]
LOG_DIR = "${folder}/log"
INDEX_FILE = "${folder}/index"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "${folder}/graphite.db"}}
`;
}

async function pipe(command: string, args: readonly string[], input: string): Promise<void> {
  const child = spawn(command, args, { stdio: ["pipe", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000);
  });
  child.stdin.end(input);
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${command} ended with ${String(code)}: ${said}`);
}

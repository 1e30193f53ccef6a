import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";

const ROOT = path.resolve(import.meta.dirname, "..", "..");

/** dist/ as it is, or, when there is none, a build of the sources in `scratch`. */
export async function bundleFolder(scratch: string): Promise<string> {
  const dist = path.join(ROOT, "dist");
  return existsSync(path.join(dist, "cli.js")) ? dist : await buildInto(path.join(scratch, "dist"));
}

async function buildInto(folder: string): Promise<string> {
  const script = pathToFileURL(path.join(ROOT, "scripts", "build.mjs")).href;
  const { buildFiles } = (await import(script)) as { buildFiles: () => Promise<Map<string, string | Uint8Array>> };
  for (const [name, content] of await buildFiles()) {
    const target = path.join(folder, name);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, content);
  }
  return folder;
}

/** Exits 1 when the committed dist/ is not what the sources give: the file list and every byte are compared. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { buildFiles, DIST } from "./build.mjs";

/** @returns {Promise<string[]>} paths inside dist, with forward slashes */
async function listDist() {
  const entries = await readdir(DIST, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(DIST, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, "/"));
}

async function differences() {
  const built = await buildFiles();
  const committed = new Set(await listDist());
  const found = [...committed].filter((name) => !built.has(name)).map((name) => `dist/${name} is not built any more`);
  for (const [name, data] of built) {
    if (!committed.has(name)) found.push(`dist/${name} is missing`);
    else if (!Buffer.from(data).equals(await readFile(path.join(DIST, name)))) found.push(`dist/${name} differs`);
  }
  return found.sort();
}

const found = await differences();
if (found.length > 0) {
  console.error(`${found.join("\n")}\ndist/ is not what the sources give: run \`npm run build\` and commit dist/.`);
  process.exit(1);
}
console.log("dist/ is what the sources give");

/**
 * Writes the folder that is published to npm: the command line and the library with their types, and a package.json of
 * its own, because the one of the repository is private and brings Node binaries for its tests.
 *
 * Usage: npm run pack:npm [-- DIR], by default tmp/npm; then `npm pack` or `npm publish` in that folder.
 */
import { execFile } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { buildFiles } from "./build.mjs";

const ROOT = path.resolve(import.meta.dirname, "..");
const TSC = path.join(ROOT, "node_modules/.bin/tsc");

/** Bundles that the package offers; their chunks come along. */
const ENTRIES = ["cli.js", "index.js"];
const EXTRAS = ["README.md", "CHANGELOG.md", "LICENSE", "schema"];

/** Bundled files that the entries load, now or later. */
function reachable(files) {
  const found = new Set();
  const visit = (name) => {
    if (found.has(name)) return;
    found.add(name);
    for (const [, chunk] of String(files.get(name)).matchAll(/["'`]\.{1,2}\/(?:chunks\/)?([\w.-]+\.js)["'`]/g)) {
      const target = [`chunks/${chunk}`, chunk].find((candidate) => files.has(candidate));
      if (target !== undefined) visit(target);
    }
  };
  for (const entry of ENTRIES) visit(entry);
  return found;
}

async function writeBundles(target) {
  const files = await buildFiles();
  for (const name of [...reachable(files), "licenses.txt"]) {
    const file = path.join(target, "dist", name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, files.get(name));
  }
  await chmod(path.join(target, "dist/cli.js"), 0o755);
}

/** Declarations that src/index.ts mentions, transitively. @returns names of packages that they import */
async function writeTypes(target) {
  const scratch = await mkdtemp(path.join(tmpdir(), "types-"));
  await promisify(execFile)(TSC, ["-p", path.join(ROOT, "tsconfig.types.json"), "--outDir", scratch], { cwd: ROOT });
  const packages = new Set();
  const written = new Set();
  const copy = async (name) => {
    if (written.has(name)) return;
    written.add(name);
    const text = await readFile(path.join(scratch, "src", name), "utf8");
    const file = path.join(target, "dist/types", name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
    for (const [, specifier = ""] of text.matchAll(/(?:\bfrom|\bimport\() ?"([^"]+)"/g)) {
      if (!specifier.startsWith(".")) packages.add(packageName(specifier));
      else await copy(path.posix.join(path.posix.dirname(name), specifier.replace(/\.ts$/, ".d.ts")));
    }
  };
  await copy("index.d.ts");
  await rm(scratch, { recursive: true });
  return packages;
}

/** `@scope/name/part` belongs to `@scope/name`. */
function packageName(specifier) {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

async function manifest(packages) {
  const root = JSON.parse(await readFile(path.join(ROOT, "package.json"), "utf8"));
  const { name, version, description, license, type, engines, bin } = root;
  const needed = Object.entries(root.dependencies).filter(([dependency]) => packages.has(dependency));
  const unknown = [...packages].filter((one) => root.dependencies[one] === undefined && !one.startsWith("node:"));
  if (unknown.length > 0) throw new Error(`the types import ${unknown.join(", ")}, which are not dependencies`);
  return {
    name,
    version,
    description,
    keywords: ["difference-in-differences", "deploy", "regression", "econometrics", "sli", "prometheus"],
    license,
    type,
    engines,
    bin,
    exports: {
      ".": { types: "./dist/types/index.d.ts", default: "./dist/index.js" },
      "./schema/*": "./schema/*",
      "./package.json": "./package.json",
    },
    types: "./dist/types/index.d.ts",
    files: ["dist", "schema", "CHANGELOG.md"],
    sideEffects: ["./dist/cli.js"],
    // the bundles hold all code; these are what the types speak of
    dependencies: Object.fromEntries(needed),
  };
}

async function main() {
  const target = path.resolve(process.argv[2] ?? path.join(ROOT, "tmp/npm"));
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  await writeBundles(target);
  const packages = await writeTypes(target);
  for (const extra of EXTRAS) await cp(path.join(ROOT, extra), path.join(target, extra), { recursive: true });
  await writeFile(path.join(target, "package.json"), `${JSON.stringify(await manifest(packages), null, 2)}\n`);
  console.log(`${target} can be packed and published`);
}

await main();

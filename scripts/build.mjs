/**
 * Builds the committed bundles in dist/: action.js and post.js for the runner's Node 24, cli.js and index.js (the
 * library) for Node 20 and newer.
 * Nothing has to be installed to run them. The same sources give the same bytes on every machine: no dates, no
 * absolute paths, chunk names from their content. `npm run check:dist` builds in memory and compares.
 */
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import license from "rollup-plugin-license";

const ROOT = path.resolve(import.meta.dirname, "..");
export const DIST = path.join(ROOT, "dist");

/** One group shares chunks; a group per target, because Node 20 must not meet syntax of Node 24. */
const GROUPS = [
  { target: "node24", entries: { action: "src/entry/action.ts", post: "src/entry/post.ts" } },
  { target: "node20", entries: { cli: "src/entry/cli.ts", index: "src/index.ts" } },
];
const EXECUTABLES = new Set(["cli.js"]);
const HASHBANG = "#!/usr/bin/env node\n";

/** Licences that allow shipping inside an MIT bundle with the notice kept (dist/licenses.txt). */
const ALLOWED_LICENSES =
  "(MIT OR ISC OR Apache-2.0 OR BSD-2-Clause OR BSD-3-Clause OR 0BSD OR BlueOak-1.0.0 OR Python-2.0)";

/** @returns {Promise<Map<string, string | Uint8Array>>} path inside dist -> content */
export async function buildFiles() {
  const files = new Map();
  const packages = new Map();
  for (const group of GROUPS) {
    for (const [name, content] of await bundle(group, packages)) {
      if (files.has(name) && files.get(name) !== content) throw new Error(`two different chunks are called ${name}`);
      files.set(name, content);
    }
  }
  files.set("licenses.txt", licenseText([...packages.values()]));
  files.set("package.json", `${JSON.stringify({ type: "module" })}\n`);
  return files;
}

async function bundle(group, packages) {
  const build = await rolldown({
    cwd: ROOT,
    input: group.entries,
    platform: "node",
    tsconfig: path.join(ROOT, "tsconfig.json"),
    transform: { target: group.target },
    onLog: failOnWarning,
    plugins: [
      license({
        cwd: ROOT,
        thirdParty: {
          output: (dependencies) => {
            for (const dependency of dependencies) packages.set(`${dependency.name}@${dependency.version}`, dependency);
          },
          allow: { test: ALLOWED_LICENSES, failOnUnlicensed: true, failOnViolation: true },
        },
      }),
    ],
  });
  const { output } = await build.generate({
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: `chunks/[name]-[hash].js`,
    sourcemap: false,
    // Shorter, so that a runner loads it faster; names of functions stay, so that a stack trace still says where.
    minify: { compress: false, mangle: { keepNames: true }, codegen: { removeWhitespace: true } },
  });
  await build.close();
  return output.map((file) => [file.fileName, content(file)]);
}

function content(file) {
  if (file.type === "asset") return file.source;
  return EXECUTABLES.has(file.fileName) && !file.code.startsWith("#!") ? HASHBANG + file.code : file.code;
}

/** A warning of the bundler (an import that cannot be resolved, a cycle that breaks order) is a broken bundle later. */
function failOnWarning(level, log) {
  if (level === "warn") throw new Error(`The bundler warned: ${log.message}`);
}

function licenseText(dependencies) {
  const sorted = dependencies.toSorted((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1));
  const blocks = sorted.map((d) => {
    const text = [d.licenseText, d.noticeText].filter(Boolean).join("\n\n").replaceAll("\r\n", "\n").trim();
    return `${d.name} ${d.version} (${d.license})\n\n${text || `Licensed under ${d.license}; the package ships no licence text.`}\n`;
  });
  return `Packages bundled in this folder and their licences\n\n${blocks.join(`\n${"-".repeat(80)}\n\n`)}`;
}

async function writeDist(files) {
  await rm(DIST, { recursive: true, force: true });
  for (const [name, data] of files) {
    const target = path.join(DIST, name);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, data);
    if (EXECUTABLES.has(name)) await chmod(target, 0o755);
  }
}

async function main() {
  const { version } = JSON.parse(await readFile(path.join(ROOT, "package.json"), "utf8"));
  const files = await buildFiles();
  await writeDist(files);
  for (const [name, data] of files) console.log(`dist/${name}  ${(Buffer.byteLength(data) / 1000).toFixed(0)} kB`);
  console.log(`deploy-impact ${version} built`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();

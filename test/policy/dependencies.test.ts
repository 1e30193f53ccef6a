import { describe, expect, it } from "vitest";
import { textOf } from "./repository.ts";

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}
interface Lockfile {
  readonly packages: Readonly<
    Record<string, { readonly license?: string; readonly dev?: boolean; readonly hasInstallScript?: boolean }>
  >;
}

const manifest = JSON.parse(textOf("package.json")) as Manifest;
const lockfile = JSON.parse(textOf("package-lock.json")) as Lockfile;
const installed = Object.entries(lockfile.packages).filter(([name]) => name !== "");

/** What may be bundled into dist/ or run by users. A new line here is a decision, not a formality. */
const RUN_TIME = [
  "@actions/core",
  "@actions/github",
  "@electric-sql/pglite",
  "@octokit/plugin-retry",
  "@octokit/plugin-throttling",
  "aws4fetch",
  "commander",
  "d3-scale",
  "d3-shape",
  "hyparquet",
  "ml-matrix",
  "octokit",
  "pg",
  "pg-boss",
  "pino",
  "probot",
  "undici",
  "yaml",
  "zod",
];

/** Licences of tools: nothing of them is shipped, so weak copyleft is fine as well. */
const TOOL_LICENSES = new Set([
  "MIT",
  "ISC",
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "CC0-1.0",
  "CC-BY-3.0",
  "Unlicense",
  "MPL-2.0",
  "EPL-2.0",
  "MIT OR Apache-2.0",
  "(MIT OR CC0-1.0)",
  "(MIT AND CC-BY-3.0)",
  "(MPL-2.0 OR Apache-2.0)",
  "EPL-2.0 OR GPL-3.0-or-later",
]);
/** Packages that carry a licence file but no `license` field. khroma (through mermaid): MIT, by its license file. */
const LICENSE_IN_FILE_ONLY = new Set(["node_modules/khroma"]);

describe("dependencies", () => {
  it("at run time are the ones agreed on", () => {
    expect(Object.keys(manifest.dependencies).sort()).toEqual(RUN_TIME);
  });

  it("are pinned to exact versions", () => {
    const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
    const loose = Object.entries(all).filter(([, version]) => !/^(npm:@?[\w/-]+@)?\d+\.\d+\.\d+$/.test(version));
    expect(loose).toEqual([]);
  });

  it("install without running a script", () => {
    expect(installed.filter(([, entry]) => entry.hasInstallScript).map(([name]) => name)).toEqual([]);
  });

  it("have licences that allow their use", () => {
    const others = installed
      .filter(([name]) => !LICENSE_IN_FILE_ONLY.has(name))
      .filter(([, entry]) => !TOOL_LICENSES.has(entry.license ?? "none"));
    expect(others.map(([name, entry]) => `${name}: ${entry.license}`)).toEqual([]);
  });
});

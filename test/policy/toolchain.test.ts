import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT, textOf } from "./repository.ts";

/** The first node in PATH that npm did not put there. */
function systemNode(): string | null {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const outside = folders.filter((folder) => folder !== "" && !folder.includes("node_modules"));
  return outside.map((folder) => path.join(folder, "node")).find((file) => existsSync(file)) ?? null;
}

function majorOf(node: string | null): number | null {
  if (node === null) return null;
  return Number(execFileSync(node, ["-p", "process.versions.node"], { encoding: "utf8" }).split(".")[0]);
}

describe("the toolchain", () => {
  it("compiles with TypeScript 7, although tools see TypeScript 6", () => {
    const tsc = path.join(ROOT, "node_modules/.bin/tsc");
    expect(execFileSync(tsc, ["-v"], { encoding: "utf8" })).toMatch(/^Version 7\./);
  });

  it("has npm scripts whose files exist", () => {
    const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Readonly<Record<string, string>> };
    const files = Object.values(scripts).flatMap((script) =>
      [...script.matchAll(/\bnode (?:-\S+ )*(\S+)/g)].map((m) => m[1] ?? ""),
    );
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
  });

  it("runs the tests on Node 24 or newer", () => {
    expect(Number(process.versions.node.split(".")[0])).toBeGreaterThanOrEqual(24);
  });
});

const node = systemNode();
const major = majorOf(node);

describe.skipIf(node === null || major !== 20)("dist/cli.js on the system's Node 20, nothing installed", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "cli-"));
    await cp(path.join(ROOT, "dist"), path.join(folder, "dist"), { recursive: true });
    await cp(path.join(ROOT, "examples"), path.join(folder, "examples"), { recursive: true });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  function cli(...args: readonly string[]): string {
    return execFileSync(node ?? "", [path.join(folder, "dist/cli.js"), ...args], {
      cwd: folder,
      encoding: "utf8",
      env: {},
    });
  }

  it("prints the version of package.json", () => {
    const { version } = JSON.parse(textOf("package.json")) as { version: string };
    expect(cli("--version").trim()).toBe(version);
  });

  it("gives a verdict on shipped data", () => {
    const result = cli("check", "--config", "examples/node-pool-autoscaler/deploy-impact.yml", "--format", "json");
    expect(JSON.parse(result)).toMatchObject({ verdict: "no-impact" });
  });
});

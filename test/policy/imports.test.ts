import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filesUnder, ROOT } from "./repository.ts";

const run = promisify(execFile);
const CRUISER = path.join(ROOT, "node_modules/.bin/depcruise");

interface Cruise {
  readonly modules: readonly { readonly source: string }[];
  readonly summary: {
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

async function cruise(cwd: string): Promise<Cruise> {
  const args = ["src", "--config", path.join(cwd, ".dependency-cruiser.cjs"), "--output-type", "json"];
  // With violations the exit code is not 0; the JSON is on stdout all the same.
  const { stdout } = await run(CRUISER, args, { cwd, maxBuffer: 2 ** 26 }).catch((failure: unknown) => {
    if (failure instanceof Error && "stdout" in failure) return { stdout: String(failure.stdout) };
    throw failure;
  });
  return JSON.parse(stdout) as Cruise;
}

describe("imports of the sources", () => {
  it("are all seen, and none breaks a rule", async () => {
    const { modules, summary } = await cruise(ROOT);
    const seen = new Set(modules.map((module) => module.source));
    expect(filesUnder("src").filter((file) => file.endsWith(".ts") && !seen.has(file))).toEqual([]);
    expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`)).toEqual([]);
  });
});

/** File planted -> the rule that has to object to it. */
const PLANTED: readonly (readonly [file: string, text: string, rule: string])[] = [
  ["src/core/reads.ts", 'import { readFileSync } from "node:fs"; readFileSync("x");', "core-is-pure"],
  ["src/core/parses.ts", 'import * as z from "zod"; z.string();', "core-packages"],
  ["src/core/asks.ts", 'import type { P } from "../ports.ts"; export type A = P;', "core-is-independent-of-ports"],
  ["src/core/reaches.ts", 'import { a } from "../app/a.ts"; a;', "core-imports"],
  ["src/sources/reaches.ts", 'import { a } from "../app/a.ts"; a;', "sources-imports"],
  ["src/report/reaches.ts", 'import { a } from "../github/a.ts"; a;', "report-imports"],
  ["src/report/computes.ts", 'import { a } from "../core/fit.ts"; a;', "report-takes-types-and-constants-from-core"],
  ["src/github/reaches.ts", 'import { a } from "../app/a.ts"; a;', "github-imports"],
  ["src/config/reaches.ts", 'import { a } from "../app/a.ts"; a;', "config-imports"],
  ["src/app/enters.ts", 'import { a } from "../entry/a.ts"; a;', "nobody-imports-entries"],
  ["src/app/parses.ts", 'import * as z from "zod"; z.string();', "zod-at-the-borders"],
  ["src/app/stores.ts", 'import pg from "pg"; pg;', "bot-packages"],
  ["src/app/cycle-b.ts", 'import { a } from "./cycle.ts"; export const b = a;', "no-cycles"],
  ["src/app/missing.ts", 'import { b } from "./nowhere.ts"; b;', "no-unresolvable"],
  ["src/app/tests.ts", 'import { t } from "../../test/t.ts"; t;', "src-is-closed"],
];
const GROUND: readonly (readonly [file: string, text: string])[] = [
  ["src/ports.ts", "export interface P { readonly p: number }"],
  ["src/core/fit.ts", "export const a = 1;"],
  ["src/app/a.ts", "export const a = 1;"],
  ["src/github/a.ts", "export const a = 1;"],
  ["src/entry/a.ts", "export const a = 1;"],
  ["src/app/cycle.ts", 'import { b } from "./cycle-b.ts"; export const a = b;'],
  ["test/t.ts", "export const t = 1;"],
];

describe("the import rules", () => {
  let folder = "";
  let found: ReadonlySet<string> = new Set();

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "imports-"));
    for (const [file, text] of [...GROUND, ...PLANTED]) {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      await writeFile(path.join(folder, file), `${text}\n`);
    }
    for (const file of ["package.json", "tsconfig.json", ".dependency-cruiser.cjs"]) {
      await cp(path.join(ROOT, file), path.join(folder, file));
    }
    await symlink(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"));
    const { summary } = await cruise(folder);
    found = new Set(summary.violations.map(({ rule, from }) => `${from} ${rule.name}`));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(PLANTED)("object to %s", (file, _text, rule) => {
    expect(found).toContain(`${file} ${rule}`);
  });
});

/**
 * Runs the product over a folder of cases with known truth: `npm run arena -- DIR --out FILE [--score] [--design NAME]`.
 *
 * DIR holds inputs.jsonl (what a checker may see), cases/*.csv and, for --score, manifest.jsonl (the truth). Every case
 * goes through the public API with the defaults: two-sided 5 %, margin 0. One JSON line per case is written to FILE.
 */
import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { DESIGNS } from "../src/core/plan.ts";
import { type ArenaCase, type ArenaLine, runCase } from "./arena/run-case.ts";
import { scoreTable } from "./arena/score.ts";

const USAGE = "usage: npm run arena -- DIR --out FILE [--score] [--design NAME]";

const DESIGN_CHOICES = ["auto", ...DESIGNS] as const;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      out: { type: "string" },
      score: { type: "boolean", default: false },
      design: { type: "string", default: "auto" },
    },
    allowPositionals: true,
  });
  const dir = positionals[0];
  if (dir === undefined || (values.out === undefined && !values.score)) {
    process.stderr.write(`${USAGE}\n`);
    return 64;
  }
  const design = DESIGN_CHOICES.find((one) => one === values.design);
  if (design === undefined) {
    process.stderr.write(`There is no design ${values.design}; choose ${DESIGN_CHOICES.join(", ")}.\n`);
    return 64;
  }
  const cases = readLines<ArenaCase>(path.join(dir, "inputs.jsonl"));
  const lines: ArenaLine[] = [];
  for (const one of cases) lines.push(await runCase(dir, one, design));
  if (values.out !== undefined) {
    fs.writeFileSync(values.out, `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`);
  }
  const errors = lines.filter((line) => line.verdict === "error");
  process.stderr.write(`${lines.length} cases, ${errors.length} errors\n`);
  if (values.score) process.stdout.write(`${scoreTable(readLines(path.join(dir, "manifest.jsonl")), lines)}\n`);
  return errors.length === 0 ? 0 : 1;
}

function readLines<T>(file: string): T[] {
  return fs
    .readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as T);
}

process.exitCode = await main();

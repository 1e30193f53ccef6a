import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { compareCase } from "../test/reference/runners/compare.ts";
import { CASE_RUNNERS } from "../test/reference/runners/index.ts";
import { readJson } from "../test/reference/runners/json.ts";
import { readTable } from "../test/reference/runners/table.ts";

/**
 * Compares this engine with reference numbers from R packages: one line per case folder in DIR.
 * Exits 1 when a number is outside its tolerance or a case has no runner.
 */
const SHOWN_MISSES = 5;

function describeNumber(value: number): string {
  return value === 0 ? "0" : value.toExponential(1);
}

function verifyFolder(folder: string): boolean {
  let name = basename(folder);
  try {
    const expected = readJson(join(folder, "expected.json"));
    name = String(expected.case);
    const runner = CASE_RUNNERS.find((candidate) => candidate.cases.includes(name));
    if (!runner) {
      console.log(`????  ${name}: not understood, no runner is made for this case`);
      return false;
    }
    const result = compareCase(runner, { expected, folder, panel: () => readTable(join(folder, "panel.csv")) });
    const verdict = result.misses.length === 0 ? "ok  " : "MISS";
    const skipped = result.skipped > 0 ? `, ${result.skipped} not a target` : "";
    const worst = `worst relative error ${describeNumber(result.worstRelative)} (${describeNumber(result.worstShare)} of its tolerance${result.worstPath ? `, ${result.worstPath}` : ""})`;
    console.log(
      `${verdict}  ${name}: ${result.compared} numbers${skipped}, ${worst}, tolerance ${describeNumber(runner.relative(expected))}`,
    );
    for (const miss of result.misses.slice(0, SHOWN_MISSES)) {
      console.log(`      ${miss.path}: expected ${JSON.stringify(miss.want)}, got ${String(miss.got)}`);
    }
    if (result.misses.length > SHOWN_MISSES) console.log(`      and ${result.misses.length - SHOWN_MISSES} more`);
    return result.misses.length === 0;
  } catch (error) {
    console.log(`FAIL  ${name}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

function main(): number {
  const [directory, ...only] = process.argv.slice(2);
  if (directory === undefined) {
    console.error(
      "Usage: npm run verify:reference -- DIR [CASE...]; DIR holds one folder per case with expected.json.",
    );
    return 64;
  }
  const folders = readdirSync(directory)
    .filter((name) => existsSync(join(directory, name, "expected.json")))
    .filter((name) => only.length === 0 || only.includes(name))
    .sort();
  if (folders.length === 0) {
    console.error(`No case folder with an expected.json in ${directory}.`);
    return 64;
  }
  const lost = only.filter((name) => !folders.includes(name));
  for (const name of lost) console.log(`????  ${name}: there is no such case folder`);
  const passed = folders.map((name) => verifyFolder(join(directory, name)));
  const good = passed.filter(Boolean).length;
  console.log(`${good} of ${folders.length + lost.length} cases agree.`);
  return good === folders.length + lost.length ? 0 : 1;
}

process.exitCode = main();

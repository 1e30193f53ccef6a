/**
 * `npm run bench -- NAME` runs bench/NAME.ts and prints its Markdown tables.
 *
 * Data are made on the spot, the same on every machine, in the system's temporary folder, and removed afterwards.
 */
import { readdirSync } from "node:fs";
import path from "node:path";
import { machineLine } from "./measure/machine.ts";

/** One benchmark: what its `bench` returns is printed. */
interface Benchmark {
  readonly bench: () => Promise<string>;
}

function names(): string[] {
  return readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith(".ts") && file !== "run.ts")
    .map((file) => path.basename(file, ".ts"))
    .sort();
}

async function main(): Promise<number> {
  const name = process.argv[2];
  const known = names();
  if (name === undefined || !known.includes(name)) {
    const wrong = name === undefined ? "" : `There is no benchmark ${name}. `;
    process.stderr.write(`${wrong}usage: npm run bench -- NAME, NAME one of ${known.join(", ")}\n`);
    return 64;
  }
  const { bench } = (await import(`./${name}.ts`)) as Benchmark;
  const table = await bench();
  process.stdout.write(`${machineLine()}\n\n${table}\n`);
  return 0;
}

process.exitCode = await main();

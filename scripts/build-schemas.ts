/**
 * Writes the JSON Schemas in schema/: the config's from the schema that reads it (and those of the sources), the
 * result's from its mirror in scripts/result-schema.ts. `--check` compares instead of writing.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { CONFIG_SCHEMA } from "../src/config/schema.ts";
import { SOURCES } from "../src/sources/index.ts";
import { BACKTEST_SCHEMA, PLAN_SCHEMA } from "./history-schema.ts";
import { RESULT_SCHEMA } from "./result-schema.ts";

const FOLDER = path.resolve(import.meta.dirname, "../schema");

type Json = Record<string, unknown>;

/** File name in schema/ -> text. */
export function schemaFiles(): ReadonlyMap<string, string> {
  return new Map([
    ["config.schema.json", text(configSchema())],
    ["backtest.schema.json", text(z.toJSONSchema(BACKTEST_SCHEMA, { io: "output" }))],
    ["plan.schema.json", text(z.toJSONSchema(PLAN_SCHEMA, { io: "output" }))],
    ["result.schema.json", text(z.toJSONSchema(RESULT_SCHEMA, { io: "output" }))],
  ]);
}

function configSchema(): Json {
  const schema: Json = { ...z.toJSONSchema(CONFIG_SCHEMA, { io: "input" }) };
  const defs = schema.$defs as Record<string, Json>;
  defs.source = withSourceKeys(defs.source ?? {});
  return schema;
}

/** Each type of source has its own keys beside `type` and `lag`. */
function withSourceKeys(source: Json): Json {
  const shared = source.properties as Json;
  const kinds = [...new Set(Object.values(SOURCES))];
  const anyOf = kinds.map(({ label, options }) => {
    const own: Json = { ...z.toJSONSchema(options, { io: "input" }) };
    delete own.$schema;
    const properties = own.properties as Json;
    return { title: label, ...own, properties: { ...properties, lag: shared.lag } };
  });
  // An environment may change single keys of a source, so that none is required here.
  return { description: source.description, anyOf: anyOf.map(({ ...one }) => ({ ...one, required: [] })) };
}

function text(schema: unknown): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}

async function main(): Promise<number> {
  let stale = 0;
  for (const [name, content] of schemaFiles()) {
    const file = path.join(FOLDER, name);
    if (!process.argv.includes("--check")) {
      await mkdir(FOLDER, { recursive: true });
      await writeFile(file, content);
      console.log(`schema/${name}`);
    } else if ((await readFile(file, "utf8").catch(() => "")) !== content) {
      console.error(`schema/${name} is stale: run node scripts/build-schemas.ts`);
      stale += 1;
    }
  }
  return stale === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();

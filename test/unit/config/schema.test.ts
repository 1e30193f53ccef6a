import { readFileSync } from "node:fs";
import path from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { schemaFiles } from "../../../scripts/build-schemas.ts";
import { runAnalysis } from "../../../src/app/run.ts";
import { loadConfig } from "../../../src/config/load.ts";
import type { ResultDocument } from "../../../src/core/result.ts";
import { DEPLOYED_AT, portsAt, trigger } from "../app/fixtures.ts";
import { SMALLEST } from "./read.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const textOf = (file: string): string => readFileSync(path.join(ROOT, file), "utf8");
const EXAMPLES = ["examples/failed-deployment", "examples/node-pool-autoscaler"];

type Json = { readonly [key: string]: Json };

function validator(file: string) {
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
  formats.default(ajv);
  const validate = ajv.compile(JSON.parse(textOf(file)));
  return (document: unknown): string[] => {
    validate(document);
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
}

describe("schema/", () => {
  it.each([...schemaFiles().keys()])("%s is what its source makes", (name) => {
    expect(textOf(`schema/${name}`) === schemaFiles().get(name)).toBe(true);
  });
});

describe("the config's JSON Schema", () => {
  const errorsOf = validator("schema/config.schema.json");

  it.each(EXAMPLES)("accepts the config of %s", (example) => {
    expect(errorsOf(parse(textOf(`${example}/deploy-impact.yml`)))).toEqual([]);
  });

  it("accepts every example of the documentation", () => {
    const blocks = [...textOf("docs/configuration.md").matchAll(/```yaml\n([\s\S]*?)```/g)].map(
      ([, block = ""]) => block,
    );
    for (const block of blocks.filter((one) => !one.startsWith("#"))) {
      expect(errorsOf({ version: 1, ...(parse(block) as object) })).toEqual([]);
    }
  });

  it.each([
    ["an unknown key", { version: 1, marign: 1 }],
    ["an unknown key of a source", { version: 1, source: { type: "prometheus", ulr: "http://x" } }],
    ["a wrong choice", { version: 1, mode: "enforce" }],
    ["another version", { version: 2 }],
    ["a number as query", { version: 1, slis: [{ id: "a", query: 1 }] }],
  ])("refuses %s", (_, config) => {
    expect(errorsOf(config)).not.toEqual([]);
  });

  it("explains every key", () => {
    const schema = JSON.parse(textOf("schema/config.schema.json")) as Json;
    const silent = Object.entries(schema.properties ?? {}).filter(
      ([, property]) =>
        property.description === undefined &&
        schema.$defs?.[String(property.$ref).split("/").at(-1) ?? ""]?.description === undefined &&
        (property.allOf ?? property.anyOf) === undefined,
    );
    expect(silent.map(([key]) => key)).toEqual([]);
  });
});

describe("docs/configuration.md", () => {
  const page = textOf("docs/configuration.md");

  it("explains exactly the keys that exist", () => {
    const documented = [...page.matchAll(/^\| `([\w.-]+)` \|/gm)].map(([, key]) => key);
    expect(documented.toSorted()).toEqual(keysOf(JSON.parse(textOf("schema/config.schema.json")) as Json).toSorted());
  });

  it("shows an example that loads", () => {
    const [, block = ""] = /```yaml\n(version: 1[\s\S]*?)```/.exec(page) ?? [];
    const config = loadConfig({ text: block, file: "docs", environment: null });
    expect(config.services[0]?.slis.map(({ kind }) => kind)).toEqual(["ratio", "quantile"]);
  });

  it("states the defaults that hold", () => {
    const schema = JSON.parse(textOf("schema/config.schema.json")) as Json;
    const defaults = Object.entries({
      ...schema.properties,
      ...prefixed("windows", schema.$defs?.windows?.properties),
      ...prefixed("gate", schema.$defs?.gate?.properties),
      ...prefixed("slo", schema.$defs?.slo?.properties),
      ...prefixed("rollback", schema.$defs?.rollback?.properties),
    });
    for (const [key, property] of defaults) {
      if (property.default === undefined) continue;
      const row = page.split("\n").find((line) => line.startsWith(`| \`${key}\` |`)) ?? "";
      expect(row).toContain(`| \`${String(property.default)}\` |`);
    }
  });
});

function prefixed(prefix: string, properties: Json | undefined): Record<string, Json> {
  return Object.fromEntries(Object.entries(properties ?? {}).map(([key, value]) => [`${prefix}.${key}`, value]));
}

/** Dotted keys of a config; environments and services repeat the others, a source's own keys are documented with it. */
function keysOf(schema: Json): string[] {
  const defs = schema.$defs ?? {};
  const names = (name: string): string[] => Object.keys(defs[name]?.properties ?? {});
  const under = (prefix: string, keys: readonly string[]): string[] => keys.map((key) => `${prefix}.${key}`);
  const objects = (name: string): string[] => {
    const options = (defs[name]?.anyOf ?? defs[name]?.oneOf ?? []) as unknown as Json[];
    return [...new Set(options.flatMap((option) => Object.keys(option.properties ?? {})))];
  };
  return [
    ...Object.keys(schema.properties ?? {}),
    ...under("source", ["type", "lag"]),
    ...under("units", names("units")),
    ...under("units.treated", names("group")),
    "units.control.match",
    ...under("windows", names("windows")),
    ...under("exclude", names("exclusion")),
    ...under("version-query", objects("versionQuery")),
    ...under("split", names("split")),
    ...under("slis", names("sli")),
    ...under("gate", names("gate")),
    ...under("slo", names("slo")),
    ...under("alerts", objects("alert")),
    ...under("rollback", names("rollback")),
    "services.paths",
  ];
}

describe("the result's JSON Schema", () => {
  const errorsOf = validator("schema/result.schema.json");
  const stored = (document: ResultDocument): unknown => JSON.parse(JSON.stringify(document));

  it.each(EXAMPLES)("describes the result of %s", async (example) => {
    const config = loadConfig({ text: textOf(`${example}/deploy-impact.yml`), file: "c", environment: null });
    if (typeof config.deployedAt !== "number") throw new Error("the example states its deploy time");
    const { deployedAt } = config;
    const ports = portsAt(deployedAt + 86_400);
    const document = await runAnalysis(config, trigger({ deployedAt }), ports, {
      version: "1",
      baseDir: path.join(ROOT, example),
    });
    expect(errorsOf(stored(document))).toEqual([]);
    expect(errorsOf({ ...document, surprise: 1 })).not.toEqual([]);
  });

  it("describes a run that was refused before reading", async () => {
    const config = loadConfig({ text: SMALLEST, file: "c", environment: null });
    const document = await runAnalysis(config, trigger(), portsAt(DEPLOYED_AT), { version: "1", baseDir: "." });
    expect(document.reasonCodes).toEqual(["WINDOW_OPEN"]);
    expect(errorsOf(stored(document))).toEqual([]);
  });
});

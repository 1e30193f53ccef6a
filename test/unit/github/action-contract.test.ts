import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { INPUTS, OUTPUTS } from "../../../src/github/action-contract.ts";

interface Manifest {
  readonly inputs: Record<string, { description: string; required: boolean; default?: string }>;
  readonly outputs: Record<string, { description: string }>;
  readonly runs: Record<string, string>;
}

const MANIFEST = parse(readFileSync(path.resolve(import.meta.dirname, "../../../action.yml"), "utf8")) as Manifest;

test("action.yml has exactly the inputs of the code, with their texts and defaults", () => {
  const expected = Object.fromEntries(
    Object.entries(INPUTS).map(([name, spec]) => [
      name,
      { description: spec.description, required: false, ...("default" in spec ? { default: spec.default } : {}) },
    ]),
  );
  expect(MANIFEST.inputs).toEqual(expected);
});

test("action.yml has exactly the outputs of the code", () => {
  const expected = Object.fromEntries(Object.entries(OUTPUTS).map(([name, description]) => [name, { description }]));
  expect(MANIFEST.outputs).toEqual(expected);
});

test("the post step runs whatever happened", () => {
  expect(MANIFEST.runs).toEqual({
    using: "node24",
    main: "dist/action.js",
    post: "dist/post.js",
    "post-if": "always()",
  });
});

import { expect, test } from "vitest";
import { readInputs } from "../../../src/app/action-inputs.ts";

const read =
  (inputs: Record<string, string>) =>
  (name: string): string =>
    ({ "github-token": "ghs_x", ...inputs })[name] ?? "";

test("nothing given: defaults, and null where the config or the event decides", () => {
  expect(readInputs(read({}))).toEqual({
    config: ".github/deploy-impact.yml",
    token: "ghs_x",
    environment: null,
    deployedAt: null,
    sha: null,
    pullRequest: null,
    mode: null,
    failOn: null,
    comment: null,
    checkName: null,
    wait: 0,
    seed: null,
    dryRun: false,
    resultPath: null,
  });
});

test.each([
  ["90s", 90],
  ["5m", 300],
  ["10m", 600],
  ["0", 0],
])("wait %s is %i seconds", (wait, seconds) => {
  expect(readInputs(read({ wait })).wait).toBe(seconds);
});

test("booleans are the words of YAML 1.2 and no others", () => {
  for (const word of ["true", "True", "TRUE"]) expect(readInputs(read({ "dry-run": word })).dryRun).toBe(true);
  for (const word of ["false", "False", "FALSE"]) expect(readInputs(read({ "dry-run": word })).dryRun).toBe(false);
  for (const word of ["yes", "on", "1", "tRUE"]) expect(() => readInputs(read({ "dry-run": word }))).toThrow(/dry-run/);
});

test("a renamed input fails with its new name", () => {
  expect(() => readInputs(read({ threshold: "3" }), { threshold: "mode" })).toThrow("`threshold` is now called `mode`");
});

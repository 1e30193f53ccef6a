import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { COMMAND_NAMES, parseCommand } from "../../../../src/bot/commands/grammar.ts";

const command = (body: string) => {
  const parsed = parseCommand(body);
  return parsed.kind === "command" ? parsed.command : parsed;
};
const mistake = (body: string) => {
  const parsed = parseCommand(body);
  return parsed.kind === "mistake" ? parsed.mistake : parsed;
};

describe("what is understood", () => {
  test.each([
    ["/deploy-impact status", { name: "status", environment: null }],
    ["  /deploy-impact   status  ", { name: "status", environment: null }],
    ["/Deploy-Impact Status\r\nthank you", { name: "status", environment: null }],
    ["/deploy-impact rerun --env staging", { name: "rerun", environment: "staging" }],
    ["/deploy-impact rerun --env=staging", { name: "rerun", environment: "staging" }],
    ['/deploy-impact rerun --env "eu west"', { name: "rerun", environment: "eu west" }],
    ["/deploy-impact rerun \u2014env staging", { name: "rerun", environment: "staging" }],
    ["/deploy-impact rerun --env “eu west”", { name: "rerun", environment: "eu west" }],
    ["/deploy-impact extend 60m", { name: "extend", environment: null, by: 3600 }],
    ["/deploy-impact extend 1.5h --env production", { name: "extend", environment: "production", by: 5400 }],
    ["/deploy-impact extend --env production 2H", { name: "extend", environment: "production", by: 7200 }],
    [
      "/deploy-impact ack the new index is being built",
      { name: "ack", environment: null, reason: "the new index is being built" },
    ],
    [
      "/deploy-impact ack --env eu/prod we rerun --env later",
      { name: "ack", environment: "eu/prod", reason: "we rerun --env later" },
    ],
    ["/deploy-impact explain", { name: "explain", environment: null }],
    ["/deploy-impact help", { name: "help" }],
  ])("%j", (body, expected) => {
    expect(command(body)).toEqual(expected);
  });
});

describe("what is not spoken to us", () => {
  test.each([
    "looks good",
    "please run /deploy-impact rerun",
    "> /deploy-impact rerun",
    "> quoted\n\n/deploy-impact rerun",
    "```\n/deploy-impact rerun\n```",
    "~~~\n/deploy-impact rerun\n~~~",
    "    /deploy-impact rerun",
    "\t/deploy-impact rerun",
    "`/deploy-impact rerun`",
    "<!-- /deploy-impact rerun -->",
    "<details>\n/deploy-impact rerun",
    "- /deploy-impact rerun",
    "first line\n/deploy-impact rerun",
    "\n/deploy-impact rerun",
    "/deploy-impactful rerun",
    "/deploy-impact: rerun",
    "deploy-impact rerun",
    "",
  ])("%j", (body) => {
    expect(parseCommand(body)).toEqual({ kind: "none" });
  });
});

describe("a mistake names what was meant, never what was written", () => {
  test.each([
    ["/deploy-impact", { kind: "missing-word" }],
    ["/deploy-impact statsu", { kind: "unknown-word", meant: "status" }],
    ["/deploy-impact re-run", { kind: "unknown-word", meant: "rerun" }],
    ["/deploy-impact rollback", { kind: "unknown-word", meant: null }],
    ["/deploy-impact extend", { kind: "no-duration" }],
    ["/deploy-impact extend soon", { kind: "no-duration" }],
    ["/deploy-impact extend 60", { kind: "no-duration" }],
    ["/deploy-impact extend -60m", { kind: "no-duration" }],
    ["/deploy-impact extend 0m", { kind: "no-duration" }],
    ["/deploy-impact extend 60m please", { kind: "left-over", name: "extend" }],
    ["/deploy-impact ack", { kind: "no-reason" }],
    ["/deploy-impact ack ...", { kind: "no-reason" }],
    ["/deploy-impact ack --env production", { kind: "no-reason" }],
    [`/deploy-impact ack ${"a".repeat(501)}`, { kind: "long-reason" }],
    ["/deploy-impact rerun --env", { kind: "no-environment" }],
    ['/deploy-impact rerun --env ""', { kind: "no-environment" }],
    ["/deploy-impact status now", { kind: "left-over", name: "status" }],
    ["/deploy-impact help me", { kind: "left-over", name: "help" }],
    ["/deploy-impact rerun staging; rm -rf /", { kind: "left-over", name: "rerun" }],
  ])("%j", (body, expected) => {
    expect(mistake(body)).toEqual(expected);
  });
});

const NOISE = fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.string({ maxLength: 300 }));
const SPOKEN = fc
  .tuple(fc.constantFrom(...COMMAND_NAMES, "", "--env", "rerun --env x"), NOISE)
  .map(([name, noise]) => `/deploy-impact ${name} ${noise}`);

describe("for every comment", () => {
  test("there is an answer, and a command is complete", () => {
    fc.assert(
      fc.property(fc.oneof(NOISE, SPOKEN), (body) => {
        const parsed = parseCommand(body);
        if (parsed.kind !== "command") return;
        const { command } = parsed;
        if (command.name === "extend") expect(command.by).toBeGreaterThan(0);
        if (command.name === "ack") expect(command.reason.trim()).not.toBe("");
        if (command.name !== "help" && command.environment !== null) expect(command.environment.trim()).not.toBe("");
      }),
      { numRuns: 2000 },
    );
  });

  test("only the first line counts", () => {
    fc.assert(
      fc.property(SPOKEN, NOISE, (line, rest) => {
        expect(parseCommand(`${line.replaceAll(/[\r\n\u2028\u2029]/g, "")}\n${rest}`)).toEqual(
          parseCommand(line.replaceAll(/[\r\n\u2028\u2029]/g, "")),
        );
      }),
      { numRuns: 500 },
    );
  });

  test("quoted and fenced lines never act, wherever they stand", () => {
    const quotes = fc.constantFrom("> ", ">", "    ", "\t", "```\n", "~~~~\n", "`", "- ", "text ");
    fc.assert(
      fc.property(quotes, SPOKEN, (before, line) => {
        expect(parseCommand(`${before}${line}`)).toEqual({ kind: "none" });
      }),
      { numRuns: 500 },
    );
  });

  test("a mistake holds none of the words that were written", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z@#]{6,30}$/), (word) => {
        const parsed = parseCommand(`/deploy-impact ${word}`);
        if (parsed.kind !== "mistake") return;
        expect(JSON.stringify(parsed)).not.toContain(`"${word}"`);
      }),
    );
  });

  test("a very long line is answered at once", () => {
    expect(mistake(`/deploy-impact ${"a".repeat(65_000)}`)).toEqual({ kind: "unknown-word", meant: null });
    expect(mistake(`/deploy-impact ack ${" ".repeat(32_000)}${"a ".repeat(16_000)}`)).toEqual({ kind: "long-reason" });
  });
});

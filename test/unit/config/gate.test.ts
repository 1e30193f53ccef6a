import { expect, it } from "vitest";
import { problems, read, SMALLEST } from "./read.ts";

const withGate = (gate: string): string =>
  `${SMALLEST}environments:\n  staging: {}\n  production:\n    gate: ${gate}\n`;

it("a gate needs the name of the environment before it, everything else leaves the decision to people", () => {
  expect(read(withGate("{ watches: staging }"), "production").gate).toEqual({
    watches: "staging",
    onInconclusive: "wait",
    onInvalid: "wait",
    onError: "wait",
    after: 7200,
    maxWait: 86_400,
  });
});

it("the gate belongs to its environment, and to no other", () => {
  const text = withGate("{ watches: staging, on-inconclusive: approve, on-error: reject, after: 30m, max-wait: 2d }");
  expect(read(text, "production").gate).toMatchObject({
    onInconclusive: "approve",
    onError: "reject",
    after: 1800,
    maxWait: 172_800,
  });
  expect(read(text, "staging").gate).toBeNull();
  expect(read(text).gate).toBeNull();
});

it.each([
  ["{ watches: production }", "13:22 environments.production.gate.watches is the environment that the gate protects."],
  ["{ on-error: reject }", "13:5 environments.production.gate.watches is missing."],
  [
    "{ watches: staging, max-wait: 40d }",
    "13:41 environments.production.gate.max-wait is longer than GitHub lets a job wait.",
  ],
  [
    "{ watches: staging, on-invalid: aprove }",
    '13:43 environments.production.gate.on-invalid: "aprove" is not allowed; did you mean "approve"?',
  ],
  ["{ watch: staging }", 'Unknown key "watch" in environments.production.gate; did you mean "watches"?'],
])("%s is refused with what to change", (gate, message) => {
  expect(problems(withGate(gate), "staging").join("\n")).toContain(message);
});

it("at the top of the file a gate would hold back the environment that it waits for", () => {
  expect(problems(`${SMALLEST}gate: { watches: staging }\n`).join("\n")).toContain('Unknown key "gate"');
});

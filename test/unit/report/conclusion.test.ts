import { describe, expect, test } from "vitest";
import { type ConclusionPolicy, conclusionFor, conclusionForError } from "../../../src/report/conclusion.ts";

const ENFORCING: ConclusionPolicy = {
  mode: "enforcing",
  failOn: "regression",
  onInconclusive: "neutral",
  onInvalid: "neutral",
};
const ADVISORY: ConclusionPolicy = { ...ENFORCING, mode: "advisory" };
const BLOCKING: ConclusionPolicy = { mode: "enforcing", failOn: "error", onInconclusive: "block", onInvalid: "block" };

describe("conclusion of a verdict", () => {
  test.each([
    ["no-impact", "success", "success", "success"],
    ["improvement", "success", "success", "success"],
    ["regression", "neutral", "failure", "failure"],
    ["inconclusive", "neutral", "neutral", "failure"],
    ["invalid", "neutral", "neutral", "failure"],
  ] as const)("%s: advisory %s, enforcing %s, blocking %s", (verdict, advisory, enforcing, blocking) => {
    expect(conclusionFor({ verdict }, ADVISORY)).toBe(advisory);
    expect(conclusionFor({ verdict }, ENFORCING)).toBe(enforcing);
    expect(conclusionFor({ verdict }, BLOCKING)).toBe(blocking);
  });

  test("advisory never blocks, whatever else is asked", () => {
    for (const verdict of ["regression", "inconclusive", "invalid"] as const) {
      expect(conclusionFor({ verdict }, { ...BLOCKING, mode: "advisory" })).toBe("neutral");
    }
    expect(conclusionForError({ code: "INTERNAL" }, { ...BLOCKING, mode: "advisory" })).toBe("neutral");
  });
});

test("our own failure does not block unless asked; a broken config does", () => {
  expect(conclusionForError({ code: "SOURCE_TIMEOUT" }, ENFORCING)).toBe("neutral");
  expect(conclusionForError({ code: "SOURCE_TIMEOUT" }, BLOCKING)).toBe("failure");
  expect(conclusionForError({ code: "CONFIG_MISSING" }, ENFORCING)).toBe("neutral");
  expect(conclusionForError({ code: "CONFIG_INVALID" }, ENFORCING)).toBe("failure");
  expect(conclusionForError({ code: "CONFIG_SYNTAX" }, ENFORCING)).toBe("failure");
});

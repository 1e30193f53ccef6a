import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { REASON_CODES } from "../../../src/core/reasons.ts";
import { CHECK_IDS, type CheckResult, VERDICTS } from "../../../src/core/result.ts";
import { CHECK_WORDING } from "../../../src/report/wording/checks.ts";
import { ERROR_TITLES } from "../../../src/report/wording/errors.ts";
import { REASON_WORDING } from "../../../src/report/wording/reasons.ts";
import { VERDICT_WORDING } from "../../../src/report/wording/verdicts.ts";

const TEXTS: readonly string[] = [
  ...Object.values(REASON_WORDING).flatMap((wording) => [wording.short, wording.sentence, wording.todo]),
  ...Object.values(VERDICT_WORDING).flatMap((wording) => [wording.meaning, wording.todo]),
  ...Object.values(CHECK_WORDING).map((wording) => wording.question),
  ...Object.values(ERROR_TITLES),
];

test("no text calls anything significant, and none is empty", () => {
  for (const text of TEXTS) {
    expect(text).not.toMatch(/significan|canary|baseline|health|score/i);
    expect(text.length).toBeGreaterThan(3);
  }
});

test("every reason code says what it means and what to do in one sentence each", () => {
  for (const code of REASON_CODES) {
    const { short, sentence, todo } = REASON_WORDING[code];
    expect(short).not.toMatch(/[.]$/);
    expect(short.length).toBeLessThanOrEqual(60);
    expect(sentence).toMatch(/^[A-Z].*\.$/);
    expect(todo).toMatch(/^[A-Z].*\.$/);
  }
  expect(Object.keys(REASON_WORDING)).toEqual([...REASON_CODES]);
});

test("verdicts differ in symbol and word", () => {
  expect(new Set(VERDICTS.map((verdict) => VERDICT_WORDING[verdict].symbol)).size).toBe(VERDICTS.length);
  expect(new Set(VERDICTS.map((verdict) => VERDICT_WORDING[verdict].word)).size).toBe(VERDICTS.length);
});

describe("checks with missing or foreign facts", () => {
  const tongue = { effect: () => null, size: () => null, unit: (name: string) => name };
  const strange = {
    units: "three",
    asLarge: null,
    smallestP: true,
    inPost: ["x", 3, null],
    moved: [1],
    droppedUnits: {},
    values: "no",
    driftPerHour: "fast",
    at: [],
  };

  test.each(CHECK_IDS)("%s still has a sentence", (id) => {
    for (const facts of [{}, strange]) {
      const check: CheckResult = {
        id,
        passed: null,
        required: false,
        statistic: null,
        pValue: null,
        threshold: null,
        facts,
      };
      const wording = CHECK_WORDING[id];
      for (const sentence of [
        wording.passed(check, tongue),
        wording.failed(check, tongue),
        wording.noted(check, tongue),
      ]) {
        expect(sentence.length).toBeGreaterThan(10);
        expect(sentence).not.toMatch(/null|undefined|NaN|\[object|\(\)/);
      }
    }
  });
});

test.each([
  [3.2, "the verdict survives a drift 3.2 times the largest seen before"],
  [1, "the verdict survives a drift as large as the largest seen before, but no larger one"],
  [0.16, "the verdict would not survive a drift as large as the largest seen before, only one 0.16 times as large"],
])(
  "pre-trends with breakdown %s says plainly whether the verdict survives a drift that was seen",
  (breakdown, said) => {
    const tongue = { effect: () => null, size: () => null, unit: (name: string) => name };
    const passed: CheckResult = {
      id: "pre-trends",
      passed: true,
      required: true,
      statistic: 1,
      pValue: 0.4,
      threshold: 0.02,
      facts: { breakdown },
    };
    expect(CHECK_WORDING["pre-trends"].passed(passed, tongue)).toBe(
      `Parallel before the deploy: yes (joint p = 0.4); ${said}`,
    );
  },
);

describe("docs/verdicts.md", () => {
  const page = readFileSync(new URL("../../../docs/verdicts.md", import.meta.url), "utf8");

  test("has an entry for every verdict, with the words of the reports", () => {
    for (const verdict of VERDICTS) {
      const { symbol, word } = VERDICT_WORDING[verdict];
      expect(page).toContain(`### ${symbol} ${word} (\`${verdict}\`)`);
    }
  });

  test("lists exactly the reason codes, in order, with the sentences of the reports", () => {
    const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (.*) \| (.*) \|$/gm)].map(([, code, meaning, todo]) => ({
      code,
      meaning,
      todo,
    }));
    expect(rows).toEqual(
      REASON_CODES.map((code) => ({ code, meaning: REASON_WORDING[code].sentence, todo: REASON_WORDING[code].todo })),
    );
  });

  test("names every check", () => {
    for (const id of CHECK_IDS) expect(page).toContain(`| \`${id}\` | ${CHECK_WORDING[id].question} |`);
  });
});

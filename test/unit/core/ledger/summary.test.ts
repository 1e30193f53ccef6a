import { describe, expect, it } from "vitest";
import { joinLedger } from "../../../../src/core/ledger/deploys.ts";
import type { LedgerEntry, LedgerMark } from "../../../../src/core/ledger/entry.ts";
import { claimedConfidence, type LedgerSummary, summarizeLedger } from "../../../../src/core/ledger/summary.ts";
import { entryOf, FIRST_DEPLOY, markOn, shaOf, sliOf } from "./made-ledger.ts";

function summaryOf(
  entries: readonly LedgerEntry[],
  marks: readonly LedgerMark[],
  fineBefore: number | null = null,
): LedgerSummary {
  return summarizeLedger(entries, marks, { fineBefore });
}

/** 4 regressions (3 harmful, 1 fine), 1 harmful deploy that passed, 1 that was inconclusive, 14 fine passes. */
const ENTRIES = [
  ...[0, 1, 2, 3].map((day) => entryOf(day, "regression")),
  entryOf(4, "no-impact"),
  entryOf(5, "inconclusive"),
  ...Array.from({ length: 14 }, (_, i) => entryOf(6 + i, "no-impact")),
];
const MARKS = [
  markOn(0, "reverted"),
  markOn(1, "hotfix"),
  markOn(2, "incident"),
  markOn(3, "fine"),
  markOn(4, "incident"),
  markOn(5, "reverted"),
  ...Array.from({ length: 14 }, (_, i) => markOn(6 + i, "fine")),
];

describe("how verdicts turned out", () => {
  const summary = summaryOf(ENTRIES, MARKS);

  it("counts verdicts by outcome", () => {
    expect(summary).toMatchObject({ deploys: 20, unknown: 0, assumedFine: 0, repeated: 0, unmatchedMarks: 0 });
    expect(summary.outcomes).toEqual({ reverted: 2, hotfix: 1, incident: 2, fine: 15 });
    expect(summary.verdicts.filter(({ harmful, fine }) => harmful + fine > 0)).toEqual([
      { verdict: "regression", harmful: 3, fine: 1, unknown: 0 },
      { verdict: "no-impact", harmful: 1, fine: 14, unknown: 0 },
      { verdict: "inconclusive", harmful: 1, fine: 0, unknown: 0 },
    ]);
  });

  it("precision, recall, missed harm and false alarms, with the exact intervals of textbooks", () => {
    expect(summary.precision).toMatchObject({ count: 3, of: 4, share: 0.75 });
    // Clopper-Pearson of 3 of 4 at 95 %: 0.1941 to 0.9937.
    expect(summary.precision.low).toBeCloseTo(0.1941, 4);
    expect(summary.precision.high).toBeCloseTo(0.9937, 4);
    expect(summary.recall).toMatchObject({ count: 3, of: 5 });
    expect(summary.missed).toMatchObject({ count: 1, of: 5 });
    expect(summary.falseAlarms).toMatchObject({ count: 1, of: 15 });
    expect(summary.unanswered).toMatchObject({ count: 1, of: 20 });
    expect(summary.promised).toBe(0.025);
  });

  it("alarms per week over the time the deploys span, with Garwood's interval", () => {
    const weeks = 19 / 7;
    expect(summary.alarmsPerWeek?.rate).toBeCloseTo(4 / weeks, 12);
    // Garwood for a count of 4: 1.0899 to 10.2416.
    expect((summary.alarmsPerWeek?.low ?? 0) * weeks).toBeCloseTo(1.0899, 4);
    expect((summary.alarmsPerWeek?.high ?? 0) * weeks).toBeCloseTo(10.2416, 4);
    expect(summaryOf(ENTRIES.slice(0, 3), []).alarmsPerWeek).toBeNull();
  });

  it("compares claimed confidence with what happened, over deploys whose outcome is known", () => {
    const [low, , , high] = summary.calibration;
    expect(high?.claimed).toBeCloseTo(0.999, 12);
    expect(high?.harmful).toMatchObject({ count: 3, of: 4 });
    expect(low?.claimed).toBeCloseTo(0.1, 12);
    expect(low?.harmful).toMatchObject({ count: 2, of: 16 });
    const calibrated = summary.calibration.reduce((sum, { harmful }) => sum + harmful.of, 0);
    expect(calibrated).toBe(20);
  });

  it("time to verdict counts those that decided", () => {
    expect(summary.timeToVerdict).toEqual({ median: 3600, p90: 3600, of: 19 });
    expect(summaryOf([entryOf(0, "inconclusive")], []).timeToVerdict).toBeNull();
  });

  it("nothing known is nothing said, never zero", () => {
    const unmarked = summaryOf(ENTRIES, []);
    for (const share of [unmarked.precision, unmarked.recall, unmarked.missed, unmarked.falseAlarms])
      expect(share).toEqual({ count: 0, of: 0, share: null, low: null, high: null });
    expect(unmarked.unknown).toBe(20);
    const empty = summaryOf([], []);
    expect(empty).toMatchObject({ deploys: 0, from: null, to: null, promised: null, alarmsPerWeek: null });
  });
});

describe("which verdict and which mark count", () => {
  it("of several verdicts on one deploy the first that decided, because it was acted on", () => {
    const at = (hour: number): string => new Date(FIRST_DEPLOY + hour * 3_600_000).toISOString();
    const looks = [
      entryOf(0, "no-impact", { time: at(4) }),
      entryOf(0, "inconclusive", { time: at(1) }),
      entryOf(0, "regression", { time: at(2) }),
    ];
    const { deploys, repeated } = joinLedger(looks, [], null);
    expect(deploys.map(({ entry }) => entry.verdict)).toEqual(["regression"]);
    expect(repeated).toBe(2);
  });

  it("without a decision the last; the same line twice counts once", () => {
    const first = entryOf(0, "invalid");
    const last = entryOf(0, "inconclusive", { time: new Date(FIRST_DEPLOY + 7_200_000).toISOString() });
    expect(joinLedger([first, last], [], null).deploys[0]?.entry.verdict).toBe("inconclusive");
    expect(joinLedger([first, first], [], null)).toMatchObject({ repeated: 0 });
  });

  it("a mark can be corrected: the last one counts", () => {
    const marks = [markOn(0, "reverted"), markOn(0, "fine")];
    expect(joinLedger([entryOf(0, "regression")], marks, null).deploys[0]?.outcome).toBe("fine");
  });

  it("a short commit fits the long one; another environment, service or repository does not", () => {
    const entries = [entryOf(0, "regression"), entryOf(0, "no-impact", { environment: "staging" })];
    const outcomes = (mark: LedgerMark): (string | null)[] =>
      joinLedger(entries, [mark], null).deploys.map(({ outcome }) => outcome);
    expect(outcomes(markOn(0, "reverted", { sha: shaOf(0).slice(0, 7).toUpperCase() }))).toEqual([
      "reverted",
      "reverted",
    ]);
    expect(outcomes(markOn(0, "reverted", { environment: "staging" }))).toEqual([null, "reverted"]);
    expect(outcomes(markOn(0, "reverted", { repository: "other/name" }))).toEqual([null, null]);
    expect(outcomes(markOn(0, "reverted", { service: "checkout" }))).toEqual([null, null]);
  });

  it("a mark by id fits the deploy, whichever of its verdicts has the id", () => {
    const open = entryOf(0, "inconclusive", { sha: null });
    const decided = entryOf(0, "no-impact", { sha: null, time: new Date(FIRST_DEPLOY + 7_200_000).toISOString() });
    const joined = joinLedger([open, decided], [markOn(0, "incident", { sha: null, id: open.id })], null);
    expect(joined.deploys).toEqual([{ entry: decided, outcome: "incident", assumed: false }]);
    expect(joined.unmatched).toEqual([]);
  });

  it("a mark that fits nothing is counted as such", () => {
    expect(summaryOf(ENTRIES, [markOn(99, "reverted")])).toMatchObject({ unmatchedMarks: 1, unknown: 20 });
  });

  it("old deploys that nobody marked count as fine only when asked for", () => {
    const summary = summaryOf(ENTRIES, [markOn(0, "reverted")], FIRST_DEPLOY + 9.5 * 86_400_000);
    expect(summary).toMatchObject({ assumedFine: 9, unknown: 10 });
    expect(summary.outcomes).toMatchObject({ reverted: 1, fine: 9 });
  });
});

describe("claimed confidence", () => {
  it("is of the worst metric that counts", () => {
    const slis = [sliOf(0.4), sliOf(0.02), sliOf(0.0001, "informational")];
    expect(claimedConfidence(entryOf(0, "inconclusive", { slis }))).toBeCloseTo(0.98, 12);
    expect(claimedConfidence(entryOf(0, "invalid", { slis: [sliOf(null)] }))).toBeNull();
  });

  it("of a verdict that a check took back is not one", () => {
    const invalid = entryOf(0, "invalid", { slis: [sliOf(0.001)] });
    expect(summaryOf([invalid], [markOn(0, "fine")]).calibration.every(({ harmful }) => harmful.of === 0)).toBe(true);
  });
});

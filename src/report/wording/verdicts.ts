import type { Verdict } from "../../core/result.ts";

export interface VerdictWording {
  /** One symbol, always printed with the word, so that colour is never the only sign. */
  readonly symbol: string;
  readonly word: string;
  /** Inside a sentence or a table cell. */
  readonly inSentence: string;
  readonly meaning: string;
  readonly todo: string;
}

export const VERDICT_WORDING: Readonly<Record<Verdict, VerdictWording>> = {
  regression: {
    symbol: "🔴",
    word: "Regression",
    inSentence: "regression",
    meaning: "The deploy made at least one metric worse by more than its margin.",
    todo: "Roll back, or fix forward if you know the cause.",
  },
  improvement: {
    symbol: "🔵",
    word: "Improvement",
    inSentence: "improvement",
    meaning: "The deploy made a primary metric better, and no metric that counts got worse beyond its margin.",
    todo: "Nothing to do.",
  },
  "no-impact": {
    symbol: "🟢",
    word: "No impact",
    inSentence: "no impact",
    meaning: "Harm beyond the margin is ruled out for every metric that counts.",
    todo: "Nothing to do.",
  },
  inconclusive: {
    symbol: "🟡",
    word: "Inconclusive",
    inSentence: "inconclusive",
    meaning: "The data allow both a harmless and a harmful deploy: this is neither a pass nor a failure.",
    todo: "Keep watching by hand: this is not a pass.",
  },
  invalid: {
    symbol: "⚪",
    word: "Invalid",
    inSentence: "invalid",
    meaning: "The comparison cannot answer, or does not deserve trust: this is neither a pass nor a failure.",
    todo: "Watch the metric by hand and fix what is named here before the next deploy.",
  },
};

import { clopperPearson } from "../probability/binomial.ts";
import { poissonInterval } from "../probability/poisson.ts";
import { VERDICTS, type Verdict } from "../result.ts";
import { counts } from "../verdict/aggregate.ts";
import { isDecided, joinLedger, type LedgerDeploy } from "./deploys.ts";
import type { DeployOutcome, LedgerEntry, LedgerMark } from "./entry.ts";

/** A share with its exact 95 % interval (Clopper-Pearson); all null where there is nothing to count. */
export interface LedgerShare {
  readonly count: number;
  readonly of: number;
  readonly share: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface VerdictRow {
  readonly verdict: Verdict;
  readonly harmful: number;
  readonly fine: number;
  readonly unknown: number;
}

/** Deploys whose claimed confidence that harm exceeds the margin lies in [from, to). */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  /** Mean of what was claimed; null: no deploy. */
  readonly claimed: number | null;
  /** How many of those whose outcome is known turned out harmful. */
  readonly harmful: LedgerShare;
}

/** How verdicts turned out. Rates count deploys whose outcome is known. */
export interface LedgerSummary {
  readonly schemaVersion: 1;
  /** First and last deploy, ISO 8601; null: none. */
  readonly from: string | null;
  readonly to: string | null;
  readonly deploys: number;
  /** Verdicts of deploys that another verdict stands for. */
  readonly repeated: number;
  readonly outcomes: Readonly<Record<DeployOutcome, number>>;
  /** Of `outcomes.fine`, how many nobody marked. */
  readonly assumedFine: number;
  readonly unknown: number;
  readonly unmatchedMarks: number;
  readonly verdicts: readonly VerdictRow[];
  /** Of the regressions, how many turned out harmful. */
  readonly precision: LedgerShare;
  /** Of the harmful deploys, how many were called a regression. */
  readonly recall: LedgerShare;
  /** Of the harmful deploys, how many were called no impact or an improvement. */
  readonly missed: LedgerShare;
  /** Of the fine deploys, how many were called a regression. */
  readonly falseAlarms: LedgerShare;
  /** The share of false alarms that the levels of these verdicts promise at most. */
  readonly promised: number | null;
  /** Of all deploys, how many got no answer (inconclusive or invalid). */
  readonly unanswered: LedgerShare;
  readonly calibration: readonly CalibrationBin[];
  /** Regressions per week with an exact 95 % interval (Poisson); null: less than a week of deploys. */
  readonly alarmsPerWeek: { readonly rate: number; readonly low: number; readonly high: number } | null;
  /** Seconds from deploy to the verdict that decided; null: none did. */
  readonly timeToVerdict: { readonly median: number; readonly p90: number; readonly of: number } | null;
}

const LEVEL = 0.05;
const WEEK_MS = 7 * 86_400_000;
/** Where confidence changes its meaning: no sign of harm, some, much, enough for the verdict at the usual 5 %. */
const EDGES = [0, 0.5, 0.9, 0.975, 1] as const;

export interface LedgerQuestion {
  /** Epoch milliseconds; see `joinLedger`. */
  readonly fineBefore: number | null;
}

/**
 * How verdicts turned out against what was said of their deploys later.
 *
 * Formula: shares with Clopper-Pearson intervals, alarms per week with a Garwood interval. A claimed confidence is
 * 1 - the smallest Holm-adjusted one-sided p of a harm up to the margin.
 * Assumes: deploys are independent, and whether one was marked does not depend on the verdict.
 * Source: Clopper and Pearson 1934, Biometrika 26; Garwood 1936, Biometrika 28.
 */
export function summarizeLedger(
  entries: readonly LedgerEntry[],
  marks: readonly LedgerMark[],
  { fineBefore }: LedgerQuestion,
): LedgerSummary {
  const { deploys, repeated, unmatched } = joinLedger(entries, marks, fineBefore);
  const harmful = deploys.filter(isHarmful);
  const fine = deploys.filter(({ outcome }) => outcome === "fine");
  const known = [...harmful, ...fine];
  const said = (some: readonly LedgerDeploy[], ...verdicts: readonly Verdict[]): LedgerDeploy[] =>
    some.filter(({ entry }) => verdicts.includes(entry.verdict));
  return {
    schemaVersion: 1,
    from: deploys[0]?.entry.deployedAt ?? null,
    to: deploys.at(-1)?.entry.deployedAt ?? null,
    deploys: deploys.length,
    repeated,
    outcomes: {
      reverted: withOutcome(deploys, "reverted"),
      hotfix: withOutcome(deploys, "hotfix"),
      incident: withOutcome(deploys, "incident"),
      fine: fine.length,
    },
    assumedFine: deploys.filter(({ assumed }) => assumed).length,
    unknown: deploys.length - known.length,
    unmatchedMarks: unmatched.length,
    verdicts: VERDICTS.map((verdict) => ({
      verdict,
      harmful: said(harmful, verdict).length,
      fine: said(fine, verdict).length,
      unknown: said(deploys, verdict).filter(({ outcome }) => outcome === null).length,
    })),
    precision: shareOf(said(harmful, "regression").length, said(known, "regression").length),
    recall: shareOf(said(harmful, "regression").length, harmful.length),
    missed: shareOf(said(harmful, "no-impact", "improvement").length, harmful.length),
    falseAlarms: shareOf(said(fine, "regression").length, fine.length),
    promised: deploys.length === 0 ? null : Math.max(...deploys.map(({ entry }) => entry.alpha / 2)),
    unanswered: shareOf(said(deploys, "inconclusive", "invalid").length, deploys.length),
    calibration: calibration(known),
    alarmsPerWeek: alarmsPerWeek(deploys),
    timeToVerdict: timeToVerdict(deploys),
  };
}

function isHarmful({ outcome }: LedgerDeploy): boolean {
  return outcome !== null && outcome !== "fine";
}

function withOutcome(deploys: readonly LedgerDeploy[], outcome: DeployOutcome): number {
  return deploys.filter((one) => one.outcome === outcome).length;
}

function shareOf(count: number, of: number): LedgerShare {
  if (of === 0) return { count, of, share: null, low: null, high: null };
  const { low, high } = clopperPearson(count, of, LEVEL);
  return { count, of, share: count / of, low, high };
}

/** Confidence that some metric that counts got worse beyond its margin; null: no metric says. */
export function claimedConfidence({ slis }: LedgerEntry): number | null {
  const p = slis.filter(counts).flatMap(({ pMarginAdjusted }) => pMarginAdjusted ?? []);
  return p.length === 0 ? null : 1 - Math.min(...p);
}

function calibration(known: readonly LedgerDeploy[]): CalibrationBin[] {
  const claims = known.flatMap((deploy) => {
    // What failed a required check was not claimed.
    const claimed = deploy.entry.verdict === "invalid" ? null : claimedConfidence(deploy.entry);
    return claimed === null ? [] : [{ claimed, harmful: isHarmful(deploy) }];
  });
  return EDGES.slice(0, -1).map((from, i) => {
    const to = EDGES[i + 1] ?? 1;
    const inside = claims.filter(({ claimed }) => claimed >= from && (claimed < to || to === 1));
    const mean = inside.reduce((sum, { claimed }) => sum + claimed, 0) / inside.length;
    return {
      from,
      to,
      claimed: inside.length === 0 ? null : mean,
      harmful: shareOf(inside.filter(({ harmful }) => harmful).length, inside.length),
    };
  });
}

function alarmsPerWeek(deploys: readonly LedgerDeploy[]): LedgerSummary["alarmsPerWeek"] {
  const times = deploys.map(({ entry }) => Date.parse(entry.deployedAt));
  const weeks = (Math.max(...times) - Math.min(...times)) / WEEK_MS;
  if (!(weeks >= 1)) return null;
  const alarms = deploys.filter(({ entry }) => entry.verdict === "regression").length;
  const { low, high } = poissonInterval(alarms, LEVEL);
  return { rate: alarms / weeks, low: low / weeks, high: high / weeks };
}

function timeToVerdict(deploys: readonly LedgerDeploy[]): LedgerSummary["timeToVerdict"] {
  const seconds = deploys
    .filter(({ entry }) => isDecided(entry.verdict))
    .map(({ entry }) => (Date.parse(entry.time) - Date.parse(entry.deployedAt)) / 1000)
    .sort((a, b) => a - b);
  const at = (share: number): number => seconds[Math.ceil(share * seconds.length) - 1] ?? Number.NaN;
  return seconds.length === 0 ? null : { median: at(0.5), p90: at(0.9), of: seconds.length };
}

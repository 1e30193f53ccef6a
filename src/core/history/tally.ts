import { clusteredRate } from "../inference/clustered-rate.ts";
import type { Design, Margin } from "../plan.ts";
import { sampleQuantile } from "../probability/sample-quantile.ts";
import type { ReasonCode } from "../reasons.ts";
import { VERDICTS, type Verdict } from "../result.ts";
import { excludesZero, type Fake, type FakeSli, isAnswered, isNarrow, type OnBothScales, ruledOut } from "./fake.ts";
import type { MeasuredRate, ReasonCount, SliTally, Spread, SpreadOnBothScales, Tally } from "./result.ts";

/** Two-sided doubt of the printed rates, whatever the alpha of the config. */
const DOUBT = 0.05;
/** What the required checks may cost in quiet times (docs/method.md section 4). */
export const REFUSAL_BUDGET = 0.05;

const NOT_STATED: Margin = { type: "absolute", value: 0, text: "0" };

/** How independent the fakes are. */
export interface Independence {
  /** Upper limit of independent windows: those that do not overlap; Infinity where the fakes of a window differ in units. */
  readonly most: number;
}

/** One fake deploy as one SLI or all of them saw it. */
interface Seen {
  readonly cluster: number;
  readonly verdict: Verdict;
  readonly reasonCodes: readonly ReasonCode[];
}

/** All SLIs together. Nominal: Holm holds regressions at alpha / 2; each primary SLI may improve by chance as often. */
export function tallyWhole(fakes: readonly Fake[], alpha: number, independence: Independence): Tally {
  const first = fakes[0]?.slis ?? [];
  const counting = first.filter(({ role }) => role === "primary" || role === "guardrail").length;
  const primaries = counting === 1 ? 1 : first.filter(({ role }) => role === "primary").length;
  return tally(fakes, { regressions: alpha / 2, alarms: Math.min(1, (alpha / 2) * (1 + primaries)) }, independence);
}

export function tallySlis(
  fakes: readonly Fake[],
  margins: ReadonlyMap<string, Margin>,
  alpha: number,
  independence: Independence,
): SliTally[] {
  return sliKeys(fakes).map((key) => {
    const seen = fakes.flatMap(({ cluster, slis }) =>
      slis.filter((sli) => sliKey(sli) === key).map((sli) => ({ ...sli, cluster })),
    );
    return tallySli(seen, margins.get(key) ?? NOT_STATED, alpha, independence);
  });
}

export function sliKey({ service, id }: Pick<FakeSli, "service" | "id">): string {
  return JSON.stringify([service, id]);
}

/** Every SLI once, in the order of the config. */
export function sliKeys(fakes: readonly Pick<Fake, "slis">[]): string[] {
  return [...new Set(fakes.flatMap(({ slis }) => slis.map(sliKey)))];
}

type SeenSli = FakeSli & { readonly cluster: number };

function tallySli(seen: readonly SeenSli[], margin: Margin, alpha: number, independence: Independence): SliTally {
  const [first] = seen as readonly [SeenSli, ...SeenSli[]];
  const answered = seen.filter(isAnswered);
  const rate = (of: readonly SeenSli[], test: (sli: SeenSli) => boolean | null, nominal: number | null) =>
    measured(of, test, nominal, independence);
  const { id, service, role, kind, direction } = first;
  return {
    ...{ id, service, role, kind, direction, margin },
    ...tally(seen, { regressions: alpha / 2, alarms: alpha }, independence),
    designs: designsOf(seen),
    excludesZero: rate(answered, excludesZero, alpha),
    ruledOut: rate(answered, ruledOut, null),
    narrow: rate(answered, isNarrow, null),
    mde: onBothScales(answered, (sli) => sli.mde),
    reach: onBothScales(answered, (sli) => sli.reach),
    halfWidth: onBothScales(answered, (sli) => sli.halfWidth),
    widthToMargin: spreadOf(answered.map(widthToMargin)),
    scatter: rootMeanSquare(answered),
  };
}

function tally(
  seen: readonly Seen[],
  nominal: { readonly regressions: number; readonly alarms: number },
  independence: Independence,
): Tally {
  const answered = seen.filter(isAnswered);
  const rate = (of: readonly Seen[], verdicts: readonly Verdict[], most: number | null): MeasuredRate =>
    measured(of, ({ verdict }) => verdicts.includes(verdict), most, independence);
  return {
    runs: seen.length,
    answered: answered.length,
    verdicts: Object.fromEntries(
      VERDICTS.map((verdict) => [verdict, seen.filter((one) => one.verdict === verdict).length]),
    ) as Record<Verdict, number>,
    refused: rate(seen, ["invalid"], REFUSAL_BUDGET),
    refusals: reasonCounts(seen),
    regressions: rate(answered, ["regression"], nominal.regressions),
    alarms: rate(answered, ["regression", "improvement"], nominal.alarms),
    inconclusive: rate(answered, ["inconclusive"], null),
  };
}

/** Share of those for which the test says yes or no, with its interval. */
function measured<T extends Seen>(
  seen: readonly T[],
  test: (one: T) => boolean | null,
  nominal: number | null,
  { most }: Independence,
): MeasuredRate {
  const trials = seen.flatMap((one) => {
    const hit = test(one);
    return hit === null ? [] : [{ cluster: one.cluster, hit }];
  });
  const limit = Number.isFinite(most) ? new Set(trials.map(({ cluster }) => cluster)).size : most;
  const found = clusteredRate(trials, DOUBT, limit);
  if (found === null) return { count: 0, of: 0, effective: 0, rate: null, confLow: null, confHigh: null, nominal };
  return { ...found, nominal };
}

/** Why runs were refused: the first reason of each, most frequent first. */
function reasonCounts(seen: readonly Seen[]): ReasonCount[] {
  const counts = new Map<ReasonCode, number>();
  for (const { verdict, reasonCodes } of seen) {
    const [first] = reasonCodes;
    if (verdict === "invalid" && first !== undefined) counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  return [...counts].map(([code, count]) => ({ code, count })).sort((a, b) => b.count - a.count);
}

function designsOf(seen: readonly SeenSli[]): Partial<Record<Design, number>> {
  const counts: Partial<Record<Design, number>> = {};
  for (const { design } of seen) if (design !== null) counts[design] = (counts[design] ?? 0) + 1;
  return counts;
}

export function onBothScales(seen: readonly FakeSli[], pick: (sli: FakeSli) => OnBothScales): SpreadOnBothScales {
  return {
    absolute: spreadOf(seen.map((sli) => pick(sli).absolute)),
    relative: spreadOf(seen.map((sli) => pick(sli).relative)),
  };
}

/** Median and 80 % point of the numbers there are; null without any. */
export function spreadOf(values: readonly (number | null)[]): Spread | null {
  const sorted = Float64Array.from(
    values.filter((value) => value !== null && Number.isFinite(value)) as number[],
  ).sort();
  if (sorted.length === 0) return null;
  return { of: sorted.length, median: sampleQuantile(sorted, 0.5, 7), p80: sampleQuantile(sorted, 0.8, 7) };
}

function widthToMargin({ halfWidth, margin }: FakeSli): number | null {
  const { absolute } = halfWidth;
  return absolute === null || margin.absolute === null || margin.absolute === 0 ? null : absolute / margin.absolute;
}

function rootMeanSquare(seen: readonly FakeSli[]): number | null {
  const effects = seen.flatMap(({ att }) => (att === null ? [] : [att]));
  if (effects.length === 0) return null;
  return Math.sqrt(effects.reduce((sum, att) => sum + att * att, 0) / effects.length);
}

/** What of a few fakes of one SLI a trial of another setting is judged by. */
export function outlookOf(seen: readonly FakeSli[]): {
  readonly runs: number;
  readonly answered: number;
  readonly mde: SpreadOnBothScales;
  readonly reach: SpreadOnBothScales;
  readonly ruledOut: number | null;
} {
  const answered = seen.filter(isAnswered);
  return {
    runs: seen.length,
    answered: answered.length,
    mde: onBothScales(answered, (sli) => sli.mde),
    reach: onBothScales(answered, (sli) => sli.reach),
    ruledOut: answered.length === 0 ? null : answered.filter(ruledOut).length / answered.length,
  };
}

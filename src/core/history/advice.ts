import { studentTTwoSided } from "../probability/student-t.ts";
import { POWER } from "../verdict/power.ts";
import type { Fake, FakeSli } from "./fake.ts";
import type { Advice, MeasuredRate, SliTally } from "./result.ts";
import { sliKey } from "./tally.ts";

/** Four of five quiet deploys should end with the margin ruled out: the power that the whole house aims at. */
export const WANTED_SHARE = POWER;

/** The whole interval of a measured rate lies above what the method promises. */
export function isAbove({ confLow, nominal }: MeasuredRate): boolean {
  return confLow !== null && nominal !== null && confLow > nominal;
}

/** Its intervals leave out zero, or it alarms, more often than it says: shown, not only seen. */
export function alarmsTooOften({ excludesZero, regressions, alarms }: SliTally): MeasuredRate | null {
  return [regressions, excludesZero, alarms].find(isAbove) ?? null;
}

/** Fewer than four of five answered windows ruled the margin out. */
export function rulesOutTooSeldom({ ruledOut }: SliTally): boolean {
  return ruledOut.rate !== null && ruledOut.rate < WANTED_SHARE;
}

/**
 * Independent windows without any alarm that it takes to show a rate of at most `nominal` (two-sided 95 %).
 *
 * Formula: smallest n with 1 - 0.025^(1/n) <= nominal, the upper bound of Clopper and Pearson at 0 of n.
 */
export function windowsNeeded(nominal: number): number {
  return Math.ceil(Math.log(0.025) / Math.log(1 - nominal));
}

/** Of one SLI, without any other setting tried: too often refused, and why. */
export function refusalAdvice(tally: SliTally): Advice[] {
  const [worst] = tally.refusals;
  if (worst === undefined || !isAbove(tally.refused)) return [];
  const { id: sli, service } = tally;
  return [{ sli, service, code: "REFUSED_OFTEN", reason: worst.code, count: worst.count, rate: tally.refused }];
}

/**
 * Would the false effects be smaller without a control? Pairs each fake deploy with itself.
 *
 * Formula: t of the paired differences att^2 - att_without^2, their means taken within independent windows first; two-sided p.
 * Assumes: nothing happened at any of them, so that every estimate is its own error. Null with fewer than three windows.
 */
export function pairedGain(
  whole: readonly Fake[],
  without: readonly Fake[],
  key: string,
): { readonly ratio: number; readonly pValue: number; readonly runs: number } | null {
  const other = new Map(without.flatMap((fake) => pick(fake, key).map((sli) => [fake.deployedAt, sli] as const)));
  const windows = new Map<number, number[]>();
  let [withSquares, withoutSquares, runs] = [0, 0, 0];
  for (const fake of whole) {
    const [sli] = pick(fake, key);
    const again = other.get(fake.deployedAt);
    if (sli?.att == null || again?.att == null) continue;
    withSquares += sli.att ** 2;
    withoutSquares += again.att ** 2;
    runs++;
    windows.set(fake.cluster, [...(windows.get(fake.cluster) ?? []), sli.att ** 2 - again.att ** 2]);
  }
  const means = [...windows.values()].map((differences) => mean(differences));
  if (means.length < 3 || withSquares === 0) return null;
  const centre = mean(means);
  const variance = means.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (means.length - 1);
  const t = variance > 0 ? centre / Math.sqrt(variance / means.length) : 0;
  return { ratio: withoutSquares / withSquares, pValue: studentTTwoSided(t, means.length - 1), runs };
}

function pick({ slis }: Fake, key: string): FakeSli[] {
  return slis.filter((sli) => sliKey(sli) === key);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Controls whose own changes are largest, as candidates for leaving out: mean square over the fakes, largest first. */
export function restlessControls(fakes: readonly Fake[], key: string, most: number): { units: string[]; of: number } {
  const squares = new Map<string, { sum: number; count: number }>();
  for (const fake of fakes) {
    for (const { controlChanges } of pick(fake, key)) {
      for (const [unit, change] of Object.entries(controlChanges)) {
        const known = squares.get(unit) ?? { sum: 0, count: 0 };
        squares.set(unit, { sum: known.sum + change * change, count: known.count + 1 });
      }
    }
  }
  const ranked = [...squares].sort(([a, x], [b, y]) => y.sum / y.count - x.sum / x.count || (a < b ? -1 : 1));
  return { units: ranked.slice(0, most).map(([unit]) => unit), of: ranked.length };
}

import { answer, type Outcome, refuse } from "../outcome.ts";

/** The effect of a deploy that never happened. */
export interface TimePlacebo {
  /** First step after the fake deploy. */
  readonly date: number;
  readonly estimate: number;
}

export interface PlaceboPanel {
  readonly unit: Int32Array;
  readonly time: Float64Array;
  readonly outcome: Float64Array;
  /** By number of the unit. */
  readonly treated: readonly boolean[];
  /** The real deploy: only rows before it are used. */
  readonly date: number;
}

/**
 * Difference-in-differences at fake deploy dates, on the rows before the real one.
 *
 * Formula: mean over treated of (mean from the date on - mean before it) less the same over controls; NaN where a side has
 * no unit with rows on both sides of the date.
 * Assumes: nothing; that all are near zero is what parallel trends predict. Complexity: dates x rows.
 * Source: Bertrand, Duflo and Mullainathan 2004; Abadie, Diamond and Hainmueller 2015 (in-time placebos).
 */
export function placebosInTime(panel: PlaceboPanel, dates: readonly number[]): TimePlacebo[] {
  return dates.map((date) => ({ date, estimate: fakeEffect(panel, date) }));
}

function fakeEffect({ unit, time, outcome, treated, date: real }: PlaceboPanel, date: number): number {
  const sums = [0, 1, 2, 3].map(() => new Float64Array(treated.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  outcome.forEach((value, i) => {
    const period = time[i] ?? Number.NaN;
    if (Number.isNaN(value) || !(period < real)) return;
    const u = unit[i] ?? 0;
    const [total, count] = period >= date ? [sums[2], sums[3]] : [sums[0], sums[1]];
    total[u] = (total[u] ?? 0) + value;
    count[u] = (count[u] ?? 0) + 1;
  });
  const [before, beforeCount, after, afterCount] = sums;
  const side = (wanted: boolean): number => {
    let [total, count] = [0, 0];
    treated.forEach((isTreated, u) => {
      const change = (after[u] ?? 0) / (afterCount[u] ?? 0) - (before[u] ?? 0) / (beforeCount[u] ?? 0);
      if (isTreated !== wanted || Number.isNaN(change)) return;
      total += change;
      count++;
    });
    return total / count;
  };
  return side(true) - side(false);
}

export interface UnitPlacebos {
  /** Numbers of the controls. */
  readonly units: readonly number[];
  /** Each control against the mean of the others. */
  readonly estimates: readonly number[];
  /** Rank of the real |estimate| among them, itself included. */
  readonly rankP: number;
}

/**
 * Every control as if it had been treated; the treated units are left out.
 *
 * Formula: d_j - mean of the other controls' d; p = (1 + number of |placebo| >= |estimate|) / (controls + 1).
 * Assumes: controls move as treated units would have. The estimate averages several treated units, placebos are single
 * units, so the rank is conservative then.
 * Source: Abadie, Diamond and Hainmueller 2010.
 */
export function placebosInUnit(changes: Float64Array, treated: readonly boolean[]): Outcome<UnitPlacebos> {
  const units = treated.flatMap((isTreated, u) => (isTreated ? [] : [u]));
  if (units.length < 2) {
    return refuse("TOO_FEW_UNITS", "Placebos in space need at least two control units.", "Add control units.", {
      controls: units.length,
    });
  }
  const total = units.reduce((sum, u) => sum + (changes[u] ?? 0), 0);
  const estimates = units.map((u) => {
    const own = changes[u] ?? 0;
    return own - (total - own) / (units.length - 1);
  });
  const treatedTotal = changes.reduce((sum, change, u) => sum + (treated[u] ? change : 0), 0);
  const real = treatedTotal / (changes.length - units.length) - total / units.length;
  const beyond = estimates.filter((estimate) => Math.abs(estimate) >= Math.abs(real) * (1 - 1e-9)).length;
  return answer({ units, estimates, rankP: (1 + beyond) / (units.length + 1) });
}

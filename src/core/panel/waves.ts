/**
 * Deploy times that differ by unit, grouped to waves.
 *
 * Assumes: units deployed within max(step, settle) of the first one of their wave cannot be told apart by time, because the
 * cells between them are left out anyway; they are one wave whose settle time runs from its last unit.
 * Units: epoch seconds and seconds. Source: docs/designs/staggered.md.
 */
export interface WaveTimes {
  readonly units: readonly string[];
  /** Deploy of the first and of the last unit of the wave. */
  readonly deployedAt: number;
  readonly lastAt: number;
}

/** unit -> epoch seconds of its own deploy. */
export type UnitTimes = Readonly<Record<string, number>>;

export interface WaveSpacing {
  readonly step: number;
  readonly settle: number;
}

/** Waves in the order of time; units of a wave by name. */
export function wavesOf(times: UnitTimes, { step, settle }: WaveSpacing): WaveTimes[] {
  const together = Math.max(step, settle);
  const units = Object.entries(times).sort(([a, at], [b, bt]) => at - bt || (a < b ? -1 : 1));
  const waves: { units: string[]; deployedAt: number; lastAt: number }[] = [];
  for (const [unit, at] of units) {
    const open = waves.at(-1);
    if (open !== undefined && at - open.deployedAt < together) {
      open.units.push(unit);
      open.lastAt = at;
    } else waves.push({ units: [unit], deployedAt: at, lastAt: at });
  }
  return waves.map((wave) => ({ ...wave, units: wave.units.toSorted() }));
}

/** What the windows of a plan must span when units have their own deploy times. */
export interface WaveSpan {
  /** First unit of the first wave. */
  readonly deployedAt: number;
  /** Last unit of the last wave. */
  readonly lastAt: number;
  /** Seconds after `deployedAt` that are left out: with one wave until its last unit has settled. */
  readonly settle: number;
}

export function waveSpan(times: UnitTimes, spacing: WaveSpacing): WaveSpan {
  const waves = wavesOf(times, spacing);
  const deployedAt = Math.min(...waves.map((wave) => wave.deployedAt));
  const lastAt = Math.max(...waves.map((wave) => wave.lastAt));
  return { deployedAt, lastAt, settle: spacing.settle + (waves.length === 1 ? lastAt - deployedAt : 0) };
}

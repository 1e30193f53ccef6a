import { randomStream } from "../../../src/core/inference/random.ts";
import type { Series } from "../../../src/core/panel/series.ts";

/** Made metrics with the course of days and weeks, for a deploy to everybody. */
export interface MadeDays {
  /** Seconds. */
  readonly step: number;
  readonly preDays: number;
  readonly settle?: number;
  /** Seconds. */
  readonly post: number;
  readonly units?: number;
  /** Height of the daily cycle in standard deviations of the noise. */
  readonly amplitude?: number;
  /** Share of the cycle that weekends lack. */
  readonly weekend?: number;
  /** Standard deviation of the days' own share of the cycle. */
  readonly dayToDay?: number;
  /** Lag-1 autocorrelation of the noise; its standard deviation is 1. */
  readonly phi?: number;
  /** Rise over the whole series, in standard deviations of the noise. */
  readonly trend?: number;
  /** Added after the deploy. */
  readonly effect?: number;
  /** Level without cycle. */
  readonly level?: number;
  /** Epoch seconds; left out: chance decides hour and weekday in the week from Monday 2026-03-02. */
  readonly deployedAt?: number;
}

const MONDAY = Date.UTC(2026, 2, 2) / 1000;
const DAY = 86_400;

export interface MadeSeries {
  readonly deployedAt: number;
  readonly times: Float64Array;
  readonly rows: readonly Float64Array[];
}

export function madeDays(seed: number, made: MadeDays): MadeSeries {
  const random = randomStream(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  const { step, preDays, settle = 0, post, units = 1, phi = 0 } = made;
  const before = Math.round((preDays * DAY) / step);
  const steps = before + Math.round((settle + post) / step);
  const chosen = MONDAY + Math.floor((random.next() * 7 * DAY) / step) * step;
  const deployedAt = made.deployedAt ?? chosen;
  const shares = new Map<number, number>();
  const shareOf = (day: number): number => {
    const known = shares.get(day);
    if (known !== undefined) return known;
    const drawn = 1 + (made.dayToDay ?? 0) * normal();
    shares.set(day, drawn);
    return drawn;
  };
  const times = Float64Array.from({ length: steps }, (_, t) => deployedAt + (t - before) * step);
  const course = times.map((time, t) => {
    const day = Math.floor(time / DAY);
    const weekday = (day + 4) % 7;
    const hour = (time - day * DAY) / DAY;
    const shape = 0.5 - 0.5 * Math.cos(2 * Math.PI * hour) + 0.3 * Math.sin(4 * Math.PI * hour);
    const share = (weekday === 0 || weekday === 6 ? 1 - (made.weekend ?? 0) : 1) * shareOf(day);
    return (made.level ?? 30) + (made.amplitude ?? 0) * shape * share + ((made.trend ?? 0) * t) / steps;
  });
  const rows = Array.from({ length: units }, (_, u) => {
    let noise = normal();
    return course.map((value, t) => {
      noise = phi * noise + Math.sqrt(1 - phi * phi) * normal();
      return value + u + noise + (t >= before ? (made.effect ?? 0) : 0);
    });
  });
  return { deployedAt, times, rows };
}

/** One treated unit per row. */
export function treatedSeriesOf({ times, rows }: MadeSeries): Series[] {
  return rows.map((row, u) => ({
    unit: `zone-${u + 1}`,
    group: "treated",
    component: "value",
    times,
    values: row,
  }));
}

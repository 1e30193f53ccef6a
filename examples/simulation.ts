/**
 * What the example data are made of: seeded random numbers, serially correlated noise and a daily cycle. Everything is
 * written with few digits, so that the same files come out on every machine.
 */

/** Uniform on (0, 1). Xorshift with the shifts 13, 17, 5 (Marsaglia 2003, "Xorshift RNGs", 32 bits). */
export type Uniform = () => number;

export function uniformFrom(seed: number): Uniform {
  let state = (Math.imul(seed + 1, 2654435761) ^ 0x5bd1e995) >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return (state + 0.5) / 2 ** 32;
  };
  for (let i = 0; i < 16; i += 1) next();
  return next;
}

/** Standard normal by Box and Muller (1958). */
function normal(uniform: Uniform): number {
  return Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Poisson count: multiplication method (Knuth) for small means, rounded normal above 60. */
export function poisson(uniform: Uniform, mean: number): number {
  if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(uniform)));
  const limit = Math.exp(-mean);
  let count = -1;
  for (let product = 1; product > limit; product *= uniform()) count += 1;
  return count;
}

/** AR(1) noise with mean 0: `spread` is its standard deviation, `persistence` its correlation from step to step. */
export function autoregressive(
  uniform: Uniform,
  steps: number,
  persistence: number,
  spread: number,
): readonly number[] {
  const innovation = spread * Math.sqrt(1 - persistence ** 2);
  const values = [spread * normal(uniform)];
  while (values.length < steps) values.push(persistence * (values.at(-1) ?? 0) + innovation * normal(uniform));
  return values;
}

/** Daily cycle on the log scale: lowest at 04:00 UTC, highest at 16:00 UTC. `depth` is half the distance between them. */
export function dailyCycle(epochSeconds: number, depth: number): number {
  const hour = (epochSeconds / 3600) % 24;
  return -depth * Math.cos((2 * Math.PI * (hour - 4)) / 24);
}

/** Rises from 0 to 1 within `length` seconds after `start`. */
export function ramp(epochSeconds: number, start: number, length: number): number {
  return Math.min(1, Math.max(0, (epochSeconds - start) / length));
}

/** One row per unit and step: its time (epoch seconds), its unit and its numbers. */
export interface Row {
  readonly time: number;
  readonly unit: string;
  readonly values: Readonly<Record<string, number>>;
}

/** CSV with ISO times; `digits` gives the decimals of each column. */
export function toCsv(rows: readonly Row[], unitColumn: string, digits: Readonly<Record<string, number>>): string {
  const columns = Object.keys(digits);
  const lines = rows.map(({ time, unit, values }) => {
    const cells = columns.map((column) => (values[column] ?? Number.NaN).toFixed(digits[column]));
    return [new Date(time * 1000).toISOString().replace(".000Z", "Z"), unit, ...cells].join(",");
  });
  return `${["time", unitColumn, ...columns].join(",")}\n${lines.join("\n")}\n`;
}

/** Half-open window in epoch seconds. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** Ratio of sums over a window, or the plain mean when `weight` is null. */
export function mean(rows: readonly Row[], window: Window, column: string, weight: string | null): number {
  let total = 0;
  let size = 0;
  for (const { time, values } of rows) {
    if (time < window.from || time >= window.to) continue;
    total += values[column] ?? Number.NaN;
    size += weight === null ? 1 : (values[weight] ?? Number.NaN);
  }
  return total / size;
}

/** What "compare with just before" says: the relative change of the mean between two windows, nothing else considered. */
export function naiveChange(
  rows: readonly Row[],
  windows: { readonly before: Window; readonly after: Window },
  outcome: { readonly column: string; readonly weight: string | null },
): number {
  const after = mean(rows, windows.after, outcome.column, outcome.weight);
  return after / mean(rows, windows.before, outcome.column, outcome.weight) - 1;
}

/** `+12.3 %` */
export function percent(change: number): string {
  return `${change < 0 ? "-" : "+"}${Math.abs(change * 100).toFixed(1)} %`;
}

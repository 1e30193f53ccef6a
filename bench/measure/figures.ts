/** Every figure is the median of this many runs. */
export const RUNS = 5;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? Number.NaN)) / 2;
}

/** "123 (110-140)": median and range of milliseconds; one digit after the point below 100 ms. */
export function spreadOf(milliseconds: readonly number[]): string {
  const text = (value: number): string => value.toFixed(value < 100 ? 1 : 0);
  return `${text(median(milliseconds))} (${text(Math.min(...milliseconds))}-${text(Math.max(...milliseconds))})`;
}

/** Megabytes (10^6 bytes). */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0);
}

/** Slope of log time on log size: 1 when the time per row is the same at every size. */
export function growthExponent(points: readonly (readonly [size: number, time: number])[]): number {
  const xs = points.map(([size]) => Math.log(size));
  const ys = points.map(([, time]) => Math.log(time));
  const [x, y] = [xs, ys].map((values) => values.reduce((total, value) => total + value, 0) / values.length);
  const products = xs.map((value, i) => (value - (x ?? 0)) * ((ys[i] ?? 0) - (y ?? 0)));
  const squares = xs.map((value) => (value - (x ?? 0)) ** 2);
  return products.reduce((total, value) => total + value, 0) / squares.reduce((total, value) => total + value, 0);
}

export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const ruler = `|${header.map((_, column) => (column === 0 ? "---" : "---:")).join("|")}|`;
  return [line(header), ruler, ...rows.map(line)].join("\n");
}

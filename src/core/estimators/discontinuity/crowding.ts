import { binomialCdf, binomialSf } from "../../probability/binomial.ts";

/** Rows nearest to the cut-off whose side is counted. */
const NEAREST = 50;
const FEWEST = 20;

export interface Crowding {
  readonly below: number;
  readonly above: number;
  /** Half-width of the window that holds them. */
  readonly window: number;
  readonly pValue: number;
}

/**
 * Do rows crowd on one side of the cut-off? A hint that someone moved units across it.
 *
 * Formula: of the rows nearest to the cut-off (50, ties with the last included) the number above is Binomial(n, 1/2); p twice
 * the smaller tail.
 * Assumes: the density has no jump and hardly any slope over so short a window. null with fewer than 20 rows.
 * Source: Cattaneo, Idrobo and Titiunik 2020, section 4.3; the idea of McCrary 2008.
 */
export function crowding(below: Float64Array, above: Float64Array): Crowding | null {
  const distances = Float64Array.from([...below, ...above], Math.abs).sort();
  if (distances.length < FEWEST) return null;
  const window = distances[Math.min(NEAREST, distances.length) - 1] ?? 0;
  const within = (x: Float64Array): number => x.reduce((count, value) => count + Number(Math.abs(value) <= window), 0);
  const [low, high] = [within(below), within(above)];
  const n = low + high;
  const tail = Math.min(binomialCdf(high, n, 0.5), binomialSf(high - 1, n, 0.5));
  return { below: low, above: high, window, pValue: Math.min(1, 2 * tail) };
}

/** One-pass kernels over contiguous columns. Lengths are the caller's business; all vectors of a call have the same. */

export function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i] ?? 0) * (y[i] ?? 0);
  return sum;
}

/** sum w x y; without weights the plain product. */
export function weightedDot(x: Float64Array, y: Float64Array, weights: Float64Array | null): number {
  if (weights === null) return dot(x, y);
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (weights[i] ?? 0) * (x[i] ?? 0) * (y[i] ?? 0);
  return sum;
}

/** y += a x, in place. */
export function axpy(a: number, x: Float64Array, y: Float64Array): void {
  for (let i = 0; i < x.length; i++) y[i] = (y[i] ?? 0) + a * (x[i] ?? 0);
}

export function scaled(x: Float64Array, factor: number): Float64Array {
  const result = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) result[i] = factor * (x[i] ?? 0);
  return result;
}

export function sum(x: Float64Array): number {
  let total = 0;
  for (let i = 0; i < x.length; i++) total += x[i] ?? 0;
  return total;
}

export function mean(x: Float64Array): number {
  return sum(x) / x.length;
}

/** sum w x / sum w; without weights the plain mean. */
export function weightedMean(x: Float64Array, weights: Float64Array | null): number {
  if (weights === null) return mean(x);
  let total = 0;
  let weightTotal = 0;
  for (let i = 0; i < x.length; i++) {
    const w = weights[i] ?? 0;
    total += w * (x[i] ?? 0);
    weightTotal += w;
  }
  return total / weightTotal;
}

/** Sample variance with divisor n - 1, two passes. */
export function variance(x: Float64Array): number {
  const centre = mean(x);
  let squares = 0;
  for (let i = 0; i < x.length; i++) squares += ((x[i] ?? 0) - centre) ** 2;
  return squares / (x.length - 1);
}

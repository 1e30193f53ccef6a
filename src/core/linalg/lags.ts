/**
 * One-pass kernels over a series and its own past. Six lags are written out: an inner loop over lags of unknown number is
 * what an autoregression on many series spends most of its time in. Sums run in the order of time, so that the digits do
 * not depend on which loop made them.
 */
const WRITTEN_OUT = 6;

/** total(k) = sum over t >= k of x_t x_{t-k}, k = 0..orders. */
export function lagTotals(x: Float64Array, orders: number): Float64Array {
  return orders === WRITTEN_OUT ? sixLagTotals(x) : anyLagTotals(x, orders);
}

function anyLagTotals(x: Float64Array, orders: number): Float64Array {
  const totals = new Float64Array(orders + 1);
  for (let k = 0; k <= orders; k++) {
    let sum = 0;
    for (let t = k; t < x.length; t++) sum += (x[t] as number) * (x[t - k] as number);
    totals[k] = sum;
  }
  return totals;
}

function sixLagTotals(x: Float64Array): Float64Array {
  const [s0, s1, s2, s3, s4, s5, s6] = anyLagTotals(x.subarray(0, WRITTEN_OUT), WRITTEN_OUT);
  let [a0, a1, a2, a3] = [s0 as number, s1 as number, s2 as number, s3 as number];
  let [a4, a5, a6] = [s4 as number, s5 as number, s6 as number];
  for (let t = WRITTEN_OUT; t < x.length; t++) {
    const value = x[t] as number;
    a0 += value * value;
    a1 += value * (x[t - 1] as number);
    a2 += value * (x[t - 2] as number);
    a3 += value * (x[t - 3] as number);
    a4 += value * (x[t - 4] as number);
    a5 += value * (x[t - 5] as number);
    a6 += value * (x[t - 6] as number);
  }
  return Float64Array.of(a0, a1, a2, a3, a4, a5, a6);
}

/** x_t - sum_k phi_k x_{t-k}. */
export function lagResidual(x: Float64Array, phi: Float64Array, t: number): number {
  let error = x[t] as number;
  for (let k = 0; k < phi.length; k++) error -= (phi[k] as number) * (x[t - k - 1] as number);
  return error;
}

/** Sum over t >= p of the squared residuals of p <= 6 coefficients. */
export function lagResidualSquares(x: Float64Array, phi: Float64Array): number {
  let sum = 0;
  for (let t = phi.length; t < Math.min(WRITTEN_OUT, x.length); t++) sum += lagResidual(x, phi, t) ** 2;
  const p1 = phi[0] ?? 0;
  const p2 = phi[1] ?? 0;
  const p3 = phi[2] ?? 0;
  const p4 = phi[3] ?? 0;
  const p5 = phi[4] ?? 0;
  const p6 = phi[5] ?? 0;
  for (let t = WRITTEN_OUT; t < x.length; t++) {
    const error =
      (x[t] as number) -
      p1 * (x[t - 1] as number) -
      p2 * (x[t - 2] as number) -
      p3 * (x[t - 3] as number) -
      p4 * (x[t - 4] as number) -
      p5 * (x[t - 5] as number) -
      p6 * (x[t - 6] as number);
    sum += error * error;
  }
  return sum;
}

/**
 * Autocorrelation of a series at one lag.
 * Formula: sum (x_t - m)(x_{t-k} - m) / sum (x_t - m)^2. Null for a constant or too short series.
 */
export function autocorrelation(x: Float64Array, lag: number): number | null {
  if (x.length <= lag) return null;
  let mean = 0;
  for (const value of x) mean += value / x.length;
  let top = 0;
  let bottom = 0;
  for (let t = 0; t < x.length; t++) {
    const deviation = (x[t] as number) - mean;
    bottom += deviation * deviation;
    if (t >= lag) top += deviation * ((x[t - lag] as number) - mean);
  }
  return bottom > 0 ? top / bottom : null;
}

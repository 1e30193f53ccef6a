/**
 * Does an autoregression forget its shocks? Only then do its errors mean anything: otherwise they grow with every step.
 *
 * Formula: step-down recursion; with a^(p) = phi and k_m = a^(m)_m, a^(m-1)_j = (a^(m)_j + k_m a^(m)_{m-j}) / (1 - k_m^2);
 * stationary exactly when every |k_m| < 1. Source: Durbin 1960; Barndorff-Nielsen and Schou 1973.
 */
export function isStationary(phi: readonly number[]): boolean {
  let current = phi;
  while (current.length > 0) {
    const last = current.at(-1) as number;
    if (!(Math.abs(last) < 1)) return false;
    const shorter = current.slice(0, -1);
    current = shorter.map((value, j) => (value + last * (shorter.at(-1 - j) as number)) / (1 - last * last));
  }
  return true;
}

import type { Panel } from "../../../src/core/panel/panel.ts";
import type { Scale } from "../../../src/core/plan.ts";

/**
 * The default estimator once more, slow and dense: autocovariance matrix instead of impulse-response sums, orthogonal
 * least squares instead of normal equations, placebo windows summed one by one. Shares no routine with src/core.
 */
export interface NaiveFit {
  readonly scale: Scale;
  readonly att: number;
  readonly variance: number;
  readonly dof: number;
  readonly phi: number | null;
  readonly score: readonly number[];
}

interface Window {
  readonly pre: number;
  readonly post: number;
  readonly end: number;
}

interface Doubt {
  readonly variance: number;
  readonly dof: number;
}

const finite = (x: number | undefined): x is number => x !== undefined && Number.isFinite(x);
const sumOf = (x: readonly number[]): number => x.reduce((total, value) => total + value, 0);
const meanOf = (x: readonly number[]): number => sumOf(x) / x.length;

export function naiveDid(panel: Panel): NaiveFit | null {
  const fits = (["additive", "multiplicative"] as const).flatMap((scale) => naiveScale(panel, scale) ?? []);
  const [first, second] = fits;
  if (first === undefined || second === undefined) return first ?? null;
  if (first.score.length !== second.score.length) return first;
  return sumOf(second.score) < sumOf(first.score) ? second : first;
}

export function naiveScale(panel: Panel, scale: Scale): NaiveFit | null {
  const window = { pre: panel.preEnd, post: panel.postStart, end: panel.steps };
  const rows = panel.units.map((_, u) => Array.from(panel.values.subarray(u * panel.steps, (u + 1) * panel.steps)));
  const traffic = panel.units.map((_, u) =>
    panel.weights === null ? null : Array.from(panel.weights.subarray(u * panel.steps, (u + 1) * panel.steps)),
  );
  const usable = rows.map((row) => row.slice(0, window.pre).some(finite) && row.slice(window.post).some(finite));
  const treated = rows.flatMap((_, u) => (usable[u] && panel.treated[u] ? [u] : []));
  const control = rows.flatMap((_, u) => (usable[u] && !panel.treated[u] ? [u] : []));
  if (treated.length === 0 || control.length === 0) return null;
  const levels = rows.map((row, u) => weightedMean(row, traffic[u] ?? null, 0, window.pre));
  if (scale === "multiplicative" && control.some((u) => (levels[u] as number) <= 0)) return null;

  const residuals = (weights: readonly number[]): number[][] => {
    const path = rows[0]?.map((_, t) => {
      let top = 0;
      let bottom = 0;
      control.forEach((u, j) => {
        const value = rows[u]?.[t];
        if (!finite(value)) return;
        const positive = traffic[u]?.filter((n) => n > 0) ?? null;
        const share = positive === null ? 1 : (traffic[u]?.[t] as number) / meanOf(positive);
        const weight = (weights[j] as number) * share;
        top += weight * (scale === "additive" ? value - (levels[u] as number) : value);
        bottom += weight * (scale === "additive" ? 1 : (levels[u] as number));
      });
      return bottom > 0 ? top / bottom : Number.NaN;
    }) as number[];
    return rows.map((row, u) =>
      row.map((value, t) => {
        const level = levels[u] as number;
        return value - (scale === "additive" ? level + (path[t] as number) : level * (path[t] as number));
      }),
    );
  };
  const own = (z: readonly number[][]): (number | null)[] =>
    control.map((u) => naiveTimeVariance(z[u] as number[], window, null)?.variance ?? null);

  let z = residuals(control.map(() => 1));
  let s2 = own(z);
  const positive = s2.filter((value): value is number => value !== null && value > 0);
  if (control.length > 2 && positive.length > 0) {
    const reference = medianOf(positive);
    const filled = s2.map((value) => value ?? reference);
    const relative = filled.map((value, j) => value / (levels[control[j] as number] as number) ** 2);
    const middle = medianOf(relative);
    const raw = control.map((u, j) =>
      scale === "additive"
        ? 1 / ((filled[j] as number) + reference)
        : 1 / ((levels[u] as number) * ((relative[j] as number) + middle)),
    );
    z = residuals(raw.map((value) => value / meanOf(raw)));
    s2 = own(z);
  }
  const totals = rows[0]?.map((_, t) =>
    sumOf(treated.map((u) => (finite(rows[u]?.[t]) ? (traffic[u]?.[t] ?? 1) : 0))),
  ) as number[];
  const gap = totals.map((_, t) => {
    const seen = treated.filter((u) => finite(z[u]?.[t]));
    const n = seen.map((u) => traffic[u]?.[t] ?? 1);
    return sumOf(seen.map((u, i) => (n[i] as number) * (z[u]?.[t] as number))) / sumOf(n);
  });
  const contrast = contrastOf(gap, panel.weights === null ? totals.map(() => 1) : totals, window);
  const att = sumOf(gap.map((value, t) => (contrast[t] === 0 ? 0 : (contrast[t] as number) * value)));
  const change = (u: number): number =>
    weightedMean(z[u] as number[], traffic[u] ?? null, window.post, window.end) -
    weightedMean(z[u] as number[], traffic[u] ?? null, 0, window.pre);
  const changes = control.map(change);
  const time = naiveTimeVariance(gap, window, panel.weights === null ? null : contrast);
  const spread = sumOf(changes.map((d) => (d - meanOf(changes)) ** 2)) / changes.length;
  const score = [time?.variance ?? 0, changes.length > 1 ? spread : 0].filter((v) => v > 0).map(Math.log);
  const ratios = changes.flatMap((d, j) => {
    const own = s2[j] ?? 0;
    return own > 0 ? [d ** 2 / own] : [];
  });
  const q = ratios.length - 1;
  if (time === null) return null;
  if (q >= 1) {
    const phi = meanOf(ratios);
    const parts = [{ variance: time.variance, dof: time.dof + q }];
    if (phi > 1) parts.push({ variance: time.variance * (phi - 1), dof: q });
    const before = together(parts);
    const moved = treated.map((u) => ({
      change: change(u),
      variance: naiveTimeVariance(z[u] as number[], window, null)?.variance ?? 0,
      share: shareOf(u, treated, rows, traffic, window) as number,
      level: levels[u] as number,
    }));
    const extra = naiveSpread(moved);
    const doubt = extra === null ? before : together([before, extra]);
    return { scale, att, ...doubt, phi, score };
  }
  const [n1, n0] = [treated.length, control.length];
  if (n1 + n0 === 2) return { scale, att, ...time, phi: null, score };
  const moved = treated.map(change);
  const squares = (d: readonly number[]): number => sumOf(d.map((value) => (value - meanOf(d)) ** 2));
  const pooled = (squares(moved) + squares(changes)) / (n1 + n0 - 2);
  return { scale, att, variance: pooled * (1 / n1 + 1 / n0), dof: n1 + n0 - 2, phi: null, score };
}

interface Part {
  readonly variance: number;
  readonly dof: number;
}

function together(parts: readonly Part[]): Part {
  const variance = sumOf(parts.map((one) => one.variance));
  return { variance, dof: variance ** 2 / sumOf(parts.map((one) => one.variance ** 2 / one.dof)) };
}

interface Moved {
  readonly change: number;
  readonly variance: number;
  readonly share: number;
  readonly level: number;
}

/** What the treated units' disagreement adds, by all pairs of units instead of deviations from a mean. */
function naiveSpread(all: readonly Moved[]): Part | null {
  const units = all.filter(({ change, variance }) => finite(change) && variance > 0);
  if (units.length < 3) return null;
  const relative = units.map(({ change, variance, share, level }) => ({
    change: change / level,
    variance: variance / level ** 2,
    share: share * level,
    level,
  }));
  const scales = units.every(({ level }) => level > 0) ? [units, relative] : [units];
  const [kept] = scales.map(pairwise).sort((a, b) => a.q - b.q);
  return kept === undefined || kept.variance <= 0 ? null : { variance: kept.variance, dof: units.length - 1 };
}

function pairwise(units: readonly Moved[]): { readonly q: number; readonly variance: number } {
  const weights = units.map(({ variance }) => 1 / variance);
  const n = units.length;
  let [q, s2, product] = [0, 0, 0];
  units.forEach((a, i) => {
    units.slice(0, i).forEach((b, j) => {
      const both = (weights[i] as number) * (weights[j] as number);
      q += both * (a.change - b.change) ** 2;
      s2 += (a.change - b.change) ** 2 / (n * (n - 1));
      product += both;
    });
  });
  q /= sumOf(weights);
  const sharp = (q - (n - 1)) / ((2 * product) / sumOf(weights));
  const plain = s2 - meanOf(units.map(({ variance }) => variance));
  return { q, variance: Math.max(0, sharp, plain) * sumOf(units.map(({ share }) => share ** 2)) };
}

function shareOf(
  unit: number,
  treated: readonly number[],
  rows: readonly (readonly number[])[],
  traffic: readonly (readonly number[] | null)[],
  { post, end }: { readonly post: number; readonly end: number },
): number {
  const weight = (u: number): number => {
    const own = traffic[u] ?? null;
    if (own === null) return 1;
    return sumOf(own.slice(post, end).filter((_, t) => finite(rows[u]?.[post + t])));
  };
  return weight(unit) / sumOf(treated.map(weight));
}

function weightedMean(x: readonly number[], weights: readonly number[] | null, from: number, to: number): number {
  let top = 0;
  let bottom = 0;
  for (let t = from; t < to; t++) {
    const value = x[t];
    if (!finite(value)) continue;
    top += (weights?.[t] ?? 1) * value;
    bottom += weights?.[t] ?? 1;
  }
  return top / bottom;
}

function medianOf(x: readonly number[]): number {
  const sorted = [...x].sort((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)] as number;
  return (low + (sorted[Math.ceil((sorted.length - 1) / 2)] as number)) / 2;
}

function contrastOf(gap: readonly number[], totals: readonly number[], { pre, post, end }: Window): number[] {
  const weights = gap.map(() => 0);
  for (const [from, to, sign] of [
    [0, pre, -1],
    [post, end, 1],
  ] as const) {
    const weight = (t: number): number => (finite(gap[t]) ? (totals[t] as number) : 0);
    let sum = 0;
    for (let t = from; t < to; t++) sum += weight(t);
    for (let t = from; t < to; t++) weights[t] = (sign * weight(t)) / sum;
  }
  return weights;
}

export function naiveTimeVariance(
  x: readonly number[],
  window: Window,
  contrast: readonly number[] | null,
): Doubt | null {
  return naiveArVariance(x, window, contrast) ?? naivePlaceboVariance(x, window);
}

function naiveArVariance(
  x: readonly number[],
  { pre, post, end }: Window,
  contrast: readonly number[] | null,
): Doubt | null {
  const seen = x.slice(0, pre).filter(finite);
  const n = seen.length;
  if (n < 12) return null;
  const centre = meanOf(seen);
  const e = seen.map((value) => value - centre);
  if (e.every((value) => Math.abs(value) < 1e-12 * Math.max(1, Math.abs(centre)))) return null;
  let best = { bic: Number.POSITIVE_INFINITY, phi: [] as number[], sigma2: 0 };
  for (let p = 0; p <= Math.min(6, Math.floor(n / 8)); p++) {
    const target = e.slice(p);
    const design = target.map((_, i) => Array.from({ length: p }, (_unused, k) => e[p + i - k - 1] as number));
    const phi = p === 0 ? [] : leastSquares(design, target);
    const errors = target.map((value, i) => value - sumOf(phi.map((c, k) => c * (design[i]?.[k] as number))));
    const sigma2 = sumOf(errors.map((value) => value * value)) / (p === 0 ? n : Math.max(1, n - p - p - 1));
    const bic = n * Math.log(Math.max(sigma2, 1e-300)) + p * Math.log(n);
    if (bic < best.bic) best = { bic, phi, sigma2 };
  }
  const rho = sumOf(best.phi);
  const corrected = rho > 0 ? best.phi.map((c) => (c * Math.min(rho + (1 + 3 * rho) / n, 0.995)) / rho) : best.phi;
  const size = Math.min(2000, Math.max(200, 4 * end));
  const psi = [1];
  for (let k = 1; k < size; k++)
    psi.push(sumOf(corrected.map((c, j) => (k - 1 - j >= 0 ? c * (psi[k - 1 - j] as number) : 0))));
  const gamma = Array.from({ length: end }, (_, k) =>
    k < size ? best.sigma2 * sumOf(psi.slice(0, size - k).map((value, j) => value * (psi[j + k] as number))) : 0,
  );
  const weights = contrast ?? x.slice(0, end).map((_, t) => (t < pre ? -1 / pre : t < post ? 0 : 1 / (end - post)));
  let variance = 0;
  for (let s = 0; s < end; s++) {
    for (let t = 0; t < end; t++) {
      variance += (weights[s] as number) * (weights[t] as number) * (gamma[Math.abs(s - t)] as number);
    }
  }
  if (!(variance > 0)) return null;
  const gamma0 = gamma[0] as number;
  const longRun = gamma0 + 2 * sumOf(gamma.slice(1));
  const dof = (n * gamma0) / Math.max(longRun, 1e-9 * gamma0) - 1;
  return { variance, dof: Math.min(Math.max(1, dof), n - 1) };
}

function naivePlaceboVariance(x: readonly number[], { pre, post, end }: Window): Doubt | null {
  const length = end - post;
  if (pre <= length) return null;
  const squares: number[] = [];
  for (let a = 0; a + length <= pre; a++) {
    const inside = x.slice(a, a + length).filter(finite);
    const rest = [...x.slice(0, a), ...x.slice(a + length, pre)].filter(finite);
    if (inside.length < Math.max(1, Math.floor(length / 2)) || rest.length === 0) continue;
    squares.push((meanOf(inside) - meanOf(rest)) ** 2);
  }
  if (squares.length === 0) return null;
  const rescale = (1 / length + 1 / pre) / (1 / length + 1 / (pre - length));
  return { variance: meanOf(squares) * rescale, dof: Math.max(1, pre / length - 1) };
}

/** Least squares by modified Gram-Schmidt, applied twice for its digits. */
function leastSquares(design: readonly (readonly number[])[], target: readonly number[]): number[] {
  const columns = (design[0] ?? []).map((_, k) => design.map((row) => row[k] as number));
  const dot = (a: readonly number[], b: readonly number[]): number =>
    sumOf(a.map((value, i) => value * (b[i] as number)));
  const basis: number[][] = [];
  const upper = columns.map(() => columns.map(() => 0));
  columns.forEach((column, k) => {
    let rest = [...column];
    for (let pass = 0; pass < 2; pass++) {
      basis.forEach((direction, j) => {
        const share = dot(direction, rest);
        (upper[j] as number[])[k] = ((upper[j] as number[])[k] as number) + share;
        rest = rest.map((value, i) => value - share * (direction[i] as number));
      });
    }
    const length = Math.sqrt(dot(rest, rest));
    (upper[k] as number[])[k] = length;
    basis.push(rest.map((value) => value / length));
  });
  let left = [...target];
  const right = basis.map((direction) => {
    const share = dot(direction, left);
    left = left.map((value, i) => value - share * (direction[i] as number));
    return share;
  });
  const solution = columns.map(() => 0);
  for (let k = columns.length - 1; k >= 0; k--) {
    let value = right[k] as number;
    for (let j = k + 1; j < columns.length; j++) value -= (upper[k]?.[j] as number) * (solution[j] as number);
    solution[k] = value / (upper[k]?.[k] as number);
  }
  return solution;
}

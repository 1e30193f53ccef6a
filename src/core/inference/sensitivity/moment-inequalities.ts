import type { Matrix } from "ml-matrix";
import { bilinear } from "../../linalg/dense.ts";
import { dot } from "../../linalg/kernels.ts";
import { type Vertex, VertexSearch } from "../../linalg/vertex-search.ts";
import { normalQuantile } from "../../probability/normal.ts";
import { sampleQuantile } from "../../probability/sample-quantile.ts";
import { truncatedNormalQuantile } from "../../probability/truncated-normal.ts";
import { randomStream } from "../random.ts";

/** `conditional`; `c-lf`: a first stage with least favourable critical values before it. */
export type MomentTest = "conditional" | "c-lf";

/** Share of alpha spent on the first stage. */
const FIRST_STAGE_SHARE = 0.1;
const DRAWS = 5000;
const POSITIVE = 1e-6;
const SAME = 1e-6;
const MAX_CUTS = 60;

/** Moments y with E[y] <= X d for some nuisance d. */
export interface Moments {
  /** Covariance of y. */
  readonly covariance: Matrix;
  /** Columns of X; may be empty. */
  readonly nuisance: readonly Float64Array[];
  /** A root R of the covariance (R R'), one row per moment, for drawing. */
  readonly root: readonly Float64Array[];
}

/** A test of "some d makes all moments hold", for many y. */
export interface PreparedTest {
  rejects(y: Float64Array): boolean;
}

/**
 * Test of moment inequalities with nuisance parameters that enter linearly.
 *
 * Formula: eta = min over d of max_i (y - X d)_i / sd_i; given the vertex gamma of the dual that attains it, gamma'y is a
 * truncated normal between the values at which gamma stays best; rejects when eta/sd(gamma'y) exceeds its 1 - alpha quantile
 * and zero. `c-lf` first rejects when eta exceeds the 1 - alpha/10 quantile of eta at y ~ N(0, V), and spends the rest on
 * the conditional test below that value.
 * Assumes: y normal with known covariance. Complexity: a few simplex pivots per y.
 * Source: Andrews, Roth and Pakes 2023, Review of Economic Studies 90(6); Rambachan and Roth 2023, section 3.
 */
export function prepareTest(
  moments: Moments,
  { test, alpha, seed }: { readonly test: MomentTest; readonly alpha: number; readonly seed: number },
): PreparedTest {
  const count = moments.covariance.rows;
  const sd = Float64Array.from(moments.covariance.diagonal(), Math.sqrt);
  // dual polyhedron: gamma >= 0, sd'gamma = 1, X'gamma = 0
  const columns = Array.from({ length: count }, (_, i) =>
    Float64Array.of(sd[i] as number, ...moments.nuisance.map((column) => column[i] as number)),
  );
  const right = new Float64Array(1 + moments.nuisance.length);
  right[0] = 1;
  const search = new VertexSearch(columns, right);
  const firstStage = FIRST_STAGE_SHARE * alpha;
  const limit =
    test === "c-lf" ? leastFavourable(search, moments, { size: firstStage, seed }) : Number.POSITIVE_INFINITY;
  const size = test === "c-lf" ? (alpha - firstStage) / (1 - firstStage) : alpha;
  return {
    rejects(y) {
      const vertex = search.maximize(y);
      if (vertex === null) return false;
      if (vertex.optimum > limit) return true;
      return conditionalRejects(search, moments, { y, vertex, limit, size });
    },
  };
}

/** 1 - size quantile of eta when all moments bind. */
function leastFavourable(
  search: VertexSearch,
  moments: Moments,
  { size, seed }: { readonly size: number; readonly seed: number },
): number {
  const random = randomStream(seed);
  const width = moments.root[0]?.length ?? 0;
  const draws = new Float64Array(DRAWS);
  for (let draw = 0; draw < DRAWS; draw++) {
    const z = Float64Array.from({ length: width }, () => normalQuantile(random.next() + 2 ** -54));
    const y = Float64Array.from(moments.root, (row) => dot(row, z));
    draws[draw] = search.maximize(y)?.optimum ?? Number.NaN;
  }
  return sampleQuantile(draws.filter((value) => !Number.isNaN(value)).sort(), 1 - size, 7);
}

interface Conditioning {
  readonly y: Float64Array;
  readonly vertex: Vertex;
  readonly limit: number;
  readonly size: number;
}

function conditionalRejects(search: VertexSearch, moments: Moments, { y, vertex, limit, size }: Conditioning): boolean {
  const eta = vertex.optimum;
  const gamma = new Float64Array(y.length);
  vertex.basis.forEach((j, i) => {
    if (j < gamma.length) gamma[j] = Math.max(vertex.values[i] as number, 0);
  });
  const weights = [...gamma];
  const spread = bilinear(weights, moments.covariance, weights);
  const deviation = Math.sqrt(Math.max(spread, 0));
  if (deviation < 1e-10) return eta > 0;
  const direction = Float64Array.from(y, (_, i) => {
    let total = 0;
    for (let j = 0; j < weights.length; j++) total += moments.covariance.get(i, j) * (weights[j] as number);
    return total / spread;
  });
  const fixed = y.map((value, i) => value - (direction[i] as number) * eta);
  const isRegular = vertex.basis.every((j, i) => j < gamma.length && (vertex.values[i] as number) > POSITIVE);
  const range = isRegular
    ? basisRange(vertex, fixed, direction)
    : vertexRange(search, { fixed, direction, eta, deviation });
  const low = range.low / deviation;
  const high = Math.min(range.high, limit) / deviation;
  const statistic = eta / deviation;
  if (!(low <= statistic && statistic <= high)) return false;
  return statistic > Math.max(0, truncatedNormalQuantile(1 - size, low, high));
}

/** Values c of gamma'y at which the basis stays optimal for fixed + c direction. */
function basisRange(vertex: Vertex, fixed: Float64Array, direction: Float64Array): { low: number; high: number } {
  let low = Number.NEGATIVE_INFINITY;
  let high = Number.POSITIVE_INFINITY;
  const level = fixed.map((value) => -value);
  const slope = direction.map((value) => -value);
  vertex.basis.forEach((basic, i) => {
    const row = vertex.rows[i] as Float64Array;
    for (let j = 0; j < level.length; j++) {
      level[j] = (level[j] as number) + (fixed[basic] as number) * (row[j] as number);
      slope[j] = (slope[j] as number) + (direction[basic] as number) * (row[j] as number);
    }
  });
  const inBasis = new Set(vertex.basis);
  for (let j = 0; j < level.length; j++) {
    if (inBasis.has(j)) continue;
    const change = slope[j] as number;
    const bound = -(level[j] as number) / change;
    if (change > 1e-12) low = Math.max(low, bound);
    else if (change < -1e-12) high = Math.min(high, bound);
  }
  return { low, high };
}

interface Ray {
  readonly fixed: Float64Array;
  readonly direction: Float64Array;
  readonly eta: number;
  readonly deviation: number;
}

/** The same for a vertex with several bases: cuts move the end inwards until the best value is c itself. */
function vertexRange(search: VertexSearch, ray: Ray): { low: number; high: number } {
  const far = 20 * ray.deviation;
  return {
    low: endOfRange(search, ray, Math.min(-100, ray.eta - far)),
    high: endOfRange(search, ray, Math.max(100, ray.eta + far)),
  };
}

function endOfRange(search: VertexSearch, { fixed, direction, eta }: Ray, far: number): number {
  let c = far;
  for (let cut = 0; cut < MAX_CUTS; cut++) {
    const vertex = search.maximize(fixed.map((value, i) => value + c * (direction[i] as number)));
    if (vertex === null || Math.abs(vertex.optimum - c) <= SAME) {
      if (cut > 0) return c;
      return far > eta ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    }
    let level = 0;
    let slope = 0;
    vertex.basis.forEach((j, i) => {
      level += (fixed[j] ?? 0) * (vertex.values[i] as number);
      slope += (direction[j] ?? 0) * (vertex.values[i] as number);
    });
    c = level / (1 - slope);
  }
  return c;
}

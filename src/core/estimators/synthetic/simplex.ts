import { CholeskyDecomposition, Matrix } from "ml-matrix";
import { axpy, dot } from "../../linalg/kernels.ts";

/**
 * A point of the simplex is sought whose mixture of columns lies closest to a target: min ||sum_j x_j b_j||^2 +
 * ridge ||x||^2 over x >= 0, sum x = 1, with b_j = column j less the target.
 */
export interface SimplexProblem {
  /** Columns less the target, all of one length. */
  readonly differences: readonly Float64Array[];
  /** Not negative. */
  readonly ridge: number;
}

/** Projected-gradient steps before the exact search, which only needs to know roughly which weights are positive. */
const WARM_STEPS = 300;
/** Steps without a change of the support after which it is taken as found. */
const SETTLED_STEPS = 15;
/** A gradient this share above its smallest value counts as optimal. */
const OPTIMAL = 1e-12;
/** At most this share of the support enters at once. */
const ENTERING = 0.1;
/** A start with a larger share of weights that would turn negative is given up. */
const UNSETTLED = 0.05;
/** Relative decrease of the objective that is more than rounding. */
const PROGRESS = 1e-14;
const MAX_ROUNDS = 20_000;
/** A penalty of this share of the largest column decides between exact fits and changes nothing else. */
const ROUNDING = 1e-13;
/** Supports above this size are first tried without a matrix. */
const DIRECT_SUPPORT = 400;
const ITERATIONS = 400;
const CONVERGED = 1e-13;

/**
 * Exact minimum over the simplex: accelerated projected gradients find most of the support, then the minimum-norm-point
 * method solves the faces exactly until no weight can enter.
 *
 * Formula: on a face S, x = y / 1'y with (B_S'B_S + ridge I) y = 1; a weight that would turn negative leaves, the weights
 * with the most negative reduced gradient enter.
 * Assumes: nothing; with ridge > 0 the minimum is unique, without it one of the minima is found.
 * Complexity: O(rows * columns) per gradient, O(min(rows, support)^2 * max) per face; memory as the columns plus
 * min(rows, support)^2, never more than the data.
 * Source: Wolfe 1976, Mathematical Programming 11; Beck and Teboulle 2009, SIAM Journal on Imaging Sciences 2.
 */
export function simplexWeights(problem: SimplexProblem, start: Float64Array | null = null): Float64Array {
  if (problem.differences.length === 1) return Float64Array.of(1);
  const found = search(problem, start);
  if (found.every(Number.isFinite)) return found;
  // An exact fit by more columns than rows leaves a singular face: among its solutions take the most even weights.
  return search({ ...problem, ridge: Math.max(problem.ridge, ROUNDING * largestSquare(problem)) }, null);
}

function largestSquare({ differences }: SimplexProblem): number {
  return differences.reduce((largest, column) => Math.max(largest, dot(column, column)), Number.MIN_VALUE);
}

function search(problem: SimplexProblem, start: Float64Array | null): Float64Array {
  let x = start ?? acceleratedProjection(problem);
  let face = new Face(problem, x);
  if (!face.isSettled()) {
    x = oneColumn(x);
    face = new Face(problem, x);
  }
  let lowest = Number.POSITIVE_INFINITY;
  let share = ENTERING;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    x = face.descend(x);
    const objective = objectiveAt(problem, x);
    if (!(objective < lowest * (1 - PROGRESS))) {
      // several columns at once may undo each other; one at a time cannot, unless only rounding is left
      if (share === 0) break;
      share = 0;
    } else {
      lowest = objective;
      share = ENTERING;
    }
    if (!face.admit(x, share)) break;
  }
  return x;
}

function objectiveAt({ differences, ridge }: SimplexProblem, x: Float64Array): number {
  const mixed = mixture(differences, x);
  return dot(mixed, mixed) + ridge * dot(x, x);
}

/** All weight on the column that has most of it. */
function oneColumn(x: Float64Array): Float64Array {
  const best = x.reduce((top, value, j) => (value > (x[top] as number) ? j : top), 0);
  return x.map((_, j) => (j === best ? 1 : 0));
}

/** sum_j x_j b_j, zeros skipped. */
export function mixture(differences: readonly Float64Array[], x: Float64Array): Float64Array {
  const result = new Float64Array(differences[0]?.length ?? 0);
  differences.forEach((column, j) => {
    const weight = x[j] as number;
    if (weight !== 0) axpy(weight, column, result);
  });
  return result;
}

/** Half the gradient at x. */
export function halfGradient(problem: SimplexProblem, x: Float64Array, mixed: Float64Array): Float64Array {
  return Float64Array.from(problem.differences, (column, j) => dot(column, mixed) + problem.ridge * (x[j] as number));
}

/** The positive weights, and the least-squares problem on them. */
class Face {
  readonly #problem: SimplexProblem;
  #support: number[];
  /** Products of columns that have met on a face: one row per column that was ever in the support, NaN where not needed yet. */
  readonly #products = new Map<number, Float64Array>();
  /** False once conjugate gradients have failed: the columns are too much alike for them. */
  #iterates = true;

  constructor(problem: SimplexProblem, x: Float64Array) {
    this.#problem = problem;
    this.#support = Array.from(x.keys()).filter((j) => (x[j] as number) > 0);
  }

  /** Whether nearly all weights stay positive at the face's minimum: otherwise it is quicker to build it up anew. */
  isSettled(): boolean {
    const negative = this.#minimum().reduce((count, value) => count + (value < 0 ? 1 : 0), 0);
    return negative <= UNSETTLED * this.#support.length;
  }

  /** Moves to the minimum of the face, leaving weights behind that reach zero on the way. */
  descend(start: Float64Array): Float64Array {
    let x = start;
    for (;;) {
      const y = this.#minimum();
      const count = this.#support.length;
      x = y.some((value) => value < 0) ? (this.#cut(x, y) ?? this.#walk(x, y)) : this.#spread(y);
      this.#support = this.#support.filter((j) => (x[j] as number) > 0);
      if (this.#support.length === count || this.#support.length <= 1) return normalized(x);
    }
  }

  /** All negative weights set to zero at once, when that is lower than x; null otherwise. */
  #cut(x: Float64Array, y: Float64Array): Float64Array | null {
    const candidate = this.#spread(normalized(y.map((value) => Math.max(value, 0))));
    return objectiveAt(this.#problem, candidate) < objectiveAt(this.#problem, x) ? candidate : null;
  }

  /** From x towards y until the first weight reaches zero. */
  #walk(x: Float64Array, y: Float64Array): Float64Array {
    let step = 1;
    let blocking = -1;
    this.#support.forEach((j, k) => {
      const from = x[j] as number;
      const to = y[k] as number;
      if (to >= 0 || from / (from - to) >= step) return;
      step = from / (from - to);
      blocking = j;
    });
    const next = new Float64Array(x.length);
    this.#support.forEach((j, k) => {
      const from = x[j] as number;
      if (j !== blocking) next[j] = Math.max(from + step * ((y[k] as number) - from), 0);
    });
    return next;
  }

  /** Weights of the face as weights of all columns. */
  #spread(y: Float64Array): Float64Array {
    const x = new Float64Array(this.#problem.differences.length);
    this.#support.forEach((j, k) => {
      x[j] = y[k] as number;
    });
    return x;
  }

  /** Adds the weights that would lower the objective most; false when there is none. */
  admit(x: Float64Array, share: number): boolean {
    const { differences, ridge } = this.#problem;
    const mixed = mixture(differences, x);
    const gradient = halfGradient(this.#problem, x, mixed);
    const level = dot(mixed, mixed) + ridge * dot(x, x);
    const inside = new Set(this.#support);
    const scale = Math.max(level, ...this.#support.map((j) => Math.abs(gradient[j] as number)), Number.MIN_VALUE);
    const better = Array.from(gradient.keys())
      .filter((j) => {
        const column = differences[j] as Float64Array;
        const size = Math.sqrt(dot(column, column) * dot(mixed, mixed));
        return !inside.has(j) && (gradient[j] as number) < level - OPTIMAL * Math.max(scale, size);
      })
      .sort((a, b) => (gradient[a] as number) - (gradient[b] as number));
    const room = Math.max(1, Math.floor(share * this.#support.length));
    for (const j of better.slice(0, room)) this.#support.push(j);
    this.#support.sort((a, b) => a - b);
    return better.length > 0;
  }

  /** The weights that minimise the objective on the affine hull of the face. */
  #minimum(): Float64Array {
    const rows = this.#problem.differences[0]?.length ?? 0;
    if (this.#iterates && Math.min(rows, this.#support.length) > DIRECT_SUPPORT) {
      const found = this.#conjugateGradients();
      if (found !== null) return normalized(found);
      this.#iterates = false;
    }
    const solve = this.#support.length <= rows ? this.#normalEquations() : this.#dualEquations();
    let y = solve(new Float64Array(this.#support.length).fill(1));
    for (let pass = 0; pass < 2; pass++) {
      const correction = solve(this.#residual(y));
      y = y.map((value, k) => value + (correction[k] as number));
    }
    return normalized(y);
  }

  /** 1 - (B_S'B_S + ridge I) y. */
  #residual(y: Float64Array): Float64Array {
    return this.#image(y).map((value) => 1 - value);
  }

  /** (B_S'B_S + ridge I) y, without the matrix. */
  #image(y: Float64Array): Float64Array {
    const { differences, ridge } = this.#problem;
    const mixed = new Float64Array(differences[0]?.length ?? 0);
    this.#support.forEach((j, k) => {
      axpy(y[k] as number, differences[j] as Float64Array, mixed);
    });
    return Float64Array.from(
      this.#support,
      (j, k) => dot(differences[j] as Float64Array, mixed) + ridge * (y[k] as number),
    );
  }

  /** The solution to working precision, or null when it is not reached. Source: Hestenes and Stiefel 1952. */
  #conjugateGradients(): Float64Array | null {
    const size = this.#support.length;
    const y = new Float64Array(size);
    const rest = new Float64Array(size).fill(1);
    const direction = Float64Array.from(rest);
    let square = dot(rest, rest);
    for (let i = 0; i < ITERATIONS; i++) {
      const image = this.#image(direction);
      const step = square / dot(direction, image);
      axpy(step, direction, y);
      axpy(-step, image, rest);
      const next = dot(rest, rest);
      if (next <= CONVERGED * CONVERGED * size) return y;
      for (let k = 0; k < size; k++) direction[k] = (rest[k] as number) + (next / square) * (direction[k] as number);
      square = next;
    }
    return null;
  }

  #normalEquations(): (right: Float64Array) => Float64Array {
    const size = this.#support.length;
    const gram = new Matrix(size, size);
    this.#support.forEach((i, k) => {
      for (let l = 0; l <= k; l++) {
        const value = this.#product(i, this.#support[l] as number);
        gram.set(k, l, value);
        gram.set(l, k, value);
      }
    });
    const solve = positiveSolver(gram, this.#problem.ridge);
    return (right) => solve(right);
  }

  /** (B'B + rI)^-1 v = (v - B'(BB' + rI)^-1 B v) / r, for more weights than rows. */
  #dualEquations(): (right: Float64Array) => Float64Array {
    const { differences, ridge } = this.#problem;
    const columns = this.#support.map((j) => differences[j] as Float64Array);
    const rows = columns[0]?.length ?? 0;
    const outer = new Float64Array(rows * rows);
    for (const column of columns) {
      for (let a = 0; a < rows; a++) {
        const value = column[a] as number;
        for (let b = 0; b <= a; b++)
          outer[a * rows + b] = (outer[a * rows + b] as number) + value * (column[b] as number);
      }
    }
    const matrix = new Matrix(rows, rows);
    for (let a = 0; a < rows; a++) {
      for (let b = 0; b <= a; b++) {
        matrix.set(a, b, outer[a * rows + b] as number);
        matrix.set(b, a, outer[a * rows + b] as number);
      }
    }
    const solve = positiveSolver(matrix, ridge);
    const divisor = Math.max(ridge, Number.MIN_VALUE * 1e16);
    return (right) => {
      const image = new Float64Array(rows);
      columns.forEach((column, k) => {
        axpy(right[k] as number, column, image);
      });
      const inner = solve(image);
      return Float64Array.from(columns, (column, k) => ((right[k] as number) - dot(column, inner)) / divisor);
    };
  }

  #product(i: number, j: number): number {
    const [first, second] = i < j ? [i, j] : [j, i];
    let row = this.#products.get(first);
    const { differences } = this.#problem;
    if (row === undefined) {
      row = new Float64Array(differences.length).fill(Number.NaN);
      this.#products.set(first, row);
    }
    const known = row[second] as number;
    if (!Number.isNaN(known)) return known;
    const value = dot(differences[first] as Float64Array, differences[second] as Float64Array);
    row[second] = value;
    return value;
  }
}

/** Solves (A + ridge I) y = v; when that is singular to working precision, a multiple of rounding is added. */
function positiveSolver(matrix: Matrix, ridge: number): (right: Float64Array) => Float64Array {
  const size = matrix.rows;
  const scale = Math.max(...matrix.diagonal(), Number.MIN_VALUE);
  let added = ridge;
  for (let attempt = 0; attempt < 40; attempt++) {
    const shifted = matrix.clone();
    for (let i = 0; i < size; i++) shifted.set(i, i, matrix.get(i, i) + added);
    const decomposition = new CholeskyDecomposition(shifted);
    if (decomposition.isPositiveDefinite()) {
      return (right) => Float64Array.from(decomposition.solve(Matrix.columnVector(right)).to1DArray());
    }
    added = Math.max(2 * added, scale * 1e-15 * 4 ** attempt);
  }
  return (right) => right.map((value) => value / scale);
}

function normalized(x: Float64Array): Float64Array {
  let total = 0;
  for (const value of x) total += value;
  return x.map((value) => value / total);
}

/** Nesterov steps with restarts; every iterate lies on the simplex, with exact zeros. */
function acceleratedProjection(problem: SimplexProblem): Float64Array {
  const count = problem.differences.length;
  const step = 1 / curvature(problem);
  let x: Float64Array = new Float64Array(count).fill(1 / count);
  let ahead = x;
  let momentum = 1;
  let last = Number.POSITIVE_INFINITY;
  let changedAt = 0;
  for (let round = 0; round < WARM_STEPS; round++) {
    const mixed = mixture(problem.differences, ahead);
    const value = dot(mixed, mixed) + problem.ridge * dot(ahead, ahead);
    if (value > last) momentum = 1;
    last = value;
    const gradient = halfGradient(problem, ahead, mixed);
    const next = projectToSimplex(ahead.map((weight, j) => weight - step * (gradient[j] as number)));
    const nextMomentum = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
    const carry = (momentum - 1) / nextMomentum;
    let moved = 0;
    let isSame = true;
    ahead = next.map((weight, j) => {
      const before = x[j] as number;
      const difference = weight - before;
      moved = Math.max(moved, Math.abs(difference));
      if (weight > 0 !== before > 0) isSame = false;
      return weight + carry * difference;
    });
    x = next;
    momentum = nextMomentum;
    if (!isSame) changedAt = round;
    if (moved < 1e-10 || round - changedAt >= SETTLED_STEPS) break;
  }
  return x;
}

/** A little more than the largest eigenvalue of B'B + ridge I, by power iteration. */
function curvature(problem: SimplexProblem): number {
  let x: Float64Array = Float64Array.from(problem.differences, (_, j) => 1 + 0.1 * Math.cos(j));
  let largest = 0;
  for (let round = 0; round < 30; round++) {
    const length = Math.sqrt(dot(x, x));
    x = x.map((value) => value / length);
    const next = halfGradient(problem, x, mixture(problem.differences, x));
    largest = Math.sqrt(dot(next, next));
    if (!(largest > 0)) return 1;
    x = next;
  }
  return 1.05 * largest;
}

/** Closest point of the simplex. Source: Held, Wolfe and Crowder 1974, Mathematical Programming 6. */
export function projectToSimplex(values: Float64Array): Float64Array {
  const sorted = Float64Array.from(values).sort();
  let total = 0;
  let shift = 0;
  for (let k = 1; k <= sorted.length; k++) {
    const value = sorted[sorted.length - k] as number;
    total += value;
    const candidate = (total - 1) / k;
    if (value <= candidate) break;
    shift = candidate;
  }
  return values.map((value) => Math.max(value - shift, 0));
}

/** Pivots of one search after which Bland's rule takes over, and after which it gives up. */
const CAUTIOUS = 400;
const MAX_PIVOTS = 20_000;
/** Pivots after which the tableau is made anew from the data. */
const REFRESH = 150;
/** Reduced costs and pivots up to this size count as zero, columns being scaled to about one. */
const ZERO = 1e-10;
const PIVOT = 1e-8;

/** A best vertex; the arrays belong to the search and change with the next one. */
export interface Vertex {
  readonly optimum: number;
  /** Column of each equation's basic variable; columns beyond the given ones are artificial and zero. */
  readonly basis: Int32Array;
  /** Value of each equation's basic variable. */
  readonly values: Float64Array;
  /** Row i of B^-1 A, the artificial columns behind the given ones. */
  readonly rows: readonly Float64Array[];
}

/**
 * Maximises many objectives over one polyhedron {x >= 0: A x = b} by the primal simplex method; each search starts at the
 * vertex where the last one ended, so that near objectives cost a few pivots.
 *
 * Formula: full tableau, largest reduced cost first, Bland's rule when many pivots have not ended it.
 * Assumes: `columns` are A's columns of b's length, b >= 0.
 * Complexity: O(equations * (columns + equations)) per pivot and of memory.
 * Source: Dantzig 1963, Linear Programming and Extensions; Bland 1977, Mathematics of Operations Research 2.
 */
export class VertexSearch {
  readonly #columns: readonly Float64Array[];
  readonly #right: Float64Array;
  readonly #basis: Int32Array;
  #rows: Float64Array[] = [];
  #values: Float64Array;
  #pivots = 0;
  readonly #isFeasible: boolean;

  constructor(columns: readonly Float64Array[], right: Float64Array) {
    this.#columns = columns;
    this.#right = right;
    this.#values = Float64Array.from(right);
    this.#basis = Int32Array.from(right, (_, i) => columns.length + i);
    this.#rows = this.#originalRows();
    this.#isFeasible = this.#findVertex();
  }

  /** Null when there is no feasible point or the objective grows without limit. */
  maximize(objective: Float64Array): Vertex | null {
    if (!this.#isFeasible || !this.#search(objective, this.#columns.length)) return null;
    let optimum = 0;
    this.#basis.forEach((j, i) => {
      optimum += (objective[j] ?? 0) * (this.#values[i] as number);
    });
    return { optimum, basis: this.#basis, values: this.#values, rows: this.#rows };
  }

  /** [A, I], one array per equation. */
  #originalRows(): Float64Array[] {
    const width = this.#columns.length;
    return Array.from(this.#right, (_, i) => {
      const row = new Float64Array(width + this.#right.length);
      this.#columns.forEach((column, j) => {
        row[j] = column[i] as number;
      });
      row[width + i] = 1;
      return row;
    });
  }

  /** Drives the artificial variables out. */
  #findVertex(): boolean {
    const width = this.#columns.length;
    const cost = new Float64Array(width + this.#right.length).fill(-1, width);
    if (!this.#search(cost, width)) return false;
    const total = this.#right.reduce((sum, value) => sum + value, 0);
    for (let i = 0; i < this.#basis.length; i++) {
      if ((this.#basis[i] as number) < width) continue;
      if ((this.#values[i] as number) > 1e-9 * total) return false;
      const row = this.#rows[i] as Float64Array;
      let best = 0;
      for (let j = 1; j < width; j++) if (Math.abs(row[j] as number) > Math.abs(row[best] as number)) best = j;
      // a row of zeros is a redundant equation: its artificial variable stays zero for good
      if (Math.abs(row[best] as number) > PIVOT) this.#pivot(i, best);
    }
    this.#dropArtificial();
    return true;
  }

  /** Artificial columns are only carried on while one of them stands for a redundant equation. */
  #dropArtificial(): void {
    const width = this.#columns.length;
    if (this.#basis.some((j) => j >= width)) return;
    this.#rows = this.#rows.map((row) => row.slice(0, width));
  }

  #search(objective: Float64Array, width: number): boolean {
    for (let round = 0; round < MAX_PIVOTS; round++) {
      const entering = this.#entering(objective, width, round > CAUTIOUS);
      if (entering < 0) return true;
      const leaving = this.#leaving(entering);
      if (leaving < 0) return false;
      this.#pivot(leaving, entering);
      this.#pivots++;
      if (this.#pivots % REFRESH === 0) this.#refresh();
    }
    return false;
  }

  /** Column with the largest reduced cost (or the first positive one); -1 at the optimum. */
  #entering(objective: Float64Array, width: number, isCautious: boolean): number {
    const reduced = objective.slice(0, width);
    let scale = 0;
    this.#basis.forEach((basic, i) => {
      const price = objective[basic] ?? 0;
      if (price === 0) return;
      scale = Math.max(scale, Math.abs(price));
      const row = this.#rows[i] as Float64Array;
      for (let j = 0; j < width; j++) reduced[j] = (reduced[j] as number) - price * (row[j] as number);
    });
    for (const value of objective) scale = Math.max(scale, Math.abs(value));
    let best = -1;
    let largest = ZERO * scale;
    for (let j = 0; j < width; j++) {
      if (!((reduced[j] as number) > largest)) continue;
      best = j;
      if (isCautious) return best;
      largest = reduced[j] as number;
    }
    return best;
  }

  /** Row whose variable reaches zero first; among equals the one with the smallest column. -1: unbounded. */
  #leaving(entering: number): number {
    let best = -1;
    let smallest = Number.POSITIVE_INFINITY;
    this.#rows.forEach((row, i) => {
      const slope = row[entering] as number;
      if (!(slope > PIVOT)) return;
      const ratio = Math.max(this.#values[i] as number, 0) / slope;
      const isTie = best >= 0 && Math.abs(ratio - smallest) <= 1e-14;
      if (isTie ? (this.#basis[i] as number) < (this.#basis[best] as number) : ratio < smallest) {
        best = i;
        smallest = Math.min(ratio, smallest);
      }
    });
    return best;
  }

  #pivot(at: number, column: number): void {
    const pivotRow = this.#rows[at] as Float64Array;
    const pivot = pivotRow[column] as number;
    for (let j = 0; j < pivotRow.length; j++) pivotRow[j] = (pivotRow[j] as number) / pivot;
    this.#values[at] = (this.#values[at] as number) / pivot;
    this.#rows.forEach((row, i) => {
      const factor = row[column] as number;
      if (i === at || factor === 0) return;
      for (let j = 0; j < row.length; j++) row[j] = (row[j] as number) - factor * (pivotRow[j] as number);
      row[column] = 0;
      this.#values[i] = (this.#values[i] as number) - factor * (this.#values[at] as number);
    });
    pivotRow[column] = 1;
    this.#basis[at] = column;
  }

  /** The same basis from the original rows, to be rid of accumulated rounding. */
  #refresh(): void {
    const wanted = [...this.#basis];
    this.#rows = this.#originalRows();
    this.#values = Float64Array.from(this.#right);
    const free = new Set(wanted.keys());
    for (const column of wanted) {
      let best = -1;
      for (const i of free) {
        const size = Math.abs((this.#rows[i] as Float64Array)[column] as number);
        if (best < 0 || size > Math.abs((this.#rows[best] as Float64Array)[column] as number)) best = i;
      }
      free.delete(best);
      this.#pivot(best, column);
    }
    this.#dropArtificial();
  }
}

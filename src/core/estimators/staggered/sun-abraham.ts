import { Matrix } from "ml-matrix";
import { type Coefficient, studentInference } from "../../inference/coefficients.ts";
import type { Estimates } from "../../inference/wald.ts";
import { bilinear } from "../../linalg/dense.ts";
import { answer, type Outcome, refuse } from "../../outcome.ts";
import { type LinearFit, leastSquares } from "../../regression/ols.ts";
import type { NamedColumn } from "../../regression/sample.ts";
import type { Variance } from "../../vcov/variance.ts";
import { rowsOfTable, type StaggeredTable, withoutUnits } from "./table.ts";

/** A cohort's effect at one distance from its treatment. */
export interface CohortTerm {
  readonly name: string;
  readonly cohort: number;
  /** Time since the cohort's treatment. */
  readonly relative: number;
  /** Weight (or number) of its rows. */
  readonly mass: number;
}

export interface InteractionWeightedFit {
  readonly fit: LinearFit;
  /** One per cohort and distance that the fit could estimate; covariates come after them in the fit. */
  readonly terms: readonly CohortTerm[];
  readonly table: StaggeredTable;
}

/**
 * Event study that is saturated in cohort and time since treatment.
 *
 * Formula: y_it = a_i + b_t + sum over cohorts g and distances e != ref of d_ge 1{i in g, t - g = e} + x_it'c; then averages
 * of d_ge with the cohorts' share of rows as weights.
 * Assumes: parallel trends for every cohort, no anticipation at `ref`. Controls are the units never treated; with control
 * "notyet" and no such unit, the cohort treated last in the periods before its treatment.
 * Units: the outcome's. Time and memory O(rows x cohorts x periods).
 * Source: Sun and Abraham 2021, Journal of Econometrics 225; conventions of fixest's sunab.
 */
export function interactionWeightedFit(
  opened: StaggeredTable,
  options: { readonly ref: number; readonly control: "never" | "notyet" },
): Outcome<InteractionWeightedFit> {
  const compared = withControls(opened, options.control);
  if (!compared.ok) return compared;
  const table = compared.value;
  const { terms, columns } = cohortColumns(table, options.ref);
  if (terms.length === 0) {
    return refuse(
      "TOO_FEW_PERIODS",
      `No cohort is seen at another time than ${options.ref} from its treatment.`,
      "Give more periods, or another reference (--ref).",
      { ref: options.ref },
    );
  }
  const fit = leastSquares({
    outcome: table.data.outcome,
    columns: [...columns, ...table.data.covariates],
    effects: [table.unit, table.periods.grouping],
    ...(table.data.weights === null ? {} : { weights: table.data.weights }),
    singletons: "keep",
  });
  if (!fit.ok) return fit;
  const checked = checkDropped(fit.value, table);
  if (!checked.ok) return checked;
  const kept = new Set(fit.value.terms);
  return answer({ fit: fit.value, terms: terms.filter((term) => kept.has(term.name)), table });
}

function checkDropped(fit: LinearFit, table: StaggeredTable): Outcome<null> {
  const covariate = table.data.covariates.find(({ name }) => fit.dropped.includes(name));
  if (covariate === undefined) return answer(null);
  return refuse(
    "COLLINEAR",
    `The covariate ${covariate.name} is a combination of unit effects, time effects and the other terms.`,
    `Leave ${covariate.name} out.`,
    { covariate: covariate.name },
  );
}

/** The table with its controls: units treated from the start leave, they show no period before. */
function withControls(opened: StaggeredTable, control: "never" | "notyet"): Outcome<StaggeredTable> {
  const start = opened.periods.values[0] ?? Number.NaN;
  const table = withoutUnits(
    opened,
    (u) => (opened.first[u] ?? Number.NaN) <= start,
    "treated from the first period on were left out",
  );
  if (table.cohorts.length === 0) {
    return refuse("NO_PRE_DATA", "Every treated unit is treated from the first period on.", "Give earlier periods.");
  }
  if (table.first.some(Number.isNaN)) return answer(table);
  if (control === "never") {
    return refuse(
      "NO_CONTROL_UNITS",
      "Every unit is treated at some time, so there is no unit that is never treated.",
      "Add such units, or let the cohort treated last be the control (--control notyet).",
    );
  }
  return lastCohortAsControl(table);
}

function lastCohortAsControl(table: StaggeredTable): Outcome<StaggeredTable> {
  const last = table.cohorts.at(-1) ?? Number.NaN;
  if (table.cohorts.length < 2) {
    return refuse(
      "NO_CONTROL_UNITS",
      `All units are first treated in the same period, ${last}.`,
      "Add units that are treated later or never.",
      { period: last },
    );
  }
  return answer(beforePeriod(table, last));
}

/** Rows before `end`; units not treated before it count as never treated. */
function beforePeriod(table: StaggeredTable, end: number): StaggeredTable {
  const kept: number[] = [];
  table.time.forEach((t, i) => {
    if (t < end) kept.push(i);
  });
  const shorter = rowsOfTable(table, kept);
  const first = shorter.first.map((period) => (period < end ? period : Number.NaN));
  return {
    ...shorter,
    first,
    cohorts: table.cohorts.filter((cohort) => cohort < end),
    notes: [
      ...table.notes,
      `No unit is never treated: the units first treated in ${end} are the controls, periods from then on were left out.`,
    ],
  };
}

function cohortColumns(table: StaggeredTable, ref: number): { terms: CohortTerm[]; columns: NamedColumn[] } {
  const { data, unit, time, first } = table;
  const found = new Map<string, { term: CohortTerm; number: number; mass: number }>();
  /** Number of each row's term, plus one. */
  const terms = new Int32Array(data.rows);
  for (let i = 0; i < data.rows; i++) {
    const cohort = first[unit.levels[i] ?? 0] ?? Number.NaN;
    const relative = (time[i] ?? Number.NaN) - cohort;
    if (Number.isNaN(relative) || relative === ref) continue;
    const name = `e=${relative},cohort=${cohort}`;
    let entry = found.get(name);
    if (entry === undefined) {
      entry = { term: { name, cohort, relative, mass: 0 }, number: found.size + 1, mass: 0 };
      found.set(name, entry);
    }
    terms[i] = entry.number;
    entry.mass += data.weights?.[i] ?? 1;
  }
  const ordered = [...found.values()].sort(
    (a, b) => a.term.relative - b.term.relative || a.term.cohort - b.term.cohort,
  );
  return {
    terms: ordered.map(({ term, mass }) => ({ ...term, mass })),
    columns: ordered.map(({ term, number }) => indicatorOf(term.name, terms, number)),
  };
}

/** A column that is made anew whenever it is read, so that only one of them takes memory at a time. */
function indicatorOf(name: string, terms: Int32Array, number: number): NamedColumn {
  return {
    name,
    get values() {
      const values = new Float64Array(terms.length);
      for (let i = 0; i < values.length; i++) if (terms[i] === number) values[i] = 1;
      return values;
    },
  };
}

/** A weighted average of cohort terms: weights over the fit's terms. */
export interface TermAverage {
  readonly name: string;
  readonly weights: readonly number[];
}

/** The average of the selected cohort terms by the number (or weight) of their rows; null when there are none. */
export function averageOf(
  { fit, terms }: InteractionWeightedFit,
  name: string,
  isIn: (term: CohortTerm) => boolean,
): TermAverage | null {
  const mass = new Map(terms.filter(isIn).map((term) => [term.name, term.mass]));
  const total = [...mass.values()].reduce((sum, value) => sum + value, 0);
  if (total === 0) return null;
  return { name, weights: fit.terms.map((term) => (mass.get(term) ?? 0) / total) };
}

/** Distances from treatment that the fit has, ascending. */
export function relativeTimes({ terms }: InteractionWeightedFit): number[] {
  return [...new Set(terms.map((term) => term.relative))].sort((a, b) => a - b);
}

/** Estimates of averages with their covariance; weights count as fixed. */
export function averageEstimates(
  { fit }: InteractionWeightedFit,
  variance: Variance,
  averages: readonly TermAverage[],
): Estimates {
  return {
    terms: averages.map((average) => average.name),
    coefficients: averages.map(({ weights }) =>
      weights.reduce((sum, weight, j) => sum + weight * (fit.coefficients[j] ?? 0), 0),
    ),
    covariance: new Matrix(averages.map((a) => averages.map((b) => bilinear(a.weights, variance.matrix, b.weights)))),
  };
}

/** Student t rows of such estimates. */
export function averageRows(estimates: Estimates, dof: number, alpha: number): Coefficient[] {
  return estimates.terms.map((term, j) =>
    studentInference(term, estimates.coefficients[j] ?? Number.NaN, Math.sqrt(estimates.covariance.get(j, j)), {
      dof,
      alpha,
    }),
  );
}

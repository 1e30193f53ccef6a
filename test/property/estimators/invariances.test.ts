import { describe, expect, it } from "vitest";
import { estimate } from "../../../src/app/estimate.ts";
import type { EstimateResult, TidyData } from "../../../src/core/estimators/contract.ts";
import { TIDY_ESTIMATORS } from "../../../src/core/estimators/index.ts";
import type { Outcome } from "../../../src/core/outcome.ts";
import { type Claim, DECLARATIONS, type Declaration, INVARIANCES, type Invariance } from "./declarations.ts";
import { type Dressing, plainOutcome, type Row, rowsOf, shuffled, swapped, tableOf } from "./worlds.ts";

const SEEDS = [1, 2, 3] as const;
const seedsOf = ({ tables = SEEDS.length }: Declaration): readonly number[] => SEEDS.slice(0, tables);
const EFFECT = 0.7;

function run(declaration: Declaration, table: TidyData): Outcome<EstimateResult> {
  return estimate(table, declaration.estimator, { alpha: 0.2, ...declaration.choice });
}

function answered(declaration: Declaration, table: TidyData): EstimateResult {
  const outcome = run(declaration, table);
  if (!outcome.ok) throw new Error(`${outcome.refusal.code}: ${outcome.refusal.message}`);
  return outcome.value;
}

function dressed(declaration: Declaration, rows: readonly Row[], dressing: Partial<Dressing> = {}): TidyData {
  const outcome = (declaration.outcome ?? plainOutcome)(EFFECT);
  return tableOf(rows, declaration.columns, { outcome, ...dressing });
}

/** A table and its changed twin; `factor` is what the change multiplies estimates with. */
interface Twins {
  readonly plain: TidyData;
  readonly changed: TidyData;
  readonly factor: number;
}

function twins(declaration: Declaration, invariance: Invariance, seed: number): Twins {
  const rows = rowsOf(declaration.columns.world, seed);
  const outcome = (declaration.outcome ?? plainOutcome)(EFFECT);
  const plain = dressed(declaration, rows);
  const moved = (change: (row: Row) => number, factor = 1): Twins => ({
    ...{ plain, factor },
    changed: dressed(declaration, rows, { outcome: change }),
  });
  switch (invariance) {
    case "constant":
      return moved((row) => outcome(row) + 7.5);
    case "unit-level":
      return moved((row) => outcome(row) + 3 * Math.sin(5 * row.unit));
    case "common-path":
      return moved((row) => outcome(row) + 2 * Math.cos(3 * row.time));
    case "scale":
      return moved((row) => 1000 * outcome(row), declaration.estimator === "ppml" ? 1 : 1000);
    case "sign":
      return moved((row) => -outcome(row), -1);
    case "names":
      return {
        plain,
        changed: dressed(declaration, rows, { name: (unit) => `pod ${(unit * 7 + 3) % 997}` }),
        factor: 1,
      };
    case "order":
      return { plain, changed: dressed(declaration, shuffled(rows, seed)), factor: 1 };
    case "copies":
      return copies(declaration, rows);
    case "swapped":
      return { plain, changed: dressed(declaration, swapped(rows), { outcome: asBefore(rows, outcome) }), factor: -1 };
    case "planted":
      return { plain, changed: plain, factor: 1 };
  }
}

/** The outcome that a row had before its group changed. */
function asBefore(rows: readonly Row[], outcome: (row: Row) => number): (row: Row) => number {
  const place = ({ unit, time, bound }: Row): string => `${unit},${time},${bound}`;
  const known = new Map(rows.map((row) => [place(row), outcome(row)]));
  return (row) => known.get(place(row)) ?? Number.NaN;
}

/** Every unit twice, both in one cluster: there is no new information. */
function copies(declaration: Declaration, rows: readonly Row[]): Twins {
  const twice = rows.flatMap((row) => [row, { ...row, unit: row.unit + 1000 }]);
  const cluster = (row: Row): string => `c${row.unit % 1000}`;
  return {
    plain: dressed(declaration, rows, { cluster }),
    changed: dressed(declaration, twice, { cluster }),
    factor: 1,
  };
}

const close = (a: number, b: number, tolerance: number): boolean =>
  Object.is(a, b) || Math.abs(a - b) <= tolerance || (Number.isNaN(a) && Number.isNaN(b));

/** What differs between two answers, in words; empty when nothing does. */
function differences(declaration: Declaration, { plain, changed, factor }: Twins, withErrors: boolean): string[] {
  const wanted = answered(declaration, plain);
  const found = answered(declaration, changed);
  const kept = (result: EstimateResult) => result.coefficients.filter(({ term }) => !IN_LEVELS.includes(term));
  const rows = kept(found);
  const others = kept(wanted);
  if (rows.map(({ term }) => term).join() !== others.map(({ term }) => term).join()) return ["other terms"];
  return rows.flatMap((row, i) => {
    const other = others[i] ?? row;
    const size = Math.abs(factor) * (Math.abs(other.estimate) + (other.stdError || 1));
    const ends = [factor * other.confLow, factor * other.confHigh].sort((a, b) => a - b);
    const pairs: [string, number, number, number][] = [
      ["estimate", row.estimate, factor * other.estimate, 1e-7 * size],
    ];
    if (withErrors) {
      pairs.push(["stdError", row.stdError, Math.abs(factor) * other.stdError, 1e-6 * size]);
      pairs.push(["pValue", row.pValue, other.pValue, 1e-6]);
      pairs.push(["confLow", row.confLow, ends[0] ?? Number.NaN, 1e-5 * size]);
      pairs.push(["confHigh", row.confHigh, ends[1] ?? Number.NaN, 1e-5 * size]);
    }
    return pairs
      .filter(([, a, b, tolerance]) => !close(a, b, tolerance))
      .map(([what, a, b]) => `${row.term} ${what}: ${a} instead of ${b}`);
  });
}

/** Terms that are levels, or not in units of the outcome. */
const IN_LEVELS = ["treated", "post", "(Intercept)", "first-stage"];

/** How far estimates are from an effect that was planted without noise, in words. */
function unplanted(declaration: Declaration, seed: number): string[] {
  const rows = rowsOf(declaration.columns.world, seed);
  const outcome = (declaration.outcome ?? plainOutcome)(EFFECT, 0);
  const found = answered(declaration, dressed(declaration, rows, { outcome }));
  const { terms, others } = declaration.planted;
  return found.coefficients.flatMap(({ term, estimate: value }) => {
    if (!terms.test(term) && !others) return [];
    const wanted = terms.test(term) ? EFFECT : 0;
    return Math.abs(value - wanted) <= 1e-9 * 20 ? [] : [`${term}: ${value} instead of ${wanted}`];
  });
}

function violations(declaration: Declaration, invariance: Invariance, claim: Claim, seed: number): string[] {
  if (invariance === "planted") return unplanted(declaration, seed);
  return differences(declaration, twins(declaration, invariance, seed), claim === "all");
}

function violationsOrRefusal(declaration: Declaration, invariance: Invariance, seed: number): string[] {
  try {
    return violations(declaration, invariance, { estimates: "" }, seed);
  } catch (error) {
    return [String(error)];
  }
}

it("every estimator of the registry declares what leaves it alone", () => {
  const declared = new Set(DECLARATIONS.map(({ estimator }) => estimator));
  expect(TIDY_ESTIMATORS.map(({ id }) => id).filter((id) => !declared.has(id))).toEqual([]);
});

const named = DECLARATIONS.map(
  (declaration) => [`${declaration.estimator} ${declaration.choice?.vcov ?? ""}`.trim(), declaration] as const,
);

describe.each(named)("%s", (_, declaration) => {
  for (const invariance of INVARIANCES) {
    const claim = declaration.claims[invariance];
    if (typeof claim === "object" && "apart" in claim) continue;
    if (typeof claim === "object" && "not" in claim) {
      it(`${invariance}: does not follow, because ${claim.not}`, () => {
        expect(seedsOf(declaration).flatMap((seed) => violationsOrRefusal(declaration, invariance, seed))).not.toEqual(
          [],
        );
      });
    } else {
      it(`${invariance}: ${claim === "all" ? "everything follows" : `estimates follow; ${claim.estimates}`}`, () => {
        expect(seedsOf(declaration).flatMap((seed) => violations(declaration, invariance, claim, seed))).toEqual([]);
      });
    }
  }

  it("gives the same bytes twice and leaves its input alone", () => {
    const table = dressed(declaration, rowsOf(declaration.columns.world, 5));
    const before = structuredClone(table);
    const first = JSON.stringify(run(declaration, table));
    expect(JSON.stringify(run(declaration, table))).toBe(first);
    expect(table).toEqual(before);
  });

  it("never has a cluster-robust error of one treated unit", () => {
    const { oneTreated, columns } = declaration;
    if (columns.treatment === "none") return;
    const rows = rowsOf(columns.world, 6).map((row): Row => {
      const first = row.unit === 1 || columns.world === "lone" ? row.first : 0;
      return { ...row, first, treated: first > 0 && row.time >= first ? 1 : 0 };
    });
    const outcome = run(declaration, dressed(declaration, rows));
    if ("refused" in oneTreated) expect(outcome.ok ? "answered" : outcome.refusal.code).toBe(oneTreated.refused);
    else if (outcome.ok) expect(outcome.value.inference).not.toMatch(/^(cr\d|cv\d|analytic|influence|conservative)/);
  });
});

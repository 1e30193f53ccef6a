import { describe, expect, it } from "vitest";
import { estimate } from "../../../src/app/estimate.ts";
import type { TidyColumn, TidyData } from "../../../src/core/estimators/contract.ts";
import { TIDY_ESTIMATORS } from "../../../src/core/estimators/index.ts";
import { REASON_CODES } from "../../../src/core/reasons.ts";
import { BAD_TABLES, type BadTable } from "./bad-tables.ts";
import { DECLARATIONS, type Declaration } from "./declarations.ts";
import { plainOutcome, type Row, rowsOf, tableOf } from "./worlds.ts";

/** One declaration per estimator, the first. */
const ASKED = TIDY_ESTIMATORS.flatMap((estimator) => {
  const declaration = DECLARATIONS.find((candidate) => candidate.estimator === estimator.id);
  return declaration === undefined ? [] : [{ estimator, declaration }];
});

function dressed(declaration: Declaration, rows: readonly Row[], asTreatment: boolean): TidyData {
  const columns =
    asTreatment && declaration.columns.treatment !== "none"
      ? { ...declaration.columns, treatment: "treatment" as const }
      : declaration.columns;
  return tableOf(rows, columns, { outcome: (declaration.outcome ?? plainOutcome)(0.7) });
}

function spoilt(declaration: Declaration, bad: BadTable): TidyData {
  const rows = rowsOf(declaration.columns.world, 8);
  const table = dressed(declaration, bad.rows?.(rows) ?? rows, bad.name === "a treatment that ends");
  return bad.table?.(table) ?? table;
}

describe.each(ASKED.map((one) => [one.estimator.id, one] as const))("%s", (id, { estimator, declaration }) => {
  const has = (input: "weights" | "covariates"): boolean => estimator.uses?.includes(input) ?? false;
  const needs = { panel: declaration.columns.panel, weights: has("weights"), covariates: has("covariates") };

  it.each(BAD_TABLES.filter(({ asked }) => asked?.(needs) ?? true).map((bad) => [bad.name, bad] as const))(
    "%s is refused by name",
    (_, bad) => {
      const outcome = estimate(spoilt(declaration, bad), id, { alpha: 0.2, ...declaration.choice });
      if (outcome.ok) {
        // a term that nothing is left of may be dropped, but never without a word
        const isNamed = outcome.value.notes.some((note) => bad.names.source !== "." && bad.names.test(note));
        expect([isNamed, bad.answers[id]]).not.toEqual([false, undefined]);
        return;
      }
      expect(bad.answers[id] === undefined ? bad.codes : REASON_CODES).toContain(outcome.refusal.code);
      if (bad.answers[id] === undefined) expect(outcome.refusal.message).toMatch(bad.names);
      expect(outcome.refusal.hint.length).toBeGreaterThan(0);
    },
  );

  it.each(estimator.needs.map((column) => [column] as const))(
    "without the column %s there is a sentence",
    (column: TidyColumn) => {
      const table = { ...spoilt(declaration, { name: "", codes: [], names: /./, answers: {} }), [column]: null };
      const withoutBoth =
        column === "treatment" || column === "firstTreated" ? { treatment: null, firstTreated: null } : {};
      const outcome = estimate({ ...table, ...withoutBoth }, id, { alpha: 0.2, ...declaration.choice });
      if (!outcome.ok) expect(REASON_CODES).toContain(outcome.refusal.code);
      expect(outcome.ok ? "an answer without the column" : outcome.refusal.message).toMatch(/[a-z]/);
      expect(outcome.ok).toBe(false);
    },
  );

  it("an outcome that is missing is left out by count, or refused by name", () => {
    const table = dressed(declaration, rowsOf(declaration.columns.world, 8), false);
    const outcome = estimate(
      { ...table, outcome: table.outcome.map((value, i) => (i === 17 ? Number.NaN : value)) },
      id,
      { alpha: 0.2, ...declaration.choice },
    );
    if (!outcome.ok) expect(outcome.refusal.message).toMatch(/u\d|row/);
    else for (const row of outcome.value.coefficients) expect(row.estimate).not.toBeNaN();
  });
});

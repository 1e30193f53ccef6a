import { describe, expect, it } from "vitest";
import { estimate } from "../../src/app/estimate.ts";
import { tidyTable } from "../../src/core/estimators/tidy-table.ts";
import { buildPanel, reorder } from "./panel-arbitrary.ts";

const SHAPE = { treated: 4, controls: 6, pre: 8, post: 6, seed: 11, missing: 0, weighted: false };

/** Counts, an exposure, a running variable and covariates of one made panel, all deterministic. */
function tableOf(panel: ReturnType<typeof buildPanel>) {
  const spread = panel.unit.map((u) => Math.cos(3 * u));
  return {
    unit: panel.unit.map((u) => `u${u}`),
    time: [...panel.time],
    outcome: [...panel.y],
    treatment: [...panel.d],
    covariates: { x: spread },
    numbers: {
      e: panel.unit.map((u, i) => 0.7 * (panel.d[i] ?? 0) + 0.02 * Math.sin(u + 5 * (panel.time[i] ?? 0))),
      load: panel.unit.map((u, i) => Math.sin(17 * u + 5 * (panel.time[i] ?? 0))),
    },
  };
}

const CHOICES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  iv: { exposure: "e" },
  "matched-did": { metric: "mahalanobis" },
  power: {},
  "exact-counts": { overdispersion: "label" },
  rd: { running: "load", cutoff: "0.1" },
};

describe.each(Object.entries(CHOICES))("%s", (id, settings) => {
  const columns = tableOf(buildPanel(SHAPE));
  const outcome = id === "exact-counts" ? columns.outcome.map((y) => Math.round(Math.abs(y))) : columns.outcome;
  // a cut-off decides who is treated, not the panel's treatment
  const withTreatment = ({ treatment, ...rest }: typeof columns) => (id === "rd" ? rest : { ...rest, treatment });
  const table = tidyTable({ ...withTreatment(columns), outcome });

  it("gives the same bytes twice and leaves its input alone", () => {
    const before = structuredClone(table);
    const first = estimate(table, id, { settings });
    expect(first.ok || first.refusal.message).toBe(true);
    expect(JSON.stringify(estimate(table, id, { settings }))).toBe(JSON.stringify(first));
    expect(table).toEqual(before);
  });

  it("does not depend on the order of rows or the names of units", () => {
    const shuffled = tableOf(reorder(buildPanel(SHAPE), 5));
    const unit = shuffled.unit.map((name) => `pod-${name}`);
    const counts = shuffled.outcome.map((y) => Math.round(Math.abs(y)));
    const other = tidyTable({
      ...withTreatment(shuffled),
      unit,
      outcome: id === "exact-counts" ? counts : shuffled.outcome,
    });
    const [a, b] = [estimate(table, id, { settings }), estimate(other, id, { settings })];
    if (!a.ok || !b.ok) throw new Error("refused");
    for (const [i, row] of a.value.coefficients.entries()) {
      expect(b.value.coefficients[i]?.estimate).toBeCloseTo(row.estimate, 8);
      if (!Number.isNaN(row.stdError)) expect(b.value.coefficients[i]?.stdError).toBeCloseTo(row.stdError, 8);
    }
  });
});

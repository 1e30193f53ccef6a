import { type CrossSectionMethod, crossSectionDid } from "../../../src/core/estimators/doubly-robust/cross-section.ts";
import { DEFAULT_TRIM, type PanelMethod, panelDid } from "../../../src/core/estimators/doubly-robust/panel.ts";
import { type InfluenceEstimate, influenceError } from "../../../src/core/estimators/doubly-robust/sample.ts";
import { logit } from "../../../src/core/regression/logit.ts";
import { leastSquares } from "../../../src/core/regression/ols.ts";
import type { NamedColumn } from "../../../src/core/regression/sample.ts";
import { hc0 } from "../../../src/core/vcov/hc0.ts";
import type { Actual, CaseRunner } from "./compare.ts";
import { list, number, object, text, texts } from "./json.ts";
import type { Table } from "./table.ts";
import { value } from "./tables.ts";

const PANEL_METHOD: Readonly<Record<string, PanelMethod>> = {
  drdid_panel: "dr",
  drdid_imp_panel: "improved",
  reg_did_panel: "reg",
  ipw_did_panel: "ipw",
  std_ipw_did_panel: "std-ipw",
};

const CROSS_SECTION_METHOD: Readonly<Record<string, CrossSectionMethod>> = {
  drdid_rc: "dr",
  drdid_rc1: "dr-simple",
  drdid_imp_rc: "improved",
  drdid_imp_rc1: "improved-simple",
  reg_did_rc: "reg",
  ipw_did_rc: "ipw",
  std_ipw_did_rc: "std-ipw",
};

/** The reference package's normal quantile. */
const ITS_QUANTILE = 1.96;

/** Cases 07a and 07b: two periods of the same units. */
export const doublyRobustPanel: CaseRunner = {
  cases: ["07a_drdid_nsw_cps", "07b_drdid_nsw_experimental"],
  rules: [],
  relative: (expected) => number(expected.tolerance_rel),
  run({ expected, panel }) {
    const table = panel();
    const covariates = named(table, texts(expected.covariates));
    const treated = table.numeric("d");
    return {
      n: table.rows,
      n_treated: treated.reduce((count, d) => count + d, 0),
      covariates: texts(expected.covariates),
      logit: logitRows(table, covariates),
      results: list(expected.results).map((row) => {
        const id = text(object(row).id);
        return { id, ...panelResult(table, id, id.endsWith("_no_covariates") ? [] : covariates) };
      }),
    };
  },
};

function panelResult(table: Table, id: string, covariates: readonly NamedColumn[]): { readonly [key: string]: Actual } {
  if (id.startsWith("twfe")) return stackedRegression(table, covariates);
  const method = PANEL_METHOD[id.replace(/_(no_covariates|weighted)$/, "")];
  if (!method) return {};
  const after = table.numeric("y1");
  const before = table.numeric("y0");
  const found = value(
    panelDid(
      {
        treated: table.numeric("d"),
        change: after.map((y, i) => y - (before[i] ?? 0)),
        covariates,
        weights: id.endsWith("_weighted") ? table.numeric("weights") : null,
        label: (row) => `unit ${row + 1}`,
      },
      method,
    ),
  );
  return { ...limits(found), se_mean_square_of_influence_function: influenceError(found.influence) };
}

/** Pooled regression on the stacked periods: plain least squares with White's error, as the reference has it. */
function stackedRegression(table: Table, covariates: readonly NamedColumn[]): { readonly [key: string]: Actual } {
  const n = table.rows;
  const twice = (values: Float64Array): Float64Array =>
    Float64Array.from({ length: 2 * n }, (_, i) => values[i % n] ?? 0);
  const outcome = twice(table.numeric("y1"));
  outcome.set(table.numeric("y0"), n);
  const post = Float64Array.from({ length: 2 * n }, (_, i) => Number(i < n));
  return regression(
    outcome,
    twice(table.numeric("d")),
    post,
    covariates.map((x) => ({ ...x, values: twice(x.values) })),
  );
}

function regression(
  outcome: Float64Array,
  treated: Float64Array,
  post: Float64Array,
  covariates: readonly NamedColumn[],
): { readonly [key: string]: Actual } {
  const n = outcome.length;
  const columns = [
    { name: "d:post", values: treated.map((d, i) => d * (post[i] ?? 0)) },
    { name: "(Intercept)", values: new Float64Array(n).fill(1) },
    { name: "d", values: treated },
    { name: "post", values: post },
    ...covariates,
  ];
  const fit = value(leastSquares({ outcome, columns, effects: [], singletons: "keep" }));
  const plain = Math.sqrt(value(hc0.estimate(fit, {})).matrix.get(0, 0));
  const att = fit.coefficients[0] ?? Number.NaN;
  const se = plain * Math.sqrt(n / (n - 1));
  return {
    att,
    se,
    lci: att - ITS_QUANTILE * se,
    uci: att + ITS_QUANTILE * se,
    se_mean_square_of_influence_function: plain,
  };
}

function logitRows(table: Table, covariates: readonly NamedColumn[]): Actual {
  const columns = [{ name: "(Intercept)", values: new Float64Array(table.rows).fill(1) }, ...covariates];
  const fit = value(logit({ outcome: table.numeric("d"), columns, weights: null, label: String }));
  return columns.map(({ name }, j) => ({
    term: name,
    estimate: fit.coefficients[j] ?? null,
    se: Math.sqrt(fit.bread.get(j, j)),
  }));
}

/** Case 07c: different units before and after. */
export const doublyRobustCrossSection: CaseRunner = {
  cases: ["07c_drdid_repeated_cross_section"],
  rules: [],
  relative: (expected) => number(expected.tolerance_rel),
  run({ expected, panel }) {
    const table = panel();
    const covariates = named(table, texts(expected.covariates));
    const sample = {
      treated: table.numeric("d"),
      outcome: table.numeric("y"),
      post: table.numeric("post"),
      covariates,
      weights: null,
      label: (row: number) => `row ${row + 1}`,
    };
    return {
      n: table.rows,
      covariates: texts(expected.covariates),
      results: list(expected.results).map((row) => {
        const id = text(object(row).id);
        if (id === "twfe_did_rc") return { id, ...regression(sample.outcome, sample.treated, sample.post, covariates) };
        const method = CROSS_SECTION_METHOD[id];
        return method
          ? { id, ...limits(value(crossSectionDid(sample, method, { trim: DEFAULT_TRIM, convention: "drdid" }))) }
          : { id };
      }),
    };
  },
};

function named(table: Table, names: readonly string[]): NamedColumn[] {
  return names.map((name) => ({ name, values: table.numeric(name) }));
}

function limits(found: InfluenceEstimate): { readonly [key: string]: Actual } {
  const att = found.estimate;
  const se = influenceError(found.influence);
  return { att, se, lci: att - ITS_QUANTILE * se, uci: att + ITS_QUANTILE * se };
}

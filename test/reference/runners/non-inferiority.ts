import {
  marginTests,
  marginVerdictText,
  ratioMarginTests,
  studentInterval,
} from "../../../src/core/inference/non-inferiority.ts";
import type { Actual, CaseRunner } from "./compare.ts";
import { type JsonObject, list, number, object } from "./json.ts";

/** Case 18: non-inferiority, harm and equivalence p-values, ratio margins, verdict text. */
export const nonInferiority: CaseRunner = {
  cases: ["18_noninferiority"],
  rules: [{ path: /^rows\.\d+\.ci/, relative: 1e-11, absolute: 1e-14 }],
  relative: (expected) => number(expected.tolerance_rel),
  run({ expected }) {
    return {
      rows: list(expected.rows).map((row) => marginRow(object(row))),
      ratio_rows: list(expected.ratio_rows).map((row) => ratioRow(object(row))),
    };
  },
};

function marginRow(row: JsonObject): Actual {
  const question = {
    estimate: number(row.estimate),
    stdError: number(row.se),
    dof: number(row.df),
    margin: number(row.margin),
  };
  const tests = marginTests(question);
  const narrow = studentInterval(question, 0.1);
  const wide = studentInterval(question, 0.05);
  return {
    estimate: question.estimate,
    se: question.stdError,
    df: question.dof,
    margin: question.margin,
    p_two_sided: tests.pTwoSided,
    p_noninferior: tests.pNonInferior,
    p_harm_beyond_margin: tests.pHarmBeyondMargin,
    p_harm_any: tests.pHarmAny,
    p_tost: tests.pEquivalence,
    ci90_low: narrow.low,
    ci90_high: narrow.high,
    ci95_low: wide.low,
    ci95_high: wide.high,
    verdict_5pct: marginVerdictText(question, 0.05),
  };
}

function ratioRow(row: JsonObject): Actual {
  const log = { estimate: number(row.log_effect), stdError: number(row.se), dof: number(row.df) };
  const result = ratioMarginTests(log, number(row.margin_relative), 0.1);
  return {
    log_effect: log.estimate,
    se: log.stdError,
    df: log.dof,
    ratio: result.ratio,
    margin_relative: number(row.margin_relative),
    p_noninferior: result.pNonInferior,
    ratio_ci90_low: result.low,
    ratio_ci90_high: result.high,
  };
}

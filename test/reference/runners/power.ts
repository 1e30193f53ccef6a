import { choose } from "../../../src/core/inference/assignments.ts";
import {
  autoregressiveCovariances,
  exactMinimumDetectableEffect,
  minimumDetectableEffect,
  nonInferiorityPower,
  normalMinimumDetectableEffect,
  serialCorrelationRobustVariance,
  singleTreatedDesign,
  twoSidedPower,
  welchDesign,
} from "../../../src/core/inference/power.ts";
import type { Actual, CaseRunner } from "./compare.ts";
import { type JsonObject, list, number, object } from "./json.ts";

const ALPHA = 0.05;
const POWER = 0.8;

/** Case 12: variance under serial correlation, minimum detectable effects, non-inferiority power. */
export const power: CaseRunner = {
  cases: ["12_power_mde"],
  rules: [{ path: /^table\.\d+\.(mde_noncentral_t|power_at_half_se2|ni_power)$/, relative: 1e-6 }],
  relative: (expected) => number(expected.tolerance_rel),
  run({ expected }) {
    return {
      table: list(expected.table).map((row) => panelRow(object(row))),
      welch_table: list(expected.welch_table).map((row) => welchRow(object(row))),
    };
  },
};

function panelRow(row: JsonObject): Actual {
  const [J, P, m, r, rho] = ["J", "P", "m", "r", "rho"].map((key) => number(row[key]));
  if (J === undefined || P === undefined || m === undefined || r === undefined || rho === undefined) return null;
  const psi = autoregressiveCovariances(m, r, rho);
  const variance = serialCorrelationRobustVariance({
    units: J,
    treatedShare: P,
    preSteps: m,
    postSteps: r,
    variance: 1,
    preCovariance: psi.pre,
    postCovariance: psi.post,
    crossCovariance: psi.cross,
  });
  const se = Math.sqrt(variance);
  const target = { alpha: ALPHA, power: POWER, dof: J - 2 };
  return {
    J,
    P,
    m,
    r,
    rho,
    psi_pre: psi.pre,
    psi_post: psi.post,
    psi_cross: psi.cross,
    var: variance,
    se,
    mde_t: minimumDetectableEffect(se, target),
    mde_z: normalMinimumDetectableEffect(se, ALPHA, POWER),
    mde_noncentral_t: exactMinimumDetectableEffect(se, target),
    power_at_half_se2: twoSidedPower(2.5 * se, se, ALPHA, J - 2),
    ni_power: nonInferiorityPower(0.5, 0, se, { alpha: ALPHA, dof: J - 2 }),
  };
}

function welchRow(row: JsonObject): Actual {
  const treated = { count: number(row.n_treated), sd: number(row.sd_treated) };
  const control = { count: number(row.n_control), sd: number(row.sd_control) };
  const welch = welchDesign(treated, control);
  const single = treated.count === 1 ? singleTreatedDesign(control.count, control.sd) : null;
  const target = { alpha: ALPHA, power: POWER };
  return {
    n_treated: treated.count,
    n_control: control.count,
    sd_treated: treated.sd,
    sd_control: control.sd,
    se_welch: welch.stdError,
    df_welch: single ? null : welch.dof,
    mde_welch: single ? null : minimumDetectableEffect(welch.stdError, { ...target, dof: welch.dof }),
    se_single_treated_prediction: single?.stdError ?? null,
    mde_single_treated: single ? minimumDetectableEffect(single.stdError, { ...target, dof: single.dof }) : null,
    // share of one assignment; a two-sided test of equal arms cannot get below twice this
    min_two_sided_permutation_p: 1 / choose(treated.count + control.count, treated.count),
  };
}

import type { EventStudyEstimates } from "../../../src/core/inference/sensitivity/estimates.ts";
import { pretrendPower, slopeForPower } from "../../../src/core/inference/sensitivity/pretrend-power.ts";
import { waldTest } from "../../../src/core/inference/wald.ts";
import type { Actual, CaseRunner } from "./compare.ts";
import { list, number, object } from "./json.ts";
import { readEventStudy } from "./sensitivity.ts";
import { value } from "./tables.ts";

const ALPHA = 0.05;

/** Case 10c: the slope that a pre-test finds, and what is left when it was passed. */
export const pretrendPowerCase: CaseRunner = {
  cases: ["10c_pretrend_power_bc"],
  rules: [
    { path: /^joint_wald_pre\./, relative: 1e-9 },
    { path: /^noncentral_power_of_wald_at_slope50\./, relative: 1e-8 },
    { path: /^at_slope50\.event_plot\.\d+\.(t|betahat|deltatrue|se)$/, relative: 1e-9 },
    { path: /./, absolute: 0.002, relative: 0 },
  ],
  relative: () => 0,
  run({ expected, folder }) {
    const study = readEventStudy(folder);
    const post = study.coefficients.length - study.pre;
    const estimates: EventStudyEstimates = { ...study, target: Array.from({ length: post }, () => 1 / post) };
    const [half, most] = ["slope_for_power_50", "slope_for_power_80"].map((key) => number(expected[key]));
    // at the reference's own slopes, which its search found to about 1e-4
    const trend = value(pretrendPower(estimates, half ?? Number.NaN, ALPHA));
    const terms = study.time.slice(0, study.pre).map(String);
    const pre = { terms: study.time.map(String), coefficients: study.coefficients, covariance: study.covariance };
    const joint = value(waldTest(pre, terms, Number.POSITIVE_INFINITY));
    return {
      slope_for_power_50: value(slopeForPower(estimates, 0.5, ALPHA)),
      slope_for_power_80: value(slopeForPower(estimates, 0.8, ALPHA)),
      power_at_slope50: trend.power,
      power_at_slope80: value(pretrendPower(estimates, most ?? Number.NaN, ALPHA)).power,
      at_slope50: {
        df_power: [
          { Power: trend.power, "Bayes.Factor": trend.bayesFactor, "Likelihood.Ratio": trend.likelihoodRatio },
        ],
        event_plot: list(object(expected.at_slope50).event_plot).map((row): Actual => {
          const t = number(object(row).t);
          const k = study.time.indexOf(t);
          if (k < 0) return { t, betahat: 0, deltatrue: 0, se: 0, meanAfterPretesting: null };
          return {
            t,
            betahat: study.coefficients[k] ?? Number.NaN,
            deltatrue: trend.trend[k] ?? Number.NaN,
            se: Math.sqrt(study.covariance.get(k, k)),
            meanAfterPretesting: trend.meanAfterPretest[k] ?? Number.NaN,
          };
        }),
      },
      joint_wald_pre: { chi2: joint.chiSquare, df: joint.dof1, p: joint.pChiSquare },
      noncentral_power_of_wald_at_slope50: { ncp: trend.wald.noncentrality, power: trend.wald.power },
    };
  },
};

import { inverse, Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { betweenVariance } from "../../../../src/core/inference/subgroups/between.ts";
import { heterogeneityTest } from "../../../../src/core/inference/subgroups/heterogeneity.ts";
import {
  marginalFit,
  type SubgroupEffect,
  type SubgroupErrors,
} from "../../../../src/core/inference/subgroups/one-factor.ts";
import { shrink } from "../../../../src/core/inference/subgroups/shrinkage.ts";
import { summarizeSubgroups } from "../../../../src/core/inference/subgroups/subgroups.ts";
import { studentTTwoSided } from "../../../../src/core/probability/student-t.ts";

/** Trials of the BCG vaccine (Colditz et al. 1994): cases and others, vaccinated and not. */
const BCG = [
  [4, 119, 11, 128],
  [6, 300, 29, 274],
  [3, 228, 11, 209],
  [62, 13536, 248, 12619],
  [33, 5036, 47, 5761],
  [180, 1361, 372, 1079],
  [8, 2537, 10, 619],
  [505, 87886, 499, 87892],
  [29, 7470, 45, 7232],
  [17, 1699, 65, 1600],
  [186, 50448, 141, 27197],
  [5, 2493, 3, 2338],
  [27, 16886, 29, 17825],
] as const;

const LOG_RATIOS = BCG.map(([a, b, c, d]) => Math.log(a / (a + b) / (c / (c + d))));
const VARIANCES = BCG.map(([a, b, c, d]) => 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d));

function errors(estimates: readonly number[], variances: readonly number[], correlation = 0): SubgroupErrors {
  return { estimates: Float64Array.from(estimates), variances: Float64Array.from(variances), correlation };
}

const trials: readonly SubgroupEffect[] = LOG_RATIOS.map((estimate, i) => ({
  name: `trial ${i + 1}`,
  estimate,
  stdError: Math.sqrt(VARIANCES[i] ?? 0),
  dof: Number.POSITIVE_INFINITY,
}));

describe("the spread between subgroups", () => {
  // Viechtbauer 2010, Journal of Statistical Software 36(3), sections 3 and 4, and the manual of metafor
  it("is what metafor publishes for the BCG trials", () => {
    const between = betweenVariance(errors(LOG_RATIOS, VARIANCES), 0.05);
    expect(between.reml).toBeCloseTo(0.3132, 4);
    expect(between.pauleMandel).toBeCloseTo(0.3181, 4);
    expect(between.low).toBeCloseTo(0.1197, 4);
    expect(between.high).toBeCloseTo(1.1115, 4);
    const pooled = marginalFit(errors(LOG_RATIOS, VARIANCES), between.reml);
    expect(pooled.mean).toBeCloseTo(-0.7145, 4);
    expect(Math.sqrt(pooled.meanVariance)).toBeCloseTo(0.1798, 4);
    expect(heterogeneityTest(trials, 0).q).toBeCloseTo(152.233, 3);
  });

  it("is zero when the estimates are nearer to each other than their errors", () => {
    const between = betweenVariance(errors([1, 1.1, 0.9, 1.05], [1, 1, 2, 1]), 0.05);
    expect(between).toMatchObject({ reml: 0, pauleMandel: 0, low: 0 });
    expect(between.high).toBeGreaterThanOrEqual(0);
  });
});

describe("the heterogeneity test", () => {
  it("is Welch's t test for two subgroups", () => {
    const effects = [
      { name: "a", estimate: 2, stdError: 0.5, dof: 7 },
      { name: "b", estimate: 0.4, stdError: 0.3, dof: 12 },
    ];
    const variance = 0.5 ** 2 + 0.3 ** 2;
    const dof = variance ** 2 / (0.5 ** 4 / 7 + 0.3 ** 4 / 12);
    const test = heterogeneityTest(effects, 0);
    expect(test.dofDenominator).toBeCloseTo(dof, 10);
    expect(test.pValue).toBeCloseTo(studentTTwoSided(1.6 / Math.sqrt(variance), dof), 12);
  });

  it("finds more in differences of subgroups that share their shocks", () => {
    const effects = [1, 2, 3, 4].map((estimate) => ({ name: `${estimate}`, estimate, stdError: 1, dof: 50 }));
    const alone = heterogeneityTest(effects, 0);
    const shared = heterogeneityTest(effects, 0.75);
    // equal errors: what is common cancels in the differences, whose variance is a quarter
    expect(shared.q).toBeCloseTo(4 * alone.q, 10);
  });

  it("calls nothing different when nothing is", () => {
    const same = [1, 1, 1].map((estimate, i) => ({ name: `${i}`, estimate, stdError: 1, dof: 9 }));
    expect(heterogeneityTest(same, 0)).toMatchObject({ q: 0, pValue: 1, iSquared: 0 });
  });
});

/** The same posterior by dense matrices and a plain sum over tau^2. */
function naivePosterior({ estimates, variances, correlation }: SubgroupErrors): { mean: number; variance: number }[] {
  const k = estimates.length;
  const d = Matrix.columnVector([...estimates]);
  const one = Matrix.ones(k, 1);
  const covariance = Matrix.zeros(k, k);
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      covariance.set(i, j, (i === j ? 1 : correlation) * Math.sqrt((variances[i] ?? 0) * (variances[j] ?? 0)));
    }
  }
  const totals = Array.from({ length: k }, () => ({ weight: 0, mean: 0, square: 0 }));
  const step = 0.01;
  for (let log = -12; log < 12; log += step) {
    const tauSquared = Math.exp(log);
    const marginal = Matrix.add(covariance, Matrix.eye(k).mul(tauSquared));
    const precision = inverse(marginal);
    const information = one.transpose().mmul(precision).mmul(one).get(0, 0);
    const mean = one.transpose().mmul(precision).mmul(d).get(0, 0) / information;
    const residual = Matrix.sub(d, Matrix.mul(one, mean));
    const q = residual.transpose().mmul(precision).mmul(residual).get(0, 0);
    const density = Math.exp(-0.5 * (logDeterminant(marginal) + Math.log(information) + q)) * tauSquared;
    const scaled = precision.mmul(residual);
    const gain = precision.mmul(one);
    totals.forEach((total, i) => {
      const centre = mean + tauSquared * scaled.get(i, 0);
      const own = tauSquared - tauSquared ** 2 * precision.get(i, i);
      const variance = own + (1 - tauSquared * gain.get(i, 0)) ** 2 / information;
      total.weight += density;
      total.mean += density * centre;
      total.square += density * (variance + centre ** 2);
    });
  }
  return totals.map(({ weight, mean, square }) => ({
    mean: mean / weight,
    variance: square / weight - (mean / weight) ** 2,
  }));
}

function logDeterminant(matrix: Matrix): number {
  // a covariance: the product of the pivots of plain elimination
  const work = matrix.clone();
  let log = 0;
  for (let i = 0; i < work.rows; i++) {
    const pivot = work.get(i, i);
    log += Math.log(pivot);
    for (let r = i + 1; r < work.rows; r++) {
      const share = work.get(r, i) / pivot;
      for (let c = i; c < work.rows; c++) work.set(r, c, work.get(r, c) - share * work.get(i, c));
    }
  }
  return log;
}

describe("shrinkage", () => {
  it.each([0, 0.4])("is the posterior of a naive integration (correlation %s)", (correlation) => {
    const given = errors([3, -1, 0.5, 2, 0.2, 1.1], [0.5, 1, 0.25, 2, 0.7, 0.1], correlation);
    const { effects } = shrink(given);
    naivePosterior(given).forEach((expected, i) => {
      expect(effects[i]?.mean).toBeCloseTo(expected.mean, 3);
      expect(effects[i]?.variance).toBeCloseTo(expected.variance, 3);
    });
  });

  it("moves noisy subgroups further than exact ones, and between their own value and the mean", () => {
    const { effects, mean } = shrink(errors([4, 0, 1, -1, 4], [0.01, 0.01, 0.01, 0.01, 9]));
    expect(effects[4]?.shrinkage).toBeGreaterThan(20 * (effects[0]?.shrinkage ?? 0));
    expect(effects[0]?.shrinkage).toBeLessThan(0.02);
    expect(effects[4]?.mean).toBeLessThan(4);
    expect(effects[4]?.mean).toBeGreaterThan(mean);
  });

  it("does not care about units and order", () => {
    const estimates = [3, -1, 0.5, 2, 0.2];
    const variances = [0.5, 1, 0.25, 2, 0.7];
    const plain = shrink(errors(estimates, variances, 0.2)).effects;
    const scaled = shrink(
      errors(
        estimates.map((d) => 1000 * d + 7),
        variances.map((v) => 1e6 * v),
        0.2,
      ),
    ).effects;
    const turned = shrink(errors(estimates.toReversed(), variances.toReversed(), 0.2)).effects;
    plain.forEach((one, i) => {
      expect((scaled[i]?.mean ?? 0) / (1000 * one.mean + 7)).toBeCloseTo(1, 9);
      expect(turned[4 - i]?.mean).toBeCloseTo(one.mean, 9);
    });
  });
});

describe("a summary of subgroups", () => {
  const effects = [5, 0.3, -0.2, 0.1, 0.4].map((estimate, i) => ({ name: `s${i}`, estimate, stdError: 1, dof: 20 }));

  it("claims by Holm and lists by Benjamini-Hochberg", () => {
    const { subgroups } = summarizeSubgroups(effects, { alpha: 0.05, correlation: 0 });
    const first = subgroups[0];
    expect(first?.pHolm).toBeCloseTo(5 * (first?.pValue ?? 0), 12);
    for (const one of subgroups) {
      expect(one.pBh).toBeLessThanOrEqual(one.pHolm);
      expect(one.pHolm).toBeGreaterThanOrEqual(one.pValue);
      expect(one.simultaneous.low).toBeLessThan(one.interval.low);
    }
  });

  it("shrinks four subgroups or more, and none with too few degrees of freedom", () => {
    const three = summarizeSubgroups(effects.slice(0, 3), { alpha: 0.05, correlation: 0 });
    expect(three.subgroups.every(({ shrunk }) => shrunk === null)).toBe(true);
    expect(three.heterogeneity).not.toBeNull();
    const loose = summarizeSubgroups([...effects, { name: "x", estimate: 9, stdError: 1, dof: 2 }], {
      alpha: 0.05,
      correlation: 0,
    });
    expect(loose.subgroups.at(-1)?.shrunk).toBeNull();
    expect(loose.subgroups[0]?.shrunk).not.toBeNull();
    expect(summarizeSubgroups(effects.slice(0, 1), { alpha: 0.05, correlation: 0 }).heterogeneity).toBeNull();
  });

  it("gives back the subgroup's own interval when the others are far away", () => {
    const apart = [0, 1e6, -1e6, 2e6].map((estimate, i) => ({ name: `s${i}`, estimate, stdError: 1, dof: 8 }));
    const { subgroups } = summarizeSubgroups(apart, { alpha: 0.05, correlation: 0 });
    const [first] = subgroups;
    expect(first?.shrunk?.interval.low).toBeCloseTo(first?.interval.low ?? 0, 4);
  });
});

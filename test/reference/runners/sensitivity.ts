import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Matrix } from "ml-matrix";
import { studentInference } from "../../../src/core/inference/coefficients.ts";
import {
  type EventStudyEstimates,
  targetValue,
  targetVariance,
} from "../../../src/core/inference/sensitivity/estimates.ts";
import type { MomentTest } from "../../../src/core/inference/sensitivity/moment-inequalities.ts";
import {
  relativeIdentifiedSet,
  relativeMagnitudes,
} from "../../../src/core/inference/sensitivity/relative-magnitudes.ts";
import {
  type Frontier,
  foldedNormalQuantile,
  frontierOf,
  smoothnessBreakdown,
  smoothnessIdentifiedSet,
  smoothnessInterval,
  worstCase,
} from "../../../src/core/inference/sensitivity/smoothness.ts";
import { findRoot } from "../../../src/core/probability/root.ts";
import { empiricalCdf } from "../../../src/core/probability/sample-quantile.ts";
import type { Actual, CaseRunner, ReferenceCase, Rule } from "./compare.ts";
import { type JsonObject, list, number, object } from "./json.ts";
import { rNormals } from "./r-normal.ts";
import { readTable } from "./table.ts";
import { value } from "./tables.ts";

const ALPHA = 0.05;
const SIMULATIONS = 1_000_000;

/** Rules that both cases share; `steps` are three grid steps of the reference's grids. */
function rulesOf(steps: { readonly first: number; readonly average: number }): Rule[] {
  return [
    { path: /\.(grid_points|grid_step|grid_half_width_se)$/, skip: "the grid that the reference looked at" },
    {
      path: /\.optimal_vec\./,
      skip: "no tolerance is stated and the reference's search stops early; lb and ub are checked at this vector",
    },
    { path: /\.half_length$/, relative: 1e-3 },
    // a thousandth of the shortest half length
    { path: /smoothness_FLCI\.\d+\.(lb|ub)$/, absolute: 4e-5 },
    { path: /\.id_set_(lb|ub)$/, absolute: 1e-6 },
    { path: /\.id_set\.\d+\.(lb|ub)$/, absolute: 1e-6 },
    { path: /^results\.first_post\.relative_magnitudes\..*\.(lb|ub)$/, absolute: steps.first },
    { path: /^results\.average_post\.relative_magnitudes\..*\.(lb|ub)$/, absolute: steps.average },
    { path: /breakdown_M_FLCI$/, relative: 2e-3 },
  ];
}

/** Cases 10 and 10b: robust sets of Rambachan and Roth for two event studies. */
export const sensitivityFewLeads: CaseRunner = {
  cases: ["10_honestdid_bc"],
  rules: rulesOf({ first: 3 * 0.00075967514972201584, average: 3 * 0.0007069085195375868 }),
  relative: () => 1e-9,
  run: runCase,
};

export const sensitivityManyLeads: CaseRunner = {
  cases: ["10b_honestdid_lw"],
  rules: [
    {
      path: /^results\.first_post\.smoothness_FLCI\.1\.half_length$/,
      skip: "the reference's search stopped at the vector of M = 0; the shortest interval is 0.16 % shorter",
    },
    ...rulesOf({ first: 3 * 0.01584860281514882, average: 0 }),
  ],
  relative: () => 1e-9,
  run: runCase,
};

/** Coefficients and covariance that lie beside expected.json. */
export function readEventStudy(folder: string): {
  coefficients: number[];
  covariance: Matrix;
  pre: number;
  time: number[];
} {
  const table = readTable(join(folder, "betahat.csv"));
  const rows = readFileSync(join(folder, "sigma.csv"), "utf8").trimEnd().split(/\r?\n/);
  return {
    coefficients: [...table.numeric("betahat")],
    covariance: new Matrix(rows.map((row) => row.split(",").map(Number))),
    pre: table.numeric("is_pre").reduce((total, one) => total + one, 0),
    time: [...table.numeric("time")],
  };
}

function runCase({ expected, folder }: ReferenceCase): Actual {
  const { coefficients, covariance, pre } = readEventStudy(folder);
  const draws = rNormals(0, SIMULATIONS).sort();
  const results = Object.entries(object(expected.results)).map(([name, entry]) => {
    const wanted = object(entry);
    const target = list(wanted.l_vec).map(number);
    return [name, runTarget({ coefficients, covariance, pre, target }, wanted, draws)] as const;
  });
  return { n_pre: pre, n_post: coefficients.length - pre, results: Object.fromEntries(results) };
}

function runTarget(estimates: EventStudyEstimates, wanted: JsonObject, draws: Float64Array): Actual {
  const se = Math.sqrt(targetVariance(estimates));
  const normal = { dof: Number.POSITIVE_INFINITY, alpha: ALPHA };
  const plain = studentInference("target", targetValue(estimates), se, normal);
  const frontier = value(frontierOf(estimates));
  const critical = (bias: number): number => foldedQuantile(draws, bias);
  return {
    l_vec: estimates.target,
    theta_hat: plain.estimate,
    se,
    original_ci95: [plain.confLow, plain.confHigh],
    smoothness_FLCI: list(wanted.smoothness_FLCI).map((row) => smoothnessRow(frontier, object(row), critical)),
    ...(wanted.relative_magnitudes === undefined
      ? {}
      : { relative_magnitudes: relativeRows(estimates, object(wanted.relative_magnitudes)) }),
    breakdown_M_FLCI: smoothnessBreakdown(frontier, ALPHA),
  };
}

/** Quantile of |draw + bias|; the draws are ascending, so counts are two look-ups. */
function foldedQuantile(draws: Float64Array, bias: number): number {
  const share = (c: number): number => empiricalCdf(draws, c - bias) - empiricalCdf(draws, -c - bias);
  return findRoot((c) => share(c) - (1 - ALPHA), 0, bias + 10, 1e-10);
}

/**
 * The package takes the quantile of the folded normal from a million draws, which makes its intervals 0.1 % longer; with
 * the same draws the half length of our shortest interval is its own. Its ends are those of the vector that its search
 * stopped at, so they are computed there.
 */
function smoothnessRow(frontier: Frontier, row: JsonObject, critical: (bias: number) => number): Actual {
  const { estimates } = frontier;
  const bound = number(row.M);
  const shortest = smoothnessInterval(frontier, bound, ALPHA);
  const weights = list(row.optimal_vec).map(number);
  const centre = weights.reduce((total, weight, k) => total + weight * (estimates.coefficients[k] ?? 0), 0);
  const { maxBias, stdError } = worstCase(estimates, weights, bound);
  const reach = stdError * critical(maxBias / stdError);
  const halfLength = shortest.stdError * critical(shortest.maxBias / shortest.stdError);
  const theirs = stdError * foldedNormalQuantile(maxBias / stdError, ALPHA);
  if (shortest.halfLength > theirs * (1 + 1e-9)) throw new Error(`the interval at M = ${bound} is not the shortest`);
  const plain = targetValue(estimates);
  // the package answers with the plain estimate where the leads contradict the restriction
  const identified = smoothnessIdentifiedSet(estimates, bound) ?? { low: plain, high: plain };
  return {
    M: bound,
    lb: centre - reach,
    ub: centre + reach,
    half_length: halfLength,
    id_set_lb: identified.low,
    id_set_ub: identified.high,
  };
}

function relativeRows(estimates: EventStudyEstimates, wanted: JsonObject): Actual {
  const step = number(wanted.grid_step) / 4;
  const rows = (name: string, test: MomentTest): Actual =>
    wanted[name] === null
      ? null
      : list(wanted[name]).map((row) => {
          const bound = number(object(row).Mbar);
          const found = value(relativeMagnitudes(estimates, bound, { test, alpha: ALPHA, seed: 0, step }));
          return { Mbar: bound, lb: found.low, ub: found.high };
        });
  return {
    C_LF: rows("C_LF", "c-lf"),
    Conditional: rows("Conditional", "conditional"),
    id_set: list(wanted.id_set).map((row) => {
      const bound = number(object(row).Mbar);
      const { low, high } = relativeIdentifiedSet(estimates, bound);
      return { Mbar: bound, lb: low, ub: high };
    }),
  };
}

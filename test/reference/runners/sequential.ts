import {
  approximateRho,
  meanSequence,
  sequenceHalfWidth,
  stitchedBoundary,
  tightestRho,
} from "../../../src/core/inference/sequential/confidence-sequence.ts";
import {
  classicalBoundary,
  type Spending,
  spendingBoundary,
} from "../../../src/core/inference/sequential/group-sequential.ts";
import { mixtureHalfWidth, mixtureTest } from "../../../src/core/inference/sequential/mixture-test.ts";
import type { Actual, CaseRunner } from "./compare.ts";
import { type JsonObject, list, number, object, text } from "./json.ts";
import type { Table } from "./table.ts";
import { value } from "./tables.ts";

const MIXTURE = { mixture: 0.1, nullMean: 0 };
const SPENDING: Readonly<Record<string, Spending>> = {
  OF: "obrien-fleming",
  PO: "pocock",
  power3: { power: 3 },
};

/** Case 15: confidence sequences, mixture tests, spending and classical boundaries. */
export const sequential: CaseRunner = {
  cases: ["15_anytime_group_sequential"],
  rules: [
    { path: /\.ldbounds\./, skip: "integrates on a coarse grid; the file calls it informational" },
    { path: /\.(z_upper|nominal_p|rpact)\.\d+$/, absolute: 1e-6, relative: 0 },
    { path: /^classical\./, absolute: 1e-6, relative: 0 },
    { path: /^(ldbounds_note|tolerance)/, skip: "not a number of the case" },
  ],
  relative: (expected) => number(expected.tolerance_rel),
  run({ expected, panel }) {
    const table = panel();
    const boundary = object(expected.stitched_boundary);
    return {
      asymptotic_cs: sequences(table, object(expected.asymptotic_cs)),
      msprt: mixtures(table, object(expected.msprt)),
      group_sequential_alpha_spending: {
        designs: list(object(expected.group_sequential_alpha_spending).designs).map((item) => design(object(item))),
      },
      classical: list(expected.classical).map((item) => classical(number(object(item).K))),
      stitched_boundary: {
        v: list(boundary.v).map(number),
        boundary: list(boundary.v).map((v) => stitchedBoundary(number(v), { alpha: 0.025 })),
      },
    };
  },
};

function sequences(table: Table, expected: JsonObject): Actual {
  const onData = object(expected.on_data);
  const [alpha, star] = [number(onData.alpha), number(onData.t_star)];
  const rho = tightestRho(star, alpha);
  const points = meanSequence(table.numeric("x"), { rho, alpha, start: 10 });
  return {
    boundaries: list(expected.boundaries).map((item) => {
      const row = object(item);
      const [level, best] = [number(row.alpha), number(row.t_star)];
      const exact = tightestRho(best, level);
      const times = list(row.t).map(number);
      return {
        alpha: level,
        t_star: best,
        rho_exact: exact,
        rho_approx: approximateRho(best, level),
        t: times,
        half_width_two_sided_sd1: times.map((t) => sequenceHalfWidth(t, exact, level, "two-sided")),
        half_width_one_sided_sd1: times.map((t) => sequenceHalfWidth(t, exact, level, "one-sided")),
      };
    }),
    on_data: {
      rho,
      t_star: star,
      alpha,
      rows: list(onData.rows).map((item) => {
        const point = points.find(({ t }) => t === number(object(item).t));
        if (!point) return null;
        const { t, mean, sd, low, high, logE, pValue } = point;
        return { t, mean, sd_mle: sd, lower: low, upper: high, log_e: logE, p_anytime_running_min_from_t10: pValue };
      }),
    },
  };
}

function mixtures(table: Table, expected: JsonObject): Actual {
  const [x, y] = [table.numeric("x"), table.numeric("y")];
  const one = { ...MIXTURE, variance: 1 };
  const two = { ...MIXTURE, variance: 2 };
  const single = mixtureTest(x, one);
  const paired = mixtureTest(
    x.map((value_, i) => value_ - (y[i] ?? 0)),
    two,
  );
  return {
    one_sample: list(expected.one_sample).map((item) => {
      const n = number(object(item).n);
      const point = single[n - 1];
      return {
        n,
        lambda: point?.likelihoodRatio ?? null,
        p_always_valid: point?.pValue ?? null,
        half_width_95: mixtureHalfWidth(n, one, 0.05),
      };
    }),
    two_sample: {
      rows: list(object(expected.two_sample).rows).map((item) => {
        const n = number(object(item).n);
        const point = paired[n - 1];
        return { n, diff: point?.mean ?? null, lambda: point?.likelihoodRatio ?? null, p: point?.pValue ?? null };
      }),
    },
  };
}

function design(row: JsonObject): Actual {
  const spending = SPENDING[text(row.spending)] ?? "pocock";
  const alpha = number(row.alpha_one_sided);
  const information = list(row.information).map(number);
  const looks = value(spendingBoundary(spending, information, alpha));
  const z = looks.map((look) => look.z);
  return {
    alpha_one_sided: alpha,
    information,
    cumulative_alpha: looks.map((look) => look.cumulativeAlpha),
    z_upper: z,
    nominal_p: looks.map((look) => look.nominalP),
    rpact: z,
  };
}

function classical(looks: number): Actual {
  const boundary = (shape: "obrien-fleming" | "pocock", sides: 1 | 2) =>
    value(classicalBoundary({ shape, looks, alpha: sides * 0.025, sides }));
  return {
    K: looks,
    "obrien_fleming_one_sided_0.025": boundary("obrien-fleming", 1),
    "pocock_one_sided_0.025": boundary("pocock", 1),
    "obrien_fleming_two_sided_0.05": boundary("obrien-fleming", 2),
  };
}

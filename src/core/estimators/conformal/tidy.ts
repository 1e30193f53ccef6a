import type { Coefficient } from "../../inference/coefficients.ts";
import { answer, type JsonValue, type Outcome, refuse } from "../../outcome.ts";
import type { EstimateOptions, EstimateResult, EstimatorSetting, TidyData, TidyEstimator } from "../contract.ts";
import { settingNumber, settingText } from "../setting.ts";
import { type Block, blockRow, readBlock } from "../synthetic/block.ts";
import { treatedMean } from "../synthetic/fit.ts";
import {
  type ConformalOptions,
  conformalByPeriod,
  conformalInterval,
  conformalTest,
  crossFittedTest,
  type GapPanel,
  gapEffect,
  placeboConformal,
} from "./block-permutation.ts";

const SETTINGS: readonly EstimatorSetting[] = [
  {
    name: "proxy",
    description: "did: mean of the controls up to a constant; sc: weighted mean of controls (synthetic control)",
    default: "did",
    accepts: { type: "choice", values: ["did", "sc"] },
  },
  {
    name: "order",
    description: "exponent of the statistic: 1 for effects in most periods, 2 for effects in a few",
    default: "1",
    accepts: { type: "choice", values: ["1", "2"] },
  },
  {
    name: "folds",
    description: "blocks of the cross-fitted t-test",
    default: "3",
    accepts: { type: "number", min: 2, max: 100, integer: true },
  },
];

/** Pre-period placebos with so many last periods as if treated. */
const PLACEBOS = 5;

/**
 * Conformal inference for one date of treatment: moving-block permutations (default) or the cross-fitted t-test; see
 * conformalTest and crossFittedTest.
 *
 * Units: those of the outcome. Complexity: proxy `did` periods squared per null, `sc` one simplex fit per null.
 * Source: Chernozhukov, Wüthrich and Zhu 2021, JASA 116.
 */
export const conformal: TidyEstimator = {
  id: "conformal",
  label: "conformal inference",
  reference: "Chernozhukov, Wüthrich and Zhu 2021, JASA 116; 2022 (t-test)",
  needs: ["unit", "time", "treatment"],
  vcovs: ["moving-block", "cross-fitted"],
  settings: SETTINGS,
  uses: [],
  estimate(data, options) {
    const block = readBlock(data);
    return block.ok ? estimateBlock(block.value, data, options) : block;
  },
};

function estimateBlock(block: Block, data: TidyData, options: EstimateOptions): Outcome<EstimateResult> {
  const panel: GapPanel = {
    treated: treatedMean(block),
    controls: Array.from({ length: block.controls }, (_, u) => blockRow(block, u)),
    pre: block.pre,
  };
  const chosen: ConformalOptions = {
    proxy: settingText(SETTINGS, options, "proxy") === "sc" ? "sc" : "did",
    order: settingText(SETTINGS, options, "order") === "2" ? 2 : 1,
  };
  const vcov = options.vcov ?? "moving-block";
  const folds = settingNumber(SETTINGS, options, "folds") ?? 3;
  const found =
    vcov === "cross-fitted" ? crossFitted(panel, chosen, folds, options.alpha) : moved(panel, chosen, options.alpha);
  if (!found.ok) return found;
  const { row, details, notes } = found.value;
  return answer({
    estimator: conformal.id,
    inference: vcov,
    coefficients: [row],
    nobs: data.rows,
    clusters: null,
    notes,
    details: {
      ...details,
      periodPValues: Object.fromEntries(
        conformalByPeriod(panel, chosen).map((p, k) => [String(block.periods[block.pre + k]), p]),
      ),
      placeboPValues: Array.from({ length: Math.min(PLACEBOS, block.pre - 2) }, (_, k) => ({
        periods: k + 1,
        p: placeboConformal(panel, chosen, k + 1).pValue,
      })),
    },
  });
}

interface Found {
  readonly row: Coefficient;
  readonly details: Readonly<Record<string, JsonValue>>;
  readonly notes: readonly string[];
}

function moved(panel: GapPanel, chosen: ConformalOptions, alpha: number): Outcome<Found> {
  const periods = panel.treated.length;
  if (1 / periods > alpha) {
    return refuse(
      "TOO_FEW_PERIODS",
      `With ${periods} periods the smallest p-value of a block permutation is ${(1 / periods).toPrecision(2)}, above ${alpha}.`,
      "Give more periods.",
      { periods, alpha },
    );
  }
  const { statistic, pValue } = conformalTest(panel, chosen, 0);
  if (!(statistic > 0)) {
    return refuse("NO_VARIATION", "The treated units follow the controls exactly.", "Check that the series differ.");
  }
  const { low, high } = conformalInterval(panel, chosen, alpha);
  const open = !Number.isFinite(low) || !Number.isFinite(high);
  return answer({
    // a permutation test has neither a standard error nor degrees of freedom
    row: {
      term: "att",
      estimate: gapEffect(panel, chosen.proxy),
      stdError: Number.NaN,
      statistic,
      dof: Number.NaN,
      pValue,
      confLow: low,
      confHigh: high,
    },
    details: { permutations: periods, smallestP: 1 / periods },
    notes: open
      ? ["The interval is unbounded: the post window is too long a part of the periods to rule out large effects."]
      : [],
  });
}

function crossFitted(panel: GapPanel, { proxy }: ConformalOptions, folds: number, alpha: number): Outcome<Found> {
  const found = crossFittedTest(panel, proxy, folds, alpha);
  if (!found.ok) return found;
  const { foldEstimates, foldLength, row } = found.value;
  return answer({ row, details: { foldEstimates: [...foldEstimates], foldLength }, notes: [] });
}

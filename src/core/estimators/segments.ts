import { type Coefficient, studentInference } from "../inference/coefficients.ts";
import { waldTest } from "../inference/wald.ts";
import { answer, type JsonValue, type Outcome, refuse } from "../outcome.ts";
import type { EstimateOptions, EstimatorSetting, TidyEstimator } from "./contract.ts";
import { binColumns } from "./segments/bins.ts";
import { type Contrast, contrastError } from "./segments/contrast.ts";
import type { Learner } from "./segments/learn.ts";
import { linearProjection, type Projection } from "./segments/projection.ts";
import { type SplitResult, splitOnce } from "./segments/split.ts";
import { type SegmentUnits, segmentUnits } from "./segments/units.ts";
import { settingNumber, settingText } from "./setting.ts";

const SETTINGS: readonly EstimatorSetting[] = [
  {
    name: "worse",
    description: "which way is worse: segments are ranked from most to least hurt",
    default: "up",
    accepts: { type: "choice", values: ["up", "down"] },
  },
  {
    name: "groups",
    description: "number of segments; auto: 5, fewer where a segment would have fewer than 8 judged units of a side",
    default: "auto",
    accepts: { type: "number", min: 2, max: 10, integer: true, also: ["auto"] },
  },
  {
    name: "learner",
    description: "what ranks the units: forest (causal forest), linear (R-learner), auto: forest from 400 units on",
    default: "auto",
    accepts: { type: "choice", values: ["auto", "forest", "linear"] },
  },
  {
    name: "odds",
    description: "who is treated: logit of the covariates, or constant (assigned at random)",
    default: "logit",
    accepts: { type: "choice", values: ["logit", "constant"] },
  },
  {
    name: "splits",
    description: "splits whose medians are reported; auto: 11 below 5,000 units, else 1",
    default: "auto",
    accepts: { type: "number", min: 1, max: 101, integer: true, also: ["auto"] },
  },
];

const MOST_GROUPS = 5;
const UNITS_FOR_FOREST = 400;
const UNITS_FOR_ONE_SPLIT = 5000;
const SEVERAL_SPLITS = 11;
/** Judged units of each side in a segment: asked for, and needed at least. */
const GOOD_SEGMENT = 8;
const LEAST_SEGMENT = 5;
const JUDGED_SHARE = 0.5;

/**
 * Which segments are hurt most: effects of segments that were found by a learner on other units.
 *
 * Formula: unit changes; segments by rank of the learned effect (causal forest or linear R-learner), judged on units that
 * the learner has not seen; the effect of a segment is the doubly robust contrast on its treated units. With several splits
 * the median estimate, the medians of bounds of level 1 - alpha/2, and twice the median p. Simultaneous over the segments,
 * and over the slopes of the linear projection, by Bonferroni.
 * Assumes: one date; parallel trends given the covariates; independent units; overlap.
 * Units: those of the outcome. Time grows with units, columns and 200 trees per part and split.
 * Source: Chernozhukov, Demirer, Duflo and Fernandez-Val 2025, Econometrica 93; Wager 2024; Nie and Wager 2021; Semenova and
 * Chernozhukov 2021; Sant'Anna and Zhao 2020.
 */
export const segments: TidyEstimator = {
  id: "segments",
  label: "which segments are hurt most: honest ranking by covariates",
  reference:
    "Chernozhukov, Demirer, Duflo, Fernandez-Val 2025, Econometrica 93; Wager 2024; Nie, Wager 2021; Semenova, Chernozhukov 2021",
  needs: ["unit", "time", "treatment"],
  vcovs: ["honest"],
  settings: SETTINGS,
  uses: ["covariates", "seed"],
  estimate(data, options) {
    const odds = settingText(SETTINGS, options, "odds") === "constant" ? "constant" : "logit";
    const found = segmentUnits(data, odds);
    if (!found.ok) return found;
    const units = found.value;
    const plan = planOf(units, options);
    if (!plan.ok) return plan;
    const { groups, learner, splits, sign } = plan.value;
    const binned = binColumns(units.covariates);
    const projection = linearProjection(units, binned, options.seed);
    if (!projection.ok) return projection;
    const results = Array.from({ length: splits }, (_, s) =>
      splitOnce(units, binned, { groups, learner, sign, seed: options.seed + 7919 * (s + 1) }),
    );
    const test = slopeTest(projection.value);
    return answer({
      estimator: segments.id,
      inference: "honest",
      coefficients: [...segmentRows(results, options.alpha), ...projectionRows(projection.value, options.alpha)],
      nobs: data.outcome.filter((value) => !Number.isNaN(value)).length,
      clusters: units.names.length,
      notes: [
        ...units.notes,
        ...overlapNotes(units),
        `Segments of equal size, ranked by a ${learner === "forest" ? "causal forest" : "linear R-learner"} on other units; ${splits === 1 ? "one split" : `medians of ${splits} splits`}.`,
        ...(test === null
          ? []
          : [
              `Effect linear in the covariates: F(${test.dof1}, ${test.dof2.toPrecision(4)}) = ${test.fStatistic.toPrecision(4)}, p ${test.pF < 0.001 ? "< 0.001" : `= ${test.pF.toPrecision(3)}`}.`,
            ]),
      ],
      details: {
        firstTreated: units.firstTreated,
        learner,
        splits,
        segments: profiles(units, results[0]),
        slopesTest:
          test === null ? null : { fStatistic: test.fStatistic, dof1: test.dof1, dof2: test.dof2, pF: test.pF },
      },
    });
  },
};

interface Plan {
  readonly groups: number;
  readonly learner: Learner;
  readonly splits: number;
  readonly sign: 1 | -1;
}

function planOf(units: SegmentUnits, options: EstimateOptions): Outcome<Plan> {
  const count = units.names.length;
  const exposed = units.treated.reduce((sum, one) => sum + one, 0);
  const judged = JUDGED_SHARE * Math.min(exposed, count - exposed);
  const asked = settingNumber(SETTINGS, options, "groups");
  const groups = asked ?? Math.max(2, Math.min(MOST_GROUPS, Math.floor(judged / GOOD_SEGMENT)));
  if (Math.floor(judged / groups) < LEAST_SEGMENT) {
    return refuse(
      "TOO_FEW_UNITS",
      `${groups} segments would have ${Math.floor(judged / groups)} judged units of the smaller side each; at least ${LEAST_SEGMENT} are needed.`,
      "Ask for fewer segments, or give more units.",
      { groups, treatedUnits: exposed, controlUnits: count - exposed },
    );
  }
  const learner = settingText(SETTINGS, options, "learner");
  return answer({
    groups,
    learner: learner === "linear" || (learner === "auto" && count < UNITS_FOR_FOREST) ? "linear" : "forest",
    splits: settingNumber(SETTINGS, options, "splits") ?? (count < UNITS_FOR_ONE_SPLIT ? SEVERAL_SPLITS : 1),
    sign: settingText(SETTINGS, options, "worse") === "up" ? 1 : -1,
  });
}

function segmentRows(results: readonly SplitResult[], alpha: number): Coefficient[] {
  const groups = results[0]?.segments.length ?? 0;
  const last = groups - 1;
  const rows = Array.from({ length: groups }, (_, g) => {
    const place = g === 0 ? " (most hurt)" : g === last ? " (least hurt)" : "";
    const parts = results.flatMap(({ segments: all }) => (all[g] === undefined ? [] : [[all[g]]]));
    return overSplits(`segment ${g + 1}${place}`, parts, { alpha: alpha / groups, times: groups });
  });
  const ends = results.flatMap(({ segments: all }) => {
    const [most, least] = [all[0], all[last]];
    return most === undefined || least === undefined ? [] : [[most, least]];
  });
  return [...rows, overSplits("most - least hurt", ends, { alpha, times: 1 })];
}

/** Medians over splits. One split is itself; the median of several p-values is valid when doubled. */
function overSplits(
  term: string,
  splits: readonly (readonly Contrast[])[],
  { alpha, times }: { readonly alpha: number; readonly times: number },
): Coefficient {
  const doubled = splits.length === 1 ? 1 : 2;
  const rows = splits.map((parts) => {
    const { stdError, dof } = contrastError(parts);
    const estimate = (parts[0]?.estimate ?? Number.NaN) - (parts[1]?.estimate ?? 0);
    return studentInference(term, estimate, stdError, { dof, alpha: alpha / doubled });
  });
  const middle = (of: (row: Coefficient) => number): number => median(rows.map(of));
  return {
    term,
    estimate: middle((row) => row.estimate),
    stdError: middle((row) => row.stdError),
    statistic: middle((row) => row.statistic),
    dof: middle((row) => row.dof),
    pValue: Math.min(1, doubled * times * middle((row) => row.pValue)),
    confLow: middle((row) => row.confLow),
    confHigh: middle((row) => row.confHigh),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

function projectionRows({ terms, coefficients, covariance, dof }: Projection, alpha: number): Coefficient[] {
  const slopes = terms.length - 1;
  return terms.map((term, j) => {
    const times = j === 0 ? 1 : slopes;
    const row = studentInference(term, coefficients[j] ?? Number.NaN, Math.sqrt(covariance.get(j, j)), {
      dof,
      alpha: alpha / times,
    });
    return { ...row, pValue: Math.min(1, times * row.pValue) };
  });
}

function slopeTest(projection: Projection) {
  const test = waldTest(projection, projection.terms.slice(1), projection.dof);
  return test.ok ? test.value : null;
}

/** Who is in the segments of the first split: means of the covariates, as given. */
function profiles(units: SegmentUnits, split: SplitResult | undefined): JsonValue {
  return (split?.members ?? []).map((members, g) => ({
    segment: g + 1,
    treatedUnits: split?.segments[g]?.treatedUnits ?? 0,
    controlUnits: split?.segments[g]?.controlUnits ?? 0,
    means: Object.fromEntries(
      units.raw.map(({ name, values }) => [
        name,
        members.reduce((sum, u) => sum + (values[u] ?? 0), 0) / members.length,
      ]),
    ),
  }));
}

/** Controls that weigh as much as fewer than this share of them leave little to compare the treated with. */
const LEAST_OVERLAP = 0.25;

function overlapNotes({ treated, odds }: SegmentUnits): string[] {
  const weights = odds.filter((_, u) => treated[u] === 0);
  const total = weights.reduce((sum, w) => sum + w, 0);
  const effective = total ** 2 / weights.reduce((sum, w) => sum + w * w, 0);
  if (effective >= LEAST_OVERLAP * weights.length) return [];
  return [
    `The ${weights.length} controls weigh as much as ${Math.round(effective)} of equal weight: few of them resemble the treated, and a trend that bends in the covariates biases what is compared.`,
  ];
}

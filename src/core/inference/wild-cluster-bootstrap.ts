import { answer, type Outcome, refuse } from "../outcome.ts";
import { type Grouping, isNested, selectRows } from "../regression/effects.ts";
import type { LinearFit } from "../regression/ols.ts";
import { parameterFactor } from "../vcov/scores.ts";
import type { SmallSampleCorrection } from "../vcov/variance.ts";
import { hullOfNulls } from "./hull-of-nulls.ts";
import { bootstrapScores } from "./wild/cluster-scores.ts";
import { drawStatistics } from "./wild/draw-statistics.ts";
import { type WildWeights, wildDraws } from "./wild/draws.ts";
import { NO_VARIANCE, type Polynomial, type Sample, shareBeyond, TIE } from "./wild/nulls.ts";

/**
 * First digit: residuals as they are (1) or of the fit without their cluster (3); second: variance CR1 (1) or the cluster
 * jackknife CV3 (3).
 */
export type WildType = "11" | "13" | "31" | "33";

export interface WildOptions {
  /** Name of a term of the fit. */
  readonly term: string;
  /** Clusters of the rows of the original input. */
  readonly clusters: Grouping;
  /** Groups that share one weight, nested in the clusters; the clusters themselves when left out. */
  readonly groups?: Grouping;
  readonly restricted: boolean;
  readonly type: WildType;
  readonly weights: WildWeights;
  readonly draws: number;
  readonly seed: number;
  /** `when-small`, the default, enumerates all weights up to 65,536 vectors. */
  readonly exact?: "when-small" | "never";
  /** Of CR1; it scales the statistic but leaves p-values and intervals as they are. */
  readonly smallSample?: SmallSampleCorrection;
}

/** One null hypothesis. */
export interface WildTest {
  readonly nullEffect: number;
  readonly statistic: number;
  /** Draws without a variance, left out of all shares. */
  readonly invalid: number;
  /** Draws with |t*| above and within 1e-9 of |t|. */
  readonly moreExtreme: number;
  readonly ties: number;
  /** Two-sided, ties counted; with random draws the observed one counts as a draw. Never 0. */
  readonly pValue: number;
  /** Shares of strictly more extreme draws: |t*|, twice the smaller tail, t* above, t* below. */
  readonly pStrict: number;
  readonly pEqualTailed: number;
  readonly pUpper: number;
  readonly pLower: number;
}

export interface WildBootstrap {
  readonly estimate: number;
  readonly stdError: number;
  readonly draws: number;
  readonly exact: boolean;
  readonly groups: number;
  test(nullEffect: number): WildTest;
  /** t* of every draw under a null; NaN where a draw has no variance. */
  statistics(nullEffect: number): Float64Array;
  /**
   * Restricted: the hull of the nulls that are not rejected (by `pValue`, or by `pStrict`); infinite where the test cannot
   * bound the effect. Unrestricted: estimate -/+ the 1 - alpha quantile of |t*| times the standard error.
   */
  interval(alpha: number, rule?: "with-ties" | "strict"): WildInterval;
}

export interface WildInterval {
  readonly low: number;
  readonly high: number;
  /** The quantile of |t*|; null for the restricted bootstrap. */
  readonly criticalValue: number | null;
}

/** More groups than this need G^2 memory that buys nothing over a cluster-robust error. */
const MAX_GROUPS = 2000;

/**
 * Wild cluster bootstrap of one coefficient.
 *
 * Formula: y* = restricted (or unrestricted) fit + v_g e_g; t* = (b* - null) / se*, centred at the estimate without the
 * restriction; p = share of |t*| >= |t|. All from cluster sums, never from the rows again.
 * Assumes: clusters are independent; with one treated cluster the restricted test hardly ever rejects and the
 * unrestricted one nearly always does, so that neither is usable (callers refuse it).
 * Units: those of the outcome. Complexity: a few passes over the rows, then draws x clusters x groups for all nulls.
 * Source: Cameron, Gelbach and Miller 2008; Roodman, Nielsen, MacKinnon and Webb 2019; MacKinnon, Nielsen and Webb 2023.
 */
export function wildClusterBootstrap(fit: LinearFit, options: WildOptions): Outcome<WildBootstrap> {
  const term = fit.terms.indexOf(options.term);
  if (term < 0) return refuse("NOT_ESTIMABLE", `The model has no term ${options.term}.`, "Check the term's name.");
  const clusters = selectRows(options.clusters, fit.rows);
  const groups = options.groups === undefined ? clusters : selectRows(options.groups, fit.rows);
  const usable = checkGroups(clusters, groups);
  if (!usable.ok) return usable;
  const scores = bootstrapScores(fit, options.restricted, {
    term,
    clusters,
    groups,
    residuals: options.type[0] === "3" ? "leave-out" : "plain",
    variance: options.type[1] === "3" ? "cv3" : "cr1",
  });
  if (!scores.ok) return scores;
  const factor = options.type[1] === "3" ? (clusters.count - 1) / clusters.count : cr1Factor(fit, clusters, options);
  const meat = scores.value.observed.reduce((total, score) => total + score ** 2, 0);
  const estimate = fit.coefficients[term] ?? Number.NaN;
  const stdError = Math.sqrt(factor * meat);
  if (!(stdError > 1e-12 * Math.abs(estimate))) return noResiduals(options.term);
  const draws = wildDraws(groups.count, { exact: "when-small", ...options });
  const statistics = drawStatistics(scores.value, draws);
  const sample = { estimate, stdError, factor, statistics, scale: squareSums(scores.value), exact: draws.exact };
  return answer({
    estimate,
    stdError,
    draws: draws.count,
    exact: draws.exact,
    groups: groups.count,
    test: (nullEffect) => testAt(sample, options.restricted, nullEffect),
    statistics: (nullEffect) => {
      const delta = options.restricted ? estimate - nullEffect : 0;
      return Float64Array.from({ length: draws.count }, (_, draw) => drawStatistic(sample, draw, delta));
    },
    interval: (alpha, rule = "with-ties") =>
      options.restricted ? invert(sample, alpha, rule) : percentileInterval(sample, alpha),
  });
}

function checkGroups(clusters: Grouping, groups: Grouping): Outcome<null> {
  if (clusters.count < 2) {
    return refuse(
      "TOO_FEW_CLUSTERS",
      `A clustered bootstrap needs at least two clusters, ${clusters.name} has ${clusters.count}.`,
      "Give more clusters, or cluster by unit.",
      { cluster: clusters.name, clusters: clusters.count },
    );
  }
  if (!isNested(groups, clusters)) {
    return refuse(
      "NOT_ESTIMABLE",
      `The groups ${groups.name} do not lie within the clusters ${clusters.name}.`,
      "Draw one weight per cluster, or per part of a cluster.",
      { groups: groups.name, clusters: clusters.name },
    );
  }
  if (groups.count <= MAX_GROUPS) return answer(null);
  return refuse(
    "NOT_ESTIMABLE",
    `With ${groups.count} clusters a wild bootstrap (up to ${MAX_GROUPS}) says what the cluster-robust error says.`,
    "Use --vcov cr1.",
    { clusters: groups.count },
  );
}

function noResiduals(term: string): Outcome<never> {
  return refuse(
    "NO_VARIATION",
    `The model fits without a residual, so there is nothing to resample for ${term}.`,
    "Check that the outcome was measured, not computed from the treatment.",
    { term },
  );
}

function cr1Factor(fit: LinearFit, clusters: Grouping, { smallSample }: WildOptions): number {
  const correction = smallSample ?? { parameters: "nonnested", clusterFactor: "min" };
  const own = correction.clusterFactor === "off" ? 1 : clusters.count / (clusters.count - 1);
  return own * parameterFactor(fit, correction, [clusters]);
}

/** The scale of a sample. */
function squareSums({
  base,
  shift,
}: {
  base: { effects: Float64Array };
  shift: { effects: Float64Array } | null;
}): Polynomial {
  let [uu, ux, xx] = [0, 0, 0];
  base.effects.forEach((u, g) => {
    const x = shift?.effects[g] ?? 0;
    uu += u * u;
    ux += 2 * u * x;
    xx += x * x;
  });
  return [uu, ux, xx];
}

/** t* of one draw; NaN without a variance. */
function drawStatistic({ statistics, factor, scale }: Sample, draw: number, delta: number): number {
  const { base, shift, q0, q1, q2 } = statistics;
  const square = (q0[draw] as number) + delta * ((q1[draw] as number) + delta * (q2[draw] as number));
  if (!(square > NO_VARIANCE * (scale[0] + delta * (scale[1] + delta * scale[2])))) return Number.NaN;
  return ((base[draw] as number) + delta * (shift[draw] as number)) / Math.sqrt(factor * square);
}

function testAt(sample: Sample, restricted: boolean, nullEffect: number): WildTest {
  const delta = sample.estimate - nullEffect;
  const statistic = delta / sample.stdError;
  const size = Math.abs(statistic);
  const guard = TIE * size;
  const count = sample.statistics.count;
  let [invalid, more, ties, above, below] = [0, 0, 0, 0, 0];
  for (let draw = 0; draw < count; draw++) {
    const t = drawStatistic(sample, draw, restricted ? delta : 0);
    if (Number.isNaN(t)) {
      invalid++;
      continue;
    }
    if (Math.abs(t) > size + guard) more++;
    else if (Math.abs(t) >= size - guard) ties++;
    if (t > statistic + guard) above++;
    else if (t < statistic - guard) below++;
  }
  const valid = count - invalid;
  return {
    nullEffect,
    statistic,
    invalid,
    moreExtreme: more,
    ties,
    // an enumeration holds the identity, which ties under the restriction; otherwise the sample itself is one draw
    pValue: sample.exact && restricted ? (more + ties) / valid : (more + ties + 1) / (valid + 1),
    pStrict: more / valid,
    pEqualTailed: Math.min(1, (2 * Math.min(above, below)) / valid),
    pUpper: above / valid,
    pLower: below / valid,
  };
}

/** estimate -/+ c se, c the order statistic number ceil((1 - alpha) n) of |t*|. */
function percentileInterval(sample: Sample, alpha: number): WildInterval {
  const sizes = Float64Array.from({ length: sample.statistics.count }, (_, draw) =>
    Math.abs(drawStatistic(sample, draw, 0)),
  )
    .filter((size) => !Number.isNaN(size))
    .sort();
  const rank = Math.ceil((1 - alpha) * sizes.length - 1e-9);
  const criticalValue = sizes[Math.max(0, rank - 1)] ?? Number.NaN;
  const reach = criticalValue * sample.stdError;
  return { low: sample.estimate - reach, high: sample.estimate + reach, criticalValue };
}

/** Restricted: all nulls that the test keeps. */
function invert(sample: Sample, alpha: number, rule: "with-ties" | "strict"): WildInterval {
  const share = shareBeyond(sample, rule);
  const isKept = (nullEffect: number): boolean => share(nullEffect) > alpha;
  return { ...hullOfNulls(sample.estimate, sample.stdError, isKept), criticalValue: null };
}

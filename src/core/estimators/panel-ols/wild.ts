import type { Coefficient } from "../../inference/coefficients.ts";
import type { WildWeights } from "../../inference/wild/draws.ts";
import { type WildBootstrap, type WildType, wildClusterBootstrap } from "../../inference/wild-cluster-bootstrap.ts";
import { answer, type JsonValue, type Outcome, refuse } from "../../outcome.ts";
import { type Grouping, selectRows } from "../../regression/effects.ts";
import type { LinearFit } from "../../regression/ols.ts";
import type { EstimateOptions, EstimatorSetting } from "../contract.ts";
import { settingText } from "../setting.ts";
import { errorConvention } from "./settings.ts";

/** Names of --vcov that are a bootstrap instead of a covariance matrix. */
export const WILD_VCOVS = ["wild-restricted", "wild-unrestricted"] as const;

export const WILD_SETTINGS: readonly EstimatorSetting[] = [
  {
    name: "wild-type",
    description:
      "first digit: residuals as they are (1) or without their cluster (3); second: CR1 (1) or jackknife (3)",
    default: "11",
    accepts: { type: "choice", values: ["11", "13", "31", "33"] },
  },
  {
    name: "wild-weights",
    description: "rademacher (two points) or webb (six); auto: webb below 12 clusters",
    default: "auto",
    accepts: { type: "choice", values: ["auto", "rademacher", "webb"] },
  },
  {
    name: "draws",
    description: "random bootstrap draws, where there are too many to take all (65,536)",
    default: "9999",
    accepts: { type: "number", min: 99, max: 1_000_000, integer: true },
  },
];

/** Below this many clusters sign changes alone leave gaps between possible p-values (Webb 2023). */
const FEW_CLUSTERS = 12;

export function isWild(vcov: string): boolean {
  return WILD_VCOVS.some((name) => name === vcov);
}

export interface WildTable {
  readonly coefficients: readonly Coefficient[];
  readonly notes: readonly string[];
  readonly details: Readonly<Record<string, JsonValue>>;
}

export interface WildRequest {
  readonly clusters: readonly Grouping[];
  readonly vcov: string;
  readonly settings: readonly EstimatorSetting[];
  readonly options: EstimateOptions;
}

/** A bootstrap p-value and interval for every term; the standard error shown is the one inside the statistic. */
export function wildTable(fit: LinearFit, request: WildRequest): Outcome<WildTable> {
  const { clusters, vcov, settings, options } = request;
  const [grouping, further] = clusters;
  if (grouping === undefined || further !== undefined) {
    return refuse(
      "NOT_ESTIMABLE",
      "A wild cluster bootstrap is defined for one cluster variable.",
      "Name exactly one cluster.",
    );
  }
  const chosen = settingText(settings, options, "wild-weights");
  const used = selectRows(grouping, fit.rows).count;
  const weights = (chosen === "auto" ? (used < FEW_CLUSTERS ? "webb" : "rademacher") : chosen) as WildWeights;
  const { smallSample } = errorConvention(settings, options, false);
  const rows: Coefficient[] = [];
  let last: WildBootstrap | null = null;
  for (const term of fit.terms) {
    const found = wildClusterBootstrap(fit, {
      term,
      clusters: grouping,
      restricted: vcov === "wild-restricted",
      type: settingText(settings, options, "wild-type") as WildType,
      weights,
      draws: Number(settingText(settings, options, "draws")),
      seed: options.seed,
      ...(smallSample === null ? {} : { smallSample }),
    });
    if (!found.ok) return found;
    last = found.value;
    rows.push(coefficientOf(term, found.value, options.alpha));
  }
  const open = rows.some(({ confLow, confHigh }) => !Number.isFinite(confLow) || !Number.isFinite(confHigh));
  return answer({
    coefficients: rows,
    notes: open ? ["An interval is unbounded: with so few clusters the bootstrap cannot rule out large effects."] : [],
    details: {
      weights,
      draws: last?.draws ?? 0,
      exact: last?.exact ?? false,
      groups: last?.groups ?? 0,
    },
  });
}

function coefficientOf(term: string, bootstrap: WildBootstrap, alpha: number): Coefficient {
  const test = bootstrap.test(0);
  const { low, high } = bootstrap.interval(alpha);
  return {
    term,
    estimate: bootstrap.estimate,
    stdError: bootstrap.stdError,
    statistic: test.statistic,
    // the reference distribution is that of the draws, it has no degrees of freedom
    dof: Number.NaN,
    pValue: test.pValue,
    confLow: low,
    confHigh: high,
  };
}

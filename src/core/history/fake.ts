import type { Design, Direction, Kind, Role } from "../plan.ts";
import type { ReasonCode } from "../reasons.ts";
import type { Analysis, SliResult, Verdict } from "../result.ts";

/** One SLI at one fake deploy: what of its result the figures are made of. Raw units and raw sign. */
export interface FakeSli {
  readonly id: string;
  readonly service: string | null;
  readonly role: Role;
  readonly kind: Kind;
  readonly direction: Direction;
  readonly verdict: Verdict;
  readonly reasonCodes: readonly ReasonCode[];
  readonly design: Design | null;
  readonly att: number | null;
  readonly confLow: number | null;
  readonly confHigh: number | null;
  /** Fraction of the level without the deploy. */
  readonly relativeAtt: number | null;
  readonly halfWidth: OnBothScales;
  /** Smallest harm that would have been called a regression in four of five cases. */
  readonly mde: OnBothScales;
  /** Smallest margin that would have been ruled out in four of five cases in which nothing happened. */
  readonly reach: OnBothScales;
  readonly margin: OnBothScales;
  /** Changes of the control units after the common path is taken out, by unit. */
  readonly controlChanges: Readonly<Record<string, number>>;
}

export interface OnBothScales {
  readonly absolute: number | null;
  readonly relative: number | null;
}

/** A deploy that did not happen, judged like a real one. */
export interface Fake {
  /** Epoch seconds. */
  readonly deployedAt: number;
  /** Fakes with one number share a stretch of history and count as one independent window. */
  readonly cluster: number;
  readonly verdict: Verdict;
  readonly reasonCodes: readonly ReasonCode[];
  readonly slis: readonly FakeSli[];
}

export function fakeOf(deployedAt: number, cluster: number, analysis: Analysis): Fake {
  const { verdict, reasonCodes } = analysis;
  return { deployedAt, cluster, verdict, reasonCodes, slis: analysis.slis.map(fakeSli) };
}

function fakeSli(sli: SliResult): FakeSli {
  const { id, service, role, kind, direction, verdict, reasonCodes, design, estimate, relative, margin } = sli;
  const { absolute: mde = null, relative: relativeMde = null } = sli.mde ?? {};
  const reach = mde === null || margin.absolute === null ? null : mde - margin.absolute;
  const level = sli.baseline.counterfactualPost;
  return {
    ...{ id, service, role, kind, direction, verdict, reasonCodes, design },
    att: estimate?.att ?? null,
    confLow: estimate?.confLow ?? null,
    confHigh: estimate?.confHigh ?? null,
    relativeAtt: relative?.att ?? null,
    halfWidth: {
      absolute: half(estimate?.confLow, estimate?.confHigh),
      relative: half(relative?.confLow, relative?.confHigh),
    },
    mde: { absolute: mde, relative: relativeMde },
    reach: { absolute: reach, relative: reach !== null && level !== null && level > 0 ? reach / level : null },
    margin: { absolute: margin.absolute, relative: margin.relative },
    controlChanges: Object.fromEntries(
      sli.unitChanges.flatMap(({ unit, group, change }) =>
        group === "control" && change !== null ? [[unit, change]] : [],
      ),
    ),
  };
}

function half(low: number | null | undefined, high: number | null | undefined): number | null {
  return low == null || high == null ? null : (high - low) / 2;
}

/** A verdict that says something about the deploy. */
export function isAnswered({ verdict }: Pick<FakeSli, "verdict">): boolean {
  return verdict !== "invalid";
}

/** The harm that the team does not tolerate lies outside the interval. */
export function ruledOut({ verdict }: Pick<FakeSli, "verdict">): boolean {
  return verdict === "no-impact" || verdict === "improvement";
}

/** Even an estimate of exactly no effect would not have ruled the margin out when this is false; null without either. */
export function isNarrow({ halfWidth, margin }: Pick<FakeSli, "halfWidth" | "margin">): boolean | null {
  if (halfWidth.absolute === null || margin.absolute === null) return null;
  return halfWidth.absolute < margin.absolute;
}

export function excludesZero({ confLow, confHigh }: Pick<FakeSli, "confLow" | "confHigh">): boolean | null {
  if (confLow === null || confHigh === null) return null;
  return confLow > 0 || confHigh < 0;
}

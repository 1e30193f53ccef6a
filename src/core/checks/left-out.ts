import { type Effect, studentEffect } from "../inference/effect.ts";
import type { CheckResult } from "../result.ts";
import { harmBounds } from "../verdict/judge.ts";
import { type CheckContext, type Facts, result } from "./check.ts";
import type { Refit } from "./refit.ts";

/** The effect without one part of the data (a unit, a wave, a day), in raw units, and what would be concluded then. */
export interface LeftOut<Name extends string | number = string> {
  readonly name: Name;
  readonly att: number;
  readonly conclusion: string;
}

/** Parts without which the effect is smallest and largest, and those without which the conclusion is another one. */
export interface LeftOutRange<Name extends string | number = string> {
  readonly first: LeftOut<Name>;
  readonly last: LeftOut<Name>;
  readonly flips: readonly Name[];
}

/** `whole`: the conclusion with all parts; null when there is none to flip. Null when nothing could be left out. */
export function rangeOf<Name extends string | number>(
  left: readonly LeftOut<Name>[],
  whole: string | null,
): LeftOutRange<Name> | null {
  const sorted = [...left].sort((a, b) => a.att - b.att);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) return null;
  const flips = whole === null ? [] : left.filter((one) => one.conclusion !== whole).map((one) => one.name);
  return { first, last, flips };
}

const MOST_NAMED = 5;

/** `leave-one-out` of every design; null when no unit could be left out. `units`: how many there are. Informational. */
export function unitsLeftOut(
  left: readonly LeftOut[],
  whole: string | null,
  units: number,
  facts: Facts = {},
): CheckResult | null {
  const range = rangeOf(left, whole);
  if (range === null) return null;
  const { first, last, flips } = range;
  return result(
    "leave-one-out",
    null,
    {},
    {
      min: first.att,
      max: last.att,
      unitMin: first.name,
      unitMax: last.name,
      flips: flips.length > 0,
      flipUnits: flips.slice(0, MOST_NAMED),
      unitsTried: left.length,
      units,
      ...facts,
    },
  );
}

type Question = Pick<CheckContext, "sli" | "plan" | "margin">;

/** Harm beyond the margin, better, ruled out, or open; none without an interval. */
export function conclusionOf(effect: Effect, { sli, plan, margin }: Question): string {
  const tolerated = margin ?? 0;
  const { low, high } = harmBounds(effect, sli.direction, plan.alpha);
  if (low === null || high === null) return "none";
  if (low > tolerated) return "harm";
  if (high < 0) return "better";
  return high < tolerated ? "ruled-out" : "open";
}

/** Conclusion of the effect fitted again; of the whole effect where that has no error. */
export function conclusionAgain(
  effect: Effect,
  { att, stdError, dof }: Pick<Refit, "att" | "stdError" | "dof">,
  question: Question,
): string {
  if (stdError === null || dof === null) return conclusionOf(effect, question);
  return conclusionOf(studentEffect({ att, stdError, dof, method: effect.method, clusters: null }), question);
}

import { type RandomStream, randomStream } from "../../inference/random.ts";
import type { Binned } from "./bins.ts";
import { type Contrast, contrast } from "./contrast.ts";
import { type Learner, learnEffect, learnUntreated } from "./learn.ts";
import type { SegmentUnits } from "./units.ts";

/** One way of splitting the units: segments that were named by units that are not in them. */
export interface SplitResult {
  /** Most hurt first. */
  readonly segments: readonly Contrast[];
  /** Units of each segment. */
  readonly members: readonly Int32Array[];
}

export interface SplitOptions {
  readonly groups: number;
  readonly learner: Learner;
  /** 1: more is worse; -1: less is worse. */
  readonly sign: 1 | -1;
  readonly seed: number;
}

/** Units that only teach, and the parts that are then judged one after the other, each by all before it. */
const FIRST_SHARE = 0.4;
const FEW_FIRST_SHARE = 0.5;
const PARTS = 3;
/** Below this one part is judged: three would be ranked by too few. */
const UNITS_FOR_PARTS = 400;

/**
 * Segments ranked by a learner that has not seen them, and the effect in each.
 *
 * Formula: units in seeded order, sides apart; the first 40 % teach (half below 400 units), the rest are judged in three
 * parts (one below 400), each ranked by the effect learned from all units before it and cut into groups of equal size; the
 * effect of a segment is the doubly robust contrast of its units over all parts. Judging in sequence keeps the test of no
 * difference valid: with plain cross-fitting each fold's ranking depends on the outcomes of the others.
 * Assumes: independent units. Source: Chernozhukov, Demirer, Duflo and Fernandez-Val 2025 (GATES); Wager 2024 (sequential
 * validation); Luedtke and van der Laan 2016.
 */
export function splitOnce(units: SegmentUnits, binned: Binned, options: SplitOptions): SplitResult {
  const random = randomStream(options.seed);
  const parts = shuffledParts(units.treated, random);
  const members = Array.from({ length: options.groups }, (): number[] => []);
  const residuals = new Float64Array(units.changes.length);
  for (let part = 1; part < parts.length; part++) {
    const training = Int32Array.from(parts.slice(0, part).flatMap((list) => [...list]));
    const judged = parts[part] ?? new Int32Array(0);
    const expected = learnUntreated(units, training, binned, random)(judged);
    const effect = learnEffect(units, training, { binned, random, learner: options.learner })(judged);
    judged.forEach((unit, i) => {
      residuals[unit] = (units.changes[unit] ?? 0) - (expected[i] ?? 0);
    });
    ranked(judged, effect, options.sign, random).forEach((unit, rank) => {
      members[Math.floor((rank * options.groups) / judged.length)]?.push(unit);
    });
  }
  const segments = members.map((list) => Int32Array.from(list));
  const given = { values: residuals, treated: units.treated, odds: units.odds };
  return { segments: segments.map((list) => contrast(given, list)), members: segments };
}

/** Both sides spread over all parts alike. */
function shuffledParts(treated: Uint8Array, random: RandomStream): Int32Array[] {
  const isFew = treated.length < UNITS_FOR_PARTS;
  const count = isFew ? 1 : PARTS;
  const first = isFew ? FEW_FIRST_SHARE : FIRST_SHARE;
  const lists = Array.from({ length: count + 1 }, (): number[] => []);
  for (const side of [1, 0]) {
    const own = shuffled(
      Array.from(treated, (_, u) => u).filter((u) => treated[u] === side),
      random,
    );
    own.forEach((unit, i) => {
      const place = (i + 0.5) / own.length;
      const part = place < first ? 0 : 1 + Math.floor(((place - first) / (1 - first)) * count);
      lists[part]?.push(unit);
    });
  }
  return lists.map((list) => Int32Array.from(list));
}

function shuffled(units: number[], random: RandomStream): number[] {
  for (let i = units.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [units[i], units[j]] = [units[j] as number, units[i] as number];
  }
  return units;
}

/** Most harm first; equal values in random order, so that ties follow no property of the units. */
function ranked(units: Int32Array, effect: Float64Array, sign: 1 | -1, random: RandomStream): number[] {
  const order = shuffled(
    Array.from(units, (_, i) => i),
    random,
  );
  const value = (i: number): number => sign * (Number.isNaN(effect[i]) ? 0 : (effect[i] ?? 0));
  return order.sort((a, b) => value(b) - value(a)).map((i) => units[i] ?? 0);
}

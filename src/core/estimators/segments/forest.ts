import type { RandomStream } from "../../inference/random.ts";
import type { Binned } from "./bins.ts";

/** What a forest learns: the ratio of the sums of two numbers per unit, which may differ between units. */
export interface RatioTarget {
  readonly numerator: Float64Array;
  readonly denominator: Float64Array;
}

/** A tree as flat lists: node 0 is the root, feature -1 a leaf. Units with a bin below `cut` go left. */
interface Tree {
  readonly feature: Int16Array;
  readonly cut: Uint8Array;
  readonly left: Int32Array;
  readonly numerator: Float64Array;
  readonly denominator: Float64Array;
}

export type Forest = readonly Tree[];

const TREES = 200;
/** Units of the growing half in a leaf, and the least share of its parent. */
const LEAST_LEAF = 5;
const LEAST_SHARE = 0.1;
const MOST_NODES = 255;

/**
 * An honest forest for the ratio of two local sums.
 *
 * Formula: each tree draws a subsample of min(n/2, 20 sqrt n) units and halves it: one half chooses the splits that
 * maximise sum A^2/B over the children (A, B the sums of numerator and denominator), the other fills the leaves. The value at
 * x is the sum over trees of A/n of its leaf over that of B/n. With numerator (D - e)(Y - m) and denominator (D - e)^2 it is
 * a causal forest; with Y and 1 a regression forest.
 * Assumes: units are independent; the stream alone decides the draws. Time: 200 trees times subsample, columns and depth.
 * Source: Athey, Tibshirani and Wager 2019, Annals of Statistics 47; Nie and Wager 2021 (the loss behind the splits).
 */
export function growForest(units: Int32Array, target: RatioTarget, binned: Binned, random: RandomStream): Forest {
  const size = Math.max(2, Math.floor(Math.min(units.length / 2, 20 * Math.sqrt(units.length))));
  const pool = Int32Array.from(units);
  return Array.from({ length: TREES }, () => {
    for (let i = 0; i < size; i++) {
      const j = i + random.below(pool.length - i);
      const kept = pool[i] as number;
      pool[i] = pool[j] as number;
      pool[j] = kept;
    }
    const half = size >> 1;
    const tree = growTree(pool.slice(0, half), target, binned, random);
    return fillLeaves(tree, pool.subarray(half, size), target, binned);
  });
}

type Shape = Pick<Tree, "feature" | "cut" | "left">;

function growTree(sample: Int32Array, target: RatioTarget, binned: Binned, random: RandomStream): Shape {
  const shape = {
    feature: new Int16Array(MOST_NODES).fill(-1),
    cut: new Uint8Array(MOST_NODES),
    left: new Int32Array(MOST_NODES),
  };
  let nodes = 1;
  const open: { readonly node: number; readonly from: number; readonly to: number }[] = [
    { node: 0, from: 0, to: sample.length },
  ];
  // breadth first, so that the limit on nodes cuts the small ones
  for (let next = open.shift(); next !== undefined && nodes + 2 <= MOST_NODES; next = open.shift()) {
    const { node, from, to } = next;
    const split = bestSplit(sample.subarray(from, to), target, binned, random);
    if (split === null) continue;
    const middle =
      from + partition(sample.subarray(from, to), binned.columns[split.feature] ?? new Uint8Array(0), split.cut);
    shape.feature[node] = split.feature;
    shape.cut[node] = split.cut;
    shape.left[node] = nodes;
    open.push({ node: nodes, from, to: middle }, { node: nodes + 1, from: middle, to });
    nodes += 2;
  }
  return shape;
}

interface Split {
  readonly feature: number;
  readonly cut: number;
}

function bestSplit(sample: Int32Array, target: RatioTarget, binned: Binned, random: RandomStream): Split | null {
  const least = Math.max(LEAST_LEAF, Math.ceil(LEAST_SHARE * sample.length));
  if (sample.length < 2 * least) return null;
  let best: Split | null = null;
  let top = 0;
  for (const feature of triedFeatures(binned.columns.length, random)) {
    const count = binned.counts[feature] ?? 1;
    const a = new Float64Array(count);
    const b = new Float64Array(count);
    const n = new Int32Array(count);
    const bins = binned.columns[feature] ?? new Uint8Array(0);
    let [totalA, totalB] = [0, 0];
    for (const unit of sample) {
      const bin = bins[unit] as number;
      const [one, two] = [target.numerator[unit] as number, target.denominator[unit] as number];
      a[bin] = (a[bin] as number) + one;
      b[bin] = (b[bin] as number) + two;
      n[bin] = (n[bin] as number) + 1;
      totalA += one;
      totalB += two;
    }
    let [leftA, leftB, leftN] = [0, 0, 0];
    for (let cut = 1; cut < count; cut++) {
      leftA += a[cut - 1] as number;
      leftB += b[cut - 1] as number;
      leftN += n[cut - 1] as number;
      if (leftN < least || sample.length - leftN < least) continue;
      const rightB = totalB - leftB;
      if (!(leftB > 0 && rightB > 0)) continue;
      const gain = leftA ** 2 / leftB + (totalA - leftA) ** 2 / rightB - totalA ** 2 / totalB;
      if (gain > top) {
        top = gain;
        best = { feature, cut };
      }
    }
  }
  return best;
}

/** All of a few columns; of many a random choice, different at every node. */
function triedFeatures(count: number, random: RandomStream): number[] {
  const features = Array.from({ length: count }, (_, j) => j);
  const tried = Math.min(count, Math.ceil(Math.sqrt(count) + 4));
  for (let i = 0; i < tried && tried < count; i++) {
    const j = i + random.below(count - i);
    [features[i], features[j]] = [features[j] as number, features[i] as number];
  }
  return features.slice(0, tried);
}

/** Units below the cut first; returns how many. */
function partition(sample: Int32Array, bins: Uint8Array, cut: number): number {
  let at = 0;
  for (let i = 0; i < sample.length; i++) {
    const unit = sample[i] as number;
    if ((bins[unit] as number) >= cut) continue;
    sample[i] = sample[at] as number;
    sample[at] = unit;
    at++;
  }
  return at;
}

function leafOf({ feature, cut, left }: Shape, unit: number, { columns }: Binned): number {
  let node = 0;
  for (let j = feature[0] as number; j >= 0; j = feature[node] as number) {
    const bin = columns[j]?.[unit] ?? 0;
    node = (left[node] as number) + (bin < (cut[node] as number) ? 0 : 1);
  }
  return node;
}

function fillLeaves(shape: Shape, sample: Int32Array, target: RatioTarget, binned: Binned): Tree {
  const numerator = new Float64Array(MOST_NODES);
  const denominator = new Float64Array(MOST_NODES);
  const count = new Float64Array(MOST_NODES);
  for (const unit of sample) {
    const leaf = leafOf(shape, unit, binned);
    numerator[leaf] = (numerator[leaf] as number) + (target.numerator[unit] as number);
    denominator[leaf] = (denominator[leaf] as number) + (target.denominator[unit] as number);
    count[leaf] = (count[leaf] as number) + 1;
  }
  for (let leaf = 0; leaf < MOST_NODES; leaf++) {
    const n = Math.max(1, count[leaf] as number);
    numerator[leaf] = (numerator[leaf] as number) / n;
    denominator[leaf] = (denominator[leaf] as number) / n;
  }
  return { ...shape, numerator, denominator };
}

/** Values at units, whether they grew the forest or not; NaN where no leaf has a unit. */
export function predictForest(forest: Forest, units: Int32Array, binned: Binned): Float64Array {
  return Float64Array.from(units, (unit) => {
    let [a, b] = [0, 0];
    for (const tree of forest) {
      const leaf = leafOf(tree, unit, binned);
      a += tree.numerator[leaf] as number;
      b += tree.denominator[leaf] as number;
    }
    return a / b;
  });
}

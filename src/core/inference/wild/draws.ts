import { randomStream } from "../random.ts";

/** Rademacher: -1 and 1. Webb: six points, for so few clusters that sign changes alone give a coarse p-value. */
export type WildWeights = "rademacher" | "webb";

/** Up to this many vectors of weights all are enumerated: 16 clusters with two points, 6 with six. */
const EXACT_DRAWS = 65_536;

const POINTS: Readonly<Record<WildWeights, Float64Array>> = {
  rademacher: Float64Array.of(-1, 1),
  webb: Float64Array.of(-Math.sqrt(1.5), -1, -Math.SQRT1_2, Math.SQRT1_2, 1, Math.sqrt(1.5)),
};

export interface DrawOptions {
  readonly weights: WildWeights;
  /** Number of random vectors when they are not enumerated. */
  readonly draws: number;
  readonly seed: number;
  /** `when-small` enumerates all vectors up to 65,536 of them. */
  readonly exact: "when-small" | "never";
}

/** Vectors of bootstrap weights, one entry per group; the vector handed to `visit` is reused. */
export interface WildDraws {
  readonly count: number;
  readonly exact: boolean;
  /** True when every weight is -1 or 1. */
  readonly areSigns: boolean;
  forEach(visit: (weights: Float64Array, draw: number) => void): void;
}

/**
 * All vectors of weights, or seeded random ones.
 *
 * Source: Davidson and Flachaire 2008 (Rademacher); Webb 2023, Canadian Journal of Economics 56 (six points).
 */
export function wildDraws(groups: number, options: DrawOptions): WildDraws {
  const points = POINTS[options.weights];
  const total = points.length ** groups;
  const areSigns = options.weights === "rademacher";
  if (options.exact === "when-small" && total <= EXACT_DRAWS) {
    return { count: total, exact: true, areSigns, forEach: (visit) => enumerate(points, groups, visit) };
  }
  return { count: options.draws, exact: false, areSigns, forEach: (visit) => draw(points, groups, options, visit) };
}

/** Counts through the vectors like an odometer. */
function enumerate(points: Float64Array, groups: number, visit: (weights: Float64Array, draw: number) => void): void {
  const digits = new Int32Array(groups);
  const weights = new Float64Array(groups).fill(points[0] ?? 0);
  for (let draw = 0; ; draw++) {
    visit(weights, draw);
    let g = 0;
    while (g < groups && digits[g] === points.length - 1) {
      digits[g] = 0;
      weights[g] = points[0] ?? 0;
      g++;
    }
    if (g === groups) return;
    digits[g] = (digits[g] ?? 0) + 1;
    weights[g] = points[digits[g] ?? 0] ?? 0;
  }
}

function draw(
  points: Float64Array,
  groups: number,
  { draws, seed }: DrawOptions,
  visit: (weights: Float64Array, draw: number) => void,
): void {
  const random = randomStream(seed);
  const weights = new Float64Array(groups);
  for (let b = 0; b < draws; b++) {
    if (points.length === 2) drawSigns(random, weights);
    else for (let g = 0; g < groups; g++) weights[g] = points[random.below(points.length)] ?? 0;
    visit(weights, b);
  }
}

/** Thirty-two signs from every random number. */
function drawSigns(random: { below(bound: number): number }, weights: Float64Array): void {
  let bits = 0;
  for (let g = 0; g < weights.length; g++) {
    if (g % 32 === 0) bits = random.below(4294967296);
    weights[g] = (bits >>> (g % 32)) & 1 ? 1 : -1;
  }
}

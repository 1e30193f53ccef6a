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
  forEach(visit: (weights: Float64Array, draw: number) => void): void;
  /** The same where every weight is -1 or 1, else null: bit g % 32 of word g / 32 is set when group g has 1. */
  readonly forEachSigns: ((visit: (signs: Int32Array, draw: number) => void) => void) | null;
}

/**
 * All vectors of weights, or seeded random ones.
 *
 * Source: Davidson and Flachaire 2008 (Rademacher); Webb 2023, Canadian Journal of Economics 56 (six points).
 */
export function wildDraws(groups: number, options: DrawOptions): WildDraws {
  const points = POINTS[options.weights];
  const total = points.length ** groups;
  const exact = options.exact === "when-small" && total <= EXACT_DRAWS;
  const count = exact ? total : options.draws;
  if (points.length === 2) {
    const forEachSigns = (visit: (signs: Int32Array, draw: number) => void): void => {
      if (exact) enumerateSigns(count, visit);
      else drawSigns(groups, options, visit);
    };
    return { count, exact, forEach: (visit) => unpack(groups, forEachSigns, visit), forEachSigns };
  }
  const forEach: WildDraws["forEach"] = (visit) =>
    exact ? enumerate(points, groups, visit) : draw(points, groups, options, visit);
  return { count, exact, forEach, forEachSigns: null };
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
    for (let g = 0; g < groups; g++) weights[g] = points[random.below(points.length)] ?? 0;
    visit(weights, b);
  }
}

/** The bits of the draw's number: the first group changes fastest. */
function enumerateSigns(count: number, visit: (signs: Int32Array, draw: number) => void): void {
  const signs = new Int32Array(1);
  for (let draw = 0; draw < count; draw++) {
    signs[0] = draw;
    visit(signs, draw);
  }
}

/** Thirty-two signs from every random number. */
function drawSigns(
  groups: number,
  { draws, seed }: DrawOptions,
  visit: (signs: Int32Array, draw: number) => void,
): void {
  const random = randomStream(seed);
  const signs = new Int32Array(Math.ceil(groups / 32));
  for (let draw = 0; draw < draws; draw++) {
    for (let word = 0; word < signs.length; word++) signs[word] = random.below(4294967296);
    visit(signs, draw);
  }
}

function unpack(
  groups: number,
  forEachSigns: (visit: (signs: Int32Array, draw: number) => void) => void,
  visit: (weights: Float64Array, draw: number) => void,
): void {
  const weights = new Float64Array(groups);
  forEachSigns((signs, draw) => {
    for (let g = 0; g < groups; g++) weights[g] = ((signs[g >>> 5] as number) >>> (g & 31)) & 1 ? 1 : -1;
    visit(weights, draw);
  });
}

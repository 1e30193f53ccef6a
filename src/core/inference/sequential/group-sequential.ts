import { answer, type Outcome, refuse } from "../../outcome.ts";
import { normalQuantile, normalSf } from "../../probability/normal.ts";
import { findRoot } from "../../probability/root.ts";

/** How the one-sided error is spent over information: a power function by its exponent. */
export type Spending = "obrien-fleming" | "pocock" | { readonly power: number };

/**
 * Cumulative alpha spent at a share t of the information.
 *
 * Formula: O'Brien-Fleming 2 (1 - Phi(z_{1 - alpha/2} / sqrt t)), Pocock alpha log(1 + (e - 1) t), power alpha t^k.
 * Source: Lan and DeMets 1983, Biometrika 70; Kim and DeMets 1987.
 */
export function spentAlpha(spending: Spending, t: number, alpha: number): number {
  if (spending === "obrien-fleming") return 2 * normalSf(-normalQuantile(alpha / 2) / Math.sqrt(t));
  if (spending === "pocock") return alpha * Math.log1p((Math.E - 1) * t);
  return alpha * t ** spending.power;
}

export interface Look {
  readonly information: number;
  readonly cumulativeAlpha: number;
  /** Reject when Z is at least this. */
  readonly z: number;
  /** One-sided p-value at the boundary. */
  readonly nominalP: number;
}

/**
 * Upper boundaries of a one-sided group-sequential test without futility, for any looks.
 *
 * Formula: z_k solves P(Z_1 < z_1, ..., Z_{k-1} < z_{k-1}, Z_k >= z_k) = spent_k - spent_{k-1} by recursive integration.
 * Assumes: Z_k sqrt(t_k) is a Brownian motion in information; shares ascend to at most 1.
 * Complexity: looks x nodes^2 with 320 nodes. Accuracy about 1e-9.
 * Source: Armitage, McPherson and Rowe 1969; Jennison and Turnbull 2000, chapter 19.
 */
export function spendingBoundary(spending: Spending, information: readonly number[], alpha: number): Outcome<Look[]> {
  const checked = checkLooks(information, alpha);
  if (!checked.ok) return checked;
  const looks: Look[] = [];
  let path = startPath();
  let spent = 0;
  for (const t of information) {
    const cumulativeAlpha = spentAlpha(spending, t, alpha);
    const share = cumulativeAlpha - spent;
    const z = boundaryAt(path, t, share);
    looks.push({ information: t, cumulativeAlpha, z, nominalP: normalSf(z) });
    path = advance(path, t, Number.NEGATIVE_INFINITY, z);
    spent = cumulativeAlpha;
  }
  return answer(looks);
}

export interface ClassicalDesign {
  readonly shape: "obrien-fleming" | "pocock";
  readonly looks: number;
  /** Of the whole test: one tail when one-sided, both when two-sided. */
  readonly alpha: number;
  readonly sides: 1 | 2;
}

/**
 * Boundaries at equally spaced looks: z_k = C sqrt(K / k) (O'Brien-Fleming) or C (Pocock).
 *
 * Source: Pocock 1977, Biometrika 64; O'Brien and Fleming 1979, Biometrics 35.
 */
export function classicalBoundary({ shape, looks, alpha, sides }: ClassicalDesign): Outcome<number[]> {
  const information = Array.from({ length: looks }, (_, k) => (k + 1) / looks);
  const checked = checkLooks(information, alpha);
  if (!checked.ok) return checked;
  const at = (constant: number): number[] =>
    information.map((t) => (shape === "pocock" ? constant : constant / Math.sqrt(t)));
  const excess = (constant: number): number => {
    let path = startPath();
    let rejected = 0;
    at(constant).forEach((z, k) => {
      const t = information[k] ?? 1;
      const tail = exitAbove(path, t, z);
      rejected += sides * tail;
      path = advance(path, t, sides === 2 ? -z : Number.NEGATIVE_INFINITY, z);
    });
    return rejected - alpha;
  };
  return answer(at(findRoot(excess, 0.5, 8, 1e-12)));
}

function checkLooks(information: readonly number[], alpha: number): Outcome<null> {
  const ascending = information.every((t, k) => t > (k === 0 ? 0 : (information[k - 1] ?? 0)) && t <= 1);
  if (information.length > 0 && ascending && alpha > 0 && alpha < 0.5) return answer(null);
  return refuse(
    "NOT_ESTIMABLE",
    `Looks at shares ${information.join(", ")} of the information with alpha ${alpha} are no sequential design.`,
    "Give ascending shares above 0 and up to 1, and an alpha between 0 and 0.5.",
    { information: [...information], alpha },
  );
}

/** Where the Brownian motion is that has not yet crossed: quadrature nodes with their probability. */
interface Path {
  readonly time: number;
  readonly nodes: Float64Array;
  readonly mass: Float64Array;
}

function startPath(): Path {
  return { time: 0, nodes: Float64Array.of(0), mass: Float64Array.of(1) };
}

/** P(not crossed before, Z at time t >= z). */
function exitAbove({ time, nodes, mass }: Path, t: number, z: number): number {
  const scale = Math.sqrt(t - time);
  const bound = z * Math.sqrt(t);
  let total = 0;
  for (let i = 0; i < nodes.length; i++) total += (mass[i] ?? 0) * normalSf((bound - (nodes[i] ?? 0)) / scale);
  return total;
}

function boundaryAt(path: Path, t: number, share: number): number {
  if (path.time === 0) return -normalQuantile(share);
  return findRoot((z) => Math.log(exitAbove(path, t, z)) - Math.log(share), -2, 20, 0);
}

/** Where the motion cannot be: beyond this many standard deviations. */
const FAR = 8.5;
const PANELS = 32;
const INVERSE_SQRT_TWO_PI = 0.3989422804014327;

/** Gauss-Legendre nodes and weights of order 10 on [-1, 1], the positive half. */
const NODES = [
  [0.14887433898163122, 0.29552422471475287],
  [0.4333953941292472, 0.26926671930999635],
  [0.6794095682990244, 0.21908636251598204],
  [0.8650633666889845, 0.1494513491505806],
  [0.9739065285171717, 0.06667134430868814],
] as const;

/** The path at time t between the two boundaries. */
function advance(path: Path, t: number, lower: number, upper: number): Path {
  const root = Math.sqrt(t);
  const low = Math.max(lower, -FAR) * root;
  const high = Math.min(upper, FAR) * root;
  const half = (high - low) / PANELS / 2;
  const nodes = new Float64Array(PANELS * 10);
  const mass = new Float64Array(nodes.length);
  let filled = 0;
  for (let panel = 0; panel < PANELS; panel++) {
    const centre = low + (2 * panel + 1) * half;
    for (const [x, weight] of NODES) {
      for (const sign of [-1, 1]) {
        nodes[filled] = centre + sign * x * half;
        mass[filled] = weight * half * densityAt(path, t, nodes[filled] ?? 0);
        filled++;
      }
    }
  }
  return { time: t, nodes, mass };
}

function densityAt({ time, nodes, mass }: Path, t: number, s: number): number {
  const scale = Math.sqrt(t - time);
  let total = 0;
  for (let i = 0; i < nodes.length; i++) {
    const u = (s - (nodes[i] as number)) / scale;
    total += (mass[i] as number) * Math.exp(-0.5 * u * u);
  }
  return (total * INVERSE_SQRT_TWO_PI) / scale;
}

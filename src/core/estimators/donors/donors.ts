import { answer, type Outcome, refuse } from "../../outcome.ts";
import type { Panel, PanelWindow } from "../../panel/panel.ts";
import type { Scale } from "../../plan.ts";
import { type DonorDoubt, donorDoubt, standardised } from "./doubt.ts";
import { type Comparison, compare, heldOutError } from "./fit.ts";
import { type DonorTable, donorTable } from "./table.ts";
import { donorWeights, publishedPenalty, type Spaces, spacesOf } from "./weights.ts";

/** Fewer donors than this are an average, not a choice; and the rank of a placebo test could not reach 1 in 6. */
export const FEWEST_DONORS = 5;
/** Four quarters of at least three bins. */
export const FEWEST_BINS = 12;
/** Placebos behind the unit doubt: each costs a fit, and beyond these more degrees of freedom change little. */
const MOST_PLACEBOS = 20;
const FEWEST_PLACEBOS = 10;
/** Donors times placebos. */
const PLACEBO_WORK = 2000;
/** Shares of the published penalty among which held-out prediction chooses, most even weights first. */
const SHRINKAGES = [1, 0.3, 0.1, 0.03, 0.01] as const;

/** Synthetic difference-in-differences on the grid of a panel; numbers of `main` in units of the table's series. */
export interface DonorFit {
  readonly table: DonorTable;
  readonly spaces: Spaces;
  readonly main: Comparison & { readonly time: NonNullable<Comparison["time"]> };
  /** Donors taken as treated, with their standardised effects. */
  readonly placebos: readonly Placebo[];
  readonly zeta: number;
  readonly zetaLambda: number;
  /** Share of the published penalty that predicted best. */
  readonly shrinkage: number;
  readonly doubt: DonorDoubt;
  /** Raw units. */
  readonly att: number;
  readonly variance: number;
}

export interface Placebo {
  readonly comparison: Comparison;
  readonly z: number;
}

export interface DonorRequest {
  readonly panel: Panel;
  readonly window: PanelWindow;
  readonly treated: readonly number[];
  readonly control: readonly number[];
  readonly levels: Float64Array;
  readonly scale: Scale;
}

/**
 * Synthetic difference-in-differences whose weights are chosen by held-out prediction.
 *
 * Formula: effect = (mean post - sum_b lambda_b bin_b) of (treated mean - sum_j omega_j donor_j). The penalty of omega is
 * the share of the published one that best predicts each quarter of the pre window from the other three.
 * Assumes: without the deploy the treated mean would have gone on as its mixture of donors; no donor was affected.
 * Refuses: fewer than 5 donors seen in every bin, fewer than 12 bins, donors or treated that never move.
 * Complexity: O(cells + placebos (donors^2 bins)); memory as the cells.
 * Source: Arkhangelsky, Athey, Hirshberg, Imbens and Wager 2021, American Economic Review 111(12); docs/designs/synthetic.md.
 */
export function fitDonors(request: DonorRequest): Outcome<DonorFit> {
  const table = donorTable(request);
  const refusal = checkTable(table);
  if (refusal !== null) return refusal;
  const spaces = spacesOf(table);
  const published = publishedPenalty(table);
  const shrinkage = bestShrinkage(table, spaces, published);
  const penalties = { zeta: shrinkage * published, zetaLambda: published };
  const donors = table.donors.map((_, j) => 1 + j);
  const main = compare({ table, spaces, target: 0, donors, ...penalties });
  const { time } = main;
  if (time === null) return noVariation("The treated units do not move before the deploy, or only as their donors do.");
  const placebos = evenly(donors, placeboLimit(donors.length)).flatMap((target) => {
    const others = donors.filter((other) => other !== target);
    const comparison = compare({ table, spaces, target, donors: others, ...penalties, lambda: main.lambda });
    const z = standardised(comparison);
    return z === null ? [] : [{ comparison, z }];
  });
  if (placebos.length < FEWEST_DONORS) return tooFewDonors(table, placebos.length, "move before the deploy");
  const doubt = donorDoubt(
    time,
    placebos.map(({ z }) => z),
  );
  const factor = table.rawFactors[0] as number;
  return answer({
    table,
    spaces,
    main: { ...main, time },
    placebos,
    ...penalties,
    shrinkage,
    doubt,
    att: main.effect * factor,
    variance: doubt.variance * factor * factor,
  });
}

function checkTable(table: DonorTable): Outcome<never> | null {
  if (table.donors.length < FEWEST_DONORS) return tooFewDonors(table, table.donors.length, "were seen throughout");
  if (table.bins.length < FEWEST_BINS) {
    return refuse(
      "PRE_TOO_SHORT",
      `Weights of donors need ${FEWEST_BINS} steps before the deploy in which the treated units were seen, there are ${table.bins.length}.`,
      "Lengthen `windows.pre`, or use `design: did`.",
      { bins: table.bins.length },
    );
  }
  return publishedPenalty(table) > 0 ? null : noVariation("No donor moves before the deploy.");
}

function tooFewDonors(table: DonorTable, usable: number, what: string): Outcome<never> {
  const all = table.donors.length + table.gappy.length;
  return refuse(
    "TOO_FEW_UNITS",
    `A mix of donors needs at least ${FEWEST_DONORS} control units; ${usable} of ${all} ${what}.`,
    "Add control units, or use `design: did`.",
    { donors: usable, controls: all },
  );
}

function noVariation(message: string): Outcome<never> {
  return refuse("NO_VARIATION", message, "Check that the query returns live values, or use `design: did`.");
}

function bestShrinkage(table: DonorTable, spaces: Spaces, published: number): number {
  const donors = table.donors.map((_, j) => 1 + j);
  let best = { share: 1, error: Number.POSITIVE_INFINITY };
  let last: (Float64Array | null)[] = spaces.without.map(() => null);
  for (const share of SHRINKAGES) {
    const folds = spaces.without.map((space, k) => donorWeights(space, 0, donors, share * published, last[k] ?? null));
    last = folds;
    const error = heldOutError(table, 0, donors, folds);
    if (error < best.error) best = { share, error };
  }
  return best.share;
}

function placeboLimit(donors: number): number {
  return Math.max(FEWEST_PLACEBOS, Math.min(MOST_PLACEBOS, Math.floor(PLACEBO_WORK / donors)));
}

/** At most `most` of the values, spread evenly. */
function evenly(values: readonly number[], most: number): number[] {
  if (values.length <= most) return [...values];
  return Array.from({ length: most }, (_, i) => values[Math.floor((i * values.length) / most)] as number);
}

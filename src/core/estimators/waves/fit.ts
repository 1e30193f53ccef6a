import { answer, type Outcome, refuse } from "../../outcome.ts";
import { countFinite, type Panel, type PanelWindow, unitValues } from "../../panel/panel.ts";
import type { Scale } from "../../plan.ts";
import type { ReasonCode } from "../../reasons.ts";
import { dispersed } from "../did-doubt.ts";
import { preLevels } from "../did-path.ts";
import { isRounding, LARGEST, magnitude, populationVariance, ROUNDING } from "../did-sample.ts";
import { weighControls } from "../did-weights.ts";
import { type Arrangement, comparisonUnits, type Wave } from "./arrangement.ts";
import { type ContrastVariance, contrastValue, contrastVariance } from "./contrast.ts";
import { controlExposure, shiftExposure } from "./exposure.ts";
import { type Gaps, gapsOf } from "./gaps.ts";
import { averageTerms, controlTerms, judgedCells, type Stretch, stretchesOf } from "./schedule.ts";

/** Change of one unit that served as a control, and the variance that its own past predicts; null when unknown. */
export interface ControlChange {
  readonly unit: number;
  readonly change: number;
  readonly time: ContrastVariance | null;
}

export type WaveMethod = "precision-weighted" | "time-only" | "placebo-rank";

/**
 * Precision-weighted difference-in-differences for deploys in waves.
 *
 * Formula: att = sum over treated unit-steps with a clean control, each counting alike, of z_it less its own mean before the
 * first wave; z_it = y_it - m_i - c_t (or y_it - m_i c_t), c_t the precision-weighted path of the units that are not deployed
 * at t (never, or later). Variance: `contrastVariance` of the gaps that this average is made of, times phi when the controls
 * moved more over the same steps than their own past predicts. With one wave it is the default estimator.
 * Assumes: without the deploys every gap would have gone on as before the first wave; no unit reacts before its deploy.
 * Units: raw units per step. Source: docs/designs/staggered.md; the comparisons are those of Callaway and Sant'Anna 2021
 * (never and not yet treated), the weights those of the simple average over treated cells.
 */
export interface WaveFit {
  readonly scale: Scale;
  readonly arrangement: Arrangement;
  readonly window: PanelWindow;
  /** Units that were a control at some step, and their precision weights (mean 1). */
  readonly control: readonly number[];
  readonly weights: readonly number[];
  readonly att: number;
  readonly variance: number | null;
  readonly dof: number | null;
  readonly method: WaveMethod;
  readonly codes: readonly ReasonCode[];
  readonly rankP: number | null;
  readonly time: ContrastVariance;
  readonly phi: number | null;
  readonly q: number;
  readonly gaps: Gaps;
  readonly levels: Float64Array;
  readonly stretches: readonly Stretch[];
  readonly controlChanges: readonly ControlChange[];
  readonly scaleScore: readonly number[];
}

export interface WaveOptions {
  readonly scale: "auto" | Scale;
  /** An effect of 0 in data that never moved is an answer and not `NO_VARIATION`. */
  readonly keepStill?: boolean;
}

/** Fits one scale, or both and keeps the one whose past is calmer, like the default estimator. */
export function fitWaves(panel: Panel, arrangement: Arrangement, options: WaveOptions): Outcome<WaveFit> {
  if (options.scale !== "auto") return fitScale(panel, arrangement, options, options.scale);
  const additive = fitScale(panel, arrangement, options, "additive");
  const multiplicative = fitScale(panel, arrangement, options, "multiplicative");
  if (!multiplicative.ok) return additive;
  if (!additive.ok) return multiplicative;
  const [a, m] = [additive.value.scaleScore, multiplicative.value.scaleScore];
  if (a.length !== m.length) return additive;
  const total = (terms: readonly number[]): number => terms.reduce((sum, term) => sum + term, 0);
  return total(m) < total(a) ? multiplicative : additive;
}

function fitScale(panel: Panel, whole: Arrangement, options: WaveOptions, scale: Scale): Outcome<WaveFit> {
  const first = whole.waves[0] as Wave;
  const window: PanelWindow = { preEnd: whole.preEnd, postStart: first.postStart, end: whole.end };
  const arrangement = seenBefore(panel, whole);
  const control = comparisonUnits(arrangement, 1);
  const levels = preLevels(panel, window);
  if (control.length === 0) {
    return refuse(
      "NO_CONTROL_UNITS",
      "No unit that was deployed later, or never, has data before the first wave.",
      "Check `units.control` and the pre window.",
    );
  }
  const nonPositive = control.find((u) => (levels[u] as number) <= 0);
  if (scale === "multiplicative" && nonPositive !== undefined) {
    return refuse(
      "SCALE_NOT_POSSIBLE",
      "The multiplicative scale needs positive control levels.",
      "Use `scale: additive`.",
      { unit: panel.units[nonPositive] ?? null },
    );
  }
  const treated = arrangement.waves.flatMap((wave) => [...wave.units]);
  const { size, largest } = magnitude(panel, window, [...new Set([...treated, ...control])]);
  if (largest > LARGEST || (size > 0 && size < 1 / LARGEST)) {
    return refuse(
      "NOT_ESTIMABLE",
      `Values up to ${largest.toExponential(1)} are beyond what can be computed with.`,
      `Let the query return another unit, so that values lie between ${1 / LARGEST} and ${LARGEST}.`,
      { largest },
    );
  }
  const sample = { panel, window, treated, control, levels, scale, size, keepStill: options.keepStill === true };
  const { weights } = weighControls(sample);
  const gaps = gapsOf({
    panel,
    window,
    levels,
    scale,
    size,
    weights: new Map(control.map((u, j) => [u, weights[j] as number])),
  });
  return estimate({ ...sample, arrangement, weights, gaps });
}

/** Only units seen before the first wave have a level to compare with. */
function seenBefore(panel: Panel, arrangement: Arrangement): Arrangement {
  const isSeen = (u: number): boolean => countFinite(unitValues(panel, u), 0, arrangement.preEnd) > 0;
  return {
    ...arrangement,
    waves: arrangement.waves.map((wave) => ({ ...wave, units: wave.units.filter(isSeen) })),
    never: arrangement.never.filter(isSeen),
  };
}

interface Opened {
  readonly panel: Panel;
  readonly window: PanelWindow;
  readonly control: readonly number[];
  readonly levels: Float64Array;
  readonly scale: Scale;
  readonly size: number;
  readonly keepStill: boolean;
  readonly arrangement: Arrangement;
  readonly weights: readonly number[];
  readonly gaps: Gaps;
}

function estimate(opened: Opened): Outcome<WaveFit> {
  const { panel, window, arrangement, gaps, control } = opened;
  const stretches = stretchesOf(panel, arrangement, judgedCells(arrangement));
  const terms = averageTerms(gaps, stretches);
  const att = contrastValue(terms);
  if (!Number.isFinite(att)) {
    return refuse(
      "NO_DATA",
      "The deployed units and their controls were never seen at the same time in one of the windows.",
      "Choose controls that report at the same times.",
    );
  }
  const time = contrastVariance(terms, window.end);
  if (time === null) return tooShort(window);
  const controlChanges = control.map((unit): ControlChange => {
    const own = controlTerms(gaps, stretches, unit);
    return { unit, change: contrastValue(own), time: own.length === 0 ? null : contrastVariance(own, window.end) };
  });
  const doubt = doubtOf(opened, { att, time, controlChanges, stretches });
  if (!doubt.ok) return doubt;
  const { scale, weights, levels } = opened;
  return answer({
    scale,
    arrangement,
    window,
    control,
    weights,
    att,
    ...doubt.value,
    time,
    gaps,
    levels,
    stretches,
    controlChanges,
    scaleScore: scaleScore(opened, time, controlChanges),
  });
}

interface Evidence {
  readonly att: number;
  readonly time: ContrastVariance;
  readonly controlChanges: readonly ControlChange[];
  readonly stretches: readonly Stretch[];
}

type Doubt = Pick<WaveFit, "variance" | "dof" | "method" | "codes" | "rankP" | "phi" | "q">;

/**
 * Doubt from time and from units, put together as in docs/method.md section 3 step 5.
 *
 * The controls' overdispersion r = sum_j d_j^2 / s_j^2 / n is carried over to the effect by how much more (or less) the
 * effect feels lasting shifts than they do: phi = 1 + (r - 1) h / mean h_j (`shiftExposure`); dof (sum h_j)^2 / sum h_j^2 - 1,
 * because a unit that was a control for a short time only says little. With one wave all h are equal and this is the
 * default's phi on n - 1 degrees of freedom.
 */
function doubtOf(opened: Opened, { att, time, controlChanges, stretches }: Evidence): Outcome<Doubt> {
  const { window, size, keepStill } = opened;
  if (isRounding(time.variance, size)) {
    const isStill = Math.abs(att) <= ROUNDING * size;
    if (isStill && !keepStill) return noVariation();
    return answer(placeboRank(window, isStill));
  }
  const seen = controlChanges.flatMap(({ unit, change, time: own }) => {
    const ratio = own === null || isRounding(own.variance, size) ? Number.NaN : change ** 2 / own.variance;
    return Number.isFinite(ratio) ? [{ ratio, h: controlExposure(stretches, unit, window.preEnd) }] : [];
  });
  if (seen.length < 2) {
    return answer({ rankP: null, q: 0, ...time, method: "time-only", codes: ["ONE_CONTROL"], phi: null });
  }
  const sum = (of: (one: (typeof seen)[number]) => number): number => seen.reduce((total, one) => total + of(one), 0);
  const weights = new Map(opened.control.map((u, j) => [u, opened.weights[j] as number]));
  const exposure = (shiftExposure(stretches, weights, window.preEnd) * seen.length) / sum(({ h }) => h);
  const phi = 1 + (sum(({ ratio }) => ratio) / seen.length - 1) * exposure;
  const q = Math.max(1, sum(({ h }) => h) ** 2 / sum(({ h }) => h ** 2) - 1);
  return answer({ rankP: null, q, ...dispersed(time, phi, q), method: "precision-weighted", codes: [], phi });
}

/** The gaps never moved before the first wave: the change is ranked among the windows as long as all waves together. */
function placeboRank({ preEnd, end }: PanelWindow, isStill: boolean): Doubt {
  const windows = Math.floor(preEnd / (end - preEnd));
  return {
    variance: null,
    dof: null,
    method: "placebo-rank",
    codes: ["EXACT_PLACEBO_RANK"],
    rankP: isStill ? 1 : 1 / (1 + windows),
    phi: null,
    q: 0,
  };
}

function noVariation(): Outcome<never> {
  return refuse(
    "NO_VARIATION",
    "The deployed units and their controls differ by the same constant before and after every wave.",
    "Check that the query returns live values (a frozen exporter repeats its last one), or drop this SLI.",
  );
}

function tooShort({ preEnd, end }: PanelWindow): Outcome<never> {
  return refuse(
    "PRE_TOO_SHORT",
    `The ${preEnd} steps before the first wave are too few to learn how the units move.`,
    "Lengthen `windows.pre` to at least 12 steps before the first wave.",
    { preSteps: preEnd, postSteps: end - preEnd },
  );
}

/** As for the default estimator: log variance of the contrast, and of the controls' changes. */
function scaleScore({ size }: Opened, time: ContrastVariance, controlChanges: readonly ControlChange[]): number[] {
  const changes = controlChanges.map(({ change }) => change).filter(Number.isFinite);
  const spread = changes.length > 1 ? populationVariance(changes) : Number.NaN;
  return [time.variance, spread].filter((value) => !isRounding(value, size) && value > 0).map(Math.log);
}

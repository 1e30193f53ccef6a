import { notRun, result } from "../../checks/check.ts";
import { aggregate } from "../../estimators/callaway-santanna/aggregate.ts";
import { groupTimeEffects } from "../../estimators/callaway-santanna/cells.ts";
import type { TidyData } from "../../estimators/contract.ts";
import { baconDecomposition, summarizeTypes } from "../../estimators/staggered/bacon.ts";
import { type BalancedPanel, balancedPanel } from "../../estimators/staggered/balanced.ts";
import { impute, targetOf } from "../../estimators/staggered/imputation.ts";
import { averageOf, interactionWeightedFit } from "../../estimators/staggered/sun-abraham.ts";
import { openStaggered, type StaggeredTable } from "../../estimators/staggered/table.ts";
import type { Wave } from "../../estimators/waves/arrangement.ts";
import type { WaveFit } from "../../estimators/waves/fit.ts";
import { dot } from "../../linalg/kernels.ts";
import { answer, type Outcome } from "../../outcome.ts";
import { meanBetween, type Panel, unitValues } from "../../panel/panel.ts";
import type { CheckResult } from "../../result.ts";

const ID = "staggered-estimators";
/** Periods into which the judged time is cut, about; each wave begins one. */
const MOST_PERIODS = 24;
/** Cohort terms times rows of the Sun-Abraham regression beyond which it is left out. */
const MOST_CELLS = 2e5;

/**
 * What the estimators of the literature say on the same data: point estimates only, for with few units their errors by unit
 * are known to be wrong. Informational.
 *
 * The judged time is cut into periods of about equal length that begin with the waves; settle steps are left out, the time
 * before the first wave is one period. On this table: Callaway-Sant'Anna (simple average, not-yet-treated controls),
 * imputation (average over treated cells), Sun-Abraham (average over treated cells), and plain two-way fixed effects with the
 * share of it that compares late waves with units already deployed (Goodman-Bacon). All are additive, so on the multiplicative
 * scale they see every unit as a multiple of its own level, brought to the level of the judged cells.
 */
export function compareEstimators(panel: Panel, fit: WaveFit): CheckResult {
  const opened = openStaggered(tableOf(panel, fit));
  if (!opened.ok) return notRun(ID, opened.refusal.message);
  const balanced = balancedPanel(opened.value, "drop");
  if (!balanced.ok) return notRun(ID, balanced.refusal.message);
  const components = baconDecomposition(balanced.value);
  const types = components.ok ? summarizeTypes(components.value) : [];
  const twoWay = components.ok
    ? components.value.reduce((sum, { weight, estimate }) => sum + weight * estimate, 0)
    : null;
  return result(
    ID,
    null,
    {},
    {
      att: fit.att,
      callawaySantanna: valueOr(callawaySantanna(balanced.value)),
      imputation: valueOr(imputation(opened.value)),
      sunAbraham: valueOr(sunAbraham(opened.value)),
      twoWay,
      forbiddenShare: types.find(({ type }) => type === "Later vs Earlier Treated")?.weight ?? 0,
      periods: opened.value.periods.values.length,
      units: opened.value.unit.count,
    },
  );
}

function valueOr(outcome: Outcome<number | null>): number | null {
  return outcome.ok && outcome.value !== null && Number.isFinite(outcome.value) ? outcome.value : null;
}

function callawaySantanna(panel: BalancedPanel): Outcome<number | null> {
  const effects = groupTimeEffects(panel, {
    method: "reg",
    control: "notyet",
    base: "universal",
    anticipation: 0,
    trim: 0.995,
  });
  if (!effects.ok) return effects;
  const average = aggregate(effects.value, "simple");
  return average.ok ? answer(average.value.overall.estimate) : average;
}

function imputation(table: StaggeredTable): Outcome<number | null> {
  const imputed = impute(table);
  if (!imputed.ok) return imputed;
  const target = targetOf(imputed.value, "att", () => true);
  if (target === null) return answer(null);
  const { gap, treatedRows } = imputed.value;
  return answer(
    dot(
      target.weights,
      Float64Array.from(treatedRows, (row) => gap[row] ?? Number.NaN),
    ),
  );
}

function sunAbraham(table: StaggeredTable): Outcome<number | null> {
  const terms = table.cohorts.length * table.periods.values.length;
  if (terms * table.data.rows > MOST_CELLS) return answer(null);
  const fitted = interactionWeightedFit(table, { ref: -1, control: "notyet" });
  if (!fitted.ok) return fitted;
  const average = averageOf(fitted.value, "att", (term) => term.relative >= 0);
  if (average === null) return answer(null);
  return answer(
    average.weights.reduce((sum, weight, j) => sum + weight * (fitted.value.fit.coefficients[j] ?? Number.NaN), 0),
  );
}

interface Period {
  readonly from: number;
  readonly to: number;
}

/** One row per unit and period; periods are numbered from 0, so that the one before a wave is -1 from it. */
function tableOf(panel: Panel, fit: WaveFit): TidyData {
  const { arrangement, levels } = fit;
  const common = fit.scale === "multiplicative" ? judgedLevel(fit) : null;
  const scaled = (unit: number, value: number): number =>
    common === null ? value : (value * common) / (levels[unit] as number);
  const periods = periodsOf(arrangement.waves, arrangement.preEnd, arrangement.end);
  const waveOf = new Map(arrangement.waves.flatMap((wave) => wave.units.map((u) => [u, wave] as const)));
  const all = [...waveOf.keys(), ...arrangement.never].sort((a, b) => a - b);
  const rows = all.flatMap((unit) => periods.map((period, k) => ({ unit, period, k })));
  const firstPeriod = (unit: number): number => {
    const wave = waveOf.get(unit);
    const k = wave === undefined ? -1 : periods.findIndex(({ from }) => from >= wave.start && from > 0);
    return k < 0 ? Number.NaN : k;
  };
  const first = new Map(all.map((unit) => [unit, firstPeriod(unit)]));
  return {
    rows: rows.length,
    unit: rows.map(({ unit }) => panel.units[unit] as string),
    time: Float64Array.from(rows, ({ k }) => k),
    outcome: Float64Array.from(rows, ({ unit, period, k }) =>
      scaled(unit, k === 0 ? (levels[unit] as number) : meanBetween(unitValues(panel, unit), period.from, period.to)),
    ),
    treatment: null,
    firstTreated: Float64Array.from(rows, ({ unit }) => first.get(unit) ?? Number.NaN),
    weights: null,
    covariates: [],
    cluster: null,
  };
}

/** Mean level over the judged cells before the first wave. */
function judgedLevel({ stretches, levels }: WaveFit): number {
  let [sum, total] = [0, 0];
  for (const { units, mass } of stretches) {
    total += mass;
    for (const unit of units) sum += (mass / units.length) * (levels[unit] as number);
  }
  return sum / total;
}

/** The time before the first wave, then the time from each wave's settled start to the next wave, in about equal parts. */
function periodsOf(waves: readonly Wave[], preEnd: number, end: number): Period[] {
  const length = Math.max(1, (end - preEnd) / MOST_PERIODS);
  const eras = waves.flatMap((wave, k) => {
    const to = Math.min(waves[k + 1]?.start ?? end, end);
    return wave.postStart < to ? [{ from: wave.postStart, to }] : [];
  });
  const cut = eras.flatMap(({ from, to }) => {
    const parts = Math.max(1, Math.round((to - from) / length));
    return Array.from({ length: parts }, (_, i) => ({
      from: from + Math.round((i * (to - from)) / parts),
      to: from + Math.round(((i + 1) * (to - from)) / parts),
    }));
  });
  return [{ from: 0, to: preEnd }, ...cut];
}

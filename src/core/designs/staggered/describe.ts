import type { CheckContext } from "../../checks/check.ts";
import type { Wave } from "../../estimators/waves/arrangement.ts";
import { contrastValue } from "../../estimators/waves/contrast.ts";
import type { WaveFit } from "../../estimators/waves/fit.ts";
import { averageTerms, judgedCells, stretchesOf } from "../../estimators/waves/schedule.ts";
import type { Effect } from "../../inference/effect.ts";
import type { JsonValue } from "../../outcome.ts";
import type { Aligned } from "../../panel/align.ts";
import type { Panel } from "../../panel/panel.ts";
import type { ReasonCode } from "../../reasons.ts";
import type { UnitChange } from "../../result.ts";
import { absoluteMargin } from "../../verdict/judge.ts";
import type { DesignAnswer, DesignQuestion } from "../design.ts";
import { waveChecks } from "./checks.ts";
import { effectOfWave, waveEventStudy } from "./parts.ts";
import { judgedUnits, waveBaseline, wavePaths } from "./paths.ts";
import { timeToDecideWaves } from "./time-to-decide.ts";

/** Everything of an SLI's result that follows from a fit of waves. */
export function describeWaves(
  { plan, sli }: DesignQuestion,
  aligned: Aligned,
  fit: WaveFit,
  effect: Effect,
): DesignAnswer {
  const { panel, quality, preShortenedTo } = aligned;
  const baseline = waveBaseline(panel, fit);
  const margin = absoluteMargin(sli.margin, sli.direction, baseline.treatedPost);
  const context: CheckContext = { plan, sli, panel, quality, preShortenedTo, fit: null, effect, margin };
  return {
    aligned: { ...aligned, panel: judgedPanel(panel, fit) },
    estimator: "precision-weighted-waves",
    scale: fit.scale,
    effect,
    margin,
    paths: wavePaths(panel, fit),
    baseline,
    checks: waveChecks(context, panel, fit),
    eventStudy: waveEventStudy(panel, fit, plan.alpha),
    unitChanges: unitChanges(panel, fit),
    codes: codesOf(fit),
    timeToDecide: (target) => timeToDecideWaves(panel, fit, target),
    facts: {
      waves: waveFacts(panel, fit, plan.alpha),
      neverDeployed: fit.arrangement.never.length,
      judgedFrom: panel.start + Math.min(...judgedCells(fit.arrangement).map(({ from }) => from)) * panel.step,
      judgedUntil: panel.start + fit.arrangement.end * panel.step,
    },
  };
}

/** Units of a wave that could not be judged were controls and nothing else: they are listed, and counted, as such. */
function judgedPanel(panel: Panel, fit: WaveFit): Panel {
  const judged = new Set(judgedUnits(fit));
  return { ...panel, treated: panel.treated.map((treated, u) => treated && judged.has(u)) };
}

function codesOf({ codes, arrangement }: WaveFit): ReasonCode[] {
  const merged = arrangement.waves.some((wave) => wave.lastAt > wave.deployedAt);
  return [
    ...codes,
    ...(arrangement.judged.length < arrangement.waves.length ? (["WAVE_WITHOUT_CONTROL"] as const) : []),
    ...(merged ? (["WAVES_MERGED"] as const) : []),
  ];
}

/** Every wave with its own effect; `att` is null for a wave that had no comparison. */
function waveFacts(panel: Panel, fit: WaveFit, alpha: number): JsonValue[] {
  const { arrangement } = fit;
  const total = fit.stretches.reduce((sum, { mass }) => sum + mass, 0);
  return arrangement.waves.map((wave, k): JsonValue => {
    const isJudged = arrangement.judged.includes(k);
    const effect = isJudged ? effectOfWave(panel, fit, wave, alpha) : null;
    return {
      wave: k + 1,
      deployedAt: wave.deployedAt,
      lastAt: wave.lastAt,
      units: wave.units.map((u) => panel.units[u] as string),
      judgedSteps: isJudged ? arrangement.end - wave.postStart : 0,
      share: isJudged ? shareOf(panel, fit, wave) / total : 0,
      att: effect?.att ?? null,
      confLow: effect?.confLow ?? null,
      confHigh: effect?.confHigh ?? null,
    };
  });
}

/** Cells (or their weights) of a wave's part of the average. */
function shareOf(panel: Panel, { arrangement }: WaveFit, wave: Wave): number {
  const own = stretchesOf(panel, arrangement, [{ units: wave.units, from: wave.postStart, to: arrangement.end }]);
  return own.reduce((sum, { mass }) => sum + mass, 0);
}

/** A treated unit's own average over its judged cells; a control's change over the cells in which it was one. */
function unitChanges(panel: Panel, fit: WaveFit): UnitChange[] {
  const { arrangement, stretches } = fit;
  const total = stretches.reduce((sum, { mass }) => sum + mass, 0);
  const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
  const treated = judgedUnits(fit).map((unit): UnitChange => {
    const judged = judgedCells(arrangement)
      .filter(({ units }) => units.includes(unit))
      .map((one) => ({ ...one, units: [unit] }));
    const own = stretchesOf(panel, arrangement, judged);
    const mass = own.reduce((sum, one) => sum + one.mass, 0);
    return {
      unit: panel.units[unit] as string,
      group: "treated",
      weight: mass / total,
      change: orNull(contrastValue(averageTerms(fit.gaps, own))),
    };
  });
  const judged = new Set(judgedUnits(fit));
  const controls = fit.controlChanges.flatMap(({ unit, change }, j): UnitChange[] =>
    judged.has(unit)
      ? []
      : [
          {
            unit: panel.units[unit] as string,
            group: "control",
            weight: (fit.weights[j] as number) / fit.control.length,
            change: orNull(change),
          },
        ],
  );
  return [...treated, ...controls];
}

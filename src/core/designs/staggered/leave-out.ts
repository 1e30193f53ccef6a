import { type CheckContext, notRun, result } from "../../checks/check.ts";
import { conclusionAgain, conclusionOf, type LeftOut, rangeOf, unitsLeftOut } from "../../checks/left-out.ts";
import { type Refit, spread } from "../../checks/refit.ts";
import type { Wave } from "../../estimators/waves/arrangement.ts";
import type { WaveFit } from "../../estimators/waves/fit.ts";
import type { JsonValue } from "../../outcome.ts";
import type { Panel } from "../../panel/panel.ts";
import type { CheckResult } from "../../result.ts";
import { effectOfWave } from "./parts.ts";
import { judgedUnits } from "./paths.ts";
import { refitLimit, refitWaves, withoutUnit, withoutWave } from "./refit.ts";

const MOST_UNITS = 60;

/** The effect again without each unit in turn: does one unit carry the result? Informational. */
export function waveLeaveOneOut(context: CheckContext, panel: Panel, fit: WaveFit): CheckResult {
  const units = [...new Set([...judgedUnits(fit), ...fit.control])];
  const left = spread(units.length, refitLimit(fit, MOST_UNITS)).flatMap((i) => {
    const unit = units[i] as number;
    const arrangement = withoutUnit(fit.arrangement, unit);
    const again = arrangement === null ? null : refitWaves(panel, fit, arrangement);
    return again === null ? [] : [leftOut(context, panel.units[unit] as string, again)];
  });
  return (
    unitsLeftOut(left, wholeConclusion(context), units.length) ??
    notRun("leave-one-out", "without any one unit nothing would be left to compare", { unitsTried: 0 })
  );
}

/** The average without each wave's own cells in turn: does one wave carry the result? Informational. */
export function waveLeaveOneWaveOut(context: CheckContext, panel: Panel, fit: WaveFit): CheckResult {
  const id = "leave-one-wave-out";
  const { judged, waves } = fit.arrangement;
  const byWave = judged.map((k): JsonValue => {
    const wave = waves[k] as Wave;
    const effect = effectOfWave(panel, fit, wave, context.plan.alpha);
    return {
      wave: k + 1,
      at: wave.deployedAt,
      att: effect?.att ?? null,
      low: effect?.confLow ?? null,
      high: effect?.confHigh ?? null,
    };
  });
  if (judged.length < 2) return notRun(id, "only one wave could be judged", { wavesTried: 0 });
  const left = spread(judged.length, refitLimit(fit, judged.length)).flatMap((i) => {
    const wave = judged[i] as number;
    const again = refitWaves(panel, fit, withoutWave(fit.arrangement, wave));
    return again === null ? [] : [leftOut(context, wave + 1, again)];
  });
  const range = rangeOf(left, wholeConclusion(context));
  if (range === null) return notRun(id, "no wave could be judged without another one", { wavesTried: 0 });
  const { first, last, flips } = range;
  const facts = {
    min: first.att,
    max: last.att,
    waveMin: first.name,
    waveMax: last.name,
    flips: flips.length > 0,
    flipWaves: [...flips],
    wavesTried: left.length,
    byWave,
  };
  return result(id, null, {}, facts);
}

function leftOut<Name extends string | number>(context: CheckContext, name: Name, again: Refit): LeftOut<Name> {
  const { effect } = context;
  return { name, att: again.att, conclusion: effect === null ? "none" : conclusionAgain(effect, again, context) };
}

function wholeConclusion(context: CheckContext): string {
  return context.effect === null ? "none" : conclusionOf(context.effect, context);
}

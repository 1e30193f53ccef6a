import { type CheckContext, notRun, result } from "../../checks/check.ts";
import { conclusion } from "../../checks/leave-one-out.ts";
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
  const id = "leave-one-out";
  const units = [...new Set([...judgedUnits(fit), ...fit.control])];
  const left = spread(units.length, refitLimit(fit, MOST_UNITS)).flatMap((i) => {
    const unit = units[i] as number;
    const arrangement = withoutUnit(fit.arrangement, unit);
    const again = arrangement === null ? null : refitWaves(panel, fit, arrangement);
    return again === null ? [] : [{ unit: panel.units[unit] as string, fit: again }];
  });
  const [first, last] = range(left);
  if (first === undefined || last === undefined) {
    return notRun(id, "without any one unit nothing would be left to compare", { unitsTried: 0 });
  }
  const whole = conclusion(context, null);
  const flips = left.filter((one) => conclusion(context, one.fit) !== whole).map((one) => one.unit);
  return result(
    id,
    null,
    {},
    {
      min: first.fit.att,
      max: last.fit.att,
      unitMin: first.unit,
      unitMax: last.unit,
      flips: flips.length > 0,
      flipUnits: flips.slice(0, 5),
      unitsTried: left.length,
      units: units.length,
    },
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
    return again === null ? [] : [{ wave: wave + 1, fit: again }];
  });
  const [first, last] = range(left);
  if (first === undefined || last === undefined) {
    return notRun(id, "no wave could be judged without another one", { wavesTried: 0 });
  }
  const whole = conclusion(context, null);
  const flips = left.filter((one) => conclusion(context, one.fit) !== whole).map((one) => one.wave);
  return result(
    id,
    null,
    {},
    {
      min: first.fit.att,
      max: last.fit.att,
      waveMin: first.wave,
      waveMax: last.wave,
      flips: flips.length > 0,
      flipWaves: flips,
      wavesTried: left.length,
      byWave,
    },
  );
}

/** Smallest and largest effect. */
function range<T extends { readonly fit: Refit }>(left: readonly T[]): [T | undefined, T | undefined] {
  const sorted = [...left].sort((a, b) => a.fit.att - b.fit.att);
  return [sorted[0], sorted.at(-1)];
}

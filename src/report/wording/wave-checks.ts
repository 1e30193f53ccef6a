import type { CheckId, CheckResult } from "../../core/result.ts";
import { type Facts, flagFact, numberFact, recordsFact } from "../facts.ts";
import { count, share } from "../format.ts";
import type { CheckTongue, CheckWording } from "./check-wording.ts";

/** Waves that are listed with their own effect. */
const MOST_WAVES = 8;

/** With several waves a test is made for each, and the numbers shown are those of the wave that looks worst. */
export function waveNote(facts: Facts): string | null {
  const [wave, waves] = [numberFact(facts, "wave"), numberFact(facts, "waves")];
  if (wave === null || waves === null) return null;
  return waves < 2 ? `tested for wave ${wave}` : `numbers of wave ${wave}, the worst of ${waves}`;
}

function effectsByWave({ facts }: CheckResult, tongue: CheckTongue): string {
  const waves = recordsFact(facts, "byWave").flatMap((one) => {
    const [wave, att] = [numberFact(one, "wave"), numberFact(one, "att")];
    const shown = att === null ? null : tongue.effect(att);
    return wave === null || shown === null ? [] : [`wave ${wave} ${shown}`];
  });
  if (waves.length === 0) return "";
  const rest = waves.length - MOST_WAVES;
  return `By wave: ${waves.slice(0, MOST_WAVES).join(", ")}${rest > 0 ? ` and ${count(rest, "more wave")}` : ""}; `;
}

function leaveOneWaveOut(check: CheckResult, tongue: CheckTongue): string {
  const { facts } = check;
  const [least, most] = [numberFact(facts, "min"), numberFact(facts, "max")];
  const low = least === null ? null : tongue.effect(least);
  const high = most === null ? null : tongue.effect(most);
  const range = low === null || high === null ? "the effect stays" : `${low} to ${high}`;
  const without = `${effectsByWave(check, tongue)}without any one of them: ${range}`;
  if (flagFact(facts, "flips") !== true) return without;
  const key = least !== null && most !== null && Math.abs(most) < Math.abs(least) ? "waveMax" : "waveMin";
  const wave = numberFact(facts, key);
  return `${without}; ${wave === null ? "one wave" : `wave ${wave}`} carries the result`;
}

/** The same data through the estimators that the literature has for waves, and through the one that is wrong for them. */
function staggeredEstimators({ facts }: CheckResult, tongue: CheckTongue): string {
  const named = (key: string, name: string): string | null => {
    const value = numberFact(facts, key);
    const shown = value === null ? null : tongue.effect(value);
    return shown === null ? null : `${name} ${shown}`;
  };
  const others = [
    named("callawaySantanna", "Callaway-Sant'Anna"),
    named("imputation", "imputation"),
    named("sunAbraham", "Sun-Abraham"),
  ].filter((one) => one !== null);
  const plain = named("twoWay", "plain two-way fixed effects");
  const forbidden = numberFact(facts, "forbiddenShare");
  const wrong =
    forbidden === null || forbidden === 0 ? "" : ` (${share(forbidden)} of it compares with units already deployed)`;
  const list = [...others, ...(plain === null ? [] : [`${plain}${wrong}`])];
  return `Other estimators for waves on the same data: ${list.length === 0 ? "none could be computed" : list.join(", ")}`;
}

/** Checks of deploys in waves. */
export const WAVE_CHECKS = {
  "leave-one-wave-out": {
    question: "Does one wave carry the result?",
    passed: leaveOneWaveOut,
    failed: leaveOneWaveOut,
    noted: leaveOneWaveOut,
  },
  "staggered-estimators": {
    question: "What do other estimators for waves say?",
    passed: staggeredEstimators,
    failed: staggeredEstimators,
    noted: staggeredEstimators,
  },
} satisfies Partial<Record<CheckId, CheckWording>>;

import type { ResultDocument, SliResult } from "../core/result.ts";
import { type Facts, numberFact, recordsFact, textsFact } from "./facts.ts";
import { clock, count, dateOf, duration, instant, listing, span } from "./format.ts";
import type { Disclosure } from "./redact.ts";

/** Waves that are named one by one. */
const MOST_WAVES = 6;
/** Units that are named per wave. */
const MOST_UNITS = 3;

/** A wave as core describes it in `designFacts`. */
export interface WaveShown {
  /** Counted from 1. */
  readonly wave: number;
  /** Epoch seconds. */
  readonly deployedAt: number;
  readonly units: readonly string[];
  readonly isJudged: boolean;
}

/** Waves of an SLI that was judged by them; none under any other design. */
export function wavesShown({ design, designFacts }: Pick<SliResult, "design" | "designFacts">): readonly WaveShown[] {
  if (design !== "staggered" || designFacts === undefined) return [];
  return recordsFact(designFacts, "waves").flatMap((facts: Facts) => {
    const [wave, deployedAt] = [numberFact(facts, "wave"), numberFact(facts, "deployedAt")];
    if (wave === null || deployedAt === null) return [];
    const isJudged = (numberFact(facts, "judgedSteps") ?? 0) > 0;
    return [{ wave, deployedAt, units: textsFact(facts, "units"), isJudged }];
  });
}

/** Which waves, when, and what each is compared with; null unless every answered metric was judged by waves. */
export function waveSetting({ slis, windows }: ResultDocument, shown: Disclosure): readonly string[] | null {
  const answered = slis.filter((sli) => sli.design !== null);
  const first = answered[0];
  const waves = first === undefined ? [] : wavesShown(first);
  if (first?.designFacts === undefined || waves.length < 2 || answered.some((sli) => sli.design !== "staggered"))
    return null;
  const from = numberFact(first.designFacts, "judgedFrom") ?? windows.postStart;
  const until = numberFact(first.designFacts, "judgedUntil") ?? windows.postEnd;
  const { preStart, preEnd } = windows;
  if (preStart === null || preEnd === null || from === null || until === null) return null;
  const never = numberFact(first.designFacts, "neverDeployed") ?? 0;
  const others = never === 0 ? "no unit without the deploy" : `${count(never, "unit")} without the deploy`;
  const deployed = waves.reduce((sum, wave) => sum + wave.units.length, 0);
  const compared = `${span(from, until)} UTC compared with ${span(preStart, preEnd, dateOf(from))} UTC`;
  const settle = windows.settle > 0 ? `; the first ${duration(windows.settle)} after each deploy are ignored` : "";
  return [
    `${count(deployed, "unit")} in ${waves.length} waves and ${others}, ${compared}${settle}.`,
    `${listed(waves, shown)}.`,
    "Each wave is compared with the units that were not deployed at that time.",
  ];
}

function listed(waves: readonly WaveShown[], shown: Disclosure): string {
  const day = dateOf(waves[0]?.deployedAt ?? 0);
  const named = waves.slice(0, MOST_WAVES).map(({ wave, deployedAt, units, isJudged }) => {
    const at = dateOf(deployedAt) === day ? clock(deployedAt) : instant(deployedAt);
    return `wave ${wave} at ${at} (${listing(units.map(shown.unit), MOST_UNITS)})${isJudged ? "" : ", only as a control"}`;
  });
  const rest = waves.length - named.length;
  return `Deployed: ${named.join("; ")}${rest > 0 ? `; and ${count(rest, "more wave")}` : ""}`;
}

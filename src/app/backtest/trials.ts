import {
  alarmsTooOften,
  isAbove,
  pairedGain,
  refusalAdvice,
  restlessControls,
  rulesOutTooSeldom,
  WANTED_SHARE,
  windowsNeeded,
} from "../../core/history/advice.ts";
import type { Fake, FakeSli } from "../../core/history/fake.ts";
import type { Advice, SliTally, TrialFacts } from "../../core/history/result.ts";
import { type Independence, outlookOf, sliKey, tallySlis } from "../../core/history/tally.ts";
import type { InferenceName } from "../../core/plan.ts";
import { type FakeTime, fakeTimes } from "./fake-times.ts";
import { runFakes, type Variation } from "./run-fakes.ts";
import type { Study, WindowChange } from "./study.ts";
import { unitCounts } from "./units.ts";

/** Fake deploys per setting that is tried: enough to tell 60 % from 80 %. */
const TRIAL_TIMES = 40;
/** Multiples of the config's window that are tried, shortest first. */
const MULTIPLES = [2, 4, 8];
/** Inferences that are tried when alarms come too often; the others are known to alarm more with few units. */
const ALTERNATIVES: readonly InferenceName[] = ["precision-weighted", "cr2", "permutation"];
/** Fake deploys for an inference: as many as the rate itself was measured with, up to this. */
const INFERENCE_TIMES = 200;
const CONTROLS_TRIED = 3;
const CONTROL_DOUBT = 0.05;

/** What was measured with the config as it is. */
export interface Measured {
  readonly study: Study;
  readonly times: readonly FakeTime[];
  readonly fakes: readonly Fake[];
  readonly slis: readonly SliTally[];
  readonly independence: Independence;
  readonly watch: (what: string) => void;
}

/** What to change about each SLI, from other settings tried on the same history; nothing is tried where all is well. */
export function adviceFor(measured: Measured, reassigned: readonly SliTally[] | null): Advice[] {
  const advice = measured.slis.flatMap((tally) => [
    ...refusalAdvice(tally),
    ...alarmAdvice(measured, tally),
    ...treatedAdvice(tally, reassigned),
    ...(rulesOutTooSeldom(tally) && tally.margin.value > 0 ? windowAdvice(measured, tally) : []),
    ...(rulesOutTooSeldom(tally) || alarmsTooOften(tally) !== null ? controlAdvice(measured, tally) : []),
  ]);
  const history = historyAdvice(measured);
  const all = [...advice, ...history];
  return all.length > 0 ? all : [{ sli: null, service: null, code: "NO_CHANGE_NEEDED" }];
}

function of({ id: sli, service }: SliTally): { readonly sli: string; readonly service: string | null } {
  return { sli, service };
}

/** Too few independent windows to show that the rate of alarms is what it should be, even if none had alarmed. */
function historyAdvice({ slis, study }: Measured): Advice[] {
  const needed = windowsNeeded(study.alpha);
  const effective = Math.max(...slis.map(({ excludesZero }) => excludesZero.effective));
  if (effective >= needed) return [];
  return [{ sli: null, service: null, code: "MORE_HISTORY", effective, needed, nominal: study.alpha }];
}

function alarmAdvice(measured: Measured, tally: SliTally): Advice[] {
  const rate = alarmsTooOften(tally);
  if (rate === null) return [];
  return [{ ...of(tally), code: "ALARMS_TOO_OFTEN", rate }, ...inferenceAdvice(measured, tally)];
}

/** Of the inferences that do not alarm too often on the same windows, the one that sees most. */
function inferenceAdvice(measured: Measured, tally: SliTally): Advice[] {
  const { study } = measured;
  const current = study.parts.find(({ plan }) => plan.service === tally.service)?.plan.inference;
  const tried = ALTERNATIVES.filter((inference) => inference !== current);
  const times = thinned(measured.times, INFERENCE_TIMES);
  const found = tried.flatMap((inference) => {
    const fakes = runTrial(measured, tally, times, { inference }, `inference ${inference}`);
    const [again] = tallySlis(fakes, new Map(), study.alpha, measured.independence);
    const rate = again?.excludesZero;
    if (rate === undefined || again === undefined || again.answered < 0.8 * again.runs || isTooOften(again)) return [];
    return [{ inference, rate, trial: trialFacts(slisOf(fakes, tally)) }];
  });
  const [best] = found.sort((a, b) => seen(a.trial) - seen(b.trial));
  return best === undefined
    ? [{ ...of(tally), code: "NO_INFERENCE_HELPS", tried }]
    : [{ ...of(tally), code: "OTHER_INFERENCE", ...best }];
}

function isTooOften(tally: SliTally): boolean {
  return alarmsTooOften(tally) !== null;
}

/** Smallest effect seen in the middle window; nothing seen ranks last. */
function seen({ mde }: TrialFacts): number {
  return mde.absolute?.median ?? Number.POSITIVE_INFINITY;
}

/** The treated units alarm too often where units drawn by chance do not: they are unlike the controls. */
function treatedAdvice(tally: SliTally, reassigned: readonly SliTally[] | null): Advice[] {
  const others = reassigned?.find((one) => sliKey(one) === sliKey(tally))?.excludesZero;
  if (others === undefined || !isAbove(tally.excludesZero) || isAbove(others)) return [];
  return [{ ...of(tally), code: "TREATED_DIFFER", rate: tally.excludesZero, reassigned: others }];
}

/** The shortest longer window with which four of five quiet deploys rule the margin out; else what could be ruled out. */
function windowAdvice(measured: Measured, tally: SliTally): Advice[] {
  const windows = measured.study.parts.find(({ plan }) => plan.service === tally.service)?.windows;
  if (windows === undefined) return [];
  const now = trialFacts(slisOf(measured.fakes, tally));
  const posts = tryWindows(measured, tally, (times) => ({ post: times * windows.post }));
  const longer = posts.find(({ facts }) => isEnough(facts));
  if (longer !== undefined)
    return [{ ...of(tally), code: "LONGER_POST", window: longer.times * windows.post, now, changed: longer.facts }];
  const pres = tryWindows(measured, tally, (times) => ({ pre: times * windows.pre }));
  const earlier = pres.find(({ facts }) => isEnough(facts));
  if (earlier !== undefined)
    return [{ ...of(tally), code: "LONGER_PRE", window: earlier.times * windows.pre, now, changed: earlier.facts }];
  const best = [{ times: 1, facts: now }, ...posts].reduce((one, other) =>
    (other.facts.ruledOut ?? 0) > (one.facts.ruledOut ?? 0) ? other : one,
  );
  const longestPost = windows.post * Math.max(1, ...posts.map(({ times }) => times));
  return [{ ...of(tally), code: "MARGIN_OUT_OF_REACH", longestPost, best: best.facts, reach: tally.reach }];
}

function isEnough({ answered, runs, ruledOut }: TrialFacts): boolean {
  return answered >= WANTED_SHARE * runs && (ruledOut ?? 0) >= WANTED_SHARE;
}

/** Windows that the history has room for, until one is enough. */
function tryWindows(
  measured: Measured,
  tally: SliTally,
  change: (times: number) => WindowChange,
): { readonly times: number; readonly facts: TrialFacts }[] {
  const found: { times: number; facts: TrialFacts }[] = [];
  for (const times of MULTIPLES) {
    const changed = change(times);
    const room = fakeTimes(measured.study, { type: "times", times: TRIAL_TIMES }, changed);
    if (room.times.length < TRIAL_TIMES / 4) break;
    const what = changed.post === undefined ? `pre window x ${times}` : `post window x ${times}`;
    const facts = trialFacts(slisOf(runTrial(measured, tally, room.times, changed, what), tally));
    found.push({ times, facts });
    if (isEnough(facts)) break;
  }
  return found;
}

/** Controls without which the false effects are shown to be smaller, by Holm over all controls. */
function controlAdvice(measured: Measured, tally: SliTally): Advice[] {
  const { study, fakes } = measured;
  const part = study.parts.find(({ plan }) => plan.service === tally.service);
  if (part === undefined || unitCounts(part).control < 3) return [];
  const key = sliKey(tally);
  const { units, of: controls } = restlessControls(fakes, key, CONTROLS_TRIED);
  const times = thinned(measured.times, TRIAL_TIMES);
  const gains = units.flatMap((unit) => {
    const gone = memberUnits(part.plan.clusters, unit);
    const gain = pairedGain(fakes, runTrial(measured, tally, times, { without: gone }, `without ${unit}`), key);
    return gain === null || gain.ratio >= 1 ? [] : [{ unit, ...gain }];
  });
  return gains
    .filter(({ pValue }) => pValue * controls < CONTROL_DOUBT)
    .sort((a, b) => a.ratio - b.ratio)
    .slice(0, 1)
    .map((gain) => ({ ...of(tally), code: "CONTROL_HURTS", ...gain }));
}

/** The units of a cluster, or the unit itself. */
function memberUnits(clusters: Readonly<Record<string, string>>, name: string): string[] {
  const members = Object.keys(clusters).filter((unit) => clusters[unit] === name);
  return members.length > 0 ? members : [name];
}

function runTrial(
  { study, watch }: Measured,
  { service, id }: SliTally,
  times: readonly FakeTime[],
  variation: Variation,
  what: string,
): Fake[] {
  watch(`trying ${id}: ${what}`);
  return runFakes(study, times, () => ({ ...variation, only: { service, id } }));
}

function thinned(times: readonly FakeTime[], most: number): readonly FakeTime[] {
  if (times.length <= most) return times;
  return Array.from({ length: most }, (_, i) => times[Math.floor((i * times.length) / most)]).flatMap(
    (time) => time ?? [],
  );
}

function slisOf(fakes: readonly Fake[], tally: SliTally): FakeSli[] {
  const key = sliKey(tally);
  return fakes.flatMap(({ slis }) => slis.filter((sli) => sliKey(sli) === key));
}

function trialFacts(slis: readonly FakeSli[]): TrialFacts {
  const { runs, answered, ruledOut, mde } = outlookOf(slis);
  return { runs, answered, ruledOut, mde };
}

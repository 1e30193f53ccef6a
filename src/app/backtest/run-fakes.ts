import { type AnalysisRequest, analyze } from "../../core/analyze.ts";
import { type Fake, fakeOf } from "../../core/history/fake.ts";
import type { SliSeries } from "../../core/panel/series.ts";
import type { AnalysisPlan, InferenceName } from "../../core/plan.ts";
import { cutInput, extentOf } from "./cut.ts";
import type { FakeTime } from "./fake-times.ts";
import type { Study, StudyPart, WindowChange } from "./study.ts";

/** How a fake deploy differs from what the config says; left out: not at all. */
export interface Variation extends WindowChange {
  readonly inference?: InferenceName;
  /** Units left out. */
  readonly without?: readonly string[];
  /** Units that are taken as treated, with their own deploy times where there are waves. */
  readonly treated?: readonly string[];
  /** The only SLI that is judged, by service and id. */
  readonly only?: { readonly service: string | null; readonly id: string };
}

/**
 * Judges every fake deploy by `analyze`, the one way from series to a verdict; `vary` may change each of them. An SLI
 * whose history does not cover the windows of a fake deploy takes no part in it.
 */
export function runFakes(
  study: Study,
  times: readonly FakeTime[],
  vary: (time: FakeTime) => Variation = () => ({}),
  watch: (done: number) => void = () => undefined,
): Fake[] {
  return times.flatMap((time, i) => {
    watch(i);
    const requests = study.parts.flatMap((part) => requestOf(study, part, time.at, vary(time)) ?? []);
    return requests.length === 0 ? [] : [fakeOf(time.at, time.cluster, analyze(requests))];
  });
}

function requestOf(study: Study, part: StudyPart, at: number, variation: Variation): AnalysisRequest | null {
  const plan = planAt(study, part, at, variation);
  const { only } = variation;
  if (only !== undefined && only.service !== plan.service) return null;
  const { preStart, postEnd, step, deployedAt } = plan.window;
  const [from, to] = [preStart ?? deployedAt, postEnd ?? deployedAt];
  const covered = new Set(part.inputs.filter((input) => covers(input, from, to, step)).map(({ sli }) => sli));
  const slis = plan.slis.filter(({ id }) => covered.has(id) && (only === undefined || only.id === id));
  if (slis.length === 0) return null;
  const inputs = part.inputs.filter(({ sli }) => slis.some(({ id }) => id === sli));
  return { plan: { ...plan, slis }, inputs: inputs.map((input) => cutInput(input, from, to)) };
}

/** Up to two steps may be missing at either end, as they are for a metric that starts on the hour. */
function covers(input: SliSeries, from: number, to: number, step: number): boolean {
  const extent = extentOf(input);
  return extent !== null && extent.first < from + 2 * step && extent.last >= to - 2 * step;
}

/** The part's plan, moved to another time; subgroups are not judged. */
export function planAt(study: Study, part: StudyPart, at: number, variation: Variation = {}): AnalysisPlan {
  const { plan, windows, rollOut } = part;
  const moved = at - study.origin;
  const deployedAt = plan.window.deployedAt + moved;
  const postEnd = deployedAt + rollOut + windows.settle + (variation.post ?? windows.post);
  const times = plan.waves === undefined ? undefined : Object.entries(plan.waves);
  const treated = variation.treated;
  return {
    ...plan,
    slis: plan.slis.map(({ by: _, ...sli }) => sli),
    window: { ...plan.window, deployedAt, preStart: deployedAt - (variation.pre ?? windows.pre), postEnd },
    asOf: postEnd,
    detail: "verdict",
    inference: variation.inference ?? plan.inference,
    treatedUnits: treated ?? plan.treatedUnits,
    ...(times === undefined
      ? {}
      : { waves: Object.fromEntries(times.map(([unit, time], i) => [treated?.[i] ?? unit, time + moved])) }),
    excludedUnits: [
      ...plan.excludedUnits,
      ...(variation.without ?? []).map((unit) => ({ unit, reason: "left out for comparison" })),
    ],
    exclusions: [...plan.exclusions, ...study.known.exclusions],
    otherDeployments: study.known.deployments,
    exposure: null,
    configChanged: null,
  };
}

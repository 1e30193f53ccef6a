/**
 * `npm run bench -- plan-promises [worlds]`: what `plan` and `backtest` promise from ten days, kept in the ten days after.
 *
 * Made worlds (default 12): 2 treated and 6 control units at ten-minute steps, a shared daily cycle, unit noise as named.
 * From the first ten days `plan` takes its smallest detectable harm and its smallest margin that can be ruled out (middle
 * of the fake deploys). In the next ten days that very harm is planted at 24 other times: it should be called a regression
 * in 80 % of cases; and with that very margin and nothing planted it should be ruled out in 80 %. Last column: how often the
 * 95 % interval of `backtest`'s rate of intervals without zero held the rate of all worlds, which is 5 % when intervals hold.
 */

import { autoregressive, dailyCycle, uniformFrom } from "../examples/simulation.ts";
import { cutInput } from "../src/app/backtest/cut.ts";
import { type FakeTime, fakeTimes } from "../src/app/backtest/fake-times.ts";
import { planAt, runFakes } from "../src/app/backtest/run-fakes.ts";
import type { Study } from "../src/app/backtest/study.ts";
import { reassignment, streamAt } from "../src/app/backtest/units.ts";
import { analyze } from "../src/core/analyze.ts";
import { excludesZero, isAnswered } from "../src/core/history/fake.ts";
import { outlookOf } from "../src/core/history/tally.ts";
import { clusteredRate } from "../src/core/inference/clustered-rate.ts";
import type { Series, SliSeries } from "../src/core/panel/series.ts";
import type { Margin, SliPlan } from "../src/core/plan.ts";
import type { Verdict } from "../src/core/result.ts";
import { everyRowPlan } from "./data/every-row-plan.ts";
import { START } from "./data/fleet.ts";
import { markdownTable } from "./measure/figures.ts";

const STEP = 600;
const DAY = 86_400;
const SPLIT = START + 10 * DAY;
const END = START + 20 * DAY;
const TESTS = 24;
const MARGIN: Margin = { type: "absolute", value: 2, text: "2" };
const SLI: SliPlan = { id: "latency", kind: "gauge", direction: "up", role: "guardrail", margin: MARGIN };

interface Setting {
  readonly name: string;
  readonly persistence: number;
  readonly controls: number;
  /** Cubes of normal numbers have heavy tails. */
  readonly bursts: boolean;
}

const SETTINGS: readonly Setting[] = [
  { name: "independent noise", persistence: 0, controls: 6, bursts: false },
  { name: "AR 0.7", persistence: 0.7, controls: 6, bursts: false },
  { name: "AR 0.95", persistence: 0.95, controls: 6, bursts: false },
  { name: "AR 0.7, bursts", persistence: 0.7, controls: 6, bursts: true },
  { name: "AR 0.7, 3 controls", persistence: 0.7, controls: 3, bursts: false },
];

function worldOf(seed: number, { persistence, controls, bursts }: Setting): Study {
  const uniform = uniformFrom(seed);
  const steps = (END - START) / STEP;
  const times = Float64Array.from({ length: steps }, (_, i) => START + i * STEP);
  const series = Array.from({ length: 2 + controls }, (_, u): Series => {
    const noise = autoregressive(uniform, steps, persistence, 1);
    const level = 100 + 10 * u;
    const values = Float64Array.from(
      noise,
      (x, i) => level * Math.exp(dailyCycle(times[i] ?? 0, 0.2)) + 4 * (bursts ? (x + x ** 3) / 4 : x),
    );
    return { unit: `unit-${u}`, group: u < 2 ? "treated" : "control", component: "value", times, values };
  });
  const windows = { pre: DAY, settle: STEP, post: 6 * STEP, step: STEP };
  const plan = everyRowPlan({ sli: SLI, deployedAt: START, step: STEP });
  return {
    ...{ origin: START, grid: STEP, from: START, to: SPLIT, alpha: 0.05, seed, notes: [] },
    parts: [
      {
        plan: { ...plan, window: { ...plan.window, settle: STEP } },
        windows,
        rollOut: 0,
        inputs: [{ sli: SLI.id, series, warnings: [] }],
      },
    ],
    known: { deployments: null, sources: [], exclusions: [], since: null, notes: [] },
  };
}

function planted(input: SliSeries, at: number, harm: number): SliSeries {
  return {
    ...input,
    series: input.series.map((one) =>
      one.group === "treated"
        ? { ...one, values: one.values.map((value, i) => value + ((one.times[i] ?? 0) >= at ? harm : 0)) }
        : one,
    ),
  };
}

function verdictAt(study: Study, at: number, post: number, harm: number, margin: Margin): Verdict {
  const [part] = study.parts;
  if (part === undefined) return "invalid";
  const plan = planAt(study, part, at, { post });
  const inputs = part.inputs.map((input) =>
    planted(cutInput(input, plan.window.preStart ?? at, plan.window.postEnd ?? at), at, harm),
  );
  return analyze([{ plan: { ...plan, slis: [{ ...SLI, margin }] }, inputs }]).verdict;
}

interface Kept {
  found: number;
  harmful: number;
  ruledOut: number;
  quiet: number;
}

/** Median and 80 % point of what was promised, and how often it was kept. */
function promisesOf(worlds: readonly Study[], post: number): Kept & { promised: number } {
  const kept: Kept = { found: 0, harmful: 0, ruledOut: 0, quiet: 0 };
  let promised = 0;
  for (const study of worlds) {
    // What `plan` does for one post window.
    const history = fakeTimes(study, { type: "times", times: 30 }, { post });
    const cell = outlookOf(runFakes(study, history.times, () => ({ post })).flatMap(({ slis }) => slis));
    const [mde, reach] = [cell.mde.absolute?.median, cell.reach.absolute?.median];
    if (mde === undefined || reach === undefined) continue;
    promised += mde / worlds.length;
    const margin: Margin = { type: "absolute", value: reach, text: String(reach) };
    const { times } = fakeTimes({ ...study, from: SPLIT, to: END }, { type: "times", times: TESTS }, { post });
    for (const { at } of times) {
      kept.harmful++;
      kept.quiet++;
      if (verdictAt(study, at, post, mde, MARGIN) === "regression") kept.found++;
      const quiet = verdictAt(study, at, post, 0, margin);
      if (quiet === "no-impact" || quiet === "improvement") kept.ruledOut++;
    }
  }
  return { ...kept, promised };
}

/** Does the interval hold the rate? side by side; overlapping; with other units at each time. */
function intervals(worlds: readonly Study[]): string[] {
  const ways = [
    { rule: { type: "side-by-side", most: 400 }, draws: 0 },
    { rule: { type: "every", every: 4 * STEP }, draws: 0 },
    { rule: { type: "every", every: 12 * STEP }, draws: 4 },
  ] as const;
  return ways.map(({ rule, draws }) => {
    const rates = worlds.map((study) => {
      const { times, independent } = fakeTimes(study, rule);
      const trials = trialsOf(study, times, draws);
      return clusteredRate(trials, 0.05, draws > 0 ? undefined : independent);
    });
    const hits = rates.reduce((sum, one) => sum + (one?.count ?? 0), 0);
    const all = rates.reduce((sum, one) => sum + (one?.of ?? 0), 0);
    const truth = hits / all;
    const held = rates.filter((one) => one !== null && one.confLow <= truth && truth <= one.confHigh).length;
    return `${percent(held / worlds.length)} (rate ${percent(truth)})`;
  });
}

function trialsOf(study: Study, times: readonly FakeTime[], draws: number): { cluster: number; hit: boolean }[] {
  const [part] = study.parts;
  const turns = draws === 0 ? [null] : Array.from({ length: draws }, (_, turn) => turn);
  return turns.flatMap((turn) => {
    const vary = ({ at }: FakeTime) => {
      const treated = turn === null || part === undefined ? null : reassignment(part, streamAt(study.seed, at, turn));
      return treated === null ? {} : { treated };
    };
    return runFakes(study, times, vary).flatMap(({ cluster, slis }) =>
      slis.filter(isAnswered).flatMap((sli) => {
        const hit = excludesZero(sli);
        return hit === null ? [] : [{ cluster, hit }];
      }),
    );
  });
}

function percent(rate: number): string {
  return `${(100 * rate).toFixed(1)} %`;
}

export async function bench(): Promise<string> {
  const count = Number(process.argv[3] ?? 12);
  const promises: string[][] = [];
  const held: string[][] = [];
  for (const setting of SETTINGS) {
    const worlds = Array.from({ length: count }, (_, i) => worldOf(1000 * SETTINGS.indexOf(setting) + i + 1, setting));
    for (const post of [3600, 4 * 3600]) {
      const { found, harmful, ruledOut, quiet, promised } = promisesOf(worlds, post);
      promises.push([
        setting.name,
        `${post / 3600} h`,
        promised.toFixed(2),
        percent(found / harmful),
        percent(ruledOut / quiet),
        String(harmful),
      ]);
    }
    held.push([setting.name, ...intervals(worlds.slice(0, Math.ceil(count / 2)))]);
  }
  return [
    markdownTable(["noise", "post", "harm promised", "called a regression", "margin ruled out", "tests"], promises),
    "",
    markdownTable(
      ["95 % interval of the alarm rate holds it", "side by side", "overlapping", "4 draws of units"],
      held,
    ),
  ].join("\n");
}

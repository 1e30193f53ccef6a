import { randomStream } from "../../core/inference/random.ts";
import { exclusionsOf, type Reach, reachOf, type Study, type WindowChange } from "./study.ts";

/** Where fake deploys lie: at a fixed distance (seconds), so many drawn over the history, or as suits the windows. */
export type TimesRule =
  | { readonly type: "every"; readonly every: number }
  | { readonly type: "times"; readonly times: number }
  | { readonly type: "side-by-side"; readonly most: number };

export interface FakeTime {
  readonly at: number;
  /** Times with one number overlap; numbers ascend from 0. */
  readonly cluster: number;
}

export interface FakeTimes {
  readonly times: readonly FakeTime[];
  /** Seconds; null: drawn. */
  readonly every: number | null;
  /** Times that do not overlap. */
  readonly independent: number;
  /** Shares of the possible times. */
  readonly leftOut: { readonly deployments: number; readonly exclusions: number };
  /** Epoch seconds of the first and last time that the history has room for; none: last < first. */
  readonly room: { readonly first: number; readonly last: number };
}

/** More possible times than this say nothing that fewer do not. */
const MOST_CANDIDATES = 50_000;

/**
 * Fake deploy times whose windows lie inside the history and away from what really happened: no real deployment and no
 * excluded time from the fake deploy to the end of its post window, and between the last real deployment and the fake one
 * as much calm as `check` needs to start its pre window after it (max(60 steps, 2 x post), docs/method.md section 4).
 */
export function fakeTimes(study: Study, rule: TimesRule, change: WindowChange = {}): FakeTimes {
  const reach = reachOf(study, change);
  const room = roomFor(study, reach);
  const judge = judgeOf(study, reach);
  const { every, possible } = candidates(study, rule, reach, room);
  const verdicts = possible.map(judge);
  const free = possible.filter((_, i) => verdicts[i] === null);
  const share = (cause: Cause): number =>
    possible.length === 0 ? 0 : verdicts.filter((one) => one === cause).length / possible.length;
  const chosen = every === null && rule.type !== "every" ? drawn(free, mostOf(rule), study.seed) : free;
  const times = clustered(chosen, reach);
  return {
    times,
    every,
    independent: (times.at(-1)?.cluster ?? -1) + 1,
    leftOut: { deployments: share("deployment"), exclusions: share("exclusion") },
    room,
  };
}

function roomFor({ origin, grid, from, to }: Study, { before, after }: Reach): FakeTimes["room"] {
  const first = origin + Math.ceil((from + before - origin) / grid) * grid;
  const last = origin + Math.floor((to - after - origin) / grid) * grid;
  return { first, last };
}

function mostOf(rule: TimesRule): number {
  if (rule.type === "every") return Number.POSITIVE_INFINITY;
  return rule.type === "times" ? rule.times : rule.most;
}

/** Possible times; `every` is null when the wanted ones are drawn from them. */
function candidates(
  { grid }: Study,
  rule: TimesRule,
  { after }: Reach,
  { first, last }: FakeTimes["room"],
): { readonly every: number | null; readonly possible: number[] } {
  const onGrid = (span: number): number => Math.max(1, Math.ceil(span / grid - 1e-9)) * grid;
  const apart = rule.type === "every" ? onGrid(rule.every) : onGrid(after);
  const regular = Math.floor((last - first) / apart) + 1;
  if (rule.type === "every" || (rule.type === "side-by-side" && regular <= rule.most)) {
    return { every: apart, possible: series(first, last, apart) };
  }
  const finest = onGrid((last - first) / MOST_CANDIDATES);
  return { every: null, possible: series(first, last, finest) };
}

function series(first: number, last: number, apart: number): number[] {
  const length = Math.max(0, Math.floor((last - first) / apart + 1e-9) + 1);
  return Array.from({ length }, (_, i) => first + i * apart);
}

/** One time drawn from each of `most` stretches of equal length: spread over the history, and over the hours of the day. */
function drawn(free: readonly number[], most: number, seed: number): number[] {
  if (free.length <= most) return [...free];
  const random = randomStream(seed);
  return Array.from({ length: most }, (_, i) => {
    const from = Math.floor((i * free.length) / most);
    const to = Math.floor(((i + 1) * free.length) / most);
    return free[from + random.below(to - from)] ?? 0;
  });
}

function clustered(times: readonly number[], { after }: Reach): FakeTime[] {
  let start = Number.NEGATIVE_INFINITY;
  let cluster = -1;
  return times.map((at) => {
    if (at >= start + after - 1e-9) {
      start = at;
      cluster += 1;
    }
    return { at, cluster };
  });
}

type Cause = "deployment" | "exclusion";

/** Why a time is left out; null: nothing known happened there. */
function judgeOf(study: Study, reach: Reach): (at: number) => Cause | null {
  const deployments = (study.known.deployments ?? []).toSorted((a, b) => a.deployedAt - b.deployedAt);
  const exclusions = exclusionsOf(study);
  const since = study.known.since ?? Number.NEGATIVE_INFINITY;
  const calm = reach.settled + Math.min(reach.shortestPre, reach.before);
  return (at) => {
    if (at - reach.before < since) return "deployment";
    const near = deployments.some(
      ({ startedAt, deployedAt }) => startedAt < at + reach.after && deployedAt + calm > at,
    );
    if (near) return "deployment";
    return exclusions.some(({ from, to }) => from < at + reach.after && to > at) ? "exclusion" : null;
  };
}

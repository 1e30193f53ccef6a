import { DeployImpactError } from "../../core/errors.ts";
import type { Fake } from "../../core/history/fake.ts";
import type { BacktestDocument, SliTally } from "../../core/history/result.ts";
import { tallySlis, tallyWhole } from "../../core/history/tally.ts";
import type { Margin } from "../../core/plan.ts";
import { roundDeep } from "../../core/round.ts";
import type { Log } from "../../ports.ts";
import { type DocumentHead, documentOf, refusalOf } from "./document.ts";
import { type FakeTimes, fakeTimes, type TimesRule } from "./fake-times.ts";
import { runFakes } from "./run-fakes.ts";
import type { Study } from "./study.ts";
import { adviceFor } from "./trials.ts";
import { reassignment, streamAt } from "./units.ts";

/** Fake deploys where nobody says how many; beyond it they are drawn. */
const USUAL_FAKES = 400;
/** Analyses of one command at most: a typing mistake, not a question. */
const MOST_RUNS = 200_000;

export interface BacktestRequest extends DocumentHead {
  /** null: side by side, so that no two post windows overlap. */
  readonly rule: TimesRule | null;
  /** Draws of other treated units at every fake deploy; 0: none. */
  readonly reassign: number;
}

/** The team's own set-up at fake deploys through its own history: every alarm is a false one. */
export function backtest(study: Study, request: BacktestRequest, log: Log): BacktestDocument {
  const rule = request.rule ?? { type: "side-by-side", most: USUAL_FAKES };
  const chosen = fakeTimes(study, rule);
  refuseTooMany(chosen.times.length * (1 + request.reassign));
  const head = documentOf(study, chosen, refusalOf(study, chosen), request);
  const watch = (what: string): void => log.info(what);
  const fakes = runFakes(study, chosen.times, undefined, progress(log, chosen.times.length, "fake deploys"));
  const independence = { most: chosen.independent };
  const slis = tallySlis(fakes, marginsOf(study), study.alpha, independence);
  const reassigned = head.refused === null && request.reassign > 0 ? reassignedOf(study, chosen, request, log) : null;
  const measured = { study, times: chosen.times, fakes, slis, independence, watch };
  return roundDeep({
    command: "backtest",
    ...head,
    fakes: fakesOf(chosen),
    whole: head.refused === null ? tallyWhole(fakes, study.alpha, independence) : null,
    slis,
    reassigned,
    advice: head.refused === null ? adviceFor(measured, reassigned?.slis ?? null) : [],
    deploys: fakes.map(inShort),
  } satisfies BacktestDocument);
}

function refuseTooMany(runs: number): void {
  if (runs <= MOST_RUNS) return;
  throw new DeployImpactError("USAGE", `${runs} fake deploys are more than the ${MOST_RUNS} of one run.`, {
    hint: "Use a longer --every, or --times 400, or a smaller --reassign.",
  });
}

function fakesOf({ times, every, independent }: FakeTimes): BacktestDocument["fakes"] {
  return { count: times.length, every, overlapping: independent < times.length, independent };
}

/** Margins as the config states them, by SLI. */
function marginsOf(study: Study): ReadonlyMap<string, Margin> {
  return new Map(
    study.parts.flatMap(({ plan }) =>
      plan.slis.map(({ id, margin }) => [JSON.stringify([plan.service, id]), margin] as const),
    ),
  );
}

function inShort({ deployedAt, verdict, slis }: Fake): BacktestDocument["deploys"][number] {
  return {
    deployedAt,
    verdict,
    slis: slis.map(({ id, service, verdict: own, reasonCodes, att, confLow, confHigh }) => ({
      ...{ id, service, verdict: own, reasonCodes, att, confLow, confHigh },
    })),
  };
}

function reassignedOf(
  study: Study,
  { times }: FakeTimes,
  { reassign }: BacktestRequest,
  log: Log,
): { readonly perTime: number; readonly whole: ReturnType<typeof tallyWhole>; readonly slis: readonly SliTally[] } {
  const [part] = study.parts;
  if (part === undefined || study.parts.length > 1) {
    throw new DeployImpactError("USAGE", "--reassign draws the units of one service, and the config has several.", {
      hint: "Name one with --service.",
    });
  }
  if (part.plan.waves !== undefined && Object.keys(part.plan.clusters).length > 0) {
    throw new DeployImpactError("USAGE", "--reassign cannot draw clusters that are deployed in waves.", {
      hint: "Leave --reassign out.",
    });
  }
  const say = progress(log, times.length * reassign, "fake deploys with other units");
  const fakes = times.flatMap((time, i) =>
    Array.from({ length: reassign }, (_, turn) => turn).flatMap((turn) => {
      say(i * reassign + turn);
      const treated = reassignment(part, streamAt(study.seed, time.at, turn));
      if (treated === null) throw nothingToDraw();
      return runFakes(study, [time], () => ({ treated }));
    }),
  );
  // The fakes of one window differ in their units, so that they may say more together than one.
  const independence = { most: Number.POSITIVE_INFINITY };
  return {
    perTime: reassign,
    whole: tallyWhole(fakes, study.alpha, independence),
    slis: tallySlis(fakes, marginsOf(study), study.alpha, independence),
  };
}

function nothingToDraw(): DeployImpactError {
  return new DeployImpactError("USAGE", "--reassign needs treated and control units to draw from.", {
    hint: "Leave --reassign out, or name control units.",
  });
}

/** Says how far it is, ten times in all. */
function progress(log: Log, total: number, what: string): (done: number) => void {
  const every = Math.max(1, Math.ceil(total / 10));
  return (done) => {
    if (done % every === 0) log.info(`${done} of ${total} ${what}`);
  };
}

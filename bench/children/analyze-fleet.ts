/** Measured program: `UNITS STEPS RUNS` analyses that fleet in memory and prints the processor milliseconds of each part as JSON. */

import { analyze } from "../../src/core/analyze.ts";
import { runChecks } from "../../src/core/checks/battery.ts";
import type { CheckContext } from "../../src/core/checks/check.ts";
import { type DidFit, fitDid } from "../../src/core/estimators/did.ts";
import { studentEffect } from "../../src/core/inference/effect.ts";
import { type Aligned, alignPanel } from "../../src/core/panel/align.ts";
import type { SliPlan } from "../../src/core/plan.ts";
import { everyRowPlan } from "../data/every-row-plan.ts";
import { deployedAt, type FleetShape, fleetSeries } from "../data/fleet.ts";

export interface AnalysisFigures {
  readonly align: readonly number[];
  readonly fit: readonly number[];
  readonly checks: readonly number[];
  readonly whole: readonly number[];
  /** The very first analysis, before anything is compiled. */
  readonly first: number;
  readonly verdict: string;
}

const [units = 0, steps = 0, runs = 0] = process.argv.slice(2).map(Number);
const shape: FleetShape = { units, steps, step: 60 };
const sli: SliPlan = {
  id: "latency",
  kind: "gauge",
  direction: "up",
  role: "guardrail",
  margin: { type: "relative", value: 0.05, text: "5%" },
};
const plan = everyRowPlan({ sli, deployedAt: deployedAt(shape), step: shape.step });
const input = { sli: sli.id, series: fleetSeries(shape), warnings: [] };

/** Processor time of all threads: a busy machine stretches the clock, not this. */
function timed<T>(work: () => T): { readonly value: T; readonly milliseconds: number } {
  const before = process.cpuUsage();
  const value = work();
  const { user, system } = process.cpuUsage(before);
  return { value, milliseconds: (user + system) / 1000 };
}

function aligned(): Aligned {
  const outcome = alignPanel(plan, sli, input);
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}

function fitted({ panel }: Aligned): DidFit {
  const outcome = fitDid(panel, { scale: plan.scale });
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}

function contextOf({ panel, quality, preShortenedTo }: Aligned, fit: DidFit): CheckContext {
  const { att, variance, dof, method } = fit;
  if (variance === null || dof === null) throw new Error("the fit has no error");
  const clusters = fit.treated.length + fit.control.length;
  const effect = studentEffect({ att, stdError: Math.sqrt(variance), dof, method, clusters });
  return { plan, sli, panel, quality, preShortenedTo, fit, effect, margin: 5 };
}

function measureAll(): AnalysisFigures {
  const first = timed(() => analyze([{ plan, inputs: [input] }]));
  const [align, fit, checks, whole]: number[][] = [[], [], [], []];
  for (let run = 0; run < runs; run += 1) {
    const one = timed(aligned);
    const two = timed(() => fitted(one.value));
    align?.push(one.milliseconds);
    fit?.push(two.milliseconds);
    checks?.push(timed(() => runChecks(contextOf(one.value, two.value))).milliseconds);
    whole?.push(timed(() => analyze([{ plan, inputs: [input] }])).milliseconds);
  }
  return {
    align: align ?? [],
    fit: fit ?? [],
    checks: checks ?? [],
    whole: whole ?? [],
    first: first.milliseconds,
    verdict: first.value.verdict,
  };
}

process.stdout.write(JSON.stringify(measureAll()));

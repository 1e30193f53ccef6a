import type { Study } from "../../src/app/backtest/study.ts";
import type { SliPlan } from "../../src/core/plan.ts";
import { everyRowPlan } from "./every-row-plan.ts";
import { type FleetShape, fleetSeries, START, unitValues } from "./fleet.ts";

/** A fleet's history for fake deploys: `slis` latencies, each with the noise of its own units. */
export function fleetStudy(shape: FleetShape, slis: number): Study {
  const { step, steps } = shape;
  const windows = { pre: 86_400, settle: 300, post: 3600, step };
  const plans = Array.from(
    { length: slis },
    (_, i): SliPlan => ({
      id: `latency-${i + 1}`,
      kind: "gauge",
      direction: "up",
      role: "guardrail",
      margin: { type: "relative", value: 0.05, text: "5%" },
    }),
  );
  const [sli] = plans as [SliPlan, ...SliPlan[]];
  const plan = everyRowPlan({ sli, deployedAt: START, step });
  const inputs = plans.map(({ id }, i) => ({
    sli: id,
    series: fleetSeries(shape).map((series, unit) => ({
      ...series,
      values: unitValues(unit + i * shape.units, shape),
    })),
    warnings: [],
  }));
  return {
    origin: START,
    grid: step,
    from: START,
    to: START + steps * step,
    parts: [{ plan: { ...plan, slis: plans, window: { ...plan.window, settle: 300 } }, windows, rollOut: 0, inputs }],
    known: { deployments: null, sources: [], exclusions: [], since: null, notes: [] },
    alpha: 0.05,
    seed: 1,
    notes: [],
  };
}

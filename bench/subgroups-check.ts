/**
 * False claims about subgroups in whole analyses without any effect, and findings with one worse subgroup.
 *
 *     npm run bench -- subgroups-check [draws] [phi,phi]
 *
 * 4 treated and 8 control units, 10 subgroups, 180 steps before and 45 after; noise of 2 % as AR(1); `common`: share of a
 * unit's noise that all its subgroups have; `shift`: each unit's subgroups move for good at the deploy by N(0, 1 %).
 */

import { analyze } from "../src/core/analyze.ts";
import { randomStream } from "../src/core/inference/random.ts";
import type { Series } from "../src/core/panel/series.ts";
import { normalQuantile } from "../src/core/probability/normal.ts";
import { everyRowPlan } from "./data/every-row-plan.ts";

const draws = Number(process.argv[3] ?? 60);
const phis = (process.argv[4] ?? "0,0.7").split(",").map(Number);
const [PRE, POST, TREATED, UNITS, PARTS] = [180, 45, 4, 12, 10];
const [DEPLOYED_AT, STEP] = [1767225600, 60];

interface Scene {
  readonly phi: number;
  readonly common: number;
  readonly shift: number;
  /** Factor of the first subgroup on the treated after the deploy. */
  readonly worse: number;
}

function seriesOf({ phi, common, shift, worse }: Scene, seed: number): Series[] {
  const random = randomStream(seed);
  const normal = (): number => normalQuantile(random.next() + 2 ** -54);
  const path = (): number[] => {
    let last = normal() / Math.sqrt(1 - phi ** 2);
    return Array.from({ length: PRE + POST }, () => {
      last = phi * last + normal();
      return last * Math.sqrt(1 - phi ** 2);
    });
  };
  const times = Float64Array.from({ length: PRE + POST }, (_, t) => DEPLOYED_AT + (t - PRE) * STEP);
  return Array.from({ length: UNITS }, (_, u) => {
    const unit = path();
    return Array.from({ length: PARTS }, (_unused, p): Series => {
      const moved = shift * normal();
      const values = path().map((own, t) => {
        const noise = 0.02 * (Math.sqrt(common) * (unit[t] ?? 0) + Math.sqrt(1 - common) * own);
        const factor = u < TREATED && t >= PRE && p === 0 ? worse : 1;
        return 100 * (1 + p) * factor * (1 + noise + (t >= PRE ? moved : 0));
      });
      const group = u < TREATED ? "treated" : "control";
      return { unit: `u${u}`, group, component: "value", subgroup: `p${p}`, times, values: Float64Array.from(values) };
    });
  }).flat();
}

const PLAN = everyRowPlan({
  sli: {
    id: "latency",
    kind: "gauge",
    direction: "up",
    role: "primary",
    margin: { type: "relative", value: 0, text: "0" },
    by: "part",
  },
  deployedAt: DEPLOYED_AT,
  step: STEP,
  design: "did",
});

function simulate(scene: Scene): string {
  const tally = { worse: 0, better: 0, differ: 0, shrunk: 0, own: 0, of: 0, found: 0, correlation: 0, runs: 0 };
  for (let draw = 0; draw < draws; draw++) {
    const analysis = analyze([
      { plan: PLAN, inputs: [{ sli: "latency", series: seriesOf(scene, draw + 1), warnings: [] }] },
    ]);
    const report = analysis.slis[0]?.subgroups;
    if (report === undefined || report.estimates.length === 0) continue;
    const others = report.estimates.filter(({ name }) => name !== "p0" || scene.worse === 1);
    tally.runs += 1;
    tally.worse += Number(others.some(({ finding }) => finding === "worse"));
    tally.better += Number(others.some(({ finding }) => finding === "better"));
    tally.found += Number(report.estimates.some(({ name, finding }) => name === "p0" && finding === "worse"));
    tally.differ += Number((report.heterogeneity?.pValue ?? 1) <= 0.05);
    tally.correlation += report.correlation;
    for (const one of report.estimates) {
      const truth = one.name === "p0" ? scene.worse - 1 : 0;
      tally.of += 1;
      tally.own += Number((one.confLow ?? -1) <= truth && truth <= (one.confHigh ?? 1));
      tally.shrunk += Number((one.shrunk?.confLow ?? -1) <= truth && truth <= (one.shrunk?.confHigh ?? 1));
    }
  }
  const share = (count: number, of = tally.runs): string => ((100 * count) / of).toFixed(1).padStart(7);
  return [
    `${scene.phi}`.padStart(4),
    `${scene.common}`.padStart(7),
    `${scene.shift}`.padStart(6),
    `${scene.worse}`.padStart(6),
    share(tally.worse),
    share(tally.better),
    scene.worse === 1 ? "      -" : share(tally.found),
    share(tally.differ),
    share(tally.own, tally.of),
    share(tally.shrunk, tally.of),
    (tally.correlation / tally.runs).toFixed(2).padStart(6),
  ].join(" ");
}

export async function bench(): Promise<string> {
  const lines = [" phi  common  shift  worse   claim  better   found  differ     own   drawn   corr"];
  for (const phi of phis) {
    for (const common of [0, 0.5]) {
      for (const [shift, worse] of [
        [0, 1],
        [0.01, 1],
        [0, 1.03],
      ] as const) {
        lines.push(simulate({ phi, common, shift, worse }));
      }
    }
  }
  return lines.join("\n");
}

/**
 * Coverage of shrunk intervals, size of the heterogeneity test and family-wise error over made subgroups.
 *
 *     npm run bench -- subgroups-coverage [draws]
 *
 * Subgroup effects N(0, tau^2), estimates with errors of unequal size (1 to 3) and, with `shared`, correlated by 0.5;
 * standard errors estimated with `dof` degrees of freedom, which the method knows.
 */
import { randomStream } from "../src/core/inference/random.ts";
import type { SubgroupEffect } from "../src/core/inference/subgroups/one-factor.ts";
import { summarizeSubgroups } from "../src/core/inference/subgroups/subgroups.ts";
import { normalQuantile } from "../src/core/probability/normal.ts";

const draws = Number(process.argv[3] ?? 1000);
const ALPHA = 0.05;

interface Setting {
  readonly k: number;
  readonly tau: number;
  readonly dof: number;
  readonly shared: number;
}

function simulate({ k, tau, dof, shared }: Setting): string {
  const random = randomStream(1);
  const normal = (): number => normalQuantile(random.next() + 2 ** -54);
  const errors = Array.from({ length: k }, (_, i) => 1 + (2 * i) / Math.max(1, k - 1));
  let [covered, ownCovered, simultaneous, heterogeneous, family, width, ownWidth] = [0, 0, 0, 0, 0, 0, 0];
  for (let draw = 0; draw < draws; draw++) {
    const common = normal();
    const truth = errors.map(() => tau * normal());
    const effects = errors.map((error, i): SubgroupEffect => {
      const noise = Math.sqrt(shared) * common + Math.sqrt(1 - shared) * normal();
      let squares = 0;
      for (let j = 0; j < Math.min(dof, 1000); j++) squares += normal() ** 2;
      const stdError = dof === Number.POSITIVE_INFINITY ? error : error * Math.sqrt(squares / dof);
      return { name: `s${i}`, estimate: (truth[i] ?? 0) + error * noise, stdError, dof };
    });
    const summary = summarizeSubgroups(effects, { alpha: ALPHA, correlation: shared });
    let [all, claimed] = [true, false];
    summary.subgroups.forEach((one, i) => {
      const value = truth[i] ?? 0;
      const interval = one.shrunk?.interval ?? one.interval;
      covered += Number(interval.low <= value && value <= interval.high);
      ownCovered += Number(one.interval.low <= value && value <= one.interval.high);
      width += (interval.high - interval.low) / k;
      ownWidth += (one.interval.high - one.interval.low) / k;
      all &&= one.simultaneous.low <= value && value <= one.simultaneous.high;
      claimed ||= one.pHolm <= ALPHA;
    });
    simultaneous += Number(all);
    family += Number(claimed);
    heterogeneous += Number((summary.heterogeneity?.pValue ?? 1) <= ALPHA);
  }
  const share = (count: number, of = draws): string => ((100 * count) / of).toFixed(1).padStart(6);
  return [
    `${k}`.padStart(4),
    `${tau}`.padStart(5),
    `${dof}`.padStart(9),
    `${shared}`.padStart(5),
    share(covered, draws * k),
    share(ownCovered, draws * k),
    (width / ownWidth).toFixed(2).padStart(6),
    share(simultaneous),
    share(heterogeneous),
    tau === 0 ? share(family) : "     -",
  ].join(" ");
}

export async function bench(): Promise<string> {
  const lines = ["   k   tau       dof  corr  shrunk   own  width  simul  Q-rej  Holm"];
  for (const dof of [6, 30, Number.POSITIVE_INFINITY]) {
    for (const k of [4, 8, 20]) {
      for (const tau of [0, 0.5, 1, 3]) {
        for (const shared of [0, 0.5]) lines.push(simulate({ k, tau, dof, shared }));
      }
    }
  }
  return lines.join("\n");
}

import type { TidyData } from "../../src/core/estimators/contract.ts";
import { uniforms } from "./panel-table.ts";

export interface StaggeredShape {
  readonly units: number;
  readonly periods: number;
}

/** Half of the units are never treated; the others start in periods 4 to 8 and gain 0.1 per period. */
export function staggeredTable({ units, periods }: StaggeredShape): TidyData {
  const random = uniforms(3);
  const rows = units * periods;
  const unit = new Array<string>(rows);
  const [time, outcome, firstTreated] = [new Float64Array(rows), new Float64Array(rows), new Float64Array(rows)];
  for (let u = 0; u < units; u++) {
    const name = `u${String(u).padStart(7, "0")}`;
    const first = u % 2 === 0 ? 0 : 4 + (Math.floor(u / 2) % 5);
    const level = 5 * random();
    for (let t = 1; t <= periods; t++) {
      const row = u * periods + t - 1;
      unit[row] = name;
      time[row] = t;
      firstTreated[row] = first;
      const effect = first > 0 && t >= first ? 0.1 * (t - first + 1) : 0;
      outcome[row] = level + Math.sin(t) + effect + random() + random() - 1;
    }
  }
  return {
    ...{ rows, unit, time, outcome, firstTreated },
    ...{ treatment: null, weights: null, covariates: [], cluster: null },
  };
}

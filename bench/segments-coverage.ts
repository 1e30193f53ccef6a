/**
 * Coverage of segment effects and size of the heterogeneity tests on made units with known effects.
 *
 *     npm run bench -- segments-coverage [draws] [units,units,...] [effect,effect,...]
 *
 * Three normal covariates; treated with odds exp(0.5 x1); changes 0.5 x1 + effect + normal noise (heavy: t with 4 degrees
 * of freedom). Effects: `none` 1 for all; `step` 2 where x2 > 0; `curved` 1 + sin(2 x2) + 0.5 x3^2.
 */
import { estimate } from "../src/app/estimate.ts";
import { binColumns } from "../src/core/estimators/segments/bins.ts";
import { contrastError } from "../src/core/estimators/segments/contrast.ts";
import { linearProjection } from "../src/core/estimators/segments/projection.ts";
import { splitOnce } from "../src/core/estimators/segments/split.ts";
import { segmentUnits } from "../src/core/estimators/segments/units.ts";
import { tidyTable } from "../src/core/estimators/tidy-table.ts";
import { randomStream } from "../src/core/inference/random.ts";
import { normalQuantile } from "../src/core/probability/normal.ts";
import { studentTTwoSided } from "../src/core/probability/student-t.ts";

const draws = Number(process.argv[3] ?? 100);
const sizes = (process.argv[4] ?? "60,200,1000").split(",").map(Number);

const EFFECTS: Readonly<Record<string, (x: readonly number[]) => number>> = {
  none: () => 1,
  step: ([, x2 = 0]) => (x2 > 0 ? 2 : 0),
  curved: ([, x2 = 0, x3 = 0]) => 1 + Math.sin(2 * x2) + 0.5 * x3 ** 2,
};

function made(n: number, seed: number, effect: (x: readonly number[]) => number, isHeavy: boolean) {
  const random = randomStream(seed);
  const normal = (): number => normalQuantile(random.next() + 2 ** -54);
  const heavy = (): number =>
    (normal() * Math.SQRT2) / Math.sqrt((normal() ** 2 + normal() ** 2 + normal() ** 2 + normal() ** 2) / 2 || 1);
  const units = Array.from({ length: n }, (_, u) => {
    const x = [normal(), normal(), normal()];
    const isTreated = random.next() < 1 / (1 + Math.exp(-0.5 * (x[0] ?? 0)));
    const change = 0.5 * (x[0] ?? 0) + (isTreated ? effect(x) : 0) + (isHeavy ? heavy() : normal());
    return { name: `u${u}`, x, isTreated, change };
  });
  const rows = units.flatMap((unit) => [0, 1].map((time) => ({ ...unit, time })));
  const column = (j: number): number[] => rows.map(({ x }) => x[j] ?? 0);
  const data = tidyTable({
    outcome: rows.map(({ time, change }) => time * change),
    unit: rows.map(({ name }) => name),
    time: rows.map(({ time }) => time),
    treatment: rows.map(({ time, isTreated }) => Number(isTreated && time === 1)),
    covariates: { x1: column(0), x2: column(1), x3: column(2) },
  });
  return { data, truth: units.map(({ x }) => effect(x)) };
}

interface Tally {
  covered: number;
  of: number;
  alarms: number;
  slopes: number;
  several: number;
  runs: number;
  refused: number;
}

function simulate(n: number, name: string, isHeavy: boolean): string {
  const effect = EFFECTS[name] ?? (() => 0);
  const tally: Tally = { covered: 0, of: 0, alarms: 0, slopes: 0, several: 0, runs: 0, refused: 0 };
  for (let draw = 0; draw < draws; draw++) {
    const { data, truth } = made(n, 1000 * n + draw, effect, isHeavy);
    const units = segmentUnits(data, "logit");
    if (!units.ok) {
      tally.refused += 1;
      continue;
    }
    const binned = binColumns(units.value.covariates);
    const groups = n < 100 ? 2 : n < 400 ? 3 : 5;
    const { segments, members } = splitOnce(units.value, binned, {
      groups,
      learner: n < 400 ? "linear" : "forest",
      sign: 1,
      seed: draw + 1,
    });
    segments.forEach((segment, g) => {
      const { stdError, dof } = contrastError([segment]);
      const treated = [...(members[g] ?? [])].filter((u) => units.value.treated[u] === 1);
      const value = treated.reduce((sum, u) => sum + (truth[u] ?? 0), 0) / treated.length;
      tally.covered += Number(studentTTwoSided((segment.estimate - value) / stdError, dof) > 0.05);
      tally.of += 1;
    });
    const [most, least] = [segments[0], segments.at(-1)];
    if (most !== undefined && least !== undefined) {
      const { stdError, dof } = contrastError([most, least]);
      tally.alarms += Number(studentTTwoSided((most.estimate - least.estimate) / stdError, dof) <= 0.05);
    }
    const projection = linearProjection(units.value, binned, draw + 1);
    if (projection.ok) {
      const { coefficients, covariance, dof } = projection.value;
      const p = Math.min(
        ...[1, 2, 3].map((j) => studentTTwoSided((coefficients[j] ?? 0) / Math.sqrt(covariance.get(j, j)), dof)),
      );
      tally.slopes += Number(3 * p <= 0.05);
    }
    const full = n <= 200 ? estimate(data, "segments", { seed: draw + 1 }) : null;
    if (full?.ok === true) {
      const row = full.value.coefficients.find(({ term }) => term === "most - least hurt");
      tally.several += Number((row?.pValue ?? 1) <= 0.05);
    }
    tally.runs += 1;
  }
  const share = (count: number, of: number): string => ((100 * count) / of).toFixed(1).padStart(7);
  return [
    `${n}`.padStart(6),
    name.padEnd(7),
    isHeavy ? "heavy " : "normal",
    share(tally.covered, tally.of),
    share(tally.alarms, tally.runs),
    n <= 200 ? share(tally.several, tally.runs) : "      -",
    share(tally.slopes, tally.runs),
    `${tally.refused}`.padStart(7),
  ].join(" ");
}

export async function bench(): Promise<string> {
  const names = (process.argv[5] ?? Object.keys(EFFECTS).join(",")).split(",");
  const lines = [" units effect  noise   cover  most>least 11 splits  slopes refused"];
  for (const n of sizes) {
    for (const name of names) {
      for (const isHeavy of [false, true]) lines.push(simulate(n, name, isHeavy));
    }
  }
  return lines.join("\n");
}

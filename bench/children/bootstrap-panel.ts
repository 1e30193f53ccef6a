/**
 * Measured program: `CELLS CLUSTERS DRAWS RUNS` fits two-way fixed effects on a balanced panel whose units lie in that many
 * clusters, with clustered errors, then with a restricted wild cluster bootstrap (p-value and interval by inversion), in
 * turns, and prints the processor milliseconds as JSON.
 */
import { type WildBootstrap, wildClusterBootstrap } from "../../src/core/inference/wild-cluster-bootstrap.ts";
import { type LinearFit, leastSquares } from "../../src/core/regression/ols.ts";
import { cr1 } from "../../src/core/vcov/cr1.ts";
import { PERIODS, panelColumns } from "../data/panel-table.ts";
import { timed } from "../measure/timed.ts";

export interface BootstrapFigures {
  readonly fit: readonly number[];
  readonly fitWithBootstrap: readonly number[];
  readonly rows: number;
  readonly pValue: number;
  readonly interval: readonly [number, number];
}

const [cells = 0, clusterCount = 0, draws = 0, runs = 1] = process.argv.slice(2).map(Number);
const columns = panelColumns(cells, 0);
const unit = { name: "unit", levels: columns.unit, count: columns.units };
const time = { name: "time", levels: columns.time, count: PERIODS };
const clusters = { name: "cluster", levels: columns.unit.map((u) => u % clusterCount), count: clusterCount };

function fitted(): LinearFit {
  const fit = leastSquares({
    outcome: columns.outcome,
    columns: [{ name: "treatment", values: columns.treatment }],
    effects: [unit, time],
    singletons: "keep",
  });
  if (!fit.ok) throw new Error(fit.refusal.message);
  return fit.value;
}

function clustered(): number {
  const variance = cr1.estimate(fitted(), { clusters: [clusters] });
  if (!variance.ok) throw new Error(variance.refusal.message);
  return variance.value.matrix.get(0, 0);
}

function bootstrapped(): {
  readonly test: ReturnType<WildBootstrap["test"]>;
  readonly low: number;
  readonly high: number;
} {
  const bootstrap = wildClusterBootstrap(fitted(), {
    ...{ term: "treatment", clusters, restricted: true, type: "11", weights: "rademacher" },
    ...{ draws, seed: 1 },
  });
  if (!bootstrap.ok) throw new Error(bootstrap.refusal.message);
  return { test: bootstrap.value.test(0), ...bootstrap.value.interval(0.05) };
}

const fit: number[] = [];
const fitWithBootstrap: number[] = [];
let found = bootstrapped();
for (let run = 0; run < runs; run++) {
  fit.push(timed(clustered).milliseconds);
  const one = timed(bootstrapped);
  fitWithBootstrap.push(one.milliseconds);
  found = one.value;
}
const figures: BootstrapFigures = {
  ...{ fit, fitWithBootstrap, rows: columns.outcome.length },
  ...{ pValue: found.test.pValue, interval: [found.low, found.high] },
};
process.stdout.write(JSON.stringify(figures));

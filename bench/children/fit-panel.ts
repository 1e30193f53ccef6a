/**
 * Measured program: `CELLS MISSING RUNS coded|named` fits two-way fixed effects with errors clustered by unit and prints
 * the processor milliseconds of every fit as JSON. `coded`: units and periods are numbers already, as factors are in R;
 * `named`: the whole front door, from a table with names.
 */
import { coefficientTable } from "../../src/core/inference/coefficients.ts";
import { leastSquares } from "../../src/core/regression/ols.ts";
import { cr1 } from "../../src/core/vcov/cr1.ts";
import { type PanelColumns, PERIODS, panelColumns, tableOf } from "../data/panel-table.ts";
import { timed } from "../measure/timed.ts";

export interface PanelFitFigures {
  readonly milliseconds: readonly number[];
  readonly rows: number;
  /** What the columns take: 8 bytes per number or name, 4 per code. */
  readonly dataBytes: number;
  readonly estimate: number;
  readonly stdError: number;
}

interface Answer {
  readonly estimate: number;
  readonly stdError: number;
}

function codedFit(columns: PanelColumns): () => Answer {
  const unit = { name: "unit", levels: columns.unit, count: columns.units };
  const time = { name: "time", levels: columns.time, count: PERIODS };
  return () => {
    const fit = leastSquares({
      outcome: columns.outcome,
      columns: [{ name: "treatment", values: columns.treatment }],
      effects: [unit, time],
      singletons: "keep",
    });
    if (!fit.ok) throw new Error(fit.refusal.message);
    const variance = cr1.estimate(fit.value, { clusters: [unit] });
    if (!variance.ok) throw new Error(variance.refusal.message);
    return firstOf(coefficientTable(fit.value, variance.value, 0.05));
  };
}

async function namedFit(columns: PanelColumns): Promise<() => Answer> {
  // on demand, so that the memory of the other way does not hold it
  const { estimate } = await import("../../src/app/estimate.ts");
  const table = tableOf(columns);
  return () => {
    const outcome = estimate(table, "twfe", { vcov: "cr1", settings: { diagnostics: "no" } });
    if (!outcome.ok) throw new Error(outcome.refusal.message);
    return firstOf(outcome.value.coefficients);
  };
}

function firstOf(rows: readonly Answer[]): Answer {
  const [first] = rows;
  if (first === undefined) throw new Error("there is no coefficient");
  return { estimate: first.estimate, stdError: first.stdError };
}

const [cells = 0, missing = 0, runs = 1] = process.argv.slice(2, 5).map(Number);
const isNamed = process.argv[5] === "named";
const columns = panelColumns(cells, missing);
const rows = columns.outcome.length;
const fit = isNamed ? await namedFit(columns) : codedFit(columns);
const milliseconds: number[] = [];
let found: Answer = { estimate: Number.NaN, stdError: Number.NaN };
for (let run = 0; run < runs; run++) {
  const one = timed(fit);
  milliseconds.push(one.milliseconds);
  found = one.value;
}
const figures: PanelFitFigures = { milliseconds, rows, dataBytes: rows * (isNamed ? 32 : 24), ...found };
process.stdout.write(JSON.stringify(figures));

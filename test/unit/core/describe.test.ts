import { expect, test } from "vitest";
import { analyze } from "../../../src/core/analyze.ts";
import { describeSli } from "../../../src/core/describe.ts";
import { LATENCY, madeRows, planWith, seriesOf } from "./generated.ts";

const SHAPE = { treated: 4, controls: 8, pre: 240, post: 20, phi: 0.3 };
const series = seriesOf(madeRows(3, SHAPE), SHAPE);
const units = [...new Set(series.map((one) => one.unit))];
/** Two units of a group stand in each zone. */
const clusters = Object.fromEntries(units.map((unit, i) => [unit, `zone-${Math.floor(i / 2)}`]));

test.each([
  ["of units", {}],
  ["of clusters", clusters],
])("the noise that validate describes is the error that check will use, %s", (_, assigned) => {
  const plan = planWith({ design: "did", clusters: assigned });
  const input = { sli: LATENCY.id, series, warnings: [] };
  const sli = analyze([{ plan, inputs: [input] }]).slis[0];
  expect(sli?.inference?.clusters).toBe(Object.keys(assigned).length === 0 ? 12 : 6);
  expect(describeSli(plan, LATENCY, input).noise).toBeCloseTo(sli?.estimate?.stdError ?? Number.NaN, 9);
});

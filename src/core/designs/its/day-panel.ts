import { daysBack } from "../../estimators/its/clock.ts";
import type { ItsFit } from "../../estimators/its/fit.ts";
import type { SameHours } from "../../estimators/its/same-hours.ts";
import { type Panel, unitsWhere, unitValues, unitWeights } from "../../panel/panel.ts";

/**
 * The compared hours as a panel of its own: every treated unit on the day of the deploy is treated, the same unit on an
 * earlier day is a control.
 */
export function dayPanel(
  panel: Panel,
  { window, lead, series }: ItsFit,
  { days }: SameHours,
): { readonly panel: Panel; readonly today: number[]; readonly earlier: number[] } {
  const length = lead + window.end - window.preEnd;
  const cells = [0, ...days.map((day) => day.back)].flatMap((back) =>
    unitsWhere(panel, true).map((u) => ({ u, back, from: window.preEnd - lead - daysBack(back, series.step) })),
  );
  const values = new Float64Array(cells.length * length);
  const weights = panel.weights === null ? null : new Float64Array(cells.length * length);
  cells.forEach(({ u, from }, i) => {
    values.set(unitValues(panel, u).subarray(from, from + length), i * length);
    const traffic = unitWeights(panel, u);
    if (weights !== null && traffic !== null) weights.set(traffic.subarray(from, from + length), i * length);
  });
  const indexes = (isToday: boolean): number[] => cells.flatMap(({ back }, i) => ((back === 0) === isToday ? [i] : []));
  return {
    panel: {
      start: panel.start + (window.preEnd - lead) * panel.step,
      step: panel.step,
      steps: length,
      units: cells.map(({ u, back }) => `${panel.units[u]} ${back} days before`),
      treated: cells.map(({ back }) => back === 0),
      values,
      weights,
      preEnd: lead,
      postStart: lead + window.postStart - window.preEnd,
    },
    today: indexes(true),
    earlier: indexes(false),
  };
}

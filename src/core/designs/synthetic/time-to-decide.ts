import { contrastCovariance, impulseResponse, shockLoadings } from "../../estimators/did-ar.ts";
import type { DonorFit } from "../../estimators/donors/donors.ts";
import { contrastOf } from "../../estimators/donors/fit.ts";
import { studentTQuantile } from "../../probability/student-t.ts";
import type { TimeToDecide } from "../../result.ts";
import { timeUntil } from "../../verdict/power.ts";
import type { DecisionTarget } from "../design.ts";

/** Shortest post window whose projected half-width is below the distance: same weights, same autoregression, phi kept. */
export function donorTimeToDecide(fit: DonorFit, { harm, margin, alpha }: DecisionTarget): TimeToDecide | null {
  const { table, main, doubt } = fit;
  const { postStart, end } = table.window;
  const factor = table.rawFactors[0] as number;
  const used = end - postStart;
  const distance = Math.abs(margin - harm);
  const quantile = studentTQuantile(1 - alpha / 2, doubt.dof);
  const decides = (postSteps: number): boolean => {
    const longer = { ...table, window: { ...table.window, end: postStart + postSteps } };
    const response = impulseResponse(main.time.model, longer.window.end);
    const loadings = shockLoadings(response, contrastOf(longer, main.lambda), longer.window.end);
    const variance = contrastCovariance(response, loadings, loadings) * Math.max(1, doubt.phi);
    return quantile * factor * Math.sqrt(variance) < distance;
  };
  return timeUntil(decides, used, table.panel.step);
}

import { equalBins, loadingsOf } from "../../checks/lead-bins.ts";
import { type ContrastPiece, contrastCovariance } from "../../estimators/did-ar.ts";
import type { DonorFit } from "../../estimators/donors/donors.ts";
import { referenceOf } from "../../estimators/donors/fit.ts";
import { meanBetween } from "../../panel/panel.ts";
import { studentTQuantile } from "../../probability/student-t.ts";
import type { EventStudyPoint } from "../../result.ts";

const MOST_POINTS = 6;

/**
 * The gap to the mix by time from the deploy, less the weighted time before it. Before the deploy it is the held-out gap:
 * the fitted one is small by construction and would look better than it is.
 */
export function donorEventStudy(fit: DonorFit, alpha: number): EventStudyPoint[] {
  const { table, main, doubt } = fit;
  const { preEnd, postStart, end } = table.window;
  const factor = table.rawFactors[0] as number;
  const traffic = table.traffic[0] ?? null;
  const pieces = (range: { from: number; to: number }): ContrastPiece[] => [
    { ...range, weight: 1 / (range.to - range.from) },
    ...referenceOf(table, main.lambda),
  ];
  const points = [
    ...equalBins(0, preEnd, MOST_POINTS, 2).map((range) => ({ range, series: main.heldOut })),
    ...equalBins(postStart, end, MOST_POINTS, 1).map((range) => ({ range, series: main.gap })),
  ].flatMap(({ range, series }) => {
    const value = meanBetween(series, range.from, range.to, traffic) - main.level;
    return Number.isFinite(value) ? [{ range, value }] : [];
  });
  const { response, loadings } = loadingsOf(
    main.time.model,
    end,
    points.map(({ range }) => pieces(range)),
  );
  const quantile = studentTQuantile(1 - alpha / 2, doubt.dof);
  return points.map(({ range, value }, k) => {
    const own = loadings[k] as Float64Array;
    const half = quantile * Math.sqrt(contrastCovariance(response, own, own) * Math.max(1, doubt.phi));
    return {
      relTime: (range.from - preEnd) * table.panel.step,
      span: (range.to - range.from) * table.panel.step,
      estimate: factor * value,
      confLow: factor * (value - half),
      confHigh: factor * (value + half),
    };
  });
}

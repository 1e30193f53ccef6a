import { binContrast, binsOf, equalBins, loadingsOf } from "../checks/lead-bins.ts";
import type { DidFit } from "../estimators/did.ts";
import { contrastCovariance } from "../estimators/did-ar.ts";
import { studentTQuantile } from "../probability/student-t.ts";
import type { EventStudyPoint } from "../result.ts";

const MOST_LEADS = 6;
const MOST_LAGS = 6;

/**
 * The gap by time from the deploy: binned means minus the pre mean (the reference period is the whole pre window), with
 * pointwise intervals from the gap's autoregression, overdispersion included. Raw units; relTime in seconds.
 */
export function eventStudy(fit: DidFit, step: number, alpha: number): EventStudyPoint[] {
  const { preEnd, postStart, end } = fit.window;
  const ranges = [...equalBins(0, preEnd, MOST_LEADS, 2), ...equalBins(postStart, end, MOST_LAGS, 1)];
  const bins = binsOf(fit.gap, preEnd, ranges).filter((bin) => Number.isFinite(bin.estimate));
  const model = fit.time?.model ?? null;
  const contrasts = bins.map((bin) => binContrast(bin, preEnd));
  const parts = model === null ? null : loadingsOf(model, end, contrasts);
  const shifts = (from: number): number => (from < preEnd ? 0 : fit.spread);
  return bins.map((bin, b) => {
    const loadings = parts?.loadings[b];
    const half =
      parts === null || loadings === undefined || fit.dof === null
        ? null
        : studentTQuantile(1 - alpha / 2, fit.dof) *
          Math.sqrt(
            contrastCovariance(parts.response, loadings, loadings) * Math.max(1, fit.phi ?? 1) + shifts(bin.from),
          );
    return {
      relTime: (bin.from - preEnd) * step,
      span: (bin.to - bin.from) * step,
      estimate: bin.estimate,
      confLow: half === null ? null : bin.estimate - half,
      confHigh: half === null ? null : bin.estimate + half,
    };
  });
}

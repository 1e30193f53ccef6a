import { perExposed } from "../inference/per-exposed.ts";
import type { ExposureObservation } from "../plan.ts";
import { type Check, result } from "./check.ts";

const ID = "exposure";
/** Below this difference in exposure the groups do not differ enough to speak of treated and control. */
const LEAST_DIFFERENCE = 0.5;
/** Shares at least this pure need no correction. */
const PURE = 0.95;

/**
 * Do the treated really run the new version and the controls not?
 *
 * Formula: with shares a (treated) and b (control), the reported effect is the intention-to-treat effect and
 * effectPerExposed = itt / (a - b) (Wald) with a Fieller interval (perExposed). Fails below a - b = 0.5.
 * Source: Angrist, Imbens and Rubin (1996).
 */
export const exposure: Check = {
  id: ID,
  question: "Do the treated units run the new version, and the controls not?",
  run({ plan, panel, effect }) {
    if (plan.exposure === null || panel === null) return null;
    const treatedUnits = new Set(panel.units.filter((_, u) => panel.treated[u]));
    const known = plan.exposure.filter((one) => panel.units.includes(one.unit));
    const treated = known.filter((one) => treatedUnits.has(one.unit));
    const control = known.filter((one) => !treatedUnits.has(one.unit));
    const treatedShare = meanShare(treated);
    if (treatedShare === null) {
      return result(
        ID,
        false,
        { required: true },
        {
          reason: "the version query returned none of the treated units",
          treatedShare: null,
          controlShare: meanShare(control),
        },
      );
    }
    const controlShare = meanShare(control) ?? 0;
    const difference = treatedShare - controlShare;
    const complete = treatedShare >= PURE && controlShare <= 1 - PURE;
    const isPartial = effect !== null && difference >= LEAST_DIFFERENCE && !complete;
    const each = isPartial ? perExposed(effect, treated.map(shareOf), control.map(shareOf), plan.alpha) : null;
    const facts = {
      treatedShare,
      controlShare,
      itt: effect?.att ?? null,
      effectPerExposed: each?.effect ?? null,
      perExposedLow: each?.low ?? null,
      perExposedHigh: each?.high ?? null,
      perExposedMethod: each?.method ?? null,
      unitsBelow: treated
        .filter((one) => one.share < PURE)
        .map((one) => one.unit)
        .slice(0, 5),
      unitsAbove: control
        .filter((one) => one.share > 1 - PURE)
        .map((one) => one.unit)
        .slice(0, 5),
    };
    return result(
      ID,
      difference >= LEAST_DIFFERENCE,
      { required: true, statistic: difference, threshold: LEAST_DIFFERENCE },
      facts,
    );
  },
};

function shareOf({ share }: ExposureObservation): number {
  return share;
}

function meanShare(observations: readonly ExposureObservation[]): number | null {
  if (observations.length === 0) return null;
  return observations.reduce((sum, one) => sum + one.share, 0) / observations.length;
}

import { type Exposed, meanExposure, perExposed } from "../inference/per-exposed.ts";
import { type Panel, unitValues, unitWeights } from "../panel/panel.ts";
import type { AnalysisPlan } from "../plan.ts";
import { type Check, result } from "./check.ts";

const ID = "exposure";
/** Below this difference in exposure the groups do not differ enough to speak of treated and control. */
const LEAST_DIFFERENCE = 0.5;
/** Shares at least this pure need no correction. */
const PURE = 0.95;

/**
 * Do the treated really run the new version and the controls not?
 *
 * Formula: with mean shares a (treated) and b (control) over the units of the effect (clusters; by traffic for a ratio), the reported effect is the intention-to-treat effect and
 * effectPerExposed = itt / (a - b) (Wald) with a Fieller interval (perExposed). Fails below a - b = 0.5.
 * Source: Angrist, Imbens and Rubin (1996).
 */
export const exposure: Check = {
  id: ID,
  question: "Do the treated units run the new version, and the controls not?",
  run({ plan, panel, effect }) {
    if (plan.exposure === null || panel === null) return null;
    const known = exposedUnits(plan, plan.exposure, panel);
    const treated = known.filter((one) => one.treated);
    const control = known.filter((one) => !one.treated);
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
    const each = isPartial ? perExposed(effect, treated, control, plan.alpha) : null;
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

interface ExposedUnit extends Exposed {
  readonly unit: string;
  readonly treated: boolean;
}

/**
 * The shares at the level of the effect: of a cluster the mean of its members, and for a ratio each unit by its traffic
 * after the deploy, because that is how much of the effect comes from it.
 */
function exposedUnits(
  { clusters }: Pick<AnalysisPlan, "clusters">,
  observations: NonNullable<AnalysisPlan["exposure"]>,
  panel: Panel,
): ExposedUnit[] {
  const shares = new Map<string, number[]>();
  for (const { unit, share } of observations) {
    const name = panel.units.includes(unit) ? unit : (clusters[unit] ?? unit);
    shares.set(name, [...(shares.get(name) ?? []), share]);
  }
  return panel.units.flatMap((unit, u) => {
    const own = shares.get(unit);
    if (own === undefined) return [];
    const share = own.reduce((sum, one) => sum + one, 0) / own.length;
    return [{ unit, share, weight: trafficAfter(panel, u), treated: panel.treated[u] === true }];
  });
}

/** Denominators of the cells seen after the deploy; 1 where units count alike. */
function trafficAfter(panel: Panel, unit: number): number {
  const weights = unitWeights(panel, unit);
  if (weights === null) return 1;
  const values = unitValues(panel, unit);
  let total = 0;
  for (let t = panel.postStart; t < panel.steps; t++) {
    if (Number.isFinite(values[t] as number)) total += weights[t] as number;
  }
  return total;
}

function meanShare(units: readonly Exposed[]): number | null {
  const mean = meanExposure(units);
  return Number.isFinite(mean) ? mean : null;
}

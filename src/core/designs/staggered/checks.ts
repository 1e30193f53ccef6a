import { askedChecks, runDataChecks, shareBudget } from "../../checks/battery.ts";
import type { CheckContext } from "../../checks/check.ts";
import type { WaveFit } from "../../estimators/waves/fit.ts";
import type { Panel } from "../../panel/panel.ts";
import type { CheckResult } from "../../result.ts";
import { compareEstimators } from "./compare.ts";
import { waveLeaveOneOut, waveLeaveOneWaveOut } from "./leave-out.ts";
import { wavePreTrends, waveSpillover, wavesApart } from "./per-wave.ts";
import { wavePlaceboInSpace, wavePlaceboInTime } from "./placebos.ts";

/** Every attempt to break the answer for waves; pre-trends and spillover share their budget as under `did`. */
export function waveChecks(context: CheckContext, panel: Panel, fit: WaveFit): CheckResult[] {
  const { plan } = context;
  const apart = wavesApart(panel, fit);
  return shareBudget([
    wavePreTrends(context, panel, apart),
    ...askedChecks(plan, [
      ["placebo-in-time", () => wavePlaceboInTime(context, panel, fit)],
      ["placebo-in-space", () => wavePlaceboInSpace(context, panel, fit)],
      ["leave-one-out", () => waveLeaveOneOut(context, panel, fit)],
      ["leave-one-wave-out", () => waveLeaveOneWaveOut(context, panel, fit)],
    ]),
    waveSpillover(context, panel, apart),
    ...runDataChecks(context),
    ...askedChecks(plan, [["staggered-estimators", () => compareEstimators(panel, fit)]]),
  ]);
}

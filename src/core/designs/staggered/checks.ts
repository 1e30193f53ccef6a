import { runDataChecks, shareBudget } from "../../checks/battery.ts";
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
  const apart = wavesApart(panel, fit);
  return shareBudget([
    wavePreTrends(context, panel, apart),
    wavePlaceboInTime(context, panel, fit),
    wavePlaceboInSpace(context, panel, fit),
    waveLeaveOneOut(context, panel, fit),
    waveLeaveOneWaveOut(context, panel, fit),
    waveSpillover(context, panel, apart),
    ...runDataChecks(context),
    compareEstimators(panel, fit),
  ]);
}

import { anytimeModel } from "./anytime-model.ts";
import { callawaySantannaCase } from "./callaway-santanna.ts";
import { clusterDiagnosticsCase } from "./cluster-diagnostics.ts";
import type { CaseRunner } from "./compare.ts";
import { conformal } from "./conformal.ts";
import { doublyRobustCrossSection, doublyRobustPanel } from "./doubly-robust.ts";
import { binnedEventStudy, eventStudy } from "./event-study.ts";
import { fewTreated } from "./few-treated.ts";
import { gapSeries } from "./gap-series.ts";
import { goodmanBacon } from "./goodman-bacon.ts";
import { histogram } from "./histogram.ts";
import { imputationCase } from "./imputation.ts";
import { multipleTesting } from "./multiple-testing.ts";
import { nonInferiority } from "./non-inferiority.ts";
import { poisson } from "./poisson.ts";
import { power } from "./power.ts";
import { pretrendPowerCase } from "./pretrend-power.ts";
import { quantileCases } from "./quantile.ts";
import { randomization } from "./randomization.ts";
import { sensitivityFewLeads, sensitivityManyLeads } from "./sensitivity.ts";
import { sequential } from "./sequential.ts";
import { specialFunctions } from "./special-functions.ts";
import { sunAbrahamCase } from "./sun-abraham.ts";
import { synthetic } from "./synthetic.ts";
import { twoByTwo } from "./two-by-two.ts";
import { twoWayEffects } from "./two-way-effects.ts";
import { weightedUnbalanced } from "./weighted-unbalanced.ts";
import { wildRademacher, wildWebb } from "./wild-bootstrap.ts";

/** Every runner; a case is found by the `case` field of its expected.json. */
export const CASE_RUNNERS: readonly CaseRunner[] = [
  twoByTwo,
  twoWayEffects,
  weightedUnbalanced,
  eventStudy,
  binnedEventStudy,
  power,
  specialFunctions,
  multipleTesting,
  gapSeries,
  clusterDiagnosticsCase,
  nonInferiority,
  doublyRobustPanel,
  doublyRobustCrossSection,
  synthetic,
  poisson,
  quantileCases,
  histogram,
  sensitivityFewLeads,
  sensitivityManyLeads,
  pretrendPowerCase,
  callawaySantannaCase,
  wildRademacher,
  wildWebb,
  randomization,
  conformal,
  fewTreated,
  sequential,
  anytimeModel,
  sunAbrahamCase,
  imputationCase,
  goodmanBacon,
];

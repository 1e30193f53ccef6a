import { anytime } from "./anytime.ts";
import { callawaySantanna } from "./callaway-santanna.ts";
import { conformal } from "./conformal/tidy.ts";
import type { TidyEstimator } from "./contract.ts";
import { did2x2 } from "./did-2x2.ts";
import { doublyRobust } from "./doubly-robust.ts";
import { eventStudy } from "./event-study.ts";
import { exactCounts } from "./exact-counts.ts";
import { fewTreated } from "./few-treated/tidy.ts";
import { goodmanBacon } from "./goodman-bacon.ts";
import { histogramDid } from "./histogram/tidy.ts";
import { honestDid } from "./honest-did.ts";
import { imputation } from "./imputation.ts";
import { sameHours } from "./its/same-hours-tidy.ts";
import { its } from "./its/tidy.ts";
import { iv } from "./iv.ts";
import { matchedDid } from "./matched-did.ts";
import { neweyWest } from "./newey-west.ts";
import { ols } from "./ols.ts";
import { permutation } from "./permutation.ts";
import { power } from "./power.ts";
import { ppml } from "./ppml.ts";
import { cic, qdid } from "./quantile/tidy.ts";
import { rd } from "./rd.ts";
import { segments } from "./segments.ts";
import { split } from "./split/tidy.ts";
import { subgroups } from "./subgroups.ts";
import { sunAbraham } from "./sun-abraham.ts";
import { syntheticControl, syntheticDid } from "./synthetic/tidy.ts";
import { tripleDifference } from "./triple-difference.ts";
import { twfe } from "./twfe.ts";

/** Every estimator of `deploy-impact estimate`, in the order in which `--list` shows them. */
export const TIDY_ESTIMATORS: readonly TidyEstimator[] = [
  // one per line
  ols,
  twfe,
  did2x2,
  eventStudy,
  permutation,
  neweyWest,
  callawaySantanna,
  doublyRobust,
  honestDid,
  ppml,
  cic,
  qdid,
  histogramDid,
  syntheticControl,
  syntheticDid,
  sunAbraham,
  imputation,
  goodmanBacon,
  conformal,
  fewTreated,
  anytime,
  iv,
  rd,
  exactCounts,
  matchedDid,
  power,
  split,
  subgroups,
  segments,
  its,
  sameHours,
  tripleDifference,
];

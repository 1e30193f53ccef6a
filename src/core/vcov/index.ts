import { cr0 } from "./cr0.ts";
import { cr1 } from "./cr1.ts";
import { cr1s } from "./cr1s.ts";
import { cr2 } from "./cr2.ts";
import { cr3 } from "./cr3.ts";
import { cv3 } from "./cv3.ts";
import { cv3j } from "./cv3j.ts";
import { driscollKraay } from "./driscoll-kraay.ts";
import { hc0 } from "./hc0.ts";
import { hc1 } from "./hc1.ts";
import { hc2 } from "./hc2.ts";
import { hc3 } from "./hc3.ts";
import { hc4 } from "./hc4.ts";
import { iid } from "./iid.ts";
import { panelNeweyWest } from "./panel-newey-west.ts";
import type { VarianceEstimator } from "./variance.ts";

/** Every variance estimator, by id. */
export const VARIANCE_ESTIMATORS: readonly VarianceEstimator[] = [
  iid,
  hc0,
  hc1,
  hc2,
  hc3,
  hc4,
  cr0,
  cr1,
  cr1s,
  cr2,
  cr3,
  cv3,
  cv3j,
  driscollKraay,
  panelNeweyWest,
];

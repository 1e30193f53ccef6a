import type { DidFit } from "../estimators/did.ts";
import { type Outcome, refuse } from "../outcome.ts";
import type { Panel } from "../panel/panel.ts";
import type { AnalysisPlan } from "../plan.ts";
import type { Effect } from "./effect.ts";

export function namedEffect(plan: AnalysisPlan, _panel: Panel, _fit: DidFit): Outcome<Effect> {
  return refuse("NOT_ESTIMABLE", `The inference ${plan.inference} is not wired yet.`, "Use the default.");
}

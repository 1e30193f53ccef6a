import type { CheckContext } from "../../../../src/core/checks/check.ts";
import { fitDid } from "../../../../src/core/estimators/did.ts";
import { studentEffect } from "../../../../src/core/inference/effect.ts";
import type { Panel } from "../../../../src/core/panel/panel.ts";
import type { Quality } from "../../../../src/core/panel/quality.ts";
import type { CheckResult } from "../../../../src/core/result.ts";
import { LATENCY, type PlanChanges, planWith, STEP } from "../generated.ts";

export const CLEAN: Quality = {
  missingTreatedPre: 0,
  missingControlPre: 0,
  missingTreatedPost: 0,
  missingControlPost: 0,
  duplicates: 0,
  conflicts: 0,
  rows: 1000,
  resets: 0,
  infinite: 0,
  deadUnits: [],
  frozenUnits: [],
  lateSteps: 0,
  spacing: STEP,
  excluded: [],
};

/** What a check sees of a panel, fitted on the additive scale. */
export function contextOf(
  panel: Panel,
  changes: { readonly plan?: PlanChanges; readonly quality?: Partial<Quality>; readonly margin?: number } = {},
): CheckContext {
  const fit = fitDid(panel, { scale: "additive" });
  if (!fit.ok) throw new Error(fit.refusal.message);
  const { att, variance, dof, method } = fit.value;
  if (variance === null || dof === null) throw new Error("no variance");
  return {
    plan: planWith(changes.plan ?? {}),
    sli: LATENCY,
    panel,
    quality: { ...CLEAN, ...changes.quality },
    preShortenedTo: null,
    fit: fit.value,
    effect: studentEffect({ att, stdError: Math.sqrt(variance), dof, method, clusters: panel.units.length }),
    margin: changes.margin ?? 0,
  };
}

export function present(check: CheckResult | null): CheckResult {
  if (check === null) throw new Error("the check did not apply");
  return check;
}

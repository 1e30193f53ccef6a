import { type DidFit, fitDid } from "../estimators/did.ts";
import type { Panel, PanelWindow } from "../panel/panel.ts";
import { studentTTwoSided } from "../probability/student-t.ts";

/** What a placebo or a leave-one-out needs of a fit: only the estimator's own `fit`, called again on changed data. */
export interface Refit {
  readonly att: number;
  /** |att| / stdError; null without an error. */
  readonly statistic: number | null;
  readonly pValue: number | null;
  readonly dof: number | null;
  readonly stdError: number | null;
}

export function refit(
  panel: Panel,
  fit: DidFit,
  change: { readonly window?: PanelWindow; readonly treated?: readonly number[]; readonly control?: readonly number[] },
): Refit | null {
  const again = fitDid(panel, {
    scale: fit.scale,
    equalOn: fit.equalOn,
    window: change.window ?? fit.window,
    treated: change.treated ?? fit.treated,
    control: change.control ?? fit.control,
    keepStill: true,
  });
  return again.ok ? refitted(again.value) : null;
}

/** What of a fit a placebo needs: its error and p, or its rank where it has no error. */
export function refitted({ att, variance, dof, rankP }: Pick<DidFit, "att" | "variance" | "dof" | "rankP">): Refit {
  if (variance === null || dof === null) return { att, statistic: null, pValue: rankP, dof: null, stdError: null };
  const stdError = Math.sqrt(variance);
  const statistic = Math.abs(att) / stdError;
  return { att, statistic, pValue: studentTTwoSided(statistic, dof), dof, stdError };
}

/** Grid cells that all refits of one check may touch together: about half a second. */
const WORK_BUDGET = 1.5e6;
const FEWEST_REFITS = 8;

/** How many refits of a fit this size a check makes at most. */
export function refitLimit(fit: DidFit, most: number): number {
  const cells = (fit.treated.length + fit.control.length) * fit.window.end;
  return Math.max(FEWEST_REFITS, Math.min(most, Math.floor(WORK_BUDGET / cells)));
}

/** At most `most` of the indexes 0..n-1, spread evenly. */
export function spread(n: number, most: number): number[] {
  if (n <= most) return Array.from({ length: n }, (_, i) => i);
  return Array.from({ length: most }, (_, i) => Math.floor((i * n) / most));
}

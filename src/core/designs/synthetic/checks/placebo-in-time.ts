import { notRun } from "../../../checks/check.ts";
import { type FakeDeploy, judgeFakeDeploys } from "../../../checks/fake-deploys.ts";
import { type DonorFit, FEWEST_BINS } from "../../../estimators/donors/donors.ts";
import { compare } from "../../../estimators/donors/fit.ts";
import { donorTable } from "../../../estimators/donors/table.ts";
import { spacesOf } from "../../../estimators/donors/weights.ts";
import { studentTTwoSided } from "../../../probability/student-t.ts";
import type { CheckResult } from "../../../result.ts";
import type { DonorContext } from "./context.ts";

const ID = "placebo-in-time";
const MOST_PLACEBOS = 10;
/** Grid cells that all fake deploys may touch together. */
const WORK = 1.5e6;
const FEWEST_PLACEBOS = 4;

/**
 * Fake deploys at earlier times, windows side by side, the weights fitted again on what came before each.
 *
 * The error of each is its own doubt from time, widened by the phi of the real one (placebo donors at every fake deploy
 * would cost a fit each).
 */
export function fakeDeploys({ fit, plan }: DonorContext): CheckResult {
  const fakes = fakesOf(fit);
  if (fakes.length === 0) return notRun(ID, "the pre window has no room for a fake deploy", { placebos: 0 });
  return judgeFakeDeploys(fakes, fit.att, plan.alpha);
}

function fakesOf(fit: DonorFit): FakeDeploy[] {
  const { preEnd, postStart, end } = fit.table.window;
  const settle = postStart - preEnd;
  const postSteps = end - postStart;
  const most = Math.max(
    FEWEST_PLACEBOS,
    Math.min(MOST_PLACEBOS, Math.floor(WORK / (fit.table.series.length * preEnd))),
  );
  const found: FakeDeploy[] = [];
  for (let to = preEnd; found.length < most; to -= postSteps + settle) {
    const fakePreEnd = to - postSteps - settle;
    if (fakePreEnd < Math.max(FEWEST_BINS, postSteps + 1)) break;
    const fake = fakeAt(fit, { preEnd: fakePreEnd, postStart: fakePreEnd + settle, end: to });
    if (fake !== null) found.push(fake);
  }
  return found;
}

/** Levels and bins are made anew from what came before the fake deploy; nothing after it is seen. */
function fakeAt(fit: DonorFit, window: DonorFit["table"]["window"]): FakeDeploy | null {
  const { panel, treated, donors, levels, scale } = fit.table;
  const table = donorTable({ panel, window, treated, control: donors, levels, scale });
  const kept = table.donors.map((_, j) => 1 + j);
  if (kept.length < 2 || table.bins.length < FEWEST_BINS) return null;
  const { zeta, zetaLambda, doubt } = fit;
  const one = compare({ table, spaces: spacesOf(table), target: 0, donors: kept, zeta, zetaLambda });
  if (one.time === null || !Number.isFinite(one.effect)) return null;
  const stdError = Math.sqrt(one.time.variance * Math.max(1, doubt.phi));
  const dof = doubt.phi > 1 ? doubt.q : one.time.dof + doubt.q;
  const factor = table.rawFactors[0] as number;
  return { att: one.effect * factor, pValue: studentTTwoSided(one.effect / stdError, dof) };
}

import type { Panel } from "../panel/panel.ts";
import type { Quality } from "../panel/quality.ts";
import { type Check, result } from "./check.ts";

const ID = "coverage";
/** Largest share of treated post cells that may be missing. */
const MOST_MISSING_POST = 0.2;
/** Largest excess of the treated units' missing share over the controls', post minus pre. */
const MOST_DIFFERENCE = 0.1;
const MOST_MISSING_PRE = 0.5;
const MOST_LATE = 0.2;
/** Largest share of rows that another row of the same unit and time contradicts. */
const MOST_CONFLICTS = 0.05;

/**
 * Gaps, late data, dead or frozen units, resets, duplicates, wrong step.
 *
 * Fails when more than 20 % of the treated units' post cells are missing, when they went missing 10 points more than the
 * controls' (a crashing unit does not report), when half of the pre cells are missing, when the last 20 % of the post
 * window has not arrived, or when over 5 % of the rows are contradicted by another row of their unit and time (several
 * series under one name: all but one would be lost, and which one depends on the order of the rows). Thresholds are conventions (docs/method.md section 4).
 */
export const coverage: Check = {
  id: ID,
  question: "Are the data complete enough to compare?",
  run({ panel, quality }) {
    if (panel === null || quality === null) return null;
    const problems = problemsOf(panel, quality);
    const facts = {
      missingTreatedPost: quality.missingTreatedPost,
      missingControlPost: quality.missingControlPost,
      missingPre: worstOf(quality.missingTreatedPre, quality.missingControlPre),
      duplicates: quality.duplicates,
      conflicts: quality.conflicts,
      resets: quality.resets,
      infinite: quality.infinite,
      deadUnits: quality.deadUnits.slice(0, 5),
      frozenUnits: quality.frozenUnits.slice(0, 5),
      lateSteps: quality.lateSteps,
      spacing: quality.spacing,
      step: panel.step,
      droppedUnits: quality.excluded.slice(0, 5).map(({ unit, reason }) => ({ unit, reason })),
      dropped: quality.excluded.length,
      problems,
    };
    const numbers = { required: true, statistic: quality.missingTreatedPost, threshold: MOST_MISSING_POST };
    return result(ID, problems.length === 0, numbers, facts);
  },
};

function problemsOf(panel: Panel, quality: Quality): string[] {
  const problems: string[] = [];
  const { missingTreatedPost, missingControlPost, missingTreatedPre, missingControlPre } = quality;
  const plannedPost = panel.steps - panel.postStart + quality.lateSteps;
  if (quality.lateSteps > MOST_LATE * plannedPost) problems.push("late");
  if ((missingTreatedPost ?? 0) > MOST_MISSING_POST) problems.push("missing-post");
  const treatedRise = (missingTreatedPost ?? 0) - (missingTreatedPre ?? 0);
  const controlRise = (missingControlPost ?? 0) - (missingControlPre ?? 0);
  if (treatedRise - controlRise > MOST_DIFFERENCE) problems.push("missing-difference");
  if ((worstOf(missingTreatedPre, missingControlPre) ?? 0) > MOST_MISSING_PRE) problems.push("missing-pre");
  if (quality.conflicts > MOST_CONFLICTS * quality.rows) problems.push("conflicts");
  if (quality.spacing !== null && quality.spacing > 1.5 * panel.step) problems.push("step");
  return problems;
}

function worstOf(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b);
}

import { wakeGates } from "../gate/wake.ts";
import { amendmentsOf } from "../store/amendments.ts";
import type { AnalysisState } from "../store/analyses.ts";
import { type AnalysisChanges, changeAnalysis, planLook } from "../store/analysis-changes.ts";
import type { JudgeContext, Step } from "./context.ts";

/** What follows from a step. */
export type Next =
  | { readonly kind: "wait"; readonly nextAt: number; readonly changes: AnalysisChanges }
  | {
      readonly kind: "end";
      readonly state: Exclude<AnalysisState, "announced" | "waiting">;
      readonly changes: AnalysisChanges;
      /** What gates and reactions are told about; null: there is no verdict. */
      readonly verdictId: string | null;
    };

/** A step that succeeded forgets what failed before. */
const SETTLED: AnalysisChanges = { attempts: 0, failingSince: null, lastError: null };

export function waitUntil(nextAt: number, changes: AnalysisChanges = {}): Next {
  return { kind: "wait", nextAt, changes: { ...SETTLED, ...changes } };
}

export function ended(
  state: Extract<Next, { kind: "end" }>["state"],
  changes: AnalysisChanges = {},
  verdictId: string | null = null,
): Next {
  return { kind: "end", state, changes: { ...SETTLED, ...changes }, verdictId };
}

type Place = Pick<Step, "analysis" | "amendments" | "now"> & {
  readonly context: Pick<JudgeContext, "database" | "queue">;
};

/** Writes down what follows and sends the jobs for it: all of it, or nothing. */
export async function follow({ context, analysis, amendments, now }: Place, next: Next): Promise<void> {
  const { database, queue } = context;
  const { tenant, environment, id } = analysis;
  const { installationId } = tenant;
  await database.transaction(async (inside) => {
    const end: AnalysisChanges =
      next.kind === "wait"
        ? { nextAt: next.nextAt }
        : { state: next.state, nextAt: null, publishing: null, finishedAt: now };
    const isThere = await changeAnalysis(inside, analysis, { ...next.changes, ...end });
    if (!isThere) return;
    if (next.kind === "wait") {
      const options = { key: id, notBefore: next.nextAt, installationId, inside };
      await queue.send("judge", { analysisId: id }, options);
      if (next.changes.state !== "waiting") return;
      await wakeGates({ queue, inside }, tenant, environment);
      return;
    }
    const { verdictId } = next;
    if (verdictId !== null) {
      await queue.send("react", { verdictId }, { key: verdictId, installationId, inside });
    }
    await wakeGates({ queue, inside }, tenant, environment);
    if (asked(await amendmentsOf(inside, tenant, id)) === asked(amendments)) return;
    // As if they had asked a moment later: the analysis has ended and begins again.
    await planLook(inside, tenant, id, now);
    await queue.send("judge", { analysisId: id }, { key: id, installationId, inside });
  });
}

/** How often people asked for another look; the row is locked by then, so nobody can ask between question and answer. */
function asked(amendments: Step["amendments"]): number {
  return amendments.filter(({ kind }) => kind === "extend" || kind === "rerun").length;
}

import type { KeptResult } from "../../app/judge/desk.ts";
import { resultDigest } from "../../app/judge/digest.ts";
import { publishResult } from "../../app/judge/publish.ts";
import type { ResultDocument } from "../../core/result.ts";
import { buildReport } from "../../report/build.ts";
import { changeAnalysis } from "../store/analysis-changes.ts";
import { addVerdict } from "../store/verdicts.ts";
import { atDesk, type Look } from "./context.ts";
import { ended, type Next } from "./next.ts";

export interface Publishable {
  readonly document: ResultDocument;
  readonly pullRequests: readonly number[];
  readonly rollback: boolean;
  /** It is stored already, and only GitHub has to be told. */
  readonly verdictId?: string;
}

/** Store, check, comment, in this order: whatever is cut off, the next try publishes the stored verdict. */
export async function publish(one: Look, publishable: Publishable): Promise<Next> {
  const { document, pullRequests, rollback } = publishable;
  const { settings, subject, check, due, late } = one;
  const { context } = one.step;
  let verdictId = publishable.verdictId ?? null;
  const step = atDesk(one.step, {
    keepResult: async (result) => {
      verdictId ??= await keepVerdict(one, result);
      return {};
    },
  });
  const publication = { subject, settings, check, pullRequests, rollback };
  const { conclusion } = await publishResult(step.session, publication, document);
  context.metrics.count("deploy_impact_verdicts_total", {
    verdict: document.verdict,
    conclusion: conclusion ?? "none",
  });
  context.metrics.observe("deploy_impact_late_seconds", {}, late.seconds);
  const changes = { look: due, lateSeconds: late.seconds, checkRunId: check.id, checkUrl: check.url };
  return ended("done", changes, verdictId);
}

async function keepVerdict({ step, due, late }: Look, result: KeptResult): Promise<string> {
  const { document, conclusion, context: shown } = result;
  const { context, analysis, now } = step;
  const { id: analysisId, tenant, environment, sha, deployedAt } = analysis;
  return context.database.transaction(async (inside) => {
    const { id } = await addVerdict(inside, tenant, {
      analysisId,
      environment,
      sha,
      deployedAt,
      verdict: document.verdict,
      conclusion,
      mode: document.mode,
      reasonCodes: document.reasonCodes,
      title: buildReport(document, shown).title,
      look: due,
      lateSeconds: late.seconds,
      digest: resultDigest(document, conclusion),
      createdAt: now,
      document,
    });
    await changeAnalysis(inside, analysis, { publishing: id });
    return id;
  });
}

import { loadConfig } from "../../config/load.ts";
import { DeployImpactError } from "../../core/errors.ts";
import type { PlanAmendment } from "../../report/amendments.ts";
import type { ReportContext, Values } from "../../report/context.ts";
import { reactionNotes } from "../react/notes.ts";
import type { Analysis } from "../store/analyses.ts";
import type { Reaction } from "../store/reactions.ts";
import type { StoredVerdict } from "../store/verdicts.ts";

/** How a stored verdict is told on its page: redacted as in its repository's check and comment. */
export function reportContext(
  verdict: StoredVerdict,
  analysis: Analysis,
  given: {
    readonly serverUrl: string;
    readonly amendments: readonly PlanAmendment[];
    readonly reactions: readonly Reaction[];
  },
): ReportContext {
  const { tenant, environment, sha } = verdict;
  const pullRequests = analysis.registered?.pullRequests ?? analysis.event.pullRequests;
  return {
    environment,
    sha,
    repository: tenant.repository,
    serverUrl: given.serverUrl,
    runUrl: null,
    detailsUrl: null,
    configRef: analysis.config?.reference ?? null,
    values: valuesOf(analysis),
    publicRepository: !tenant.isPrivate,
    previous: null,
    batchPullRequests: pullRequests.length > 1 ? pullRequests : [],
    commands: true,
    amendments: given.amendments,
    reactions: reactionNotes(given.reactions),
  };
}

/** What the announced config says; without one, or with one that this release cannot read, the careful answer. */
function valuesOf({ config, environment, tenant }: Analysis): Values {
  if (config === null) return "relative";
  try {
    const { values } = loadConfig({ text: config.text, file: config.path, environment, requireMargins: false });
    return values ?? (tenant.isPrivate ? "full" : "relative");
  } catch (error) {
    if (error instanceof DeployImpactError) return "relative";
    throw error;
  }
}

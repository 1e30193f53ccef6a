import { annotatedTime, checkKey, type Subject } from "../../app/judge/subject.ts";
import type { OtherDeployment } from "../../core/plan.ts";
import type { DeploymentRecord } from "../../github/records.ts";
import type { Analysis } from "../store/analyses.ts";
import type { KnownDeploy } from "../store/analysis-changes.ts";

/** The deployment as judging sees it; everything but the other deployments is in the row. */
export function subjectOf(analysis: Analysis, appId: number, deployments: readonly DeploymentRecord[] | null): Subject {
  const { tenant, sha, environment, deploymentId, event, registered } = analysis;
  return {
    repository: tenant.repository,
    sha,
    environment,
    deploymentId,
    transient: isUnjudged(analysis),
    payload: event.payload,
    url: event.url,
    time: { deployedAt: analysis.deployedAt, source: analysis.deployedAtSource },
    pullRequests: event.pullRequests,
    deployments,
    key: {
      ...checkKey({ checkName: null }, { sha, environment, deploymentId }),
      externalId: analysis.subject,
      appId,
    },
    registered,
  };
}

/** GitHub deploys its own pages there; nobody has metrics of that. */
const PAGES_ENVIRONMENT = "github-pages";

function isUnjudged({ event, environment }: Pick<Analysis, "event" | "environment">): boolean {
  return event.transient || environment === PAGES_ENVIRONMENT;
}

/** A wrong annotation is an error before anything is announced: a wrong time biases everything. */
export function refuseWrongTime({ generation, event }: Pick<Analysis, "generation" | "event">): void {
  // A deployment that became active again has another time than the one its tool wrote down.
  if (generation === 1) annotatedTime(event.payload);
}

/** Deploys that their webhooks told us about, but this one. */
export function witnessedBy(analysis: Analysis, deploys: readonly KnownDeploy[]): readonly OtherDeployment[] {
  return deploys
    .filter(({ id }) => id !== analysis.id)
    .map(({ deploymentId, environment, sha, deployedAt }) => ({
      id: String(deploymentId ?? sha),
      environment,
      sha,
      deployedAt,
    }));
}

import type { SubjectCheck } from "../../app/judge/check.ts";
import { overtaken } from "../../app/judge/endings.ts";
import { warnOf } from "../../app/judge/session.ts";
import type { Settings } from "../../app/judge/settings.ts";
import { DeployImpactError } from "../../core/errors.ts";
import type { OtherDeployment } from "../../core/plan.ts";
import type { DeploymentRecord } from "../../github/records.ts";
import { deploysAround } from "../store/analysis-changes.ts";
import { passOn } from "./check.ts";
import type { Step } from "./context.ts";
import { ended, type Next } from "./next.ts";
import { witnessedBy } from "./subject.ts";

/** Other deploys to the same environment that webhooks told us about, as far as the windows reach; oldest first. */
export async function knownDeploys(
  { context, analysis }: Pick<Step, "context" | "analysis">,
  settings: Settings,
): Promise<readonly OtherDeployment[]> {
  const { environment, deployedAt, tenant } = analysis;
  const from = deployedAt - Math.max(...settings.config.services.map(({ windows }) => windows.pre));
  const to = windowEnd(analysis, settings);
  return witnessedBy(analysis, await deploysAround(context.database, tenant, { environment, from, to }));
}

/** The first deploy after this one and inside its window; null: none is known. */
export function overtaker(
  { deployedAt }: Pick<Step["analysis"], "deployedAt">,
  settings: Settings,
  known: readonly OtherDeployment[],
): OtherDeployment | null {
  const to = windowEnd({ deployedAt }, settings);
  return known.find((other) => other.deployedAt > deployedAt && other.deployedAt <= to) ?? null;
}

function windowEnd({ deployedAt }: Pick<Step["analysis"], "deployedAt">, { config }: Settings): number {
  return deployedAt + Math.max(...config.services.map(({ windows }) => windows.settle + windows.post));
}

/** Of the same environment, newest first. Where GitHub shows none, those that webhooks told us about have to do. */
export async function listed({ analysis, session }: Pick<Step, "analysis" | "session">): Promise<DeploymentRecord[]> {
  const api = session.github.api(analysis.tenant.repository);
  try {
    return await api.listDeployments({ environment: analysis.environment });
  } catch (error) {
    if (!(error instanceof DeployImpactError && error.code === "GITHUB_PERMISSION")) throw error;
    warnOf(session, error);
    return [];
  }
}

/** Two treatments, one effect: the older one gets no number. */
export async function closeOvertaken(
  { session }: Pick<Step, "session">,
  check: SubjectCheck,
  by: OtherDeployment,
): Promise<Next> {
  await overtaken(session, check, by);
  passOn(check);
  return ended("overtaken", { checkRunId: check.id, checkUrl: check.url });
}

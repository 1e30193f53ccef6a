import { readHappenings } from "../../config/deployments-file.ts";
import { parseTime } from "../../config/time.ts";
import type { GithubApi } from "../../github/api.ts";
import { deploymentHistory } from "../../github/deployment-history.ts";
import type { KnownHistory } from "./known.ts";

/** Deployments and incidents of a file; those of another environment than the asked one are not ours. */
export async function knownFromFile(text: string, file: string, environment: string | null): Promise<KnownHistory> {
  const ours = (await readHappenings(text, file)).filter(
    (one) => environment === null || one.environment === null || one.environment === environment,
  );
  return {
    deployments: ours
      .filter(({ reason }) => reason === null)
      .map(({ id, environment: named, from, to }) => ({
        id: id ?? `file-${to}`,
        environment: named ?? "",
        sha: "",
        startedAt: from,
        deployedAt: to,
      })),
    sources: ["file"],
    exclusions: ours.flatMap(({ from, to, reason }) => (reason === null ? [] : [{ from, to, reason }])),
    since: null,
    notes: [],
  };
}

/** Deployments that GitHub knows of. */
export async function knownFromGithub(
  api: Pick<GithubApi, "repository" | "listDeployments" | "listDeploymentStatuses" | "remaining">,
  question: { readonly environment: string | null; readonly from: number; readonly to: number },
): Promise<KnownHistory> {
  const parse = (written: string | number): number | null => {
    const time = parseTime(written);
    return time.ok ? time.value : null;
  };
  const { deployments, since, assumed } = await deploymentHistory(api, { ...question, parseTime: parse });
  const notes = [
    ...(since === null
      ? []
      : [
          `GitHub lists more deployments than one run may read; the history starts after ${new Date(since * 1000).toISOString()}.`,
        ]),
    ...(assumed === 0
      ? []
      : [
          `Of ${assumed} deployments only the time of their creation was read; a roll-out that took longer is not left out.`,
        ]),
  ];
  return { deployments, sources: ["github"], exclusions: [], since, notes };
}

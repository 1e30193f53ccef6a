import type { Database } from "../store/database.ts";
import { knownInstallations, type Reach } from "../store/pages.ts";
import type { Tenant, TenantRepository } from "../tenant.ts";
import type { Asked, GithubProblem, PersonalGithub } from "./github-person.ts";

/** A right that was taken away on GitHub is gone here after this long, milliseconds. */
export const ACCESS_KEPT_MS = 5 * 60_000;
/** People whose access is kept in memory; the one that was asked for longest ago goes first. */
const MOST_KEPT = 1000;

/** What a person may see here is what GitHub says that this person may read, and nothing is remembered for longer. */
export interface Access {
  /** Repositories of installations of the App that the person has explicit access to. */
  readonly reachOf: (session: string, token: string) => Promise<Asked<Reach>>;
  /** The same for one repository; a public one is asked for by name when it is not among them. */
  readonly mayRead: (session: string, token: string, repository: TenantRepository) => Promise<Asked<boolean>>;
  readonly forget: (session: string) => void;
}

interface Kept {
  readonly until: number;
  readonly reach: Promise<Asked<Reach>>;
  readonly others: Map<number, boolean>;
}

export function openAccess(database: Database, github: PersonalGithub, now: () => number): Access {
  const kept = new Map<string, Kept>();
  const keptFor = (session: string, token: string): Kept => {
    const known = kept.get(session);
    if (known !== undefined && known.until > now()) return known;
    const fresh = { until: now() + ACCESS_KEPT_MS, reach: askReach(database, github, token), others: new Map() };
    kept.delete(session);
    kept.set(session, fresh);
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    // An answer that did not come is asked for again by the next request.
    void fresh.reach.then(
      (asked) => !asked.ok && kept.get(session) === fresh && kept.delete(session),
      () => kept.delete(session),
    );
    return fresh;
  };
  return {
    reachOf: (session, token) => keptFor(session, token).reach,
    mayRead: async (session, token, repository) => {
      const { reach, others } = keptFor(session, token);
      const asked = await reach;
      if (!asked.ok) return asked;
      if (asked.value.some((one) => isSame(one, repository))) return { ok: true, value: true };
      if (repository.isPrivate) return { ok: true, value: false };
      const known = others.get(repository.repositoryId);
      if (known !== undefined) return { ok: true, value: known };
      const found = await github.repository(token, repository.repository);
      if (!found.ok) return isRefusal(found.problem) ? { ok: true, value: false } : found;
      others.set(repository.repositoryId, found.value === repository.repositoryId);
      return { ok: true, value: found.value === repository.repositoryId };
    },
    forget: (session) => void kept.delete(session),
  };
}

function isSame(a: Tenant, b: Tenant): boolean {
  return a.repositoryId === b.repositoryId && a.installationId === b.installationId;
}

/** A status that says no to this one repository, such as one that is blocked. */
function isRefusal(problem: GithubProblem): boolean {
  return problem.kind === "unavailable" && problem.detail.startsWith("status 4");
}

async function askReach(database: Database, github: PersonalGithub, token: string): Promise<Asked<Reach>> {
  const installations = await github.installations(token);
  if (!installations.ok) return installations;
  const reach: Tenant[] = [];
  for (const installationId of await knownInstallations(database, installations.value)) {
    const repositories = await github.repositories(token, installationId);
    if (!repositories.ok) return repositories;
    reach.push(...repositories.value.map((repositoryId) => ({ installationId, repositoryId })));
  }
  return { ok: true, value: reach };
}

import { DeployImpactError } from "../core/errors.ts";
import type { CheckUpdate, GithubApi } from "./api.ts";
import { createOnce } from "./create-once.ts";
import type { CheckRunRecord } from "./records.ts";

/** Name that GitHub gives to the app behind a job's own token. */
export const ACTIONS_APP = "github-actions";

const EXTERNAL_ID_VERSION = "di1";

/** Where a check is and how it is found again. */
export interface CheckKey {
  readonly sha: string;
  readonly name: string;
  readonly externalId: string;
  /** The App that writes; left out: the one behind a job's own token. */
  readonly appId?: number;
}

/** Nothing variable but the environment: required checks are matched by their exact name. */
export function checkNameOf(environment: string): string {
  return `Deploy impact / ${environment}`;
}

export function externalIdOf(deploymentId: number | null, sha: string, environment: string): string {
  return `${EXTERNAL_ID_VERSION}:${deploymentId ?? sha.slice(0, 7)}:${environment}`;
}

export interface ExternalId {
  /** Deployment id, or the first seven digits of the commit. */
  readonly subject: string;
  readonly environment: string;
}

/** null: not one of ours. */
export function parseExternalId(externalId: string | null): ExternalId | null {
  const [version, subject, ...environment] = (externalId ?? "").split(":");
  if (version !== EXTERNAL_ID_VERSION || !subject || environment.length === 0) return null;
  return { subject, environment: environment.join(":") };
}

/**
 * Newest first. An App knows only its own; with a job's token its own app comes before others (a custom `github-token`
 * writes under its own app).
 */
export async function findChecks(api: Pick<GithubApi, "listCheckRuns">, key: CheckKey): Promise<CheckRunRecord[]> {
  const runs = await api.listCheckRuns({ ref: key.sha, name: key.name });
  const ours = runs.filter((run) => run.name === key.name && run.externalId === key.externalId);
  const own = ours.filter((run) => isOwn(run, key));
  return (own.length > 0 || key.appId !== undefined ? own : ours).toSorted((a, b) => b.id - a.id);
}

function isOwn(run: Pick<CheckRunRecord, "appSlug" | "appId">, { appId }: CheckKey): boolean {
  return appId === undefined ? run.appSlug === ACTIONS_APP : run.appId === appId;
}

type CheckPort = Pick<GithubApi, "listCheckRuns" | "createCheckRun" | "updateCheckRun">;

/** The check that this run writes into. */
export interface HeldCheck {
  readonly id: number;
  readonly completed: boolean;
  /** As found; null when this run created it. */
  readonly found: CheckRunRecord | null;
  readonly appSlug: string | null;
  readonly url: string | null;
}

export interface CheckOptions {
  /** What a new check says. */
  readonly initial: CheckUpdate;
  /** A completed check is not used again. */
  readonly fresh: boolean;
  /** Completed checks up to this id are not used again. */
  readonly after?: number;
  readonly found?: readonly CheckRunRecord[];
}

/**
 * Finds or creates the check of `key`. An open one is used as it is. A completed one cannot be reopened: a person who
 * pressed "Re-run" (`fresh`) gets a new one, a repeated delivery of the same event gets the old one back, so that it
 * can see that nothing has changed. `found` saves the look-up when it was already made.
 */
export async function holdCheck(api: CheckPort, key: CheckKey, options: CheckOptions): Promise<HeldCheck> {
  const existing = options.found ?? (await findChecks(api, key));
  const open = existing.find((run) => !run.completed);
  const usable = open ?? (options.fresh ? undefined : existing.find(({ id }) => id > (options.after ?? 0)));
  if (usable !== undefined) return held(usable, usable);
  const known = new Set(existing.map((run) => run.id));
  const created = await createOnce(
    () => api.createCheckRun({ ...options.initial, name: key.name, headSha: key.sha, externalId: key.externalId }),
    async () => (await findChecks(api, key)).find((run) => !known.has(run.id)) ?? null,
  );
  return held(created, null);
}

function held(run: CheckRunRecord, found: CheckRunRecord | null): HeldCheck {
  return { id: run.id, completed: run.completed, found, appSlug: run.appSlug, url: run.url };
}

/**
 * Writes `update` into the held check, or leaves it when it says so already. A check that belongs to another app
 * cannot be changed; then our own is created beside it.
 */
export async function writeCheck(
  api: CheckPort,
  key: CheckKey,
  check: HeldCheck,
  update: CheckUpdate,
): Promise<HeldCheck> {
  if (check.found !== null && saysAlready(check.found, update)) return check;
  try {
    const run = await api.updateCheckRun(check.id, update);
    return { ...held(run, check.found), appSlug: run.appSlug };
  } catch (error) {
    const foreign = check.found !== null && !isOwn(check.found, key);
    if (!(foreign && error instanceof DeployImpactError && error.code === "GITHUB_PERMISSION")) throw error;
    return holdCheck(api, key, { initial: update, fresh: true, found: [] });
  }
}

function saysAlready(found: CheckRunRecord, update: CheckUpdate): boolean {
  return (
    found.completed === (update.conclusion !== undefined) &&
    found.conclusion === (update.conclusion ?? null) &&
    found.title === update.output.title &&
    found.summary === update.output.summary &&
    (found.text ?? "") === (update.output.text ?? "")
  );
}

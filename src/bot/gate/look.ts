import { loadConfig } from "../../config/load.ts";
import { DeployImpactError } from "../../core/errors.ts";
import type { GithubApi } from "../../github/api.ts";
import { DEFAULT_CONFIG_PATH, readConfigFile } from "../../github/config-file.ts";
import { amendmentsOf } from "../store/amendments.ts";
import { type Analysis, findAnalysis, listAnalyses } from "../store/analyses.ts";
import type { Database } from "../store/database.ts";
import type { Gate } from "../store/gates.ts";
import { latestVerdict } from "../store/verdicts.ts";
import type { GateSight } from "./decide.ts";
import type { Look, Rules } from "./move.ts";

type LookPort = Pick<GithubApi, "getFile" | "compare">;

/** The look itself failed, after its rules had been read or before. */
export interface FailedLook extends Rules {
  readonly error: unknown;
}

/** What the gate's config says now, and what is known of the environment that it watches. */
export async function lookAround(database: Database, api: LookPort, gate: Gate): Promise<Look | FailedLook> {
  let rules: Rules = { config: null, mode: "enforcing" };
  try {
    const file = await readConfigFile(api, DEFAULT_CONFIG_PATH, null);
    if (file === null) return { ...rules, sight: { kind: "unset", hasConfig: false }, analysisId: null };
    const { gate: config, mode } = loadConfig({ text: file.text, file: file.path, environment: gate.environment });
    rules = { config, mode };
    if (config === null) return { ...rules, sight: { kind: "unset", hasConfig: true }, analysisId: null };
    const analysis = await analysisFor(database, api, gate, config.watches);
    if (analysis === null) return { ...rules, sight: { kind: "unknown" }, analysisId: null };
    return { ...rules, sight: await sightOf(database, analysis), analysisId: analysis.id };
  } catch (error) {
    return { ...rules, error };
  }
}

/** Deployments of the same commit that are looked through; a redeploy makes another one. */
const SAME_COMMIT = 10;

/** The newest analysis of the commit itself, else the one of the deployment that carried it there. */
async function analysisFor(
  database: Database,
  api: Pick<LookPort, "compare">,
  gate: Gate,
  environment: string,
): Promise<Analysis | null> {
  const same = await listAnalyses(database, gate.tenant, { environment, sha: gate.sha }, SAME_COMMIT);
  const judged = same.find(({ state }) => state !== "cancelled") ?? same[0];
  if (judged !== undefined) return judged;
  const known = gate.analysisId === null ? null : await findAnalysis(database, gate.tenant, gate.analysisId);
  if (known?.environment === environment) return known;
  return carrierOf(database, api, gate, environment);
}

/** Deployments that are compared with the commit; one request each. */
const COMPARISONS = 4;

/**
 * The oldest of the latest deployments that contains the commit: later ones contain it too, and what they changed is
 * not its doing.
 */
async function carrierOf(
  database: Database,
  api: Pick<LookPort, "compare">,
  gate: Gate,
  environment: string,
): Promise<Analysis | null> {
  let carrier: Analysis | null = null;
  for (const analysis of await listAnalyses(database, gate.tenant, { environment }, COMPARISONS)) {
    if (!(await contains(api, analysis.sha, gate.sha))) break;
    carrier = analysis;
  }
  return carrier;
}

async function contains(api: Pick<LookPort, "compare">, deployed: string, commit: string): Promise<boolean> {
  try {
    const { status } = await api.compare(commit, deployed);
    return status === "ahead" || status === "identical";
  } catch (error) {
    // One of the two is gone: a branch was rewritten.
    if (error instanceof DeployImpactError && error.code === "GITHUB_NOT_FOUND") return false;
    throw error;
  }
}

async function sightOf(database: Database, analysis: Analysis): Promise<GateSight> {
  const { state, checkUrl: url } = analysis;
  switch (state) {
    case "announced":
      return { kind: "pending", readyAt: null, url };
    case "waiting":
      return { kind: "pending", readyAt: analysis.nextAt, url };
    case "overtaken":
    case "given-up":
    case "cancelled":
      return { kind: "ended", how: state, url };
    case "done":
      return judgedSight(database, analysis);
  }
}

async function judgedSight(database: Database, { id, tenant, checkUrl: url }: Analysis): Promise<GateSight> {
  const stored = await latestVerdict(database, tenant, id);
  // Retention took the verdict: what is left says nothing about the deploy.
  if (stored === null) return { kind: "ended", how: "cancelled", url };
  const answered = (await amendmentsOf(database, tenant, id)).findLast(({ kind }) => kind === "acknowledge");
  const { verdict, title } = stored;
  return { kind: "judged", verdict, title, url, acknowledgedBy: answered?.actor ?? null };
}

import type { Analyst, GithubConnection, JudgeInputs } from "../../app/judge/desk.ts";
import { appLogin, once, type Session } from "../../app/judge/session.ts";
import { lookTimes, planServices } from "../../app/plan.ts";
import { runAnalysis } from "../../app/run.ts";
import { loadConfig } from "../../config/load.ts";
import { DEFAULT_CONFIG_PATH, readConfigFile } from "../../github/config-file.ts";
import type { Ports } from "../../ports.ts";
import type { PlanAmendment } from "../../report/amendments.ts";
import type { Analysis } from "../store/analyses.ts";
import type { JudgeContext } from "./context.ts";
import { botDesk } from "./desk.ts";

const ANALYST: Analyst = {
  loadConfig,
  lookTimes,
  plansOf: (config, trigger, now) => planServices(config, trigger, now).map(({ plan }) => plan),
  runAnalysis,
};

/** The bot is asked by the config alone; what people ask for later is an amendment. */
const INPUTS: JudgeInputs = {
  config: DEFAULT_CONFIG_PATH,
  environment: null,
  deployedAt: null,
  sha: null,
  pullRequest: null,
  mode: null,
  failOn: null,
  comment: null,
  checkName: null,
  wait: 0,
  seed: null,
  dryRun: false,
};

export interface SessionParts {
  readonly analysis: Analysis;
  readonly amendments: readonly PlanAmendment[];
  readonly connection: GithubConnection;
  readonly ports: Ports;
}

export function botSession(context: Pick<JudgeContext, "version" | "settings" | "log">, parts: SessionParts): Session {
  const { analysis, amendments, connection, ports } = parts;
  const { tenant, environment, id } = analysis;
  const api = connection.api(tenant.repository);
  const log = context.log.child({ repository: tenant.repository, environment, analysis: id });
  return {
    inputs: INPUTS,
    desk: botDesk({ settings: context.settings, log, analysis, amendments }),
    ports,
    analyst: ANALYST,
    version: context.version,
    github: connection,
    readConfig: once(() => readConfigFile(api, DEFAULT_CONFIG_PATH, analysis.defaultBranch)),
    isPublic: async () => !tenant.isPrivate,
    loginOf: async (appSlug) => appLogin(appSlug),
  };
}

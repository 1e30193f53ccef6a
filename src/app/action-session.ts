import type { GithubApi } from "../github/api.ts";
import { readConfigFile } from "../github/config-file.ts";
import { type RunnerContext, repositoryFacts } from "../github/event.ts";
import { actionDesk } from "./action-desk.ts";
import type { ActionPorts } from "./action-host.ts";
import type { ActionInputs } from "./action-inputs.ts";
import type { GithubConnection } from "./judge/desk.ts";
import { appLogin, once, type Session, visibilityReader } from "./judge/session.ts";

/** What the steps of one run of the Action share. */
export interface ActionSession extends Session {
  readonly context: RunnerContext;
  /** The workflow's own repository: the config and its visibility come from here. */
  readonly home: GithubApi;
}

export function startSession(action: ActionPorts, inputs: ActionInputs, github: GithubConnection): ActionSession {
  const { context, ports, analyst, version } = action;
  const home = github.api(context.repository);
  const facts = repositoryFacts(context.payload);
  return {
    context,
    ports,
    analyst,
    version,
    inputs,
    github,
    home,
    desk: actionDesk(action, inputs),
    readConfig: once(() => readConfigFile(home, inputs.config, facts.defaultBranch)),
    isPublic: visibilityReader(github, home.repository, facts.isPrivate),
    loginOf: loginReader(home, inputs.token),
  };
}

/** Tokens of people start like this; all others belong to apps. */
const PERSONAL_TOKEN = /^(ghp_|github_pat_|gho_|ghu_)/;

function loginReader(home: Pick<GithubApi, "getLogin">, token: string): Session["loginOf"] {
  const personal = once(() => home.getLogin());
  return async (appSlug) => (PERSONAL_TOKEN.test(token) ? personal() : appLogin(appSlug));
}

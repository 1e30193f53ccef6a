import { DeployImpactError } from "../core/errors.ts";
import type { OutputName } from "../github/action-contract.ts";
import type { GithubApi } from "../github/api.ts";
import { ACTIONS_APP } from "../github/checks.ts";
import { type ConfigFile, readConfigFile } from "../github/config-file.ts";
import { repositoryFacts } from "../github/event.ts";
import { SUMMARY_BYTES } from "../github/limits.ts";
import type { OpenCheck } from "../github/state.ts";
import type { Conclusion } from "../report/conclusion.ts";
import { type ActionPorts, type GithubConnection, STATE } from "./action-host.ts";
import type { ActionInputs } from "./action-inputs.ts";
import { internalErrorCode } from "./internal-error.ts";

/** How one judged deployment ended. */
export interface Ending {
  /** null: the check stays open. */
  readonly conclusion: Conclusion | null;
  readonly outputs: Partial<Record<OutputName, string>>;
}

/** What the steps of one run share. */
export interface Session extends ActionPorts {
  readonly inputs: ActionInputs;
  readonly github: GithubConnection;
  /** The workflow's own repository: the config and its visibility come from here. */
  readonly home: GithubApi;
  readonly readConfig: () => Promise<ConfigFile | null>;
  /**
   * True when everybody can read what is said about a deploy of `repository`: there, or in the log and the outputs of
   * the workflow's own repository. True as well when nobody could find out.
   */
  readonly isPublic: (repository: string) => Promise<boolean>;
  /** Login under which this token writes comments. */
  readonly loginOf: (appSlug: string | null) => Promise<string>;
  readonly openChecks: OpenChecks;
  /** Bytes that the job summary may still grow by. */
  readonly summaryLeft: () => number;
}

/** Epoch seconds. */
export function nowOf(session: Pick<ActionPorts, "ports">): number {
  return session.ports.now() / 1000;
}

export function startSession(action: ActionPorts, inputs: ActionInputs, github: GithubConnection): Session {
  const home = github.api(action.context.repository);
  const facts = repositoryFacts(action.context.payload);
  const summary = meteredSummary(action.host);
  return {
    ...action,
    host: { ...action.host, appendSummary: summary.append },
    summaryLeft: summary.left,
    inputs,
    github,
    home,
    readConfig: once(() => readConfigFile(home, inputs.config, facts.defaultBranch)),
    isPublic: visibilityReader(github, home, facts.isPrivate),
    loginOf: loginReader(home, inputs.token),
    openChecks: new OpenChecks(action.host),
  };
}

/** One run may finish several checks, and GitHub drops a step's whole summary when all of it together is too large. */
function meteredSummary(host: Pick<ActionPorts["host"], "appendSummary">) {
  let written = 0;
  return {
    left: () => Math.max(0, SUMMARY_BYTES - written),
    append: async (markdown: string): Promise<void> => {
      written += Buffer.byteLength(markdown, "utf8") + 1;
      await host.appendSummary(markdown);
    },
  };
}

function once<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | null = null;
  return () => {
    reading ??= read();
    return reading;
  };
}

function visibilityReader(
  github: GithubConnection,
  home: GithubApi,
  known: boolean | null,
): (repository: string) => Promise<boolean> {
  const asked = new Map<string, Promise<boolean>>();
  if (known !== null) asked.set(home.repository, Promise.resolve(known));
  const isPrivate = (repository: string): Promise<boolean> => {
    const answer = asked.get(repository) ?? askPrivate(github.api(repository));
    asked.set(repository, answer);
    return answer;
  };
  return async (repository) => !((await isPrivate(home.repository)) && (await isPrivate(repository)));
}

async function askPrivate(api: GithubApi): Promise<boolean> {
  try {
    return await api.isPrivate();
  } catch {
    return false;
  }
}

/** Tokens of people start like this; all others belong to apps, which sign as `<slug>[bot]`. */
const PERSONAL_TOKEN = /^(ghp_|github_pat_|gho_|ghu_)/;

function loginReader(home: GithubApi, token: string): (appSlug: string | null) => Promise<string> {
  const personal = once(() => home.getLogin());
  return async (appSlug) => (PERSONAL_TOKEN.test(token) ? personal() : `${appSlug ?? ACTIONS_APP}[bot]`);
}

/** Tells the post process which check runs it has to close if this process does not come to it. */
export class OpenChecks {
  readonly #host: Pick<ActionPorts["host"], "saveState">;
  readonly #open = new Map<number, OpenCheck>();

  constructor(host: Pick<ActionPorts["host"], "saveState">) {
    this.#host = host;
  }

  opened(check: OpenCheck): void {
    if (this.#open.has(check.id)) return;
    this.#open.set(check.id, check);
    this.#save();
  }

  /** Completed, or left open on purpose for a later run. */
  settled(id: number): void {
    if (this.#open.delete(id)) this.#save();
  }

  #save(): void {
    this.#host.saveState(STATE.openChecks, JSON.stringify([...this.#open.values()]));
  }
}

/** Any thrown thing as the one error class; what we did not expect is a bug with a code that can be reported. */
export function asError(error: unknown): DeployImpactError {
  if (error instanceof DeployImpactError) return error;
  const name = error instanceof Error ? error.name : typeof error;
  const code = internalErrorCode(error);
  // Without the message of the error: it may quote data, and everybody may read the check.
  return new DeployImpactError("INTERNAL", `Internal error ${code} (${name}).`, {
    hint: `This is a bug in deploy-impact; please report it with the code ${code} and the version, debug logging shows the stack.`,
    cause: error,
  });
}

/** Says a failure that does not stop the run, with the setting that cures it. */
export function warnOf(session: Pick<ActionPorts, "host">, error: unknown): void {
  const known = asError(error);
  session.host.warning(`${known.message} ${known.hint}`);
  if (known.code === "INTERNAL" && known.cause instanceof Error)
    session.host.debug(known.cause.stack ?? known.cause.message);
}

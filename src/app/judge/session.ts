import { DeployImpactError } from "../../core/errors.ts";
import type { GithubApi } from "../../github/api.ts";
import { ACTIONS_APP } from "../../github/checks.ts";
import type { ConfigFile } from "../../github/config-file.ts";
import type { Ports } from "../../ports.ts";
import type { Conclusion } from "../../report/conclusion.ts";
import { internalErrorCode } from "../internal-error.ts";
import type { Analyst, Desk, GithubConnection, JudgeInputs, Narrator, Outputs } from "./desk.ts";

/** How one judged deployment ended. */
export interface Ending {
  /** null: the check stays open. */
  readonly conclusion: Conclusion | null;
  readonly outputs: Outputs;
}

/** What the steps of one run share. */
export interface Session {
  readonly inputs: JudgeInputs;
  readonly desk: Desk;
  readonly ports: Ports;
  readonly analyst: Analyst;
  /** Version of deploy-impact. */
  readonly version: string;
  readonly github: GithubConnection;
  readonly readConfig: () => Promise<ConfigFile | null>;
  /**
   * True when everybody can read what is said about a deploy of `repository`: there, or in the log and the outputs of
   * the repository that the config comes from. True as well when nobody could find out.
   */
  readonly isPublic: (repository: string) => Promise<boolean>;
  /** Login under which this token writes comments. */
  readonly loginOf: (appSlug: string | null) => Promise<string>;
}

/** Epoch seconds. */
export function nowOf(session: { readonly ports: Pick<Ports, "now"> }): number {
  return session.ports.now() / 1000;
}

export function once<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | null = null;
  return () => {
    reading ??= read();
    return reading;
  };
}

export function visibilityReader(
  github: Pick<GithubConnection, "api">,
  home: string,
  known: boolean | null,
): (repository: string) => Promise<boolean> {
  const asked = new Map<string, Promise<boolean>>();
  if (known !== null) asked.set(home, Promise.resolve(known));
  const isPrivate = (repository: string): Promise<boolean> => {
    const answer = asked.get(repository) ?? askPrivate(github.api(repository));
    asked.set(repository, answer);
    return answer;
  };
  return async (repository) => !((await isPrivate(home)) && (await isPrivate(repository)));
}

async function askPrivate(api: Pick<GithubApi, "isPrivate">): Promise<boolean> {
  try {
    return await api.isPrivate();
  } catch {
    return false;
  }
}

/** The name under which an App writes comments. */
export function appLogin(appSlug: string | null): string {
  return `${appSlug ?? ACTIONS_APP}[bot]`;
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

type Warner = { readonly desk: { readonly narrator: Pick<Narrator, "warning" | "debug"> } };

/** Says a failure that does not stop the run, with the setting that cures it. */
export function warnOf({ desk: { narrator } }: Warner, error: unknown): void {
  const known = asError(error);
  narrator.warning(`${known.message} ${known.hint}`);
  if (known.code === "INTERNAL" && known.cause instanceof Error)
    narrator.debug(known.cause.stack ?? known.cause.message);
}

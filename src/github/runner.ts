import { appendFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import * as core from "@actions/core";
import type { FilePosition } from "../core/errors.ts";
import type { RunnerContext } from "./event.ts";

/** Where the public service answers; everything else comes from the environment (Enterprise Server, data residency). */
export const DEFAULT_API_URL = "https://api.github.com";
export const DEFAULT_SERVER_URL = "https://github.com";

type Environment = Readonly<Record<string, string | undefined>>;

/** What the runner offers to a step, as values and one-method functions. */
export interface ActionHost {
  readonly input: (name: string) => string;
  readonly setOutput: (name: string, value: string) => void;
  readonly saveState: (name: string, value: string) => void;
  readonly getState: (name: string) => string;
  readonly setSecret: (value: string) => void;
  readonly info: (message: string) => void;
  readonly debug: (message: string) => void;
  readonly warning: (message: string) => void;
  /** An annotation, on its line when it has one. */
  readonly error: (message: string, position?: FilePosition) => void;
  /** Makes the step fail. */
  readonly fail: () => void;
  readonly appendSummary: (markdown: string) => Promise<void>;
  readonly writeFile: (path: string, text: string) => Promise<void>;
  readonly removeFolder: (path: string) => Promise<void>;
  /** The runner's temporary folder; emptied after the job. */
  readonly tempFolder: string;
  /** Where the repository is checked out, if it is. */
  readonly workspace: string;
}

/** The real runner, behind its toolkit. */
export function createHost(env: Environment): ActionHost {
  return {
    input: (name) => core.getInput(name),
    setOutput: core.setOutput,
    saveState: core.saveState,
    getState: core.getState,
    setSecret: core.setSecret,
    info: core.info,
    debug: core.debug,
    warning: (message) => core.warning(message),
    error: (message, position) => core.error(message, position === undefined ? {} : annotation(position)),
    fail: () => {
      process.exitCode = core.ExitCode.Failure;
    },
    appendSummary: (markdown) => appendSummary(env.GITHUB_STEP_SUMMARY, markdown),
    writeFile: async (target, text) => {
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(target, text);
    },
    removeFolder: (folder) => rm(folder, { recursive: true, force: true }),
    tempFolder: env.RUNNER_TEMP || process.cwd(),
    workspace: env.GITHUB_WORKSPACE || process.cwd(),
  };
}

function annotation({ file, line, column }: FilePosition): core.AnnotationProperties {
  return {
    file,
    ...(line === undefined ? {} : { startLine: line }),
    ...(column === undefined ? {} : { startColumn: column }),
  };
}

/** Built as text and measured before it comes here; the runner's own buffer hides its size. */
async function appendSummary(file: string | undefined, markdown: string): Promise<void> {
  if (!file) return;
  await appendFile(file, markdown.endsWith("\n") ? markdown : `${markdown}\n`);
}

/** The run as the environment describes it. Never throws, so that a broken event is reported like everything else. */
export async function readContext(env: Environment): Promise<RunnerContext> {
  return {
    eventName: env.GITHUB_EVENT_NAME ?? "",
    ...(await readPayload(env.GITHUB_EVENT_PATH)),
    repository: env.GITHUB_REPOSITORY ?? "",
    sha: env.GITHUB_SHA ?? "",
    actor: env.GITHUB_ACTOR ?? "",
    runId: env.GITHUB_RUN_ID ?? "0",
    runAttempt: Number(env.GITHUB_RUN_ATTEMPT ?? "1"),
    apiUrl: env.GITHUB_API_URL || DEFAULT_API_URL,
    serverUrl: (env.GITHUB_SERVER_URL || DEFAULT_SERVER_URL).replace(/\/+$/, ""),
    action: env.GITHUB_ACTION_REPOSITORY
      ? { repository: env.GITHUB_ACTION_REPOSITORY, ref: env.GITHUB_ACTION_REF ?? "" }
      : null,
  };
}

async function readPayload(file: string | undefined): Promise<Pick<RunnerContext, "payload" | "payloadProblem">> {
  if (!file) return { payload: {} };
  try {
    return { payload: JSON.parse(await readFile(file, "utf8")) };
  } catch (error) {
    const why = error instanceof SyntaxError ? "is not JSON" : "cannot be read";
    return { payload: {}, payloadProblem: `The file of the event (GITHUB_EVENT_PATH) ${why}.` };
  }
}

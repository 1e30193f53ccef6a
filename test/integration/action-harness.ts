/** One run of the Action inside this process: the real client and use cases, a stand-in GitHub, a clock that the test turns. */

import { runAction } from "../../src/app/action.ts";
import { runPost } from "../../src/app/action-post.ts";
import type { Analyst } from "../../src/app/judge/desk.ts";
import { lookTimes, planServices } from "../../src/app/plan.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { FilePosition } from "../../src/core/errors.ts";
import type { ResultDocument } from "../../src/core/result.ts";
import { INPUTS } from "../../src/github/action-contract.ts";
import { apiFor } from "../../src/github/api.ts";
import { connect } from "../../src/github/client.ts";
import type { RunnerContext } from "../../src/github/event.ts";
import type { ActionHost } from "../../src/github/runner.ts";
import type { Ports } from "../../src/ports.ts";
import { deploymentBody, type GithubStandIn, type StandInDeployment } from "./github-stand-in.ts";

export const SHA = "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678";
export const DEPLOYED_AT = Date.UTC(2026, 10, 20, 13, 0, 0);

/** Pre 24h, settle 5m, post 1h, step 1m by default. */
export const CONFIG = `version: 1
source: { type: prometheus, url: "https://prometheus.example.com", token-env: PROM_TOKEN }
units: { label: zone, treated: { match: { zone: [eu-1, eu-2] } }, control: { match: { zone: [us-1, us-2] } } }
slis:
  - { id: error-rate, kind: gauge, query: sum by (zone) (errors), worse: up, margin: 5% }
`;

export const CONFIG_PATH = ".github/deploy-impact.yml";

export interface RunOptions {
  readonly event?: string;
  readonly payload?: unknown;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly now?: number;
  readonly attempt?: number;
  readonly runId?: string;
  readonly document?: ResultDocument | (() => Promise<ResultDocument>);
  readonly token?: string;
  readonly apiUrl?: string;
  readonly action?: RunnerContext["action"];
  /** Filled while the run lasts, for a run that never ends. */
  readonly state?: Record<string, string>;
}

export interface RunRecord {
  readonly outputs: Record<string, string>;
  readonly state: Record<string, string>;
  readonly secrets: string[];
  readonly info: string[];
  readonly warnings: string[];
  readonly errors: { readonly message: string; readonly position: FilePosition | undefined }[];
  readonly summary: string[];
  readonly written: Record<string, string>;
  readonly removed: string[];
  readonly sleeps: number[];
  readonly failed: boolean;
  readonly host: ActionHost;
  readonly context: RunnerContext;
  readonly ports: Ports;
}

interface Recorder extends Omit<RunRecord, "failed" | "context" | "ports"> {
  failed: boolean;
}

function record(inputs: Readonly<Record<string, string>>, state: Record<string, string> = {}): Recorder {
  const recorder: Omit<Recorder, "host"> = {
    outputs: {},
    state,
    secrets: [],
    info: [],
    warnings: [],
    errors: [],
    summary: [],
    written: {},
    removed: [],
    sleeps: [],
    failed: false,
  };
  const whole = recorder as Recorder;
  const host: ActionHost = {
    input: (name) => inputs[name] ?? "",
    setOutput: (name, value) => {
      whole.outputs[name] = value;
    },
    saveState: (name, value) => {
      whole.state[name] = value;
    },
    getState: (name) => whole.state[name] ?? "",
    setSecret: (value) => void whole.secrets.push(value),
    info: (message) => void whole.info.push(message),
    debug: () => undefined,
    warning: (message) => void whole.warnings.push(message),
    error: (message, position) => void whole.errors.push({ message, position }),
    fail: () => {
      whole.failed = true;
    },
    appendSummary: async (markdown) => void whole.summary.push(markdown),
    writeFile: async (path, text) => {
      whole.written[path] = text;
    },
    removeFolder: async (path) => void whole.removed.push(path),
    tempFolder: "/runner/temp",
    workspace: "/runner/workspace",
  };
  return Object.assign(whole, { host });
}

function defaultInputs(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(INPUTS).map(([name, spec]) => [
      name,
      name === "github-token" ? "ghs_token" : "default" in spec ? spec.default : "",
    ]),
  );
}

export async function runOn(github: GithubStandIn, options: RunOptions = {}): Promise<RunRecord> {
  const recorder = record({ ...defaultInputs(), ...options.inputs }, options.state);
  let now = options.now ?? DEPLOYED_AT + 2 * 3_600_000;
  const ports: Ports = {
    now: () => now,
    sleep: async (ms) => {
      recorder.sleeps.push(ms);
      now += ms;
    },
    env: options.env ?? {},
    fetch: globalThis.fetch,
    log: { debug: () => undefined, info: recorder.host.info, warning: recorder.host.warning },
    random: () => 0.5,
  };
  const context: RunnerContext = {
    eventName: options.event ?? "deployment_status",
    payload: options.payload ?? {},
    repository: github.state.repository,
    sha: SHA,
    actor: "someone",
    runId: options.runId ?? "42",
    runAttempt: options.attempt ?? 1,
    apiUrl: options.apiUrl ?? github.url,
    serverUrl: "https://github.example",
    action: options.action ?? null,
  };
  await runAction({
    host: recorder.host,
    context,
    ports,
    analyst: analyst(options.document),
    connect: connector(github, ports),
    version: "1.4.0",
  });
  return Object.assign(recorder, { context, ports });
}

export function connector(github: GithubStandIn, ports: Pick<Ports, "log" | "sleep">) {
  return (token: string) => {
    const client = connect({ token, apiUrl: github.url, log: ports.log, sleep: ports.sleep, secondMs: 1 });
    return { api: (repository: string) => apiFor(client, repository), requests: client.requests };
  };
}

/** The post process of the same step. */
export async function postOf(github: GithubStandIn, run: RunRecord): Promise<void> {
  await runPost({ host: run.host, connect: connector(github, run.ports) });
}

/** The post process of a step whose main process left only `state`. */
export async function postAfter(
  github: GithubStandIn,
  state: Record<string, string>,
): Promise<Pick<RunRecord, "removed" | "warnings">> {
  const recorder = record(defaultInputs(), state);
  const log = { debug: () => undefined, info: recorder.host.info, warning: recorder.host.warning };
  await runPost({ host: recorder.host, connect: connector(github, { log, sleep: async () => undefined }) });
  return recorder;
}

function analyst(document: RunOptions["document"]): Analyst {
  return {
    loadConfig,
    lookTimes,
    plansOf: (config, trigger, now) => planServices(config, trigger, now).map(({ plan }) => plan),
    runAnalysis: async (_config, trigger) => {
      if (document === undefined) throw new Error("this run must not analyse");
      const made = typeof document === "function" ? await document() : document;
      return {
        ...made,
        deployment: {
          ...made.deployment,
          id: trigger.deploymentId,
          environment: trigger.environment,
          sha: trigger.sha,
          deployedAt: new Date(trigger.deployedAt * 1000).toISOString(),
          deployedAtSource: trigger.deployedAtSource,
          pullRequests: trigger.pullRequests,
        },
      };
    },
  };
}

export function deployment(more: Partial<StandInDeployment> = {}): StandInDeployment {
  const at = new Date(DEPLOYED_AT).toISOString();
  return {
    id: 1234567,
    sha: SHA,
    environment: "production",
    createdAt: new Date(DEPLOYED_AT - 60_000).toISOString(),
    statuses: [{ state: "success", at }],
    ...more,
  };
}

/** The payload of `deployment_status` as GitHub sends it, reduced to the fields that anybody reads. */
export function deploymentStatus(one: StandInDeployment, state = "success", at = DEPLOYED_AT): unknown {
  return {
    deployment: deploymentBody(one),
    deployment_status: { state, created_at: new Date(at).toISOString(), log_url: "https://ci.example/run/1" },
    repository: { full_name: "acme/shop", private: true },
  };
}

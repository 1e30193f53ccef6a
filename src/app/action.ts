import { OUTPUTS, type OutputName } from "../github/action-contract.ts";
import { type GithubEvent, parseEvent } from "../github/event.ts";
import { REQUEST_BUDGET } from "../github/limits.ts";
import { conclusionForError } from "../report/conclusion.ts";
import { renderErrorCheck } from "../report/views/notices.ts";
import type { ActionPorts } from "./action-host.ts";
import { type ActionInputs, readInputs } from "./action-inputs.ts";
import { type ActionSession, startSession } from "./action-session.ts";
import { sweep } from "./action-sweep.ts";
import { SubjectCheck } from "./judge/check.ts";
import type { GithubConnection } from "./judge/desk.ts";
import { sayError, skip } from "./judge/endings.ts";
import { judge } from "./judge/judge.ts";
import { asError, type Ending, nowOf, warnOf } from "./judge/session.ts";
import { policyWithoutConfig } from "./judge/settings.ts";
import { checkKey, DEFAULT_ENVIRONMENT, environmentOf, type Judgeable, resolveSubject } from "./judge/subject.ts";

/** One run of the Action. Never throws: whatever happens, the outputs are set and the log says why. */
export async function runAction(action: ActionPorts): Promise<void> {
  const { host } = action;
  host.info(`deploy-impact ${action.version}, event ${action.context.eventName}, attempt ${action.context.runAttempt}`);
  warnOfMovingRef(action);
  let inputs: ActionInputs | null = null;
  let github: GithubConnection | null = null;
  let endings: readonly Ending[] = [];
  try {
    inputs = readInputs(host.input);
    host.setSecret(inputs.token);
    host.info(`Inputs: ${JSON.stringify({ ...inputs, token: "***" })}`);
    github = action.connect(inputs.token);
    endings = await handle(startSession(action, inputs, github));
  } catch (error) {
    endings = [await lastResort(action, inputs, error)];
  } finally {
    finish(action, endings, github);
  }
}

/** A branch can change between two runs; a commit cannot, and a version tag moves only with a release. */
function warnOfMovingRef({ host, context }: Pick<ActionPorts, "host" | "context">): void {
  const ref = context.action?.ref ?? "";
  if (ref === "" || /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(ref) || /^v\d+(\.\d+){0,2}$/.test(ref)) return;
  host.warning(
    `This step runs deploy-impact from \`${ref}\`, which may change at any moment. Pin \`uses:\` to the full commit SHA of a release.`,
  );
}

async function handle(session: ActionSession): Promise<readonly Ending[]> {
  const event = parseEvent(session.context);
  switch (event.kind) {
    case "not-applicable":
      return [await notApplicable(session, event)];
    case "sweep":
      return session.inputs.sha === null && session.inputs.deployedAt === null
        ? sweep(session)
        : [await judgeEvent(session, requestedByInputs(session))];
    case "deployment":
    case "commit":
    case "dispatch":
      return [await judgeEvent(session, event)];
  }
}

/** A manual run whose `with:` names a deploy. */
function requestedByInputs({ inputs, context }: ActionSession): Judgeable {
  return { kind: "dispatch", sha: inputs.sha ?? context.sha, environment: null, deployedAt: null, repository: null };
}

async function notApplicable(
  session: ActionSession,
  { sha, reason }: Pick<Extract<GithubEvent, { kind: "not-applicable" }>, "sha" | "reason">,
): Promise<Ending> {
  if (sha === null) return skip(session, null, reason);
  const environment = session.inputs.environment ?? DEFAULT_ENVIRONMENT;
  const key = checkKey(session.inputs, { sha, environment, deploymentId: null });
  return skip(session, new SubjectCheck(session, { repository: session.context.repository, key }), reason);
}

const NOT_DEPLOYED = "a pull request deploys nothing by itself; set the input `deployed-at` after a branch deploy";

async function judgeEvent(session: ActionSession, event: Judgeable): Promise<Ending> {
  const { inputs } = session;
  const environment = environmentOf(event, inputs);
  if (inputs.environment !== null && inputs.environment !== environment) {
    return skip(session, null, `this step judges \`${inputs.environment}\`, the deployment is to \`${environment}\``);
  }
  if (event.kind === "commit" && event.origin === "pull-request" && inputs.deployedAt === null) {
    return notApplicable(session, { sha: event.sha, reason: NOT_DEPLOYED });
  }
  const repository = (event.kind === "dispatch" ? event.repository : null) ?? session.context.repository;
  const subject = await resolveSubject(session.github.api(repository), {
    event,
    inputs,
    now: nowOf(session),
    warn: (error) => warnOf(session, error),
  });
  return judge(session, subject, new SubjectCheck(session, subject));
}

/** An error before there was a check to write it into. */
async function lastResort(action: ActionPorts, inputs: ActionInputs | null, error: unknown): Promise<Ending> {
  const known = asError(error);
  const conclusion = conclusionForError(known, policyWithoutConfig(inputs));
  sayError(action.host, known);
  const text = renderErrorCheck(known, { publicRepository: true, runUrl: null });
  try {
    await action.host.appendSummary(`### ${text.title}\n\n${text.summary}\n`);
  } catch (second) {
    warnOf({ desk: { narrator: action.host } }, second);
  }
  return { conclusion, outputs: { verdict: "error", "reason-code": known.code, conclusion } };
}

/** For a process that is told to stop; the post process closes the check. */
export function setCancelledOutputs(host: Pick<ActionPorts["host"], "setOutput">): void {
  setOutputs(host, { verdict: "error", "reason-code": "CANCELLED", conclusion: "cancelled" });
}

function setOutputs(host: Pick<ActionPorts["host"], "setOutput">, outputs: Ending["outputs"]): void {
  for (const name of Object.keys(OUTPUTS) as OutputName[]) host.setOutput(name, outputs[name] ?? "");
}

/** Several checks may end in one run; the outputs are those of a failed one, else of the last. */
function finish(action: ActionPorts, endings: readonly Ending[], github: GithubConnection | null): void {
  const { host } = action;
  const shown = endings.find((ending) => ending.conclusion === "failure") ?? endings.at(-1);
  setOutputs(host, shown?.outputs ?? { verdict: "not-applicable" });
  if (endings.some((ending) => ending.conclusion === "failure")) host.fail();
  const requests = github?.requests() ?? 0;
  if (requests > REQUEST_BUDGET) host.warning(`This run needed ${requests} requests; ${REQUEST_BUDGET} are planned.`);
  host.info(`GitHub API requests: ${requests} of ${REQUEST_BUDGET}`);
}

import path from "node:path";
import { INDEX_DELAY_SECONDS, SUMMARY_BYTES } from "../github/limits.ts";
import type { OpenCheck } from "../github/state.ts";
import { buildReport } from "../report/build.ts";
import { renderOutputs } from "../report/views/outputs.ts";
import { renderSummary } from "../report/views/summary.ts";
import { type ActionPorts, STATE } from "./action-host.ts";
import type { ActionInputs } from "./action-inputs.ts";
import type { Desk, DoorWords, KeptResult, Outputs } from "./judge/desk.ts";
import { withRemark } from "./judge/publish.ts";

type Host = ActionPorts["host"];

const WORDS: DoorWords = {
  otherConfigPath: ", or name another path with the input `config`",
  triesAgain: "the next scheduled run tries again",
  tryingAgain: "Running the workflow again may be enough.",
};

/** Statuses of other deployments that are looked up, as far as the budget allows. */
const STATUS_LOOK_UPS = 3;

/** A step of a workflow as a front door: the runner's log, summary, outputs and files. */
export function actionDesk({ host, context }: Pick<ActionPorts, "host" | "context">, inputs: ActionInputs): Desk {
  const summary = meteredSummary(host);
  const open = new OpenChecks(host);
  const { serverUrl, repository: home, action } = context;
  return {
    narrator: {
      info: host.info,
      debug: host.debug,
      warning: host.warning,
      error: host.error,
      note: ({ title, summary: text }) => summary.append(`### ${title}\n\n${text}\n`),
    },
    links: {
      serverUrl,
      runUrl: `${serverUrl}/${home}/actions/runs/${context.runId}`,
      detailsUrl: null,
      // The form is where this Action's code comes from; it asks for the code of the bug and for no data.
      issueUrl: action == null ? null : `${serverUrl}/${action.repository}/issues/new?template=bug.yml`,
    },
    words: WORDS,
    home,
    baseDir: host.workspace,
    freshCheck: context.runAttempt > 1,
    commands: false,
    amendments: [],
    statusLookUps: STATUS_LOOK_UPS,
    indexDelays: INDEX_DELAY_SECONDS,
    finishedBy: (repository) => (repository === home ? "scheduled-run" : "same-event"),
    buttons: null,
    checkOpened: (check) => open.opened(check),
    checkSettled: (id) => open.settled(id),
    mask: host.setSecret,
    leftPending: ({ readyAt, repository }) => sayPending(host, { home, repository, readyAt }),
    keepResult: async (result) => {
      const resultPath = await writeResult(host, inputs, result);
      const report = buildReport(result.document, result.context);
      await summary.append(withRemark(renderSummary(report, summary.left()), result.remark));
      return { ...outputsOf(result), "result-path": resultPath };
    },
  };
}

function outputsOf({ document, context, conclusion }: KeptResult): Outputs {
  return renderOutputs(document, context, conclusion);
}

function sayPending(
  host: Pick<Host, "info" | "warning">,
  { home, repository, readyAt }: { readonly home: string; readonly repository: string; readonly readyAt: number },
): void {
  const readyIso = new Date(readyAt * 1000).toISOString();
  if (repository === home) {
    host.info(`Pending: the post window is open; a scheduled or manual run after ${readyIso} finishes the check.`);
    return;
  }
  host.warning(
    `Pending: scheduled runs look only at ${home}. Send the same event again after ${readyIso} to finish the check in ${repository}.`,
  );
}

/** One run may finish several checks, and GitHub drops a step's whole summary when all of it together is too large. */
function meteredSummary(host: Pick<Host, "appendSummary">) {
  let written = 0;
  return {
    left: () => Math.max(0, SUMMARY_BYTES - written),
    append: async (markdown: string): Promise<void> => {
      written += Buffer.byteLength(markdown, "utf8") + 1;
      await host.appendSummary(markdown);
    },
  };
}

async function writeResult(host: Host, inputs: ActionInputs, result: KeptResult): Promise<string> {
  const folder = path.join(host.tempFolder, "deploy-impact");
  const { deploymentId, sha, environment } = result;
  const name = `result-${deploymentId ?? sha.slice(0, 7)}-${encodeURIComponent(environment)}.json`;
  const target = inputs.resultPath === null ? path.join(folder, name) : path.resolve(host.workspace, inputs.resultPath);
  if (inputs.resultPath === null) host.saveState(STATE.folder, folder);
  await host.writeFile(target, `${JSON.stringify(result.document)}\n`);
  return target;
}

/** Tells the post process which check runs it has to close if this process does not come to it. */
class OpenChecks {
  readonly #host: Pick<Host, "saveState">;
  readonly #open = new Map<number, OpenCheck>();

  constructor(host: Pick<Host, "saveState">) {
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

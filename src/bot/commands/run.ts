import type { GithubApi } from "../../github/api.ts";
import { COMMENT_CHARACTERS } from "../../github/limits.ts";
import { buildReport } from "../../report/build.ts";
import { commentMarker } from "../../report/marker.ts";
import { renderExplanation } from "../../report/views/explain.ts";
import type { BotContext } from "../context.ts";
import { amendmentsOf } from "../store/amendments.ts";
import type { Analysis } from "../store/analyses.ts";
import { latestVerdict, verdictDocument } from "../store/verdicts.ts";
import { reportContext } from "../web/report.ts";
import {
  helpAnswer,
  NOT_JUDGED_YET,
  otherEnvironment,
  statusAnswer,
  UNKNOWN_HERE,
  whichEnvironment,
} from "./answers.ts";
import { type Asker, acknowledge, extend, rerun } from "./changes.ts";
import { analysesOf, type Conversation } from "./find.ts";
import type { Command, DeploymentCommand } from "./grammar.ts";

export type RunContext = Pick<BotContext, "database" | "queue" | "settings">;

export type RunPort = Pick<GithubApi, "getPullRequest">;

/** What follows from a command besides the reaction. */
export type Result =
  /** Done, and nothing more to say than that. */
  | { readonly kind: "done" }
  | { readonly kind: "refused"; readonly why: string }
  /** A text that answers; `marker`: of those a conversation has one. */
  | { readonly kind: "say"; readonly text: string; readonly marker: string | null };

export interface Spoken {
  readonly command: Command;
  readonly conversation: Conversation;
  readonly asker: Asker;
}

const refused = (why: string): Result => ({ kind: "refused", why });

/** Whoever comes here may give this command. */
export async function runCommand(
  context: RunContext,
  api: RunPort,
  tenant: Analysis["tenant"],
  { command, conversation, asker }: Spoken,
): Promise<Result> {
  if (command.name === "help") return { kind: "say", text: helpAnswer(), marker: null };
  const all = await analysesOf(context.database, api, tenant, conversation);
  if (all.length === 0) return refused(UNKNOWN_HERE);
  const { environment } = command;
  const meant = environment === null ? all : all.filter((one) => one.environment === environment);
  const names = all.map((one) => one.environment);
  const [analysis] = meant;
  if (analysis === undefined) return refused(otherEnvironment(names));
  if (command.name === "status") return status(context, meant);
  if (meant.length > 1) return refused(whichEnvironment(command.name, names));
  return runOn(context, analysis, command, asker);
}

function runOn(context: RunContext, analysis: Analysis, command: DeploymentCommand, asker: Asker): Promise<Result> {
  switch (command.name) {
    case "explain":
      return explain(context, analysis);
    case "rerun":
      return rerun(context, analysis, asker);
    case "extend":
      return extend(context, analysis, { by: command.by }, asker);
    case "ack":
      return acknowledge(context, analysis, command.reason, asker);
  }
}

const STATUS_MARKER = "<!-- deploy-impact:status v1 -->";

async function status({ database }: RunContext, analyses: readonly Analysis[]): Promise<Result> {
  const standings = await Promise.all(
    analyses.map(async ({ id, tenant, environment, sha, state, nextAt, checkUrl }) => {
      const verdict = await latestVerdict(database, tenant, id);
      return { environment, sha, state, nextAt, verdict, url: checkUrl };
    }),
  );
  return { kind: "say", text: statusAnswer(standings), marker: STATUS_MARKER };
}

/** Room for the marker and the line ends around it. */
const MARKER_SPACE = 1500;

async function explain({ database, settings }: RunContext, analysis: Analysis): Promise<Result> {
  const { id, tenant, environment } = analysis;
  const verdict = await latestVerdict(database, tenant, id);
  const document = verdict === null ? null : await verdictDocument(database, tenant, verdict.id);
  if (verdict === null || document === null) return refused(NOT_JUDGED_YET);
  const amendments = await amendmentsOf(database, tenant, id);
  const shown = reportContext(verdict, analysis, { serverUrl: settings.serverUrl, amendments, reactions: [] });
  const text = renderExplanation(buildReport(document, shown), COMMENT_CHARACTERS - MARKER_SPACE);
  const marker = commentMarker(environment).replace("deploy-impact:v1", `deploy-impact:explain v1 of=${verdict.id}`);
  return { kind: "say", text, marker };
}

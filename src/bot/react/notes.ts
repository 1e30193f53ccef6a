import type { ReactionNote } from "../../report/context.ts";
import { instant } from "../../report/format.ts";
import type { ReactionModel } from "../../report/model.ts";
import type { Reaction } from "../store/reactions.ts";

/** What was done about a verdict, as the report says it. */
export function reactionNotes(reactions: readonly Reaction[]): ReactionNote[] {
  return reactions.map((reaction) => ({
    at: new Date((reaction.sentAt ?? reaction.createdAt) * 1000).toISOString(),
    what: whatOf(reaction),
    state: STATE_WORDS[reaction.state],
    url: reaction.url,
  }));
}

/** The same with its moments in words, as a report prints them. */
export function reactionModels(reactions: readonly Reaction[]): ReactionModel[] {
  return reactionNotes(reactions).map(({ at, what, state, url }) => ({
    at: instant(Date.parse(at) / 1000),
    what,
    state,
    link: url,
  }));
}

const STATE_WORDS: Readonly<Record<Reaction["state"], string>> = {
  planned: "about to start",
  "awaiting-click": "waits for a click",
  "dry-run": "dry run",
  sending: "being sent",
  sent: "done",
  failed: "failed",
  unknown: "not known",
  limited: "limit reached",
};

function whatOf({ state, detail, error, tenant }: Reaction): string {
  const [did, wouldHave] = verbs(detail);
  // What a receiver says may name hosts, which a public repository does not show.
  const why = error === null || !tenant.isPrivate ? "" : `: ${error}`;
  switch (state) {
    case "planned":
    case "sending":
    case "sent":
      return did;
    case "awaiting-click":
      return `${rollbackName(detail)} is prepared; the button \`Roll back\` of the check starts it`;
    case "dry-run":
      return `would have ${wouldHave}`;
    case "failed":
      return `should have ${wouldHave}${why}`;
    case "unknown":
      return `may have ${wouldHave}${why}`;
    case "limited":
      return `would have ${wouldHave}, but ${limitOf(detail)} were reached`;
  }
}

/** What was done, and the same after "have". */
function verbs(detail: Reaction["detail"]): readonly [string, string] {
  switch (detail.does) {
    case "rollback": {
      const by = detail.actor === null ? "" : ` by @${detail.actor}`;
      return [`${rollbackName(detail)} started${by}`, `started ${rollbackName(detail)}${by}`];
    }
    case "resolve":
      return ["resolved the page, because a later deploy is clear", "resolved the page"];
    case "alert": {
      const words = alertWords(detail);
      return [words, words];
    }
  }
}

function alertWords({ alert, severity }: Extract<Reaction["detail"], { does: "alert" }>): string {
  switch (alert.to) {
    case "webhook":
      return `told the webhook in ${alert.urlEnv} (${severity})`;
    case "slack":
      return `told Slack (${severity})`;
    case "pagerduty":
      return severity === "page" ? "paged by PagerDuty" : "told PagerDuty (ticket)";
    case "github-issue":
      return `written an issue (${severity})`;
  }
}

function rollbackName(detail: Reaction["detail"]): string {
  if (detail.does !== "rollback") return "a rollback";
  const { how, workflow, eventType } = detail.rollback;
  switch (how) {
    case "workflow-dispatch":
      return `rollback (workflow \`${workflow ?? ""}\`)`;
    case "repository-dispatch":
      return `rollback (event \`${eventType}\`)`;
    case "deployment":
      return "rollback (deployment of the commit before)";
  }
}

function limitOf(detail: Reaction["detail"]): string {
  const { count, per } = detail.does === "rollback" ? detail.rollback.atMost : detail.alert.atMost;
  return `${count} in ${Math.round(per / 60)} minutes`;
}

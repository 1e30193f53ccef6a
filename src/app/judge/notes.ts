import type { GroupRule, ServiceConfig } from "../../config/config.ts";
import { formatDuration } from "../../config/duration.ts";
import type { OtherDeployment } from "../../core/plan.ts";
import { GIVE_UP_SECONDS } from "../../github/limits.ts";
import type { CheckTitle } from "../../report/views/contract.ts";

/** Texts of the Action's own endings, those without a result. */

/** Another deploy reached the environment before the post window was over: two treatments, one effect. */
export function overlapNote(other: OtherDeployment, at: string): CheckTitle {
  const sha = other.sha.slice(0, 7);
  return {
    title: `Invalid: another deploy (${sha}) at ${at}, before the window closed`,
    summary: [
      `⚪ **Not judged.** Commit \`${sha}\` was deployed to the same environment at ${at}, inside the post window of this deploy.`,
      "A change after that moment could come from either deploy, so this one gets no number.",
      "**Next:** deploy less often than the post window is long, or shorten `windows.post`; the newer deploy is judged by itself.",
      "<sub>OVERLAPPING_DEPLOY</sub>",
    ].join("\n\n"),
  };
}

/** The check was left open and no run finished it in time. */
export function nobodyCameBackNote(): CheckTitle {
  const limit = formatDuration(Math.ceil(GIVE_UP_SECONDS / 86_400) * 86_400);
  return {
    title: "Nobody came back",
    summary: [
      `⚪ **Not judged.** This check waited for data and no later run finished it within ${limit}, which is how long GitHub keeps a check open.`,
      "**Next:** give the workflow a `schedule` trigger, or shorten `windows.post` if it is longer than that.",
      "<sub>NOBODY_CAME_BACK</sub>",
    ].join("\n\n"),
  };
}

/** `CANCELLED`: a person or the runner stopped the job; `CRASHED`: the process ended without a word. */
export function didNotFinishNote(code: "CANCELLED" | "CRASHED"): CheckTitle {
  const why = code === "CANCELLED" ? "The job was cancelled" : "The step ended unexpectedly";
  return {
    title: `Did not finish: ${code}`,
    summary: [
      `⚪ **Not judged.** ${why} before the analysis was complete. This says nothing about the deploy.`,
      "**Next:** run the workflow again; its log says more.",
      `<sub>${code}</sub>`,
    ].join("\n\n"),
  };
}

/** How units are told apart, in words of the config. */
export function groupWords(service: Pick<ServiceConfig, "units">): {
  readonly treated: string;
  readonly control: string;
} {
  const { treated, control } = service.units;
  return { treated: ruleWords(treated), control: control === null ? "every other unit" : ruleWords(control) };
}

function ruleWords(rule: GroupRule): string {
  if (rule.type === "version-label") return `${rule.label} is the deployed version`;
  return Object.entries(rule.match)
    .map(([label, wanted]) => `${label}: ${wanted.type === "regex" ? `/${wanted.pattern}/` : wanted.values.join(", ")}`)
    .join("; ");
}

/** What a reader who looks for the pull request must know; null: there is one. */
export function contentNote(content: {
  readonly pullRequests: readonly number[];
  readonly rollback: boolean;
}): string | null {
  if (content.rollback)
    return "This is a rollback: the commit is older than what was deployed before, so the effect is not that of a new change.";
  return content.pullRequests.length === 0
    ? "No pull request was found for the deployed commit, so nobody was told there."
    : null;
}

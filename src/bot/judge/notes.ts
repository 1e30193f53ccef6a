import { formatDuration } from "../../config/duration.ts";
import { GIVE_UP_SECONDS } from "../../github/limits.ts";
import type { CheckTitle } from "../../report/views/contract.ts";

/** Texts of the bot's own endings. */

/** The window is longer than a check can wait. */
export function tooLongNote(): CheckTitle {
  const limit = formatDuration(Math.ceil(GIVE_UP_SECONDS / 86_400) * 86_400);
  return {
    title: "Not judged: the window is longer than a check can wait",
    summary: [
      `⚪ **Not judged.** GitHub keeps a check open for ${limit}, and the data of this deploy are not complete by then.`,
      "**Next:** shorten `windows.post` in the config, or comment `/deploy-impact rerun` when the window is over.",
      "<sub>NOBODY_CAME_BACK</sub>",
    ].join("\n\n"),
  };
}

/** Our own failure after every attempt: nothing is known about the deploy. */
export function couldNotFinishNote(code: string): CheckTitle {
  return {
    title: `Could not finish: ${code}`,
    summary: [
      "⚪ **Not judged.** The bot tried several times and could not finish. This says nothing about the deploy.",
      `**Next:** comment \`/deploy-impact rerun\` to try again; whoever runs the bot finds \`${code}\` in its log.`,
      `<sub>${code}</sub>`,
    ].join("\n\n"),
  };
}

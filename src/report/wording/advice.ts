import type { Advice, SpreadOnBothScales, TrialFacts } from "../../core/history/result.ts";
import { fixed, significant } from "../format.ts";
import { harmText, marginOf, marginText, percent, rateText, type SliScale, spanText } from "../pages/words.ts";
import { REASON_WORDING } from "./reasons.ts";

/** What to change, in plain words; each sentence carries the number that it comes from. */
export function adviceText(advice: Advice, scale: SliScale | null): string {
  const name = advice.sli === null ? "" : `${advice.service === null ? "" : `${advice.service} / `}${advice.sli}: `;
  return `${name}${sentencesOf(advice, scale)}`;
}

function sentencesOf(advice: Advice, scale: SliScale | null): string {
  switch (advice.code) {
    case "NO_CHANGE_NEEDED":
      return "Nothing to change: alarms are as rare as they should be, and quiet deploys mostly end with the margin ruled out.";
    case "MORE_HISTORY":
      return `More history would say more: ${fixed(advice.effective, 0)} independent windows cannot show that alarms stay below ${percent(advice.nominal)}, which takes ${advice.needed} of them without any alarm. Lengthen --history, or use --reassign.`;
    case "ALARMS_TOO_OFTEN":
      return `False alarms come more often than promised: ${rateText(advice.rate)}, at most ${percent(advice.rate.nominal)} expected. Look at the times of the alarms (--format json, \`deploys\`) before trusting a regression of this metric.`;
    case "OTHER_INFERENCE":
      return `Try \`inference: ${advice.inference}\`: on the same windows its intervals leave out zero at ${rateText(advice.rate)}, ${seenText(advice.trial, scale)}.`;
    case "NO_INFERENCE_HELPS":
      return `Other inferences (${advice.tried.join(", ")}) do no better on these windows: drop the metric, make it \`role: informational\`, or choose controls that move like the treated units.`;
    case "LONGER_POST":
      return `Set \`windows.post: ${spanText(advice.window)}\`: the margin was then ruled out at ${shareText(advice.changed)} of the fake deploys instead of ${shareText(advice.now)}, ${seenText(advice.changed, scale)}.`;
    case "LONGER_PRE":
      return `Set \`windows.pre: ${spanText(advice.window)}\`: the margin was then ruled out at ${shareText(advice.changed)} of the fake deploys instead of ${shareText(advice.now)}, ${seenText(advice.changed, scale)}.`;
    case "MARGIN_OUT_OF_REACH":
      return outOfReach(advice, scale);
    case "REFUSED_OFTEN": {
      const { short, todo } = REASON_WORDING[advice.reason];
      return `No answer at ${rateText(advice.rate)}, mostly because: ${short} (${advice.count} times). ${todo}`;
    }
    case "CONTROL_HURTS":
      return `Leave out the control ${advice.unit} (\`units.exclude\`): without it the false effects scatter ${percent(1 - Math.sqrt(advice.ratio))} less (${fixed(advice.runs, 0)} fake deploys, p = ${significant(advice.pValue, 2)}).`;
    case "TREATED_DIFFER":
      return `The treated units are unlike the controls: their intervals leave out zero at ${rateText(advice.rate)}, those of units drawn by chance at ${rateText(advice.reassigned)}. Choose controls that are like them, or use \`design: synthetic\`.`;
  }
}

function outOfReach(advice: Extract<Advice, { code: "MARGIN_OUT_OF_REACH" }>, scale: SliScale | null): string {
  const margin = scale === null ? "" : ` of ${marginOf(scale)}`;
  const reach = scale === null ? "-" : p80(advice.reach, scale);
  const could = reach === "-" ? "" : ` Four of five windows as they are could rule out ${reach}.`;
  return `No window that was tried rules the margin${margin} out often enough (post windows up to ${spanText(advice.longestPost)}: at ${shareText(advice.best)} of the fake deploys at best).${could} Tolerate more, add units, or make it \`role: informational\`.`;
}

function p80(reach: SpreadOnBothScales, scale: SliScale): string {
  return marginText(scale, reach, (spread) => spread.p80);
}

function shareText({ ruledOut }: TrialFacts): string {
  return ruledOut === null ? "none" : percent(ruledOut);
}

function seenText({ mde }: TrialFacts, scale: SliScale | null): string {
  const seen = scale === null ? "-" : harmText(scale, mde, (spread) => spread.median);
  return seen === "-" ? "how small an effect it would see is not known" : `and it would see ${seen}`;
}

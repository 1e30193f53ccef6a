import { duration, instant, sentence } from "./format.ts";

interface Made {
  /** Login of the person, or the name of the program. */
  readonly actor: string;
  /** Epoch seconds. */
  readonly at: number;
}

/** A change of a plan after it was announced. Every one is shown wherever the verdict is. Spans are seconds. */
export type PlanAmendment = Made &
  (
    | {
        /** The longest post window among the services, as announced before this change and after it. */
        readonly kind: "extend";
        readonly from: number;
        readonly to: number;
        /** A verdict of this deployment was there to be seen when the window was chosen. */
        readonly sawResult: boolean;
      }
    | { readonly kind: "acknowledge"; readonly reason: string }
    | { readonly kind: "rerun" }
    | { readonly kind: "late"; readonly seconds: number }
    /** Where the config was read from at the announcement and at the analysis: `main@9f8e7d6`. */
    | { readonly kind: "config-changed"; readonly from: string | null; readonly to: string | null }
  );

/** Why a window that is chosen after a look is shown with its result for ever. */
const AFTER_A_LOOK =
  "That was decided after a result had been seen, and whoever may look again until it fits finds something more often than the level of the interval says.";

/**
 * One sentence or two per change, oldest first. `message` makes foreign text safe to show. Analyses that were only
 * repeated with the same plan say so once.
 */
export function amendmentSentences(
  amendments: readonly PlanAmendment[],
  message: (text: string) => string,
): readonly string[] {
  const lastRerun = amendments.findLast(({ kind }) => kind === "rerun");
  return amendments
    .filter((amendment) => amendment.kind !== "rerun" || amendment === lastRerun)
    .map((amendment) => amendmentSentence(amendment, message));
}

function amendmentSentence(amendment: PlanAmendment, message: (text: string) => string): string {
  const who = `\`${message(amendment.actor)}\``;
  const when = instant(amendment.at);
  switch (amendment.kind) {
    case "extend": {
      const change = `Plan changed by ${who} on ${when}: the post window is ${duration(amendment.to)} instead of ${duration(amendment.from)}`;
      return amendment.sawResult ? `${change}. ${AFTER_A_LOOK}` : `${change}; nobody had seen a result by then.`;
    }
    case "acknowledge":
      return `Acknowledged by ${who} on ${when}: ${sentence(message(amendment.reason))} The verdict stays; it no longer fails the check.`;
    case "rerun":
      return `Analysed again on ${when} with the same plan, as ${who} asked.`;
    case "late":
      return `Looked at ${duration(amendment.seconds)} later than planned; the windows are the announced ones.`;
    case "config-changed":
      return `The config changed between the announcement${reference(amendment.from, message)} and the analysis${reference(amendment.to, message)}; the announced plan was used.`;
  }
}

function reference(config: string | null, message: (text: string) => string): string {
  return config === null ? "" : ` (\`${message(config)}\`)`;
}

/** An acknowledged verdict stays what it is and blocks nothing. */
export function isAcknowledged(amendments: readonly PlanAmendment[]): boolean {
  return amendments.some(({ kind }) => kind === "acknowledge");
}

import { formatDuration } from "../../config/duration.ts";
import type { CheckAction } from "../../github/api.ts";
import type { Conclusion } from "../../report/conclusion.ts";

/** What a click on a check run asks for. */
export type Click =
  /** Seconds that the post window shall have in the end, so that a second click asks for nothing more. */
  { readonly kind: "extend"; readonly to: number } | { readonly kind: "acknowledge" } | { readonly kind: "roll-back" };

export interface ButtonsQuestion {
  /** null: the check is still open. */
  readonly conclusion: Conclusion | null;
  /** The longest post window as it is planned now, seconds; null: no plan is known. */
  readonly post: number | null;
  readonly acknowledged: boolean;
  /** A rollback is prepared and waits for somebody to say so. */
  readonly rollbackWaits: boolean;
}

/** At most three, most urgent first. The same commands stand behind them, with the same test of who may. */
export function checkButtons({
  conclusion,
  post,
  acknowledged,
  rollbackWaits,
}: ButtonsQuestion): readonly CheckAction[] {
  const answered = conclusion === "success" || conclusion === "skipped" || conclusion === "cancelled";
  return [
    ...(rollbackWaits ? [ROLL_BACK] : []),
    ...(conclusion === "failure" && !acknowledged ? [ACKNOWLEDGE] : []),
    ...(post === null || answered ? [] : [extendButton(post)]),
  ];
}

const ROLL_BACK: CheckAction = {
  label: "Roll back",
  description: "Deploy what was there before",
  identifier: "roll-back",
};

const ACKNOWLEDGE: CheckAction = {
  label: "Acknowledge",
  description: "Keep the verdict, stop blocking",
  identifier: "acknowledge",
};

function extendButton(post: number): CheckAction {
  return {
    label: "Extend window",
    description: `Judge ${formatDuration(2 * post)} instead of ${formatDuration(post)}`,
    identifier: `extend-to:${Math.round(2 * post)}`,
  };
}

/** null: none of our buttons. */
export function parseClick(identifier: string): Click | null {
  if (identifier === ACKNOWLEDGE.identifier) return { kind: "acknowledge" };
  if (identifier === ROLL_BACK.identifier) return { kind: "roll-back" };
  const to = /^extend-to:(\d{1,9})$/.exec(identifier)?.[1];
  return to === undefined ? null : { kind: "extend", to: Number(to) };
}

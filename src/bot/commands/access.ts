import type { AccessLevel } from "../../github/people.ts";
import type { Click } from "./buttons.ts";
import type { CommandName } from "./grammar.ts";

/** What somebody has to be allowed in the repository; reading and asking is less than changing a plan. */
export const NEEDED: Readonly<Record<CommandName | "mistake", AccessLevel>> = {
  status: "triage",
  explain: "triage",
  rerun: "write",
  extend: "write",
  ack: "write",
  help: "read",
  mistake: "read",
};

/** A button is shown to everybody who sees the page. */
export const NEEDED_TO_CLICK: Readonly<Record<Click["kind"], AccessLevel>> = {
  extend: "write",
  acknowledge: "write",
  "roll-back": "write",
};

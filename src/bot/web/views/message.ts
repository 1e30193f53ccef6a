import { escapeHtml } from "../../../report/escape.ts";
import { inline } from "../../../report/views/html-text.ts";
import { type Answer, html } from "../answers.ts";
import type { SignedIn } from "../session.ts";
import type { Site } from "../site.ts";
import { layout } from "./layout.ts";

export interface Message {
  readonly status: number;
  readonly title: string;
  readonly lines: readonly string[];
  /** Offers to sign in, and where to go after it. */
  readonly signIn?: string;
}

/** A page that says one thing. */
export function messagePage(
  site: Pick<Site, "base">,
  person: SignedIn | null,
  { status, title, lines, signIn }: Message,
  headers: Answer["headers"] = [],
): Answer {
  const button =
    signIn === undefined
      ? person === null
        ? ""
        : `<p><a class="button" href="${site.base}/">To the verdicts</a></p>`
      : `<p><a class="button primary" href="${site.base}/sign-in?to=${encodeURIComponent(signIn)}">Sign in with GitHub</a></p>`;
  const body = `<section class="card empty"><h1>${escapeHtml(title)}</h1>${lines.map((line) => `<p>${inline(line)}</p>`).join("")}${button}</section>`;
  return html(status, layout(site, person, { title, room: null, body }), headers);
}

export function signInPage(site: Site, to: string): Answer {
  return messagePage(site, null, {
    status: 401,
    title: "Did the deploy hurt?",
    lines: [
      "Here are the verdicts on the deploys of your repositories, with the evidence behind each of them.",
      "Sign in with GitHub: you see the repositories that you may read there and on which this App is installed, and no other. Your token is kept encrypted until you sign out, for eight hours at most, and is used for nothing but asking GitHub what you may read.",
    ],
    signIn: to,
  });
}

/** The same whether it is not there or not for this person to see. */
export function notFoundPage(site: Site, person: SignedIn | null): Answer {
  return messagePage(site, person, {
    status: 404,
    title: "There is nothing here for you to see",
    lines: [
      "Either this address does not exist, or what it shows belongs to a repository that you cannot read on GitHub.",
    ],
  });
}

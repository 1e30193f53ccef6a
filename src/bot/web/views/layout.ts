import { escapeHtml } from "../../../report/escape.ts";
import { PAGE_SHEET } from "../answers.ts";
import type { SignedIn } from "../session.ts";
import type { Site } from "../site.ts";

export type Room = "verdicts" | "waiting" | "ledger";

const ROOMS: readonly { readonly room: Room; readonly path: string; readonly label: string }[] = [
  { room: "verdicts", path: "/", label: "Verdicts" },
  { room: "waiting", path: "/waiting", label: "Waiting" },
  { room: "ledger", path: "/ledger", label: "Ledger" },
];

export interface PageContent {
  readonly title: string;
  /** The room that is open; null: none. */
  readonly room: Room | null;
  /** Markup; everything foreign in it is escaped already. */
  readonly body: string;
}

/** The frame of every page: one style sheet, no script, landmarks and a way past the navigation. */
export function layout(site: Pick<Site, "base">, person: SignedIn | null, { title, room, body }: PageContent): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} · deploy-impact</title>
<style>${PAGE_SHEET}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top"><div><a class="brand" href="${site.base}/">deploy-impact</a>${person === null ? "" : navigation(site, person, room)}</div></header>
<main id="main" tabindex="-1" class="page">
${body}
</main>
</body>
</html>
`;
}

function navigation({ base }: Pick<Site, "base">, person: SignedIn, open: Room | null): string {
  const items = ROOMS.map(
    ({ room, path, label }) =>
      `<li><a href="${base}${path}"${room === open ? ' aria-current="page"' : ""}>${label}</a></li>`,
  );
  return `<nav aria-label="Pages"><ul>${items.join("")}</ul></nav>
<div class="who"><span>${escapeHtml(person.login)}</span><form method="post" action="${base}/sign-out"><input type="hidden" name="token" value="${escapeHtml(person.formToken)}"><button>Sign out</button></form></div>`;
}

/** A moment as people read it, and as programs do. */
export function moment(seconds: number): string {
  const iso = new Date(seconds * 1000).toISOString();
  return `<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC</time>`;
}

export function shortSha(sha: string): string {
  return `<code>${escapeHtml(sha.slice(0, 7))}</code>`;
}

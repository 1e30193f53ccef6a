import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { DeployImpactError } from "../../core/errors.ts";
import { type Answer, redirect } from "./answers.ts";
import { clearCookie, readCookie, setCookie } from "./cookies.ts";
import type { GithubProblem } from "./github-person.ts";
import { problemAnswer } from "./problems.ts";
import { closeSession, isOwnForm, openSession, signedIn } from "./session.ts";
import type { Site } from "./site.ts";
import { messagePage } from "./views/message.ts";

/** GitHub's codes are valid for ten minutes; so is what we remember of a sign-in that was begun. */
const LONGEST_SECONDS = 600;
const SECRET_BYTES = 32;
const PLACE = "sign-in";

const begunSchema = z.object({ state: z.string(), verifier: z.string(), to: z.string(), until: z.number() });
type Begun = z.infer<typeof begunSchema>;

/** Sends the person to GitHub. What comes back is believed only from the browser that was sent (state, PKCE). */
export function beginSignIn(site: Site, to: string): Answer {
  const begun: Begun = {
    state: randomBytes(SECRET_BYTES).toString("base64url"),
    verifier: randomBytes(SECRET_BYTES).toString("base64url"),
    to: ownPath(to),
    until: site.now() / 1000 + LONGEST_SECONDS,
  };
  const sealed = Buffer.from(site.vault.seal(JSON.stringify(begun), PLACE)).toString("base64url");
  const challenge = createHash("sha256").update(begun.verifier).digest("base64url");
  const url = site.github.authorizeUrl({ state: begun.state, challenge, back: site.callback });
  return redirect(url, [setCookie(site.cookies.signIn, sealed, LONGEST_SECONDS, site.isHttps)]);
}

/** GitHub sent the person back: with a code, or with the reason why there is none. */
export async function finishSignIn(site: Site, request: Request): Promise<Answer> {
  const { searchParams } = new URL(request.url);
  const done = clearCookie(site.cookies.signIn, site.isHttps);
  const begun = readBegun(site, request);
  const state = searchParams.get("state") ?? "";
  if (begun === null || !isSame(begun.state, state)) return failed(site, "mismatch", done);
  if (searchParams.get("error") !== null) return failed(site, "denied", done);
  const asked = await site.github.exchange({
    code: searchParams.get("code") ?? "",
    verifier: begun.verifier,
    back: site.callback,
  });
  if (!asked.ok) return notSignedIn(site, asked.problem, done);
  const person = await site.github.person(asked.value.token);
  if (!person.ok) return notSignedIn(site, person.problem, done);
  const before = await signedIn(site, request);
  if (before !== null) await closeSession(site, before.session);
  const cookie = await openSession(site, person.value, asked.value);
  site.log.info("signed in", { user: person.value.id });
  return redirect(`${site.base}${begun.to}`, [cookie, done]);
}

/** Ends the session here and the token at GitHub. */
export async function signOut(site: Site, request: Request): Promise<Answer> {
  const person = await signedIn(site, request);
  const done = clearCookie(site.cookies.session, site.isHttps);
  if (person === null) return redirect(`${site.base}/`, [done]);
  if (!(await isOwnForm(site, request, person))) {
    return messagePage(site, person, {
      status: 403,
      title: "That form is not from this page",
      lines: ["Nothing was changed. Open this page anew and sign out there."],
    });
  }
  await closeSession(site, person.session);
  await site.github.revoke(person.token);
  return messagePage(
    site,
    null,
    {
      status: 200,
      title: "You are signed out",
      lines: ["The token of this session is deleted here and ended at GitHub."],
    },
    [done],
  );
}

/** A path of ours and nothing else: an address of another site would make us a way to send people there. */
export function ownPath(to: string): string {
  if (!/^\/(?![/\\])[\w\-./~%?&=+]*$/.test(to) || to.startsWith("/sign-")) return "/";
  return to;
}

function readBegun(site: Site, request: Request): Begun | null {
  const sealed = readCookie(request, site.cookies.signIn);
  if (sealed === null || sealed === "") return null;
  try {
    const text = site.vault.open(Buffer.from(sealed, "base64url"), PLACE);
    const begun = begunSchema.parse(JSON.parse(text));
    return begun.until > site.now() / 1000 ? begun : null;
  } catch (error) {
    if (error instanceof DeployImpactError) return null;
    throw error;
  }
}

function isSame(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}

type Failure = "mismatch" | "denied" | "stale";

const FAILURES: Readonly<Record<Failure, { readonly title: string; readonly lines: readonly string[] }>> = {
  mismatch: {
    title: "This sign-in was not begun here",
    lines: [
      "It was begun in another browser, in another tab that finished first, or more than ten minutes ago. Nothing was changed.",
    ],
  },
  denied: {
    title: "GitHub was told not to sign you in",
    lines: ["Without your permission these pages cannot know what you may read. Nothing was stored."],
  },
  stale: {
    title: "This sign-in took too long",
    lines: ["GitHub's code is valid for ten minutes and once. Sign in again."],
  },
};

function failed(site: Site, failure: Failure, done: readonly [string, string]): Answer {
  return messagePage(site, null, { status: 400, ...FAILURES[failure], signIn: "/" }, [done]);
}

function notSignedIn(site: Site, problem: GithubProblem, done: readonly [string, string]): Answer {
  if (problem.kind === "stale-code") return failed(site, "stale", done);
  return problemAnswer(site, null, problem, [done]);
}
